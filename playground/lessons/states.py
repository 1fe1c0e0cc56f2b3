"""Reads what a page shows and what changes it: a `state` block, and the values of `set`, `only` and `solved`.

Settings are checked by `Settings.from_dict`, with its sentences. Knows fields and lessons.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from playground import values as check
from playground.decoding.settings import Settings
from playground.errors import PlaygroundError
from playground.lessons.faults import Faults
from playground.lessons.fields import Field, read_fields
from playground.lessons.lesson import DECODE, FACES, VIEWS, State
from playground.lessons.views.table import ALL, fields_of
from playground.lessons.views.view import ViewField
from playground.values import shown

LONGEST_PROMPT = 8_000
LONGEST_NAME = 200
MOST_STEPS = 10_000
SETTINGS = tuple(field.name for field in fields(Settings))
OF_VIEWS = tuple(dict.fromkeys(field.name for view in ALL for field in view.fields))
"""The fields that some views have of their own."""
CHANGES = ("prompt", "step", *SETTINGS)
"""What `set`, `only` and `solved` may name, beside the fields of the page's view."""


def read_state(lines: Sequence[str], first: int, faults: Faults) -> State:
    """Returns the state of a block whose lines begin in line `first`. A value that is refused has its default there."""
    known = ("view", "face", "model", "prompt", "step", *SETTINGS, *OF_VIEWS)
    found = read_fields(lines, first, known, "A state block", faults)

    def value(name: str, read: Callable[[Field], Any], default: Any) -> Any:
        return checked(found[name], read, default, faults) if name in found else default

    view = value("view", lambda one: check.choice("view", one.sentence(), VIEWS), DECODE)
    if view == DECODE and "prompt" not in found:
        faults.add(first - 1, "A state block has no prompt. Write a line prompt: and the text that the model goes on.")
    settings: dict[str, Any] = {}
    for name in SETTINGS:
        if name in found:
            settings |= value(name, lambda one: _setting(one.name, one.value()), {})
    return State(
        first - 1,
        view,
        value("face", lambda one: check.choice("face", one.sentence(), FACES), FACES[view != DECODE]),
        value("model", lambda one: check.text("model", one.sentence(), LONGEST_NAME), None),
        value("prompt", lambda one: check.text("prompt", one.sentence(), LONGEST_PROMPT), ""),
        value("step", lambda one: check.whole("step", one.value(), 1, MOST_STEPS), 1),
        _together(settings, found, first, faults),
        _of_view(view, found, faults),
    )


def _of_view(view: str, found: Mapping[str, Field], faults: Faults) -> dict[str, Any]:
    """Returns the values of the fields that a view has of its own, and notes those of another view."""
    own = fields_of(view)
    for name in found:
        if name in OF_VIEWS and name not in own:
            views = ", ".join(one.id for one in ALL if name in fields_of(one.id))
            remedy = f"It belongs to {views}. Leave it out, or change the view."
            faults.add(found[name].line, f"The view {view} has no {name}. {remedy}")

    def value(field: ViewField) -> Any:
        def read(one: Field) -> Any:
            return field.check(one.sentence() if field.is_sentence else one.value())

        return checked(found[field.name], read, field.default, faults) if field.name in found else field.default

    return {name: value(field) for name, field in own.items()}


def _setting(name: str, value: Any) -> dict[str, Any]:
    Settings.from_dict({name: value})
    return {name: value}


def _together(settings: Mapping[str, Any], found: Mapping[str, Field], first: int, faults: Faults) -> Settings:
    """Returns the settings, which may contradict each other although each alone is allowed."""
    try:
        return Settings.from_dict(settings)
    except PlaygroundError as refusal:
        faults.add(max((found[name].line for name in settings), default=first), refusal)
        return Settings()


def checked(field: Field, read: Callable[[Field], Any], default: Any, faults: Faults) -> Any:
    """Returns what `read` makes of a field, or the default if it is refused, which is noted with the field's line."""
    try:
        return read(field)
    except PlaygroundError as refusal:
        faults.add(field.line, refusal)
        return default


def changes(field: Field, state: State) -> dict[str, Any]:
    """Returns the changes of a `set` or `solved` as plain JSON values, checked together with the page's state.

    Raises:
        PlaygroundError: it is no object, a name is unknown, or a value is refused.
    """
    given = check.mapping(field.name, field.value())
    _check_names(field.name, given, state.view)
    if not given:
        raise PlaygroundError(f"{field.name} is empty. Write a setting and its value, such as {{temperature: 0.3}}.")
    if "prompt" in given:
        check.text("prompt", given["prompt"], LONGEST_PROMPT)
    if "step" in given:
        check.whole("step", given["step"], 1, MOST_STEPS)
    told = state.changed(given).told()
    found = told["settings"] | told["fields"] | {name: told[name] for name in ("prompt", "step")}
    return {name: found[name] for name in given}


def names(field: Field, state: State) -> tuple[str, ...]:
    """Returns the names of an `only` of a page in that state.

    Raises:
        PlaygroundError: it is not a list of names that `solved` may have.
    """
    found = field.texts()
    if not found:
        raise PlaygroundError(f"{field.name} is empty. Name the settings that the learner may change, or leave it out.")
    _check_names(field.name, found, state.view)
    return tuple(dict.fromkeys(found))


def _check_names(what: str, given: Any, view: str) -> None:
    own = tuple(fields_of(view))
    for name in given:
        if name not in CHANGES and name not in own:
            raise PlaygroundError(
                f"{what} names {shown(name)}, which is not a setting. Names are Hugging Face's, such as temperature "
                f"and top_k; {', '.join(('prompt', *own))} and step may be named too."
            )
