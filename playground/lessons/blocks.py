"""Reads the blocks of a page: each becomes a part of the page, or claims. Knows fields, expressions and states."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal

from playground import values as check
from playground.errors import PlaygroundError
from playground.lessons.expressions import Expression, Kind, Scope, read
from playground.lessons.faults import Faults
from playground.lessons.fields import Field, read_fields
from playground.lessons.layout import Block
from playground.lessons.lesson import Ask, Note, Part, Predict, Prose, Reveal, State, Text, Try
from playground.lessons.prose import prose
from playground.lessons.states import changes, checked, names

MOST_CHOICES, LONGEST_CHOICE, LONGEST_TOKEN = 8, 300, 100
MOST_CLAIMS = 100
EMPTY = Prose("")
FALSE = Expression(False, "truth", "text", 0)
"""Stands for an expression that was refused."""
ASKS: dict[str, Literal["choice", "bar", "token"]] = {"choices": "choice", "bar": "bar", "token": "token"}


class Reader:
    """Reads the blocks of one page in their order.

    Args:
        state: what the page shows.
        faults: where everything is noted that is wrong.
    """

    def __init__(self, state: State, faults: Faults) -> None:
        self._state = state
        self._faults = faults
        self._predict: Predict | None = None
        self._reveal: Reveal | None = None
        self._claims: list[Expression] = []

    @property
    def claims(self) -> tuple[Expression, ...]:
        """What the page's `claim` blocks say, so far."""
        return tuple(self._claims)

    def part(self, block: Block) -> Part | None:
        """Returns the part of the page that a block is, if it is one."""
        read_block: Callable[[Block], Part | None] = {
            "text": self._text,
            "note": self._note,
            "claim": self._claim,
            "predict": self._prediction,
            "reveal": self._revealed,
            "try": self._task,
            "ask": self._question,
        }[block.kind]
        return read_block(block)

    def end(self) -> None:
        """Notes what is missing at the end of the page."""
        if self._predict and not self._reveal:
            self._faults.add(self._predict.line, "A predict has no reveal after it. Write one that tells the answer.")

    def _text(self, block: Block) -> Text:
        return Text(block.line, self._prose("\n".join(block.lines), block.line))

    def _note(self, block: Block) -> Note:
        if not any(line.strip() for line in block.lines):
            self._faults.add(block.line - 1, "A note is empty. Write what the teacher should know, or leave it out.")
        return Note(block.line - 1, self._prose("\n".join(block.lines), block.line))

    def _claim(self, block: Block) -> None:
        written = [(number, line) for number, line in enumerate(block.lines, block.line) if line.strip()]
        claims = [(number, line) for number, line in written if not line.lstrip().startswith("#")]
        if not claims or len(claims) > MOST_CLAIMS:
            self._faults.add(block.line - 1, f"A claim block has {len(claims)} claims. Write 1 to {MOST_CLAIMS}.")
        for number, line in claims[:MOST_CLAIMS]:
            try:
                self._claims.append(_of_kind("A claim", "truth", read(line, Scope(self._state.view), number)))
            except PlaygroundError as refusal:
                self._faults.add(number, refusal)

    def _prediction(self, block: Block) -> Predict:
        line = block.line - 1
        found = self._fields(block, ("question",), tuple(ASKS))
        if self._predict:
            self._faults.add(line, f"A page has one predict, and one is in line {self._predict.line}. Begin a page.")
        asked = [name for name in ASKS if name in found]
        if len(asked) != 1:
            told = " and ".join(asked) or "none of them"
            self._faults.add(line, f"A predict has one of choices, bar and token, and this one has {told}.")
        choices = self._value(found, "choices", _choices, ())
        token = self._value(found, "bar", lambda one: _token(one.sentence()), None)
        self._value(found, "token", _is_true, True)
        self._predict = Predict(
            line, self._sentence(found, "question"), ASKS[asked[0] if asked else "token"], choices, token
        )
        return self._predict

    def _revealed(self, block: Block) -> Reveal:
        line = block.line - 1
        found = self._fields(block, ("says",), ("set", "answer", "value", "because"))
        if self._reveal:
            self._faults.add(line, f"A page has one reveal, and one is in line {self._reveal.line}. Begin a page.")
        scope = Scope(self._state.view, in_reveal=True)
        changed = self._value(found, "set", partial(changes, state=self._state), {})
        because = self._value(found, "because", partial(_expression, "truth", scope), None)
        value = self._value(found, "value", partial(_expression, None, scope), None)
        answer = self._value(found, "answer", Field.sentence, None)
        says = self._sentence(found, "says", scope)
        self._reveal = Reveal(line, says, changed, value, answer, because)
        if self._predict is None:
            self._faults.add(line, "A reveal stands on a page without a predict before it. Write the question first.")
        else:
            self._check_answer(self._predict, self._reveal, found)
        return self._reveal

    def _check_answer(self, asked: Predict, told: Reveal, found: Mapping[str, Field]) -> None:
        """Notes an answer that does not fit the question."""
        line = found["answer"].line if "answer" in found else found["value"].line if "value" in found else told.line
        if asked.ask == "choice":
            if "value" in found:
                self._faults.add(found["value"].line, "value belongs to a predict with bar or token. Write answer.")
            if asked.choices and told.answer not in asked.choices:
                self._faults.add(line, f"answer is {check.shown(told.answer)}, which is not one of the choices.")
            return
        if "answer" in found:
            self._faults.add(line, f"answer belongs to a predict with choices, and this one has {asked.ask}.")
        if "value" not in found:
            self._faults.add(told.line, f"A reveal of a {asked.ask} has no value. Write an expression that gives it.")
        wanted = ("number", "percent") if asked.ask == "bar" else ("text", "text")
        if told.value and (told.value.kind, told.value.unit) != wanted:
            example = 'probability(" stars")' if asked.ask == "bar" else "chosen()"
            self._faults.add(found["value"].line, f"value is not what is asked for. Write one such as {example}.")

    def _task(self, block: Block) -> Try:
        found = self._fields(block, ("task", "check", "solved"), ("only", "hint"))
        scope = Scope(self._state.view)
        check_ = self._value(found, "check", partial(_expression, "truth", scope), FALSE)
        solved = self._value(found, "solved", partial(changes, state=self._state), {})
        only = self._value(found, "only", partial(names, state=self._state), None)
        others = [] if only is None else [name for name in solved if name not in only]
        if others:
            self._faults.add(found["solved"].line, f"solved changes {others[0]}, which only does not name.")
        hint = self._sentence(found, "hint") if "hint" in found else None
        return Try(block.line - 1, self._sentence(found, "task"), check_, solved, only, hint)

    def _question(self, block: Block) -> Ask:
        found = self._fields(block, ("question", "answer"), ())
        return Ask(block.line - 1, self._sentence(found, "question"), self._sentence(found, "answer"))

    def _fields(self, block: Block, needed: Sequence[str], others: Sequence[str]) -> dict[str, Field]:
        what = f"A {block.kind} block" if block.kind[0] not in "aeiou" else f"An {block.kind} block"
        found = read_fields(block.lines, block.line, (*needed, *others), what, self._faults)
        for name in needed:
            if name not in found:
                self._faults.add(block.line - 1, f"{what} has no {name}. Write a line {name}: and the text.")
        return found

    def _value(self, found: Mapping[str, Field], name: str, read: Callable[[Field], Any], default: Any) -> Any:
        return checked(found[name], read, default, self._faults) if name in found else default

    def _sentence(self, found: Mapping[str, Field], name: str, scope: Scope | None = None) -> Prose:
        if name not in found:
            return EMPTY
        text = checked(found[name], Field.sentence, "", self._faults)
        return self._prose(text, found[name].begins, scope)

    def _prose(self, text: str, line: int, scope: Scope | None = None) -> Prose:
        return prose(text, line, scope or Scope(self._state.view), self._faults)


def _expression(kind: Kind | None, scope: Scope, field: Field) -> Expression:
    return _of_kind(field.name, kind, read(field.expression(), scope, field.begins))


def _of_kind(what: str, kind: Kind | None, found: Expression) -> Expression:
    if kind == "truth" and found.kind != "truth":
        raise PlaygroundError(f"{what} gives a {found.kind} and not true or false. Compare it, as in entropy() < 1.")
    return found


def _choices(field: Field) -> tuple[str, ...]:
    found = check.texts("choices", field.texts(), MOST_CHOICES, LONGEST_CHOICE)
    if len(found) < 2 or len(set(found)) < len(found) or not all(one.strip() for one in found):
        raise PlaygroundError(f"choices has {len(found)} texts. Write 2 to {MOST_CHOICES}, none empty and none twice.")
    return found


def _token(text: str) -> str:
    return check.text("bar", text, LONGEST_TOKEN)


def _is_true(field: Field) -> bool:
    if field.value() is not True:
        raise PlaygroundError("token is written as token: true. Write it so, or leave it out.")
    return True
