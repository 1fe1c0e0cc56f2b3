"""Defines the rows of the table that a run prints: what was measured, the figure, its target, and whether it was met.

Does not know what is measured.
"""

from collections.abc import Sequence
from typing import NamedTuple

WIDTHS = (66, 46, 10, 8)


class Row(NamedTuple):
    """One measurement in words. `met` is None if there is no target or nothing could be measured."""

    what: str
    figure: str
    target: str = ""
    met: bool | None = None

    def line(self) -> str:
        """Returns the row in columns."""
        return _columns([self.what, self.figure, self.target, {True: "met", False: "missed", None: ""}[self.met]])


class UnmeasurableError(Exception):
    """A section that cannot be measured on this machine. Its text says why."""


def heading() -> str:
    """Returns the two lines above the rows."""
    return _columns(["What", "Figure", "Target", "This run"]) + "\n" + "-" * (sum(WIDTHS) + 2 * len(WIDTHS) - 2)


def at_least(what: str, value: float, unit: str, target: float, note: str = "") -> Row:
    """Returns a row that is met if `value` is at least `target`."""
    return Row(what, _noted(f"{_number(value)}{unit}", note), f"≥ {target:g}{unit}", value >= target)


def at_most(what: str, value: float, unit: str, target: float, note: str = "") -> Row:
    """Returns a row that is met if `value` is at most `target`."""
    return Row(what, _noted(f"{_number(value)}{unit}", note), f"≤ {target:g}{unit}", value <= target)


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 1000 else f"{value:.3g}"


def _noted(figure: str, note: str) -> str:
    return f"{figure} ({note})" if note else figure


def _columns(cells: Sequence[str]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()
