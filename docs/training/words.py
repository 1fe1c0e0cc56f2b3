"""A word of a sentence, and how words become a line of text with the place of each."""

from collections.abc import Sequence
from typing import NamedTuple


class Word(NamedTuple):
    """A word as it is written.

    Attributes:
        text: the word; one that ends with an apostrophe joins the next.
        meaning: what it says, such as `object.noun`. A French and an English word with the same meaning translate each
            other. It is empty for words that belong to the grammar: articles, prepositions, auxiliaries.
    """

    text: str
    meaning: str = ""


Words = tuple[Word, ...]


class Line(NamedTuple):
    """A written sentence: its text, its words, and the place of each word in the text, as characters (from, to)."""

    text: str
    words: Words
    places: tuple[tuple[int, int], ...]


def plain(text: str, meaning: str = "") -> Words:
    """Returns the words of a text, all with the same meaning."""
    return tuple(Word(word, meaning) for word in text.split())


def line(words: Sequence[Word], end: str, *, capital: bool = True) -> Line:
    """Writes words one behind the other, with a space after each but an apostrophe.

    Args:
        words: what is written; a word that is only a comma stands directly behind the one before.
        end: what follows the last word, such as a full stop.
        capital: whether the sentence begins with a capital letter.
    """
    text, places = "", []
    for word in words:
        if text and not text.endswith("'") and word.text != ",":
            text += " "
        shown = word.text[0].upper() + word.text[1:] if capital and not text else word.text
        places.append((len(text), len(text) + len(shown)))
        text += shown
    return Line(text + end, tuple(words), tuple(places))
