"""One question to the class and its answers, and what was asked before. One answer of each pupil counts.

Does not know who may ask, nor what the right answer is.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal

from playground.classroom.pupils import Pupil
from playground.classroom.scene import MOST_INDEX, read_lesson
from playground.classroom.written import lines, one_line
from playground.errors import PlaygroundError
from playground.values import MOST_NUMBER, Values, shown

MOST_CHOICES, LONGEST_CHOICE = 8, 300
LONGEST_TEXT, LONGEST_TOKEN = 2000, 200
MOST_ASKED = 200
"""The questions that are kept for the teacher. The oldest one is forgotten first."""
TENTHS = 10
FORMULA = re.compile(r"((?:^|[;\t\r\n])[ \"']*)(?=[=+\-@＝＋－＠])")
"""Finds where a cell begins as a formula to a spreadsheet. A quotation mark there makes it text. Where a comma divides
the digits of numbers, a spreadsheet takes semicolons for the ends of cells, so that a cell may begin within a text."""
BYTE_ORDER_MARK = "\ufeff"
"""Excel takes a table for one in UTF-8 only if it begins with this."""

Answer = str | float | int
Kind = Literal["choice", "bar", "token"]


@dataclass(eq=False)
class Question:
    """One question.

    Attributes:
        kind: answered with one of `choices`, with a probability ("bar"), or with a token.
        token: the token whose bar is asked for.
        hides: whether the bars are hidden until the reveal.
        place: {trace, index} of the step that it is about.
        lesson: {name, page} of the lesson's page that asks it.
        answers: by the pupil's number.
        names: the nicknames of those who answered, by number.
        reveal: what the lesson tells of the answer, once it is revealed.
    """

    id: int
    kind: Kind
    text: str
    choices: tuple[str, ...] = ()
    token: str | None = None
    hides: bool = False
    place: dict[str, Any] | None = None
    lesson: dict[str, Any] | None = None
    answers: dict[int, Answer] = field(default_factory=dict)
    names: dict[int, str] = field(default_factory=dict)
    is_revealed: bool = False
    reveal: dict[str, Any] | None = None
    _brief: dict[str, Any] | None = None

    def told(self) -> dict[str, Any]:
        """Returns what everybody may know: before the reveal, only how many have answered."""
        return {
            "id": self.id,
            "kind": self.kind,
            "text": self.text,
            "choices": list(self.choices) if self.kind == "choice" else None,
            "token": self.token,
            "hides": self.hides,
            "place": self.place,
            "lesson": self.lesson,
            "count": len(self.answers),
            "revealed": self.is_revealed,
            "results": self.results() if self.is_revealed else None,
            "reveal": self.reveal if self.is_revealed else None,
        }

    def told_briefly(self) -> dict[str, Any]:
        """Returns {id, kind, text, count, results}: the most frequent result alone, whether or not it is revealed."""
        if self._brief is None:
            best = self.results()[:1]
            told = {"id": self.id, "kind": self.kind, "text": self.text}
            self._brief = told | {"count": len(self.answers), "results": best}
        return self._brief

    def keep(self, pupil: Pupil, answer: Answer) -> None:
        """Keeps the answer of a pupil, as `read` returns it, in place of an earlier one."""
        self.answers[pupil.number] = answer
        self.names[pupil.number] = pupil.nickname
        self._brief = None

    def results(self) -> list[dict[str, Any]]:
        """Returns [{answer, count}], the most frequent first. Probabilities are counted by their tenths."""
        given = (min(int(one * TENTHS), TENTHS - 1) / TENTHS if self.kind == "bar" else one for one in self._given())
        return [{"answer": answer, "count": number} for answer, number in Counter(given).most_common()]

    def _given(self) -> Sequence[Any]:
        return list(self.answers.values())

    def read(self, given: object) -> Answer:
        """Returns an answer as it is kept.

        Raises:
            PlaygroundError: it does not answer this question.
        """
        if self.kind == "choice":
            if given not in self.choices or not isinstance(given, str):
                raise PlaygroundError(f"The answer is {shown(given)}. Give one of the choices.")
            return given
        if self.kind == "bar":
            if isinstance(given, bool) or not isinstance(given, int | float) or not 0 <= given <= 1:
                raise PlaygroundError(f"The answer is {shown(given)}. Give a probability from 0 to 1.")
            return float(given)
        if isinstance(given, int) and not isinstance(given, bool):
            if not 0 <= given <= MOST_NUMBER:
                raise PlaygroundError(f"The answer is {shown(given)}, which is no token's id. Choose a token.")
            return given
        told = lines("The answer", given, LONGEST_TOKEN)
        if not told:
            raise PlaygroundError("The answer is empty. Choose a token or write one.")
        return told


class Asking:
    """The open question, if there is one, and all questions so far."""

    def __init__(self) -> None:
        self.asked: list[Question] = []
        self.question: Question | None = None
        self._ids = count(1)

    def ask(self, given: object) -> Question:
        """Opens a question, in place of the one before.

        Raises:
            PlaygroundError: a value is missing or out of bounds.
        """
        asked = Values("The question", given)
        kind: Kind = asked.choice("kind", ("choice", "bar", "token"))
        choices = asked.items("choices", MOST_CHOICES) if kind == "choice" else ()
        named = tuple(one_line("A choice", one, LONGEST_CHOICE) for one in choices)
        if kind == "choice" and (len(named) < 2 or len(set(named)) < len(named) or not all(named)):
            raise PlaygroundError("A question with choices needs two or more of them, all different. Write them.")
        text = lines("The question", asked.get("text"), LONGEST_TEXT)
        if not text:
            raise PlaygroundError("The question is empty. Write what the class is to answer.")
        self.question = Question(
            next(self._ids),
            kind,
            text,
            named,
            asked.text("token", LONGEST_TOKEN) if "token" in asked else None,
            asked.boolean("hides") if "hides" in asked else False,
            _read_place(asked.get("place")) if "place" in asked else None,
            read_lesson(asked.get("lesson")) if "lesson" in asked else None,
        )
        self.asked = [*self.asked, self.question][-MOST_ASKED:]
        return self.question

    def answer(self, pupil: Pupil, given: object) -> bool:
        """Keeps the answer of a pupil, in place of an earlier one. Returns whether it is the pupil's first.

        Raises:
            PlaygroundError: the question is not open any more, or is revealed, or this does not answer it.
        """
        asked = Values("The answer", given)
        number = asked.whole("question", 1, MOST_NUMBER)
        question = self.open
        if question.id != number:
            raise PlaygroundError("This question is closed. Answer the one that is asked now.", status=409)
        if question.is_revealed:
            raise PlaygroundError("The answer is revealed already, so that it counts no more.", status=409)
        is_first = pupil.number not in question.answers
        question.keep(pupil, question.read(asked.get("answer")))
        return is_first

    @property
    def open(self) -> Question:
        """The open question.

        Raises:
            PlaygroundError: there is none.
        """
        if self.question is None:
            raise PlaygroundError("No question is open.", status=409)
        return self.question

    def close(self) -> None:
        """Closes the open question, if there is one."""
        self.question = None

    def as_csv(self) -> str:
        """Returns a table with a line for each answer: number, nickname, question, kind, text, answer."""
        written = io.StringIO()
        written.write(BYTE_ORDER_MARK)
        table = csv.writer(written)
        table.writerow(("pupil", "nickname", "question", "kind", "text", "answer"))
        for one in self.asked:
            text = _cell(one.text)
            for number, answer in sorted(one.answers.items()):
                table.writerow((number, _cell(one.names[number]), one.id, one.kind, text, _cell(answer)))
        return written.getvalue()


def _cell(value: Answer) -> Answer:
    return FORMULA.sub(r"\1'", value) if isinstance(value, str) else value


def _read_place(given: object) -> dict[str, Any]:
    asked = Values("The place", given)
    return {"trace": asked.trace_id("trace"), "index": asked.whole("index", -MOST_INDEX, MOST_INDEX)}
