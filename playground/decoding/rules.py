"""The values that a number may take, and the sentence that refuses any other. Does not know what the number is for."""

import math
from dataclasses import dataclass
from typing import Any

from playground.errors import PlaygroundError
from playground.values import shown


@dataclass(frozen=True)
class Rule:
    """The values of one number: `low`..`high`, both ends included unless `open_low`; `whole` for integers.

    A value that is off may lie outside.

    Attributes:
        off: the values under which a stage does nothing, the default first. Empty for a number that is no stage's.
        off_does: what these values do, in a refusal. Empty if they switch the stage off.
    """

    low: float
    high: float
    whole: bool = False
    open_low: bool = False
    off: tuple[float, ...] = ()
    off_does: str = ""

    def check(self, name: str, value: object) -> int | float:
        """Returns `value` as an int or a float inside the rule.

        A float without a fraction is accepted for an int and an int for a float, because sliders and JSON mix them.

        Raises:
            PlaygroundError: not a number, not finite, not whole, or out of range.
        """
        kind = "a whole number" if self.whole else "a number"
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise PlaygroundError(f"{name} must be {kind}, but is {shown(value)}. {self._remedy(name)}")
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number) or (self.whole and number != int(number)):
            raise PlaygroundError(f"{name} must be {kind}, but is {shown(value)}. {self._remedy(name)}")
        if number in self.off:
            return int(value) if self.whole else number
        if not self.low <= number <= self.high or (self.open_low and number == self.low):
            raise PlaygroundError(f"{name} is {shown(value)}, which is out of range. {self._remedy(name)}")
        return int(value) if self.whole else number

    def plain(self, value: int | float) -> int | float:
        """Returns the value as JSON has it."""
        return value

    @property
    def values(self) -> str:
        """The range in words, for the documentation."""
        return f"{'above ' if self.open_low else ''}{self.low:g} to {self.high:,.10g}{', whole' if self.whole else ''}"

    def facts(self) -> dict[str, Any]:
        """Returns what the page's JavaScript knows of the rule."""
        names = {"low": self.low, "high": self.high, "openLow": self.open_low, "whole": self.whole}
        return {"kind": "number"} | names | {"off": list(self.off)}

    def _remedy(self, name: str) -> str:
        span = f"above {self.low:g} and at most" if self.open_low else f"from {self.low:g} to"
        off = " and ".join(f"{value:g}" for value in self.off)
        does = self.off_does or ("are off" if len(self.off) > 1 else "is off")
        return f"Give {name} a value {span} {self.high:.10g}{off and f' ({off} {does})'}."
