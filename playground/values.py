"""Checks values from a page or a client: each comes as plain JSON and leaves as a typed value, or is refused.

Every event, server function, endpoint and route reads its values with these functions, so that nothing unchecked
reaches the engine. Knows errors. Does not know models, settings or what a value is for: bounds are arguments.
`Settings.from_dict` checks settings in the same way.
"""

import reprlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeVar

from playground.errors import PlaygroundError

_Choice = TypeVar("_Choice", bound=str)

CHARACTERS_A_TOKEN = 32
"""A text of more characters than this for each token it may have is refused before it is tokenised. In English a token
has four characters, and few tokens of any model are so long, so that a text within the limit of tokens passes."""
LONGEST_SHOWN = 60
MOST_NUMBER = 2**53 - 1
"""The largest whole number that JavaScript counts to, for numbers that a page gives to its own requests."""
MOST_DIGITS = 15
LONGEST_ID = 64
ID_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def shown(value: object) -> str:
    """Returns `value` for use in a sentence: text is quoted, and the result is at most `LONGEST_SHOWN` characters."""
    text = repr(value[: LONGEST_SHOWN + 1]) if isinstance(value, str) else _short.repr(value)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 3] + "..."


def whole(name: str, value: object, low: int, high: int) -> int:
    """Returns `value` if it is a whole number from `low` to `high`. True and 1.0 are refused."""
    remedy = f"Give one from {low:,} to {high:,}."
    if not isinstance(value, int) or isinstance(value, bool):
        raise PlaygroundError(f"{name} must be a whole number, but is {shown(value)}. {remedy}")
    if not low <= value <= high:
        raise PlaygroundError(f"{name} is {shown(value)}, which is out of range. {remedy}")
    return value


def whole_in(name: str, value: str) -> int:
    """Returns the whole number that a text from an address holds. The caller checks the bounds."""
    digits = value.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= MOST_DIGITS):
        raise PlaygroundError(f"{name} must be a whole number, but is {shown(value)}. Give one such as 0 or 12.")
    return int(value)


def boolean(name: str, value: object) -> bool:
    """Returns `value` if it is true or false."""
    if not isinstance(value, bool):
        raise PlaygroundError(f"{name} is {shown(value)}. Give true or false.")
    return value


def text(name: str, value: object, most: int) -> str:
    """Returns `value` if it is a text of at most `most` characters without any half of a surrogate pair."""
    if not isinstance(value, str):
        raise PlaygroundError(f"{name} must be a text, but is {shown(value)}. Give a text.")
    if len(value) > most:
        raise PlaygroundError(f"{name} has {len(value):,} characters. Give at most {most:,}.", status=413)
    place = _half_character(value)
    if place is not None:
        raise PlaygroundError(
            f"{name} holds U+{ord(value[place]):04X} at character {place + 1}, half of a surrogate pair, "
            "which is not a character. Remove it."
        )
    return value


def choice(name: str, value: object, choices: Collection[_Choice]) -> _Choice:
    """Returns `value` if it is one of `choices`."""
    for one in choices:
        if value == one:
            return one
    raise PlaygroundError(f"{name} is {shown(value)}. Choose one of {', '.join(choices)}.")


def items(name: str, value: object, most: int) -> Sequence[Any]:
    """Returns `value` if it is a list of at most `most` values. The values themselves are not checked."""
    if not isinstance(value, list | tuple):
        raise PlaygroundError(f"{name} must be a list, but is {shown(value)}. Give a list.")
    if len(value) > most:
        raise PlaygroundError(f"{name} has {len(value):,} values. Give at most {most:,}.", status=413)
    return value


def texts(name: str, value: object, most: int, most_characters: int) -> tuple[str, ...]:
    """Returns a list of at most `most` texts, each of at most `most_characters` characters."""
    return tuple(
        text(f"{name}, number {number},", one, most_characters)
        for number, one in enumerate(items(name, value, most), start=1)
    )


def mapping(name: str, value: object) -> dict[str, Any]:
    """Returns a copy of an object of names and values. The values themselves are not checked."""
    if not isinstance(value, Mapping):
        raise PlaygroundError(f"{name} must be an object of names and values, but is {shown(value)}.")
    return dict(value)


def trace_id(name: str, value: object) -> str:
    """Returns `value` if a trace can have it as its id. Only the store knows whether the trace exists."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID or not ID_CHARACTERS.issuperset(value):
        raise PlaygroundError(
            f"{name} is {shown(value)}, which is not the id of a text. Take the id from a text's message."
        )
    return value


class Values:
    """The values of one event, call or request by their names. Each method checks for one kind of value.

    Args:
        what: what the values belong to, for the error sentences, such as "The fork".
        given: the values as they came; anything but an object of names and values is refused.

    Raises:
        PlaygroundError: from every method, if the value is missing or of another kind.
    """

    def __init__(self, what: str, given: object) -> None:
        if not isinstance(given, Mapping):
            raise PlaygroundError(f"{what} must be an object of names and values, but is {shown(given)}.")
        self._what, self._given = what, given

    def __contains__(self, name: str) -> bool:
        """Returns whether there is a value that is not null."""
        return self._given.get(name) is not None

    def get(self, name: str) -> Any:
        """Returns the unchecked value, for a check that this class does not have."""
        if name not in self._given:
            raise PlaygroundError(f"{self._what} has no {name}. Give one.")
        return self._given[name]

    def whole(self, name: str, low: int, high: int) -> int:
        return whole(name, self.get(name), low, high)

    def boolean(self, name: str) -> bool:
        return boolean(name, self.get(name))

    def text(self, name: str, most: int) -> str:
        return text(name, self.get(name), most)

    def choice(self, name: str, choices: Collection[_Choice]) -> _Choice:
        return choice(name, self.get(name), choices)

    def items(self, name: str, most: int) -> Sequence[Any]:
        return items(name, self.get(name), most)

    def texts(self, name: str, most: int, most_characters: int) -> tuple[str, ...]:
        return texts(name, self.get(name), most, most_characters)

    def trace_id(self, name: str) -> str:
        return trace_id(name, self.get(name))

    def mapping(self, name: str) -> dict[str, Any]:
        return mapping(name, self.get(name))


def _half_character(value: str) -> int | None:
    """Returns where half of a surrogate pair stands alone, or None. A text with such a half cannot be encoded."""
    try:
        value.encode()
    except UnicodeEncodeError as error:
        return error.start
    return None


_short = reprlib.Repr()
_short.maxlevel = 3
_short.maxstring = _short.maxlong = _short.maxother = 2 * LONGEST_SHOWN
