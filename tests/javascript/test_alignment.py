"""Tests that the pieces of random texts have the log-probabilities that two models give to the whole texts."""

import math
import random
from itertools import pairwise

import pytest
from tokenizers.processors import TemplateProcessing

from playground.engine.scoring import scoring
from playground.inside.tokens import made
from playground.models.language_model import LanguageModel
from tests import fakes
from tests.javascript import node

TEXTS = 500
LETTERS = "aehiont  .,\n" + "éü☃🙂漢字ا"


@pytest.fixture(scope="module")
def models(tiny_models) -> list[LanguageModel]:
    """Two models with byte-level tokens, of which the second merges more, and begins a text with a start token."""
    other = fakes.byte_level_tokenizer(["Ġ h", "a t", "Ġ o", "n e", "e r", "Ã ©", "â ĺ"])
    other.backend_tokenizer.post_processor = TemplateProcessing("<s> $A", special_tokens=[("<s>", fakes.BOS)])
    tokenizers = (fakes.byte_level_tokenizer(), other)
    return [
        LanguageModel(tiny_models[kind], tokenizer, kind)
        for kind, tokenizer in zip(("gpt2", "llama"), tokenizers, strict=True)
    ]


def scored(model: LanguageModel, text: str) -> tuple[list[dict], float]:
    """Returns the tokens of a text with their places and log-probabilities, and the log-probability of the text."""
    pieces = made(model.tokenizer.hf).of(text)
    job = scoring(tuple(piece.token_id for piece in pieces), model)
    try:
        while True:
            next(job)
    except StopIteration as end:
        nats = [None, *(one.logprob_nats for one in end.value)]
    tokens = [{"start": one.start, "end": one.end, "nats": each} for one, each in zip(pieces, nats, strict=True)]
    return tokens, math.fsum(nats[1:])


def test_the_pieces_of_random_texts_add_up_to_the_total_of_each_model(models):
    chance = random.Random(0)
    texts = ["".join(chance.choices(LETTERS, k=chance.randint(1, 20))) for _ in range(TEXTS)]
    both = [[scored(model, text) for model in models] for text in texts]
    answers = node.answer("align_many.js", [[tokens for tokens, _ in sides] for sides in both])
    assert len(answers) == TEXTS
    for text, sides, answer in zip(texts, both, answers, strict=True):
        for (_, total), found in zip(sides, answer["sums"], strict=True):
            assert found == pytest.approx(total, abs=1e-6), text
        assert answer["places"][0][0] == 0, text
        assert answer["places"][-1][1] == len(text), text
        assert all(one[1] == other[0] for one, other in pairwise(answer["places"])), text
    assert any(len(tokens) != len(others) for (tokens, _), (others, _) in both)
