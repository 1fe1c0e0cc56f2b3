"""Tests how a text is spelled token by token: nothing is sent that a later token changes, and nothing is lost."""

import random

import pytest

from playground.models.tokenizer import Tokenizer
from playground.web.openai.spelling import Spelling
from tests import fakes


@pytest.fixture(params=["byte level", "sentence piece"])
def spelled_by(request, tokenizer) -> Tokenizer:
    hf = tokenizer if request.param == "byte level" else fakes.sentence_piece_tokenizer()
    return Tokenizer(hf, "tiny", len(hf))


def spelled(spelling: Spelling, ids: list[int]) -> tuple[list[str], list]:
    """Returns what is told after each token and at the end: the texts, and all tokens."""
    texts, tokens = [], []
    for place, token_id in enumerate([*ids, None]):
        if token_id is not None:
            spelling.add(token_id)
        text, told = spelling.ready(is_whole=place == len(ids))
        texts.append(text)
        tokens += told
    return texts, tokens


def test_the_parts_of_any_text_are_the_whole_text(spelled_by):
    # A sentence piece's decoder takes back a newline that was a byte if a byte that is no character follows it.
    known = [token_id for token_id in range(1, len(spelled_by.hf)) if spelled_by.decode([token_id]) != "\n"]
    choice = random.Random(7)
    for _ in range(300):
        ids = choice.choices(known, k=choice.randrange(1, 20))
        texts, tokens = spelled(Spelling(spelled_by), ids)
        assert "".join(texts) == spelled_by.decode(ids)
        assert [token.token_id for token in tokens] == ids
        starts = [token.start for token in tokens]
        assert starts == sorted(starts)


def test_a_character_is_told_when_it_is_whole(spelled_by):
    ids = list(spelled_by.hf("a é☃", add_special_tokens=False).input_ids)
    texts, _ = spelled(Spelling(spelled_by), ids)
    assert all("\N{REPLACEMENT CHARACTER}" not in text for text in texts)


def test_a_text_follows_the_tokens_before_it():
    hf = fakes.sentence_piece_tokenizer()
    tokenizer = Tokenizer(hf, "tiny", len(hf))
    the = hf.convert_tokens_to_ids("▁the")
    assert "".join(spelled(Spelling(tokenizer), [the])[0]) == "the"
    assert "".join(spelled(Spelling(tokenizer, [the]), [the])[0]) == " the"


@pytest.mark.parametrize(
    ("text", "stops", "told"),
    [
        ("ab stop cd", ["stop"], "ab "),
        ("ab sto", ["stop"], "ab sto"),
        ("ab", ["ab"], ""),
        ("xaab", ["aab", "ab"], "x"),
        ("abcabd", ["abd"], "abc"),
        ("a\nb\n\nc", ["\n\n"], "a\nb"),
        ("abc", ["é", "d"], "abc"),
    ],
)
def test_no_part_of_a_stop_text_is_told(tokenizer, text, stops, told):
    known = Tokenizer(tokenizer, "tiny", len(tokenizer))
    spelling = Spelling(known, stops=stops)
    texts, tokens = spelled(spelling, list(tokenizer(text).input_ids))
    assert "".join(texts) == told
    assert spelling.is_cut == (told != text)
    assert all(token.start < len(told) for token in tokens)
