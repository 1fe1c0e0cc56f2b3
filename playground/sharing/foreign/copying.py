"""Helps to write settings in another program's form: keeps account of what the form could say.

Knows our settings. Does not know any program's format.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from playground.sharing.foreign.draft import LONGEST_WINDOW
from playground.sharing.foreign.ours import DEFAULTS, WHOLE_TEXT, in_force, stages_on
from playground.sharing.foreign.records import Copied, Values


class Copying:
    """Settings that are being written.

    Attributes:
        on: the settings that do something, by our names.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.on = in_force(dict(settings))
        self._left = list(self.on)

    def value(self, name: str) -> Any:
        """Returns the value of a setting that the form says; what does nothing has its default."""
        self.said(name)
        return self.on.get(name, DEFAULTS.get(name))

    def said(self, *names: str) -> None:
        """Notes that the form says these settings."""
        self._left = [name for name in self._left if name not in names]

    def cannot(self, name: str) -> None:
        """Notes that the form says another value of this setting than the one it has."""
        self._left = [*(one for one in self._left if one != name), name]

    def stages(self) -> set[str]:
        """Returns the stages that are on among those that the form says."""
        return stages_on({name: value for name, value in self.on.items() if name not in self._left})

    def says(self, order: Sequence[str], fixed: Sequence[str]) -> bool:
        """Returns whether two orders of all stages put those that the form says in the same order."""
        on = self.stages()
        return [name for name in order if name in on] == [name for name in fixed if name in on]

    def copied(self, text: str, says_order: bool = True) -> Copied:
        """Returns the text, with the names of what it does not say."""
        return Copied(text, (*self._left, *(() if says_order else ("order",))))


def window(size: int) -> int:
    """Returns a penalty's window for programs that have no word for the whole text."""
    return LONGEST_WINDOW if size == WHOLE_TEXT else size


def biases_of(bias: Any) -> list[tuple[int | str, Any]]:
    """Returns each token of a bias, its id or a text, with what is added to its logit; False removes it."""
    if isinstance(bias, Mapping):
        return [(int(token) if _is_id(token) else token, value) for token, value in bias.items()]
    return [(token, value) for token, value in bias]


def id_biases(bias: Any) -> list[tuple[int, Any]] | None:
    """Returns the same for forms that know tokens by their ids alone, None if a token is a text or there is none."""
    found = [(token, value) for token, value in biases_of(bias or {}) if isinstance(token, int)]
    return found if found and len(found) == len(bias) else None


def is_gbnf(grammar: str) -> bool:
    """Returns whether a grammar is written as llama.cpp reads it."""
    return "::=" in grammar


def _is_id(token: str) -> bool:
    return token.isascii() and token.isdecimal()


def from_json(value: Any) -> Any:
    """Returns what a text says in JSON, or the text if it is none."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def json_text(values: Values) -> str:
    """Returns an object as JSON for people: indented, with all signs as they are."""
    return json.dumps(values, indent=2, ensure_ascii=False)
