"""Tests that the page reads the texts of tokens back exactly: `playground/models/tokens.py` writes them."""

import random

import pytest

from playground.models.tokens import readable
from tests.javascript import node

TEXTS = [
    "At night the sky is full of stars.",
    " two  spaces,\ta tab,\nlines\r\nand a bell\x07",
    "مرحبا بالعالم",
    "夜空充满了星星。",
    "🦜 and 👩‍👩‍👧 and 🇫🇷",
    "signs of the page: · ⏎ ⇥ ␍ ‹E2 96› ‹U+0041›",
    "e\u0301 begins with e, and \u0301 stands alone; \u00a0\u200b\ufeff",
]


def pieces(text: str, seed: int) -> list[str]:
    """Returns a text cut into tokens at random bytes, as the page shows them."""
    data, chance = text.encode(), random.Random(seed)
    places = sorted(chance.sample(range(1, len(data)), len(data) // 2))
    return [readable(data[start:end]) for start, end in zip([0, *places], [*places, len(data)], strict=True)]


@pytest.mark.parametrize("text", TEXTS)
def test_tokens_cut_anywhere_are_read_as_the_text_they_are(text):
    cases = [[pieces(text, seed)] for seed in range(20)]
    assert node.call("common/readable.js", "readText", *cases) == [text] * 20


def test_a_character_that_is_not_complete_yet_is_left_out_and_an_impossible_byte_is_a_mark():
    whole, growing, broken = node.call(
        "common/readable.js", "readText", [["a", "‹F0 9F›", "‹A6 9C›"]], [["a", "‹F0 9F›"]], [["‹FF›", "a", "‹empty›"]]
    )
    assert (whole, growing, broken) == ("a🦜", "a", "\ufffda")


def test_a_token_with_a_part_of_a_character_knows_which():
    told = node.call(
        "common/readable.js",
        "sharedCharacters",
        [["a", "‹F0 9F›", "‹A6 9C›", "·b"]],
        [["‹D8›", "‹A3 D9›", "‹85›"]],
        [["‹F0 9F›", "a"]],
        [["夜", "空"]],
    )
    assert told == [["", "🦜", "🦜", ""], ["أ", "أم", "م"], ["", ""], ["", ""]]
