"""Checks on a model what a lesson claims: its claims and becauses, that each value exists, that tasks can be solved.

Knows lessons and texts. Does not know how a model is found, nor how the result is printed.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from playground.errors import PlaygroundError
from playground.lessons.expressions import Expression
from playground.lessons.faults import Fault
from playground.lessons.lesson import DECODE, Ask, Lesson, Note, Page, Predict, Prose, Reveal, State, Text, Try
from playground.lessons.looking import Look
from playground.lessons.texts import Texts
from playground.lessons.trees import COMPARISONS, Call, Operation, Tree, Value, written

Opened = Callable[[str | None], Awaitable[Texts]]
"""Opens the model of a name, None for the default one. Raises PlaygroundError for a model that is not there."""
PROBABILITY = "probability"


async def check(lesson: Lesson, opened: Opened) -> list[Fault]:
    """Returns what does not hold in a lesson, in the order of its pages.

    Args:
        lesson: the lesson.
        opened: gives the texts of a model.
    """
    found: list[Fault] = []
    for page, state in zip(lesson.pages, lesson.states, strict=True):
        if state.view != DECODE and not any(True for _ in _expressions(page)):
            continue
        try:
            texts = await opened(state.model or lesson.model)
        except PlaygroundError as refusal:
            return [*found, Fault(lesson.path, state.line, str(refusal))]
        checker = _Checker(lesson.path, texts, state)
        await checker.check(page)
        found += checker.found
    return found


def count_of(lesson: Lesson) -> int:
    """Returns how many things `check` checks: claims, becauses, values, tasks and values in texts."""
    return sum(1 for page in lesson.pages for _ in _expressions(page))


def _expressions(page: Page) -> Iterator[Expression]:
    yield from page.claims
    yield from (value for prose in _proses(page) for value in prose.values)
    for part in page.parts:
        if isinstance(part, Try):
            yield part.check
        if isinstance(part, Reveal):
            yield from (one for one in (part.because, part.value, *part.says.values) if one)


def _proses(page: Page) -> Iterator[Prose]:
    """Yields the texts of a page that stand outside of its reveal."""
    for part in page.parts:
        match part:
            case Text(prose=prose) | Note(prose=prose):
                yield prose
            case Predict(question=question):
                yield question
            case Ask(question=question, answer=answer):
                yield from (question, answer)
            case Try(task=task, hint=hint):
                yield from (task, *([hint] if hint else []))


class _Checker:
    """Checks one page on the texts of one model."""

    def __init__(self, path: str, texts: Texts, state: State) -> None:
        self.found: list[Fault] = []
        self._path = path
        self._texts = texts
        self._state = state

    async def check(self, page: Page) -> None:
        look = await self._look({}, self._state.line)
        if look is None:
            return
        for claim in page.claims:
            self._holds(claim, look)
        seen = [look]
        for part in page.parts:
            if isinstance(part, Predict) and part.token is not None and self._state.view == DECODE:
                self._value(Expression(Call(PROBABILITY, (part.token,)), "number", "percent", part.line), look)
            if isinstance(part, Reveal):
                after = await self._look(part.changes, part.line)
                if after:
                    self._reveal(part, after, look)
                    seen += [after] if part.changes else []
            if isinstance(part, Try):
                await self._task(part, seen)
        for one in seen:  # a text is live, and stays on the page when a reveal has changed the state
            for prose in _proses(page):
                self._values(prose.values, one)

    async def _look(self, changes: Mapping[str, Any], line: int) -> Look | None:
        try:
            return await self._texts.after(self._state, changes)
        except PlaygroundError as refusal:
            self._note(line, refusal)
            return None

    def _reveal(self, part: Reveal, after: Look, before: Look) -> None:
        if part.because:
            self._holds(part.because, after, before)
        self._values([one for one in (part.value, *part.says.values) if one], after, before)

    async def _task(self, part: Try, seen: Sequence[Look]) -> None:
        check, source = part.check, written(part.check.tree)
        first, *later = seen
        if self._value(check, first):
            self._note(check.line, f"{source} holds before the learner does anything. Write a task that does not.")
        elif any(self._value(check, look) for look in later):
            self._note(check.line, f"{source} holds with what the reveal sets. Put the task on a page of its own.")
        solved = await self._look(part.solved, part.line)
        if solved:
            self._holds(check, solved, told=f"{source} does not hold with solved")

    def _holds(self, claim: Expression, look: Look, before: Look | None = None, told: str = "") -> None:
        """Notes a claim that is false, with the values of both sides."""
        if self._value(claim, look, before) is False:
            told = told or f"{written(claim.tree)} does not hold"
            self._note(claim.line, f"{told}: {explained(claim.tree, look, before)}.")

    def _values(self, values: Iterable[Expression], look: Look, before: Look | None = None) -> None:
        for one in values:
            self._value(one, look, before)

    def _value(self, one: Expression, look: Look, before: Look | None = None) -> Value | None:
        """Returns the value of an expression, None if it has none, which is noted."""
        try:
            return look.value(one.tree, before)
        except PlaygroundError as refusal:
            self._note(one.line, f"{written(one.tree)} has no value. {refusal}")
            return None

    def _note(self, line: int, sentence: object) -> None:
        fault = Fault(self._path, line, str(sentence))
        if fault not in self.found:
            self.found.append(fault)


def explained(tree: Tree, look: Look, before: Look | None = None) -> str:
    """Returns why a tree is false, with the values of what it compares."""
    match tree:
        case Operation("and", of):
            return next(explained(one, look, before) for one in of if not look.value(one, before))
        case Operation("or", of):
            return ", and ".join(explained(one, look, before) for one in of)
        case Operation("not", (one,)):
            return f"{written(one)} is true"
        case Operation(op, (left, right)) if op in COMPARISONS:
            return _compared(op, [left, right], [look.value(one, before) for one in (left, right)])
    return f"{written(tree)} is false"


def _compared(op: str, sides: list[Tree], values: list[Value]) -> str:
    told = [_told(value) for value in values]
    if told[0] == told[1]:
        told = [written(value) for value in values]
    left, right = map(written, sides)
    is_plain = not isinstance(sides[1], Operation | Call)
    return f"{left} is {told[0]}, not {op} {told[1] if is_plain else f'{right}, which is {told[1]}'}"


def _told(value: Value) -> str:
    return f"{value:.4g}" if isinstance(value, float) else written(value)
