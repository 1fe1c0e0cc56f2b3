"""Compares a translation of a lesson with the lesson itself: only their words may differ.

Both bring the page into the same states and claim the same of the same model, and the learner's progress is kept by
pages and parts. So a translation that has drifted from its lesson is refused. Knows lessons. Does not know files.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, TypeAlias

from playground.lessons.expressions import Expression
from playground.lessons.faults import Fault
from playground.lessons.lesson import Ask, Lesson, Note, Page, Part, Predict, Prose, Reveal, State, Text, Try
from playground.lessons.trees import written
from playground.values import shown


class Fact(NamedTuple):
    """One thing that is the same in all languages: its line, what it is, and its value."""

    line: int
    name: str
    value: Any

    def without(self, other: "Fact") -> "Fact":
        """Returns the fact of expressions without those that another one has too."""
        if not isinstance(self.value, tuple) or not isinstance(other.value, tuple):
            return self
        return self._replace(value=tuple((Counter(self.value) - Counter(other.value)).elements()))


Pair: TypeAlias = tuple[Fact, Fact]


def differences(translation: Lesson, original: Lesson) -> list[Fault]:
    """Returns a fault for each thing other than words in which a translation differs from its lesson."""
    found = _differing(_of_lesson(translation), _of_lesson(original))
    for page, its in zip(translation.pages, original.pages, strict=False):
        found += _of_pages(page, its)
    name = f"{original.number:02}-{original.name}.md"
    return [
        Fault(
            translation.path,
            own.line,
            f"{own.name} is {_told(own.value)}, and in {name} it is {_told(its.value)}. A translation differs from its "
            "lesson in words only.",
        )
        for own, its in found
    ]


def _of_pages(page: Page, its: Page) -> list[Pair]:
    found = _differing(_of_page(page), _of_page(its))
    if page.state and its.state:
        found += _differing(_of_state(page.state), _of_state(its.state))
    if [type(part) for part in page.parts] == [type(part) for part in its.parts]:
        for part, other in zip(page.parts, its.parts, strict=True):
            found += _differing(_of_part(part, page), _of_part(other, its))
    return found


def _differing(own: Sequence[Fact], others: Sequence[Fact]) -> list[Pair]:
    """Returns those of two lists of the same facts whose values differ. What both have of a list is left out."""
    pairs = zip(own, others, strict=True)
    return [(one.without(other), other.without(one)) for one, other in pairs if one.value != other.value]


def _of_lesson(lesson: Lesson) -> list[Fact]:
    return [
        Fact(1, "level", lesson.level),
        Fact(1, "minutes", lesson.minutes),
        Fact(1, "model", lesson.model),
        Fact(lesson.pages[-1].line, "the number of pages", len(lesson.pages)),
    ]


def _of_page(page: Page) -> list[Fact]:
    kinds = ", ".join(type(part).__name__.lower() for part in page.parts)
    line = page.claims[0].line if page.claims else page.line
    return [
        Fact(page.state.line if page.state else page.line, "the state block", "there" if page.state else None),
        Fact(page.line, "the list of the page's parts", kinds),
        Fact(line, "the claim", _sources(page.claims)),
    ]


def _of_state(state: State) -> list[Fact]:
    told = state.told()
    return [Fact(state.line, name, value) for name, value in (told | told.pop("settings")).items()]


def _of_part(part: Part, page: Page) -> list[Fact]:
    """Returns what a part has besides words. Within its texts, the values may stand in another order."""
    line = part.line
    match part:
        case Text() | Note():
            return [_values(line, part.prose)]
        case Ask():
            return [_values(line, part.question, part.answer)]
        case Predict():
            return [
                Fact(line, "the kind of answer", part.ask),
                Fact(line, "bar", part.token),
                Fact(line, "the number of choices", len(part.choices)),
                _values(line, part.question),
            ]
        case Reveal():
            return [
                Fact(line, "set", dict(part.changes)),
                Fact(line, "value", _source(part.value)),
                Fact(line, "because", _source(part.because)),
                Fact(line, "the place of the answer among the choices", _place(part, page)),
                _values(line, part.says),
            ]
        case Try():
            return [
                Fact(line, "check", written(part.check.tree)),
                Fact(line, "solved", dict(part.solved)),
                Fact(line, "only", part.only and tuple(sorted(part.only))),
                Fact(line, "hint", "there" if part.hint else None),
                _values(line, part.task, *([part.hint] if part.hint else [])),
            ]


def _source(expression: Expression | None) -> str | None:
    return None if expression is None else written(expression.tree)


def _place(reveal: Reveal, page: Page) -> int | None:
    """Returns the place of the right one among the choices, from 1."""
    choices = next((part.choices for part in page.parts if isinstance(part, Predict)), ())
    return choices.index(reveal.answer) + 1 if reveal.answer in choices else None


def _values(line: int, *proses: Prose) -> Fact:
    return Fact(line, "what stands in braces", _sources(value for prose in proses for value in prose.values))


def _sources(expressions: Iterable[Expression]) -> tuple[str, ...]:
    return tuple(sorted(written(one.tree) for one in expressions))


def _told(value: Any) -> str:
    if value is None or value == ():
        return "not there"
    if isinstance(value, tuple):
        return " and ".join(value)
    return value if isinstance(value, str) else shown(value)


def in_language(language: str, lessons: Sequence[Lesson]) -> list[Lesson]:
    """Returns every lesson once, in its order: its translation if there is one, or else the lesson itself."""
    translated = {one.name: one for one in lessons if one.language == language}
    return [translated.get(one.name, one) for one in lessons if not one.language]
