"""Holds one English text of the page as the sources have it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Text:
    """One text.

    Attributes:
        one: the English text, which is its key in the catalogues.
        other: the English text for other numbers than one; None if the text does not depend on a number.
        files: the sources that have it, relative to the project's folder.
        is_told: whether it is a sentence of the server, in which a value may stand that is a sentence itself.
    """

    one: str
    other: str | None
    files: frozenset[str]
    is_told: bool = False
