"""Reads what somebody typed for others to read: a nickname, a question, an answer. It is text and nothing else."""

import unicodedata

from playground import values

HIDDEN = ("Cc", "Cf", "Cs")
"""Unicode's categories of characters that are not seen: controls, marks that turn the direction of writing, halves."""


def one_line(name: str, value: object, most: int) -> str:
    """Returns a text of at most `most` characters without characters that are not seen, on one line.

    Raises:
        PlaygroundError: it is no text, or too long.
    """
    return _cleaned(" ".join(values.text(name, value, most).split()))


def lines(name: str, value: object, most: int) -> str:
    """Returns the same with its line breaks.

    Raises:
        PlaygroundError: it is no text, or too long.
    """
    return "\n".join(_cleaned(line) for line in values.text(name, value, most).splitlines()).strip()


def _cleaned(line: str) -> str:
    return "".join(sign for sign in line if unicodedata.category(sign) not in HIDDEN).strip()
