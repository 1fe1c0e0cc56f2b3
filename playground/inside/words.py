"""Groups the tokens of a text into words. Knows the readable texts of tokens, which `models.tokens` writes."""

import unicodedata
from collections.abc import Sequence

from playground.models.tokens import NEWLINE, RETURN, SPACE, TAB

Span = tuple[int, int]
"""The first token of a part of a text, and the one after its last."""

_ALONE = ("CJK", "HIRAGANA", "KATAKANA", "THAI", "LAO", "KHMER", "MYANMAR")
"""Scripts that are written without spaces. Each token of them counts as a word."""


def words(tokens: Sequence[str]) -> list[Span]:
    """Returns the words of a text, in order. A sign between two words is a word of its own.

    Args:
        tokens: the readable texts of all tokens of the text.

    >>> words(["The", "·cap", "ital", ",", "·it"])
    [(0, 1), (1, 3), (3, 4), (4, 5)]
    """
    starts = [place for place, token in enumerate(tokens) if place == 0 or not _goes_on(tokens[place - 1], token)]
    return list(zip(starts, [*starts[1:], len(tokens)], strict=True))


def _goes_on(before: str, token: str) -> bool:
    """Returns whether a token continues the word of the token before it."""
    return _is_of_word(before[-1]) and _is_of_word(token[0])


def _is_of_word(sign: str) -> bool:
    if sign in (SPACE, NEWLINE, TAB, RETURN):
        return False
    if sign in "‹›":  # a piece of a character, which a word may hold
        return True
    return unicodedata.category(sign)[0] in "LMN" and not unicodedata.name(sign, "").startswith(_ALONE)
