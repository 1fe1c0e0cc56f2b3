"""Tests that texts, pieces and continuations are exact with every kind of tokenizer, with and without a start token."""

import json

import pytest
from tokenizers import Tokenizer as Backend
from tokenizers import decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from playground.models.tokenizer import Tokenizer
from playground.models.tokens import readable_vocabulary

CORPUS = ["the tin on the inn, é a\n\tb the", "hello world tiny ones  two spaces, on and on"] * 5
TEXT = "the tin on é ☃ two  ones"
READABLE = "the·tin·on·é·☃·two··ones"
CONTINUATIONS = ["tin", " tin", "  tin", " é", "☃", "\n a", "s, on"]


def byte_level() -> Backend:
    """Builds a tokenizer like GPT-2's, Llama 3's and those that come from tiktoken."""
    backend = Backend(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    backend.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=330, initial_alphabet=alphabet))
    return backend


def with_bytes() -> Backend:
    """Builds a tokenizer like Gemma's: `▁` for a space, and a token for each byte of a character that it lacks."""
    backend = Backend(models.BPE(unk_token="<unk>"))
    backend.normalizer = normalizers.Replace(" ", "▁")
    backend.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=90, special_tokens=["<unk>"]))
    described = json.loads(backend.to_str())
    vocabulary = described["model"]["vocab"]
    vocabulary |= {f"<0x{byte:02X}>": len(vocabulary) + byte for byte in range(256)}
    described["model"]["byte_fallback"] = True
    backend = Backend.from_str(json.dumps(described))
    backend.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return backend


def with_a_space_before() -> Backend:
    """Builds a tokenizer like Llama 2's: as Gemma's, and it writes a space before a text."""
    backend = with_bytes()
    backend.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    backend.decoder = decoders.Sequence(steps)
    return backend


def unigram() -> Backend:
    """Builds a tokenizer like T5's and XGLM's."""
    backend = Backend(models.Unigram())
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(vocab_size=60, special_tokens=["<unk>"], unk_token="<unk>")
    backend.train_from_iterator([*CORPUS, "☃"], trainer)
    return backend


def word_piece() -> Backend:
    """Builds a tokenizer like BERT's, which keeps no more than one space between words."""
    backend = Backend(models.WordPiece(unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    backend.decoder = decoders.WordPiece()
    backend.train_from_iterator([*CORPUS, "☃"], trainers.WordPieceTrainer(vocab_size=90, special_tokens=["[UNK]"]))
    return backend


EXACT = {
    "byte level": byte_level,
    "bytes": with_bytes,
    "a space before": with_a_space_before,
    "unigram": unigram,
}
SPACES_BEFORE = {"a space before", "unigram"}


def made(backend: Backend, *, bos: bool = False) -> Tokenizer:
    if bos:
        backend.add_special_tokens(["<s>"])
        template = {"single": "<s> $A", "pair": "<s> $A $B"}
        start = processors.TemplateProcessing(**template, special_tokens=[("<s>", backend.token_to_id("<s>"))])
        backend.post_processor = start
    hf = PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>" if bos else None)
    return Tokenizer(hf, "tiny", len(hf))


@pytest.mark.parametrize("bos", [False, True])
@pytest.mark.parametrize("kind", EXACT)
def test_the_pieces_of_a_text_are_the_text(kind, bos):
    tokenizer = made(EXACT[kind](), bos=bos)
    ids = tokenizer.encode(TEXT)
    vocabulary = readable_vocabulary(tokenizer.hf, len(tokenizer.hf))
    pieces = "".join(vocabulary[token_id] for token_id in ids).replace("‹E2›‹98›‹83›", "☃")
    assert pieces == ("<s>" if bos else "") + ("·" if kind in SPACES_BEFORE else "") + READABLE
    assert tokenizer.decode(ids[1:] if bos else ids) == TEXT


@pytest.mark.parametrize("kind", EXACT)
def test_a_start_token_stands_before_a_prompt_only(kind):
    tokenizer = made(EXACT[kind](), bos=True)
    start = tokenizer.hf.bos_token_id
    assert tokenizer.encode("the tin")[0] == start
    assert tokenizer.encode("") == (start,)
    assert start not in tokenizer.encode("the tin", templated=True)
    assert tokenizer.encode("<s>the tin", templated=True).count(start) == 1, "a template writes it itself"
    assert start not in tokenizer.encode_continuation("the tin")


@pytest.mark.parametrize("bos", [False, True])
@pytest.mark.parametrize("text", CONTINUATIONS)
@pytest.mark.parametrize("kind", EXACT)
def test_a_text_that_continues_another_is_exactly_that_text(kind, text, bos):
    tokenizer = made(EXACT[kind](), bos=bos)
    prompt = tokenizer.encode("the")[bos:]
    assert tokenizer.decode([*prompt, *tokenizer.encode_continuation(text)]) == "the" + text


def test_a_word_piece_says_whether_a_space_is_before_it():
    tokenizer = made(word_piece())
    ids = tokenizer.encode(TEXT)
    vocabulary = readable_vocabulary(tokenizer.hf, len(tokenizer.hf))
    assert "".join(vocabulary[token_id] for token_id in ids) == "·the·tin·on·é·☃·two·ones"
    assert tokenizer.decode(ids) == TEXT.replace("  ", " ")
