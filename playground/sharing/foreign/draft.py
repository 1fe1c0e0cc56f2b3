"""Collects what a pasted text says while it is read, and checks it against the rules of `Settings` at the end.

Knows our settings. Does not know any program's format.
"""

import json
import math
from collections.abc import Mapping
from typing import Any

from playground.decoding.settings import Settings
from playground.errors import PlaygroundError
from playground.sharing.foreign.ours import DEFAULTS, WHOLE_TEXT, in_force
from playground.sharing.foreign.records import Order, Pasted, Values

TOO_LARGE = 2**64
"""A whole number that no setting has, and with which a float cannot always reckon."""
MOST_LISTED = 200
"""A text with more values than this is no preset: the lists of its answer end here."""
BAN = False
"""The bias that removes a token."""
LONGEST_WINDOW = 1_048_576
"""A window of at least so many tokens is the whole text here. Programs that refuse -1 are given this number."""


class Draft:
    """What a text says so far.

    Attributes:
        settings: values by our names.
        said: the text's own name of each of them.
    """

    def __init__(self) -> None:
        self.settings: Values = {}
        self.said: dict[str, str] = {}
        self._unknown: list[tuple[str, Any]] = []
        self._ignored: list[tuple[str, Any]] = []
        self._notes: list[str] = []
        self._refused: list[str] = []

    def take(self, name: str, value: Any, said: str) -> None:
        """Takes a value by our name. None stands for a value that the text does not give."""
        if value is None:
            return
        if isinstance(DEFAULTS.get(name, 0), int | float):
            value = number(value)
        elif name == "json_schema" and isinstance(value, Mapping):
            value = json.dumps(value, ensure_ascii=False)
        self.settings[name] = value
        self.said[name] = said

    def drop(self, name: str) -> Any:
        """Takes a value back, and returns it."""
        self.said.pop(name, None)
        return self.settings.pop(name, None)

    def unknown(self, name: str, value: Any) -> None:
        """Lists what has no meaning here."""
        self._unknown.append((name, value))

    def ignore(self, name: str, value: Any) -> None:
        """Lists what has no effect here."""
        self._ignored.append((name, value))

    def note(self, sentence: str) -> None:
        """Adds a sentence about a translation, once."""
        if sentence not in self._notes:
            self._notes.append(sentence)

    def refuse(self, sentence: str) -> None:
        """Adds a sentence about a value that is left out."""
        self._refused.append(sentence)

    def rest(self, values: Mapping[str, Any], no_effect: frozenset[str], neutral: Values) -> None:
        """Lists what nobody took: as ignored if it has no effect or does nothing with this value, else as unknown."""
        for name, value in values.items():
            is_neutral = value is None or (name in neutral and number(value) == neutral[name])
            if name in no_effect or is_neutral:
                self.ignore(name, value)
            else:
                self.unknown(name, value)

    def seed(self, value: Any, said: str, program: str, random: tuple[int, ...] = (-1,)) -> None:
        """Takes a seed, unless it is one of those that ask the program for a random one."""
        if value is None or number(value) in random:
            self.ignore(said, value)
            return
        self.take("seed", value, said)
        self.note(f"The same seed draws other random numbers here than in {program}, so that the texts differ.")

    def length(self, value: Any, said: str) -> None:
        """Takes the most new tokens, unless it is below 0, which stands for no limit."""
        wanted = number(value)
        if isinstance(wanted, int | float) and not isinstance(wanted, bool) and wanted < 0:
            self.ignore(said, value)
        else:
            self.take("max_new_tokens", value, said)

    def window(self, name: str, value: Any, said: str) -> None:
        """Takes a penalty's window; one that is longer than any text is the whole text."""
        size = number(value)
        if isinstance(size, int | float) and size >= LONGEST_WINDOW:
            size = WHOLE_TEXT
        self.take(name, size, said)

    def greedy_at_zero(self) -> None:
        """Makes a temperature of 0 and below the strategy greedy."""
        temperature = self.settings.get("temperature")
        if not isinstance(temperature, int | float) or isinstance(temperature, bool) or temperature > 0:
            return
        said = self.said.get("temperature", "temperature")
        self.drop("temperature")
        self.take("strategy", "greedy", said)
        self.note(f"{said} {temperature:g} is the strategy greedy here.")

    def pasted(self, kind: str, order: Order) -> Pasted:
        """Returns what was found, without the values that do nothing and those outside our rules."""
        wanted = in_force(self.settings)
        read = {*wanted, *(("temperature",) if "dynatemp_range" in wanted else ())}
        idle = {name: value for name, value in self.settings.items() if name in self.said and name not in read}
        for name, value in idle.items():
            self.ignore(self.said[name], value)
            if name in ("xtc_probability", "typical_p") and value not in (0, 1):
                self.note(
                    f"{self.said[name]} may remove the best token in other programs. Greedy does not read it here."
                )
        kept: Values = {}
        for name, value in wanted.items():
            said = self.said.get(name, name)
            try:
                kept[name] = Settings.from_dict(kept | {name: value}).to_dict()[name]
            except PlaygroundError as error:
                self.refuse(f"{said} is not taken: {error}")
        return Pasted(
            kind,
            kept,
            order,
            unknown=tuple(self._unknown[:MOST_LISTED]),
            ignored=tuple(self._ignored[:MOST_LISTED]),
            notes=tuple(self._notes),
            refused=tuple(self._refused[:MOST_LISTED]),
        )


def number(value: Any) -> Any:
    """Returns the number that a text holds, or the value as it is; infinity for a whole number that is too large."""
    if isinstance(value, int) and abs(value) >= TOO_LARGE:
        return math.inf if value > 0 else -math.inf
    if not isinstance(value, str):
        return value
    for kind in (int, float):
        try:
            return number(kind(value))
        except ValueError:
            pass
    return value


def truth(value: Any) -> bool:
    """Returns whether a value stands for yes, however the format spells it."""
    return value not in (None, False, 0, "", "0", "false", "False", "off", "no")


def biases(pairs: Any, draft: Draft, said: str) -> None:
    """Takes the biases of tokens: an object of tokens and biases, or a list of pairs. False removes the token."""
    if isinstance(pairs, Mapping):
        pairs = {str(token): number(bias) for token, bias in pairs.items()}
    draft.take("logit_bias", pairs, said)


def never_ends(draft: Draft, said: str) -> None:
    """Takes the wish that the text does not end by itself: with a length, that many tokens are the least."""
    length = draft.settings.get("max_new_tokens")
    if length is None:
        draft.unknown(said, True)
        return
    draft.take("min_new_tokens", length, said)
    draft.note(f"{said} is min_new_tokens {length} here: the text does not end before its {length} tokens are there.")
