"""Tests that every id has a readable text, which is not empty or invisible and does not move its neighbours."""

import re
import unicodedata

import pytest

from playground.models.tokens import piece_reader, readable, readable_vocabulary
from tests import fakes


@pytest.mark.parametrize(
    ("piece", "text"),
    [
        (" the", "·the"),
        ("  ", "··"),
        ("\n\n", "⏎⏎"),
        ("\t", "⇥"),
        ("\r\n", "␍⏎"),
        ("", "‹empty›"),
        ("\0", "‹U+0000›"),
        ("\x1b[31m", "‹U+001B›[31m"),
        ("\x7f", "‹U+007F›"),
        ("\u00a0", "‹U+00A0›"),  # no-break space
        ("\u3000", "‹U+3000›"),  # ideographic space
        ("\u2028", "‹U+2028›"),  # line separator
        ("\u200b", "‹U+200B›"),  # zero width space
        ("a\u202eb", "a‹U+202E›b"),  # right-to-left override
        ("\u200f", "‹U+200F›"),  # right-to-left mark
        ("\ufeff", "‹U+FEFF›"),
        ("\ue000", "‹U+E000›"),  # private use
        ("\u0301", "◌\u0301"),  # a combining mark needs a base character
        ("e\u0301", "e\u0301"),
        ("中文", "中文"),
        ("שלום", "שלום"),
        ("🙂", "🙂"),
        ("<b>${x}</b>{{y}}", "<b>${x}</b>{{y}}"),  # plain text, which must not be shown as markup
        ("›‹", "‹U+203A›‹U+2039›"),
        ("a·b", "a‹U+00B7›b"),
        ("�", "�"),
    ],
)
def test_a_text_becomes_readable(piece, text):
    assert readable(piece.encode()) == text


@pytest.mark.parametrize(
    ("piece", "text"),
    [
        (b"\xe2", "‹E2›"),
        (b"\xe2\x96", "‹E2 96›"),
        (b"\x96\x81", "‹96 81›"),
        (b"\xf0\x9f\x99", "‹F0 9F 99›"),
        (b" \xf0\x9f", "·‹F0 9F›"),
        (b"\x82 a", "‹82›·a"),
        (b"\xc0\x80", "‹C0 80›"),  # NUL in bytes that are not UTF-8
        (b"\xed\xa0\x80", "‹ED A0 80›"),  # half a surrogate pair
        (b"a\xffb\xfec", "a‹FF›b‹FE›c"),
    ],
)
def test_pieces_of_a_character_are_shown_as_bytes(piece, text):
    assert readable(piece) == text


def test_every_byte_alone_is_readable():
    texts = [readable(bytes([byte])) for byte in range(256)]
    assert len(set(texts)) == 256
    assert all(_visible(text) for text in texts)


def test_a_byte_level_vocabulary_is_readable(tokenizer):
    texts = readable_vocabulary(tokenizer, fakes.VOCABULARY)
    ids = tokenizer.convert_tokens_to_ids
    assert len(texts) == fakes.VOCABULARY
    assert (texts[fakes.BOS], texts[fakes.EOS]) == ("<s>", "</s>")
    assert (texts[ids("Ġthe")], texts[ids("ĠĠ")], texts[ids("âĺ")]) == ("·the", "··", "‹E2 98›")
    assert texts[ids("Ċ")] == "⏎"
    assert texts[ids("éü")] == "éü", "an added token is text, not bytes spelt as characters"
    assert texts[len(tokenizer) :] == [f"‹id {token_id}›" for token_id in range(len(tokenizer), fakes.VOCABULARY)]
    assert all(map(_visible, texts[: len(tokenizer)]))


def test_a_vocabulary_smaller_than_the_tokenizer_is_cut(tokenizer):
    assert len(readable_vocabulary(tokenizer, 5)) == 5


def test_a_sentence_piece_vocabulary_is_readable():
    tokenizer = fakes.sentence_piece_tokenizer()
    texts = readable_vocabulary(tokenizer, len(tokenizer))
    assert texts == ["<unk>", "<s>", "·", "·the", "the", "··", "⏎", "‹E2›", "⏎", "<0xyz>", "é"]


def test_a_word_piece_vocabulary_is_readable():
    tokenizer = fakes.word_piece_tokenizer()
    assert readable_vocabulary(tokenizer, len(tokenizer)) == ["[UNK]", "·the", "re", "·a", "‹empty›"]


def test_a_vocabulary_with_ends_of_words_is_readable():
    """GPT-1's and CLIP's pieces say where a word ends, and not where it begins."""
    to_bytes = piece_reader({"type": "BPEDecoder", "suffix": "</w>"})
    assert [readable(to_bytes(piece)) for piece in ("the</w>", "ti", "</w>")] == ["the·", "ti", "·"]


@pytest.mark.model
def test_every_id_of_the_default_model_is_readable(default_model):
    texts = default_model.vocabulary
    assert len(texts) == default_model.vocabulary_size == 49_152
    assert all(_visible(text) for text in texts)
    assert len(set(texts)) > 0.999 * len(texts)


@pytest.mark.model
def test_a_prompt_may_end_inside_a_character(default_model):
    """The token's bytes are shown, and all pieces together have the text's bytes."""
    text = "I like ☃"
    ids = default_model.tokenizer.encode(text)
    last = default_model.vocabulary[ids[-1]]
    assert last.startswith("‹"), "the snowman is more than one token"
    assert default_model.tokenizer.decode(ids) == text
    assert default_model.tokenizer.decode(ids[:-1]).endswith("�")


def _visible(text: str) -> bool:
    """Returns whether a text can be seen: no character hides, moves or breaks a line; only bytes are spaced."""
    shown = re.sub("‹[0-9A-F]{2}( [0-9A-F]{2})*›", "bytes", text)
    return bool(text) and not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zs", "Zl", "Zp") for c in shown)


def test_a_token_of_ascii_reads_as_its_characters_do():
    """Tokens of printable ASCII are read in a shorter way than others."""
    for code in range(128):
        text = f"a{chr(code)}b"
        assert readable(text.encode()) == "".join(readable(character.encode()) for character in text)
