"""Finds which measures the sentences of a lesson's page read, and their values by the text with which the page asks.

Knows lessons and what is looked at. Does not know how a value reaches the page.
"""

import json
from collections.abc import Callable, Iterable, Iterator

from playground.lessons.expressions import Expression
from playground.lessons.lesson import Ask, Note, Page, Predict, Reveal, Text, Try
from playground.lessons.looking import Look
from playground.lessons.trees import Call, Tree, Value, evaluate

BEFORE = "before"
OF_TOKEN = {"probability", "raw_probability", "rank", "logit"}
"""The measures whose argument is the text of a token."""


def reveal_of(page: Page) -> Reveal | None:
    """Returns what the page reveals."""
    return next((part for part in page.parts if isinstance(part, Reveal)), None)


def calls(page: Page, *, is_after: bool) -> Iterator[Call]:
    """Yields the calls that the page reads before its reveal, or after it. What stands in a `before` is read before.

    A page's own sentences stay when the reveal has changed what is in view, so they are read twice.
    """
    for one in _sentences(page):
        yield from (call for call, _ in _apart(one.tree))
    reveal = reveal_of(page)
    if reveal is not None:
        for one in (*([reveal.value] if reveal.value else []), *reveal.says.values):
            yield from (call for call, is_before in _apart(one.tree) if is_before != is_after)


def tokens_named(page: Page) -> set[str]:
    """Returns the texts of the tokens that a page asks about."""
    asked = {part.token for part in page.parts if isinstance(part, Predict) and part.token is not None}
    checks = [call for part in page.parts if isinstance(part, Try) for call, _ in _apart(part.check.tree)]
    read = [*calls(page, is_after=False), *calls(page, is_after=True), *checks]
    return asked | {one for call in read if call.name in OF_TOKEN for one in call.of if isinstance(one, str)}


def values(read: Iterable[Call], look: Look, is_wanted: Callable[[str], bool] = lambda _: True) -> dict[str, Value]:
    """Returns the value of each call of a wanted measure, by the text by which `assets/site/values.js` asks for it.

    Raises:
        PlaygroundError: a measure has no value.
    """
    found = {}
    for call in read:
        if is_wanted(call.name):
            given = [_as_in_javascript(evaluate(one, look.value)) for one in call.of]
            key = json.dumps([call.name, *given], ensure_ascii=False, separators=(",", ":"))
            found[key] = look.value(call)
    return found


def _sentences(page: Page) -> Iterator[Expression]:
    """Yields the expressions in all texts of a page that stand outside of its reveal."""
    for part in page.parts:
        match part:
            case Text(prose=prose) | Note(prose=prose):
                yield from prose.values
            case Predict(question=question):
                yield from question.values
            case Ask(question=question, answer=answer):
                yield from (*question.values, *answer.values)
            case Try(task=task, hint=hint):
                yield from (*task.values, *(hint.values if hint else ()))


def _apart(tree: Tree, *, is_before: bool = False) -> Iterator[tuple[Call, bool]]:
    """Yields the calls of a tree, each with whether it stands in a `before`, which is left out itself."""
    if isinstance(tree, Call) and tree.name == BEFORE:
        yield from _apart(tree.of[0], is_before=True)
    elif not isinstance(tree, float | int | str | bool):
        yield from ([(tree, is_before)] if isinstance(tree, Call) else [])
        for one in tree.of:
            yield from _apart(one, is_before=is_before)


def _as_in_javascript(value: Value) -> Value:
    return int(value) if isinstance(value, float) and value.is_integer() else value
