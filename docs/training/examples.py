"""Divides the sentences of the grammar into those that are learned and those that are held out.

The division needs no list: a rule about the sentence itself decides. A sentence is held out when the checksum of its
letters says so, without its case and its punctuation, or when an adjective or a verb stands with a noun with which it
is never learned. So each part can be drawn alone, from any seed, and they never share a sentence.
"""

import re
from collections.abc import Iterator
from random import Random
from zlib import crc32

from docs.training.grammar import Sentence, sentence
from docs.training.lexicon import MASS_NOUNS
from docs.training.words import Line, line

HELD_OUT_OF = 50
"""Of so many sentences, one is held out."""
NEW_PAIR_OF = 25
"""Of so many pairs of a word and its noun, one is never learned."""
LONGEST = 16
"""The most words of a French sentence."""
SELDOM = {noun.french for noun in MASS_NOUNS}
"""The nouns that stand with few verbs."""
WORD = re.compile(r"[\w-]+'?")
"""A word of a French text; the apostrophe of an elided one belongs to it."""


def key(text: str) -> str:
    """Returns a sentence without its case and its punctuation: what may not be both learned and held out."""
    return " ".join(WORD.findall(text.casefold()))


def has_new_pair(example: Sentence) -> bool:
    """Tells whether an adjective or a verb stands with a noun with which it is never learned.

    Drinks and the like stand with few verbs. Without one of them their noun would hardly be learned at all.
    """
    return any(
        noun and noun not in SELDOM and crc32(f"{word} {noun}".encode()) % NEW_PAIR_OF == 0
        for word, noun in example.pairs
    )


def is_held_out(example: Sentence) -> bool:
    """Tells whether a sentence is never learned."""
    return has_new_pair(example) or crc32(key(example.french.text).encode()) % HELD_OUT_OF == 0


def learned(seed: int) -> Iterator[Sentence]:
    """Yields sentences to learn from, without end. Some lack the full stop, some begin with a small letter."""
    random = Random(seed)
    for example in _drawn(random):
        if not is_held_out(example):
            yield _varied(random, example)


def held_out(seed: int, count: int, *, new_pairs: bool) -> list[Sentence]:
    """Returns held-out sentences, each once.

    Args:
        seed: draws the sentences.
        count: how many.
        new_pairs: whether each has an adjective or a verb with a noun with which it is never learned, or none.
    """
    found: dict[str, Sentence] = {}
    for example in _drawn(Random(seed)):
        if is_held_out(example) and has_new_pair(example) == new_pairs:
            found.setdefault(key(example.french.text), example)
            if len(found) == count:
                break
    return list(found.values())


def _drawn(random: Random) -> Iterator[Sentence]:
    while True:
        example = sentence(random)
        if len(example.french.words) <= LONGEST:
            yield example


def _varied(random: Random, example: Sentence) -> Sentence:
    """Returns the sentence as somebody writes it who leaves something out."""
    drawn = random.random()
    if drawn < 0.08:
        return example._replace(french=_without_stop(example.french), english=_without_stop(example.english))
    if drawn < 0.12:
        return example._replace(french=line(example.french.words, _end(example.french), capital=False))
    if drawn < 0.15:
        french = line(example.french.words, _end(example.french).rstrip("."), capital=False)
        return example._replace(french=french, english=_without_stop(example.english))
    return example


def _without_stop(one: Line) -> Line:
    return one._replace(text=one.text.removesuffix("."))


def _end(one: Line) -> str:
    return one.text[one.places[-1][1] :]
