"""What lessons know of the view Embeddings: its words, and the cosine of two of them in the input embedding."""

import re
from typing import Any

from playground import values
from playground.errors import PlaygroundError
from playground.inside import embeddings
from playground.lessons.views.looked import TOKEN
from playground.lessons.views.view import Asked, Measure, Measured, View, ViewField

ID = "inside/embeddings"
LONGEST_WORDS = 1000
WORDS = "cat, dog, horse, red, green, blue"
NAMED = re.compile(r"\s*(?:[^:,]*\S\s*:\s)?(.*)", re.DOTALL)
"""A line of words may begin with the name of its group, as in `assets/inside/embeddings/groups.js`."""


def _words(value: Any) -> str:
    written = values.text("words", value, LONGEST_WORDS)
    if len(listed(written)) < 2:
        raise PlaygroundError(f"words is {values.shown(written)}. Write two words or more, with commas between them.")
    return written


def _pair(value: Any) -> list[str]:
    pair = values.items("pair", value, 2)
    if len(pair) == 1 or not all(isinstance(word, str) for word in pair):
        raise PlaygroundError(f"pair is {values.shown(value)}. Name two of the words, as in [cat, dog].")
    return list(values.texts("pair", pair, 2, LONGEST_WORDS))


def listed(written: str) -> list[str]:
    """Returns the words of a text, each once, as the view reads them."""
    lists = [found[1] for line in written.split("\n") if (found := NAMED.fullmatch(line))]
    return list(dict.fromkeys(word for line in lists for word in re.split(r"[,;\s]+", line) if word))


async def measured(asked: Asked) -> Measured:
    """Returns the measures of the view's words.

    Raises:
        PlaygroundError: fewer than two words have a vector.
    """
    words = listed(asked.fields["words"])
    told = await embeddings.points(asked.reader, words, 0, "input")
    ids = dict(zip(words, told["words"], strict=True))
    places = {point["token_id"]: place for place, point in enumerate(told["points"])}

    def place_of(word: str) -> int:
        bare = word.strip()
        if bare not in ids:
            raise PlaygroundError(f"{values.shown(bare)} is not among the words of the state: {', '.join(words)}.")
        if len(ids[bare]) != 1:
            raise PlaygroundError(f"{values.shown(bare)} is {len(ids[bare])} tokens, and only one token has a vector.")
        return places[ids[bare][0]]

    def similarity(one: str, other: str) -> float:
        low, high = sorted((place_of(one), place_of(other)))
        return float(told["cosines"][high][low]) if low < high else 1.0

    def pair_similarity() -> float:
        if not asked.fields["pair"]:
            raise PlaygroundError("The state has no pair. Name two of its words, as in pair: [cat, dog].")
        return similarity(*asked.fields["pair"])

    return {"similarity": similarity, "pair_similarity": pair_similarity}


VIEW = View(
    ID,
    (
        TOKEN,
        ViewField(
            "words",
            _words,
            WORDS,
            "the words of the picture, with commas between them, a group a line, as in its field; some animals and "
            "colours",
            is_sentence=True,
        ),
        ViewField("pair", _pair, [], "the two words that are chosen, between which the angle is drawn; any"),
    ),
    (
        Measure(
            "similarity",
            ("text", "text"),
            "number",
            "number",
            "the cosine between the vectors of two of the picture's words: 1 for the same direction, 0 for a right "
            "angle",
            ID,
            '"cat", "dog"',
        ),
        Measure(
            "pair_similarity", (), "number", "number", "the same of the two words that are chosen in the picture", ID
        ),
    ),
    measured,
)
