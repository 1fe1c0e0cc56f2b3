"""The values that a setting may take where it is no number: a text, a list of texts, biases of tokens, or a pair.

Each rule is like `rules.Rule`: `check` returns a value that can be hashed or refuses it in a sentence, `plain` returns
the value as JSON has it, which `check` takes back, and `off` holds the values under which a stage does nothing, the
default first. `values` says what is accepted, and `facts` is what the page's JavaScript knows of the rule. Knows texts
and numbers. Does not know tokenizers: `vocabulary.py` turns texts into ids.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playground.decoding.rules import Rule
from playground.errors import PlaygroundError
from playground.values import items, shown, text, texts

Bias = tuple[int | str, float]
"""A token's id or a text, and what is added to the logit of the token or of each of the text's tokens."""

BAN = -math.inf
"""The bias that removes a token. JSON has no infinite number, so it is false there."""


@dataclass(frozen=True)
class TextRule:
    """One text of at most `longest` characters. If `takes_object`, an object stands for its JSON text."""

    longest: int
    takes_object: bool = False
    off: tuple[str, ...] = ("",)

    def check(self, name: str, value: object) -> str:
        """Returns the text.

        Raises:
            PlaygroundError: not a text, too long, or with half of a character.
        """
        if self.takes_object and isinstance(value, Mapping):
            value = _as_json(name, value)
        return text(name, value, self.longest)

    def plain(self, value: str) -> str:
        """Returns the value as JSON has it."""
        return value

    @property
    def values(self) -> str:
        """What is accepted, in words, for the documentation."""
        return f"a text of at most {self.longest:,} characters{', or an object' if self.takes_object else ''}"

    def facts(self) -> dict[str, Any]:
        """Returns what the page's JavaScript knows of the rule."""
        return {"kind": "text", "longest": self.longest, "off": [self.plain(value) for value in self.off]}


@dataclass(frozen=True)
class TextsRule:
    """At most `most` texts, each of 1 to `longest` characters. A text that comes twice counts once."""

    most: int
    longest: int
    off: tuple[tuple[str, ...], ...] = ((),)

    def check(self, name: str, value: object) -> tuple[str, ...]:
        """Returns the texts.

        Raises:
            PlaygroundError: not a list, too many, or one of them is empty, too long or no text.
        """
        found = texts(name, value, self.most, self.longest)
        if "" in found:
            raise PlaygroundError(f"{name}, number {found.index('') + 1}, is an empty text. Write a text or remove it.")
        return tuple(dict.fromkeys(found))

    def plain(self, value: tuple[str, ...]) -> list[str]:
        """Returns the value as JSON has it."""
        return list(value)

    @property
    def values(self) -> str:
        """What is accepted, in words, for the documentation."""
        return f"a list of at most {self.most:,} texts of at most {self.longest:,} characters"

    def facts(self) -> dict[str, Any]:
        """Returns what the page's JavaScript knows of the rule."""
        return {
            "kind": "texts",
            "most": self.most,
            "longest": self.longest,
            "off": [self.plain(value) for value in self.off],
        }


@dataclass(frozen=True)
class BiasesRule:
    """Biases of at most `most` tokens and texts, each from -`strongest` to `strongest`, or false to remove the token.

    They are an object such as `{"15": -1.5, " hello": 2, "42": false}`, or a list of pairs such as `[[15, -1.5],
    ["15", 2]]`, as llama.cpp's server takes them. A name of the object that is a whole number is a token's id. In a
    pair a number is an id and a text is a text, whatever it holds.
    """

    most: int = 300
    longest: int = 200
    strongest: float = 100
    off: tuple[tuple[Bias, ...], ...] = ((),)

    def check(self, name: str, value: object) -> tuple[Bias, ...]:
        """Returns the biases in the order in which they were given.

        Raises:
            PlaygroundError: neither an object nor a list of pairs, too many, a token that is neither an id nor a text,
                the same one twice, or a bias out of range.
        """
        if isinstance(value, Mapping):
            pairs = [(int(one) if _is_id(one) else one, bias) for one, bias in items(name, [*value.items()], self.most)]
        elif isinstance(value, list | tuple):
            pairs = [_pair(name, one) for one in items(name, value, self.most)]
        else:
            raise PlaygroundError(
                f"{name} must be an object of tokens and biases, but is {shown(value)}. "
                'Give one such as {"15": -1.5, " hello": 2}.'
            )
        found: dict[int | str, float] = {}
        for token, bias in pairs:
            own = self._token(name, token)
            if own in found:
                raise PlaygroundError(f"{name} names {shown(own)} twice. Give it one bias.")
            found[own] = self._bias(f"{name} of {shown(own)}", bias)
        return tuple(found.items())

    def plain(self, value: tuple[Bias, ...]) -> dict[str, float | bool] | list[list[object]]:
        """Returns the biases as an object, or as pairs if one is of a text that would be read as an id there."""
        biases = [(token, False if bias == BAN else bias) for token, bias in value]
        if any(isinstance(token, str) and _is_id(token) for token, _ in biases):
            return [[token, bias] for token, bias in biases]
        return {str(token): bias for token, bias in biases}

    @property
    def values(self) -> str:
        """What is accepted, in words, for the documentation."""
        bias = f"a bias from {-self.strongest:g} to {self.strongest:g}, or false"
        return f"an object of at most {self.most} tokens' ids or texts, each with {bias}"

    def facts(self) -> dict[str, Any]:
        """Returns what the page's JavaScript knows of the rule."""
        return {
            "kind": "biases",
            "most": self.most,
            "longest": self.longest,
            "strongest": self.strongest,
            "off": [self.plain(value) for value in self.off],
        }

    def _token(self, name: str, token: object) -> int | str:
        if isinstance(token, bool) or not isinstance(token, int | str):
            raise PlaygroundError(f"{name} names {shown(token)}. Give a token's id or a text.")
        if isinstance(token, str) and not token:
            raise PlaygroundError(f"{name} names an empty text, which has no token. Write a text or remove it.")
        if isinstance(token, int) and token < 0:
            raise PlaygroundError(f"{name} names the token {token}. The ids of tokens begin at 0.")
        return text(f"A text of {name}", token, self.longest) if isinstance(token, str) else token

    def _bias(self, name: str, bias: object) -> float:
        if bias is False or bias == BAN:
            return BAN
        if isinstance(bias, int | float) and not isinstance(bias, bool) and -self.strongest <= bias <= self.strongest:
            return float(bias)
        raise PlaygroundError(
            f"The {name} is {shown(bias)}. Give a number from {-self.strongest:g} to {self.strongest:g}, "
            "or false to remove the token."
        )


@dataclass(frozen=True)
class PairRule:
    """Two numbers with a name and a rule each, or None, under which the stage does nothing."""

    parts: tuple[tuple[str, Rule], tuple[str, Rule]]
    off: tuple[None, ...] = (None,)

    def check(self, name: str, value: object) -> tuple[float, float] | None:
        """Returns the two numbers.

        Raises:
            PlaygroundError: neither null nor a list of two, or a number outside its rule.
        """
        if value is None:
            return None
        if not isinstance(value, list | tuple) or len(value) != len(self.parts):
            both = " and ".join(f"its {own}" for own, _ in self.parts)
            raise PlaygroundError(f"{name} must be a list of {both}, but is {shown(value)}. Give both, or null.")
        (first, rule), (second, other) = self.parts
        return rule.check(f"{name}'s {first}", value[0]), other.check(f"{name}'s {second}", value[1])

    def plain(self, value: tuple[float, float] | None) -> list[float] | None:
        """Returns the value as JSON has it."""
        return None if value is None else list(value)

    @property
    def values(self) -> str:
        """What is accepted, in words, for the documentation."""
        return f"a list of {' and '.join(f'{name} ({rule.values})' for name, rule in self.parts)}, or null"

    def facts(self) -> dict[str, Any]:
        """Returns what the page's JavaScript knows of the rule."""
        return {
            "kind": "pair",
            "parts": [{"name": name, **rule.facts()} for name, rule in self.parts],
            "off": [self.plain(value) for value in self.off],
        }


def _is_id(name: object) -> bool:
    return isinstance(name, str) and name.isascii() and name.isdecimal() and len(name) <= 10


def _pair(name: str, value: object) -> tuple[object, object]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        raise PlaygroundError(f"{name} holds {shown(value)}. Give pairs of a token and its bias, such as [15, -1.5].")
    return value[0], value[1]


def _as_json(name: str, value: Mapping[object, object]) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise PlaygroundError(f"{name} cannot be written as JSON: {error}. Give an object of plain values.") from error
