"""What is found in a pasted text, and what a copied text could say. Does not know any program's format."""

from dataclasses import dataclass
from typing import Any

Order = str | tuple[str, ...]
"""The name of a preset of orders, or the names of stages, the first one first."""

Values = dict[str, Any]
"""Values by their names."""

Listed = tuple[tuple[str, Any], ...]
"""Names and values as the pasted text has them."""


@dataclass(frozen=True)
class Pasted:
    """What a pasted text says, in our words.

    Attributes:
        kind: the name of its format in `formats.FORMATS`.
        settings: the settings that it switches on, by our names; what is missing is off. Length, seed and stop strings
            are only there if the text says them.
        order: in which the program runs the stages.
        unknown: what may change the choice of a token and has no meaning here.
        ignored: what has no effect here: prompts, paths, the number of threads, values that are off.
        notes: a sentence for each value that was translated.
        refused: a sentence for each value that is outside our rules. It is left out.
    """

    kind: str
    settings: Values
    order: Order
    unknown: Listed = ()
    ignored: Listed = ()
    notes: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Copied:
    """Settings in another program's form.

    Attributes:
        text: what to paste there.
        left_out: our names of what the format cannot say, "order" among them.
    """

    text: str
    left_out: tuple[str, ...] = ()


def names_of(text: str) -> frozenset[str]:
    """Returns the names that a text holds, with spaces between them: how the lists of the formats are written."""
    return frozenset(text.split())
