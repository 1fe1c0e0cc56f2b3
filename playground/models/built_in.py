"""Finds the models that come with the playground, and says which words of a text such a model does not know.

Knows their folders. Does not know how models are loaded.
"""

import re
from collections.abc import Callable
from pathlib import Path
from unicodedata import normalize

from playground.models.below import models_below
from playground.places import ASSETS

BUILT_IN = ASSETS / "built_in"
"""Holds the models that come with the playground, a folder for each."""
WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*'?")
"""A word with its hyphens and apostrophes. It holds no digits."""
NAMED = 3
"""The most unknown words that a sentence names."""


def built_in_folders() -> list[Path]:
    """Returns the folders of the models that come with the playground, in the order of their names."""
    return models_below(BUILT_IN)


def known_words(folder: str) -> frozenset[str] | None:
    """Returns the words that a built-in model was trained on; None for a model that has no such list.

    They are in lower case, or as they are written if capital letters make another word for the model.
    """
    listed = Path(folder).resolve() / "words.txt"
    if listed.parent.parent != BUILT_IN or not listed.exists():
        return None
    return frozenset(listed.read_text("utf-8").split())


def unknown_words(text: str, known: frozenset[str]) -> list[str]:
    """Returns the words of a text that are not among `known`, each once, as they are written first.

    Capital letters count if the list has some. An elided word ends with its apostrophe (`l'`), and is a word of its own
    unless the list has it with the next one. A hyphen belongs to its word.
    """
    found: dict[str, str] = {}
    form = _form(known)
    for written in WORD.findall(re.sub("[‘’ʼ]", "'", normalize("NFC", text))):
        for word in [written] if form(written) in known else re.findall(r"[^']+'?", written):
            plain = form(word)
            if plain not in known and plain.removesuffix("'") not in known:
                found.setdefault(plain, word.removesuffix("'"))
    return list(found.values())


def unknown_sentence(words: list[str], known: frozenset[str]) -> str:
    """Returns the sentence that names words which a model does not know; an empty text for none."""
    if not words:
        return ""
    quoted = [f"‘{word}’" for word in words[:NAMED]]
    if len(words) > NAMED:
        quoted.append(f"{len(words) - NAMED} more")
    *before, last = quoted
    told = f"{', '.join(before)} and {last} are" if before else f"{last} is"
    told = f"{told} not among the {len(known):,} words that this small model knows."
    capitals = {known_word.casefold(): known_word for known_word in known}
    meant = next((capitals[word.casefold()] for word in words[:NAMED] if word.casefold() in capitals), None)
    return told if meant is None else f"{told} Capital letters count: it knows ‘{meant}’."


def _form(known: frozenset[str]) -> Callable[[str], str]:
    """Returns what makes of a written word the form in which it is looked up."""
    counts_capitals = any(word != word.casefold() for word in known)
    return str if counts_capitals else str.casefold
