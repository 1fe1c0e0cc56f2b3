"""Tests that a text's pieces are the tokeniser's own, and that the replay of its steps leads to the same ids."""

import json
import random
from itertools import pairwise

import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from playground.inside.pieces import DRAWN_SYMBOLS, Pieces
from playground.inside.replay import BPE, Unigram, WordPiece
from tests import fakes

SCRIPTS = [
    "the cat sat on a mat In THE hat, don't you'll 12 2026 3.14 $5",
    "Größe straße naïve œuvre ñandú",
    "Привет, мир! Это пример.",
    "Όλοι οι άνθρωποι",
    "كل الناس يولدون أحرارا",
    "सभी मनुष्य जन्म से",
    "人人生而自由,在尊严和权利上一律平等。すべての人間は",
    "모든 인간은 태어날",
    "🙂👩‍👩‍👧‍👦é́​﻿\t\n  \r\n<s></s>éü<0xE2>▁Ġ##",
    "def f(x):\n    return x ** 2  # {}[]",
]
CORPUS = [*SCRIPTS, *map("".join, pairwise(SCRIPTS))] * 3


def random_texts(count: int = 2000, seed: int = 7) -> list[str]:
    """Returns texts made of random pieces of several scripts, some of which mix them."""
    draw = random.Random(seed)
    texts = []
    for _ in range(count):
        sources = draw.sample(SCRIPTS, draw.choice([1, 1, 2, 3]))
        parts = []
        for _ in range(draw.randint(1, 8)):
            source = draw.choice(sources)
            start = draw.randrange(len(source))
            parts.append(source[start : start + draw.randint(1, 9)])
        texts.append(draw.choice(["", " "]).join(parts))
    return texts


def trained(model, trainer, **parts) -> Tokenizer:
    backend = Tokenizer(model)
    for name, part in parts.items():
        setattr(backend, name, part)
    backend.train_from_iterator(CORPUS, trainer)
    return backend


def changed(backend: Tokenizer, **values) -> Tokenizer:
    """Returns a tokeniser whose model has other values in its `tokenizer.json`."""
    described = json.loads(backend.to_str())
    described["model"] |= values
    return Tokenizer.from_str(json.dumps(described))


def byte_level() -> Tokenizer:
    trainer = trainers.BpeTrainer(
        vocab_size=700,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<s>", "</s>"],
        show_progress=False,
    )
    backend = trained(
        models.BPE(),
        trainer,
        pre_tokenizer=pre_tokenizers.ByteLevel(add_prefix_space=False),
        decoder=decoders.ByteLevel(),
    )
    backend.post_processor = processors.ByteLevel(trim_offsets=True)
    return backend


def sentence_piece_bpe() -> Tokenizer:
    """Builds a tokeniser like Llama 2's: characters, and bytes for those that it does not have."""
    special = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer = trainers.BpeTrainer(vocab_size=600, special_tokens=special, limit_alphabet=60, show_progress=False)
    normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    backend = trained(models.BPE(unk_token="<unk>"), trainer, normalizer=normalizer)
    described = json.loads(backend.to_str())
    described["model"] |= {"byte_fallback": True, "fuse_unk": True}
    described["added_tokens"] = described["added_tokens"][:3]
    backend = Tokenizer.from_str(json.dumps(described))
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    backend.decoder = decoders.Sequence(steps)
    backend.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    return backend


def suffix_bpe() -> Tokenizer:
    """Builds a tokeniser like GPT-1's and CLIP's: the last symbol of a word is another one."""
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<unk>"], end_of_word_suffix="</w>", limit_alphabet=60, show_progress=False
    )
    return trained(
        models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"), trainer, normalizer=normalizers.Lowercase(),
        pre_tokenizer=pre_tokenizers.BertPreTokenizer(), decoder=decoders.BPEDecoder(suffix="</w>"),
    )  # fmt: skip


def prefix_bpe() -> Tokenizer:
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=["<unk>"], continuing_subword_prefix="##", limit_alphabet=60, show_progress=False
    )
    model = models.BPE(unk_token="<unk>", continuing_subword_prefix="##")
    return trained(model, trainer, pre_tokenizer=pre_tokenizers.Whitespace(), decoder=decoders.WordPiece())


def word_piece() -> Tokenizer:
    trainer = trainers.WordPieceTrainer(
        vocab_size=500, special_tokens=["[UNK]", "[CLS]", "[SEP]"], limit_alphabet=80, show_progress=False
    )
    backend = trained(
        models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=30), trainer,
        normalizer=normalizers.BertNormalizer(), decoder=decoders.WordPiece(),
        pre_tokenizer=pre_tokenizers.BertPreTokenizer(),
    )  # fmt: skip
    backend.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    return backend


def unigram() -> Tokenizer:
    trainer = trainers.UnigramTrainer(
        vocab_size=350, special_tokens=["<unk>", "<s>"], unk_token="<unk>", show_progress=False
    )
    return trained(
        models.Unigram(), trainer, normalizer=normalizers.NFKC(), pre_tokenizer=pre_tokenizers.Metaspace(),
        decoder=decoders.Metaspace(),
    )  # fmt: skip


def small_unigram() -> Tokenizer:
    """Builds a Unigram tokeniser that does not know most characters, and spells them in bytes."""
    pieces = [("<unk>", 0.0), *((f"<0x{byte:02X}>", -9.0) for byte in range(256))]
    pieces += [
        ("▁", -3.0),
        ("▁the", -4.0),
        ("the", -5.5),
        ("t", -6.0),
        ("h", -6.0),
        ("e", -6.0),
        ("he", -5.9),
        ("▁t", -4.5),
    ]
    backend = Tokenizer(models.Unigram(pieces, unk_id=0, byte_fallback=True))
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
    return backend


MADE = {
    "bytes": byte_level,
    "bytes, whole words first": lambda: changed(byte_level(), ignore_merges=True),
    "characters and bytes": sentence_piece_bpe,
    "a suffix": suffix_bpe,
    "a prefix": prefix_bpe,
    "unknown not fused": lambda: changed(suffix_bpe(), fuse_unk=False),
    "unknown fused": lambda: changed(suffix_bpe(), fuse_unk=True),
    "word piece": word_piece,
    "unigram": unigram,
    "unigram with bytes": small_unigram,
}


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return random_texts()


@pytest.mark.parametrize("kind", MADE)
def test_the_replay_leads_to_the_tokenisers_own_ids_on_random_texts(kind, texts):
    backend = MADE[kind]()
    pieces = Pieces(backend)
    for text in texts:
        own = pieces.of(text)
        assert [piece.token_id for piece in own] == backend.encode(text).ids
        words = pieces.words(text, own)
        assert words is not None, text
        replayed = {
            place: token_id
            for word in words
            for place, token_id in zip(range(word.first, word.last + 1), word.steps.ids, strict=True)
        }
        for place, piece in enumerate(own):
            assert replayed.get(place, piece.token_id) == piece.token_id, text
            assert place in replayed or piece.is_whole or piece.word is None, "all other tokens have steps"


def test_where_characters_got_lost_no_steps_are_told(texts):
    """Without a token for what is unknown, the tokens do not say what the word was."""
    pieces = Pieces(changed(suffix_bpe(), unk_token=None))
    told = [pieces.message(text) for text in texts[:300]]
    assert any(one["words"] is None for one in told)
    for one in told:
        assert (one["words"] is None) == (one["reason"] is not None)


def test_a_merge_is_the_entry_of_its_rank_and_joins_neighbours(texts):
    backend = byte_level()
    merges = json.loads(backend.to_str())["model"]["merges"]
    pieces = Pieces(backend)
    for text in texts[:300]:
        own = pieces.of(text)
        for word in pieces.words(text, own):
            symbols = list(word.steps.symbols)
            for place, rank in word.steps.merges:
                assert symbols[place : place + 2] == merges[rank]
                symbols[place : place + 2] = ["".join(merges[rank])]
            assert symbols == [piece.spelling for piece in own[word.first : word.last + 1]]
            covered = [position for start, end in word.steps.spans for position in range(start, end)]
            assert covered == list(range(len(word.steps.symbols)))
        told = pieces.merges(pieces.words(text, own))
        assert all(merges[rank] == [left, right] for left, right, rank in told)


@pytest.mark.parametrize("make", [byte_level, sentence_piece_bpe, word_piece, unigram])
def test_places_follow_one_another_and_bytes_are_those_of_the_text(make, texts):
    pieces = Pieces(make())
    for text in texts[:400]:
        own = pieces.of(text)
        assert all(0 <= piece.start <= piece.end <= len(text) for piece in own)
        starts = [piece.start for piece in own]
        assert starts == sorted(starts)
        if make is byte_level:
            assert b"".join(piece.bytes for piece in own) == text.encode()
            for piece in own:
                assert piece.bytes in text[piece.start : piece.end].encode()


def test_a_leading_space_is_part_of_a_piece_and_a_piece_may_be_part_of_a_character():
    told = Pieces(fakes.byte_level_tokenizer().backend_tokenizer).message("the the🙂</s>")
    assert [(one["shown"], one["bytes"], one["start"], one["end"]) for one in told["tokens"]] == [
        ("t", "74", 0, 1),
        ("he", "68 65", 1, 3),
        ("·the", "20 74 68 65", 3, 7),
        ("‹F0›", "F0", 7, 8),
        ("‹9F›", "9F", 7, 8),
        ("‹99›", "99", 7, 8),
        ("‹82›", "82", 7, 8),
        ("</s>", "3C 2F 73 3E", 8, 12),
    ]
    assert [one["leads"] for one in told["tokens"]] == [False, False, True] + 5 * [False]
    assert [one["special"] for one in told["tokens"]] == 7 * [False] + [True]
    assert told["words"][1]["symbols"] == ["·", "t", "h", "e"]
    assert told["words"][1]["merges"] == ((0, 0), (1, 1), (0, 2)), "the ranks of Ġ t, h e, Ġt he"
    assert told["counts"] == {"tokens": 8, "words": 2, "characters": 12, "bytes": 15}


def test_a_token_that_is_put_in_covers_nothing():
    tokens = Pieces(word_piece()).message("the cat")["tokens"]
    assert [(one["shown"], one["isPutIn"], one["special"]) for one in (tokens[0], tokens[-1])] == [
        ("[CLS]", True, True),
        ("[SEP]", True, True),
    ]
    assert [(one["start"], one["end"]) for one in (tokens[0], tokens[-1])] == [(0, 0), (7, 7)]


@pytest.mark.parametrize(
    ("backend", "sentence"),
    [
        (lambda: changed(byte_level(), dropout=0.1), "leaves merges out at random"),
        (
            lambda: Tokenizer(models.WordLevel({"a": 0, "[UNK]": 1}, unk_token="[UNK]")),
            "a WordLevel: it looks each word up",
        ),
    ],
)
def test_a_tokeniser_without_steps_says_why(backend, sentence):
    told = Pieces(backend()).message("a")
    assert told["words"] is None
    assert sentence in told["reason"]


def test_the_steps_of_a_long_word_are_counted_only():
    pieces = Pieces(fakes.byte_level_tokenizer().backend_tokenizer)
    [word] = pieces.message("x" * (DRAWN_SYMBOLS + 1))["words"]
    assert (word["symbols"], word["size"], word["last"]) == (None, DRAWN_SYMBOLS + 1, DRAWN_SYMBOLS)


def test_word_piece_takes_the_longest_piece_each_time():
    pieces = {"[UNK]": 0, "un": 1, "##aff": 2, "##a": 3, "##able": 4, "u": 5}
    replay = WordPiece(
        {"vocab": pieces, "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 9}
    )
    assert replay.steps("unaffable").ids == (1, 2, 4)
    assert replay.steps("unaffable").spans == ((0, 2), (2, 5), (5, 9))
    stuck = replay.steps("unax")
    assert (stuck.ids, stuck.spans, stuck.is_unknown) == ((0,), ((0, 2), (2, 3)), True)
    assert replay.steps("unaffableun").ids == (0,), "it is longer than the limit"


def test_unigram_keeps_the_best_way_to_each_place():
    replay = Unigram({"vocab": [["<unk>", 0.0], ["a", -1.0], ["b", -1.5], ["ab", -2.0], ["c", -1.0]], "unk_id": 0})
    steps = replay.steps("abc")
    assert steps.ids == (3, 4)
    assert steps.candidates == (
        (0, 1, -1.0, -1.0, True),
        (0, 2, -2.0, -2.0, True),
        (1, 2, -1.5, -2.5, False),
        (2, 3, -1.0, -3.0, True),
    )


def test_a_long_word_takes_little_time_and_merges_lowest_rank_first():
    replay = BPE({"vocab": {"a": 0, "aa": 1, "aaaa": 2}, "merges": [["a", "a"], ["aa", "aa"]]})
    steps = replay.steps("a" * 10_001)
    assert steps.ids == (2,) * 2500 + (0,)
    assert [rank for _, rank in steps.merges] == [0] * 5000 + [1] * 2500


@pytest.mark.model
def test_the_default_models_merges_lead_to_its_ids(default_model, texts):
    tokenizer = default_model.tokenizer
    pieces = Pieces(tokenizer.hf.backend_tokenizer)
    for text in [*texts[:500], "The capital of France is Paris.", "<|im_start|>user\nHi<|im_end|>"]:
        own = pieces.of(text)
        assert tuple(piece.token_id for piece in own) == tokenizer.encode(text)
        words = pieces.words(text, own)
        assert words is not None
        assert b"".join(piece.bytes for piece in own) == text.encode()
