"""Tests what stages ask of a model's words, with every kind of tokenizer: ids of texts, and texts of tokens."""

import pytest

from playground.decoding.vocabulary import kept_by_vocabulary, known_id, known_ids
from playground.errors import PlaygroundError
from playground.models.tokenizer import Tokenizer
from playground.models.word_ids import WordIds
from tests import fakes
from tests.test_tokenizer_kinds import CONTINUATIONS, EXACT, made


def words_of(hf, size: int = 0, end_ids=()) -> WordIds:
    return WordIds(Tokenizer(hf, "tiny", size or len(hf)), size or len(hf), end_ids)


@pytest.mark.parametrize("text", CONTINUATIONS)
@pytest.mark.parametrize("kind", EXACT)
def test_the_texts_of_a_texts_tokens_are_the_text(kind, text):
    tokenizer = made(EXACT[kind](), bos=True)
    words = WordIds(tokenizer, len(tokenizer.hf), ())
    joined = "".join(words.texts[token_id] for token_id in words.ids_of(text))
    assert joined.encode("utf-8", "surrogateescape").decode() == text


def test_an_id_without_a_token_has_no_text_and_ends_without_a_logit_are_left_out():
    hf = fakes.byte_level_tokenizer()
    words = words_of(hf, len(hf) + 3, end_ids=[len(hf) + 5, fakes.EOS])
    assert words.size == len(words.texts) == len(hf) + 3
    assert words.texts[-3:] == ["", "", ""]
    assert words.texts[fakes.EOS] == "</s>"
    assert words.end_ids == (fakes.EOS,)


def test_a_text_that_the_tokenizer_does_not_know_is_refused():
    words = words_of(fakes.word_piece_tokenizer())
    assert words.ids_of("the") == words.ids_of(" the")
    with pytest.raises(PlaygroundError, match="logit_bias holds '☃☃', which has no token in tiny"):
        known_ids("logit_bias", "☃☃", words)


def test_a_token_without_a_logit_is_refused():
    hf = fakes.byte_level_tokenizer()
    words = words_of(hf, len(hf) - 1)
    with pytest.raises(PlaygroundError, match=f"stop names the token {len(hf) - 1}, which tiny does not have"):
        known_ids("stop", "éü", words)
    assert known_id("stop", len(hf) - 2, words) == len(hf) - 2


def test_the_ids_of_a_value_are_found_once_for_a_vocabulary():
    asked = []

    @kept_by_vocabulary
    def ids(value, vocabulary):
        asked.append((value, vocabulary))
        return vocabulary.ids_of(value)

    one, other = words_of(fakes.byte_level_tokenizer()), words_of(fakes.word_piece_tokenizer())
    assert ids("the", one) is ids("the", one) == one.ids_of("the")
    assert ids("the", other) == other.ids_of("the")
    assert asked == [("the", one), ("the", other)]
    for number in range(200):
        ids(str(number), one)
    assert ids("the", one) == one.ids_of("the"), "a value is found again when there is no room for it"
