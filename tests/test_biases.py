"""Tests that the learned biases of T5 and its relatives are those that the models' own modules add to attention."""

import pytest
import torch
from transformers import (
    LongT5Config,
    LongT5ForConditionalGeneration,
    SwitchTransformersConfig,
    SwitchTransformersForConditionalGeneration,
    UMT5Config,
    UMT5ForConditionalGeneration,
)

from playground.inside.biases import relative_biases
from playground.inside.positions import experiment, positions
from playground.models.language_model import LanguageModel
from tests import encoder_decoders
from tests.encoder_decoders import START
from tests.many_models import done

SIZES = {"vocab_size": 99, "d_model": 32, "d_kv": 8, "d_ff": 64, "num_layers": 2, "num_heads": 4}
SIZES |= {"decoder_start_token_id": 0}
RELATIVES = {
    "long_t5": (LongT5Config, LongT5ForConditionalGeneration),
    "switch": (SwitchTransformersConfig, SwitchTransformersForConditionalGeneration),
    "umt5": (UMT5Config, UMT5ForConditionalGeneration),
}
TOKENS = 200
"""More than the distance from which on all distances share one number."""


def made(kind: str):
    if kind == "t5":
        return encoder_decoders.tiny("t5", relative_attention_num_buckets=16, relative_attention_max_distance=40)
    torch.manual_seed(0)
    config_class, model_class = RELATIVES[kind]
    return model_class(config_class(**SIZES)).float().eval()


def tables(hf) -> list:
    """Returns the attentions that hold a table, of the encoder first."""
    stacks = (hf.get_encoder(), hf.get_decoder())
    return [one for stack in stacks for one in stack.modules() if hasattr(one, "relative_attention_bias")]


def own_bias(attention) -> torch.Tensor:
    """Returns what the module adds for TOKENS queries and keys, (head, query, key)."""
    if "block_length" not in attention.compute_bias.__code__.co_varnames:
        return attention.compute_bias(TOKENS, TOKENS)[0]
    blocks = attention.compute_bias(TOKENS)[0, 0]  # of LongT5's encoder: a block with the ones before and after it
    return blocks[:, :, TOKENS : 2 * TOKENS]


@pytest.mark.parametrize("kind", ["t5", *RELATIVES])
def test_each_distance_has_the_number_that_the_model_adds(kind):
    hf = made(kind)
    found = relative_biases(hf)
    attentions = tables(hf)
    assert len(found) == len(attentions) == (4 if kind == "umt5" else 2)
    for biases, attention in zip(found, attentions, strict=True):
        assert biases.name.startswith("decoder" if attention.is_decoder else "encoder")
        with torch.inference_mode():
            bias = own_bias(attention)
        shown = torch.tensor(biases.heads)
        firsts = torch.tensor([first for first, _ in biases.distances[1:]])
        places = torch.arange(TOKENS)
        distances = places[None] - places[:, None]
        columns = torch.bucketize(distances, firsts, right=True)
        seen = distances <= 0 if attention.is_decoder else torch.ones_like(distances, dtype=torch.bool)
        torch.testing.assert_close(shown[:, columns][:, seen], bias[:, seen], rtol=0, atol=0)


def test_the_buckets_of_t5_are_those_of_its_paper():
    encoder, decoder = relative_biases(encoder_decoders.tiny("t5"))
    assert (encoder.name, decoder.name) == ("encoder", "decoder")
    assert encoder.distances[0] == (-128, -91)
    assert encoder.distances[7:10] == ((-11, -8), (-7, -7), (-6, -6))
    assert encoder.distances[-1] == (91, 128)
    assert encoder.distances == tuple((-last, -first) for first, last in reversed(encoder.distances))
    assert decoder.distances[0] == (-128, -113)
    assert decoder.distances[-1] == (0, 0)
    assert (len(encoder.distances), len(decoder.distances)) == (31, 32)


def test_t5_is_relative_and_its_words_can_stand_in_another_order(tokenizer):
    hf = encoder_decoders.tiny("t5")
    source = encoder_decoders.source(7)
    model = LanguageModel(hf, tokenizer, "t5").reading(source)
    found = positions(model)
    assert (found.kind, found.can_remove, found.biases) == ("relative", False, relative_biases(hf))
    ids, moved = (START, 8, 9, 10, 11), (START, 10, 9, 8, 11)
    rows = done(experiment(model, ids, moved, found.can_remove)).rows
    assert list(rows) == ["as it is", "moved"]
    for name, text in (("as it is", ids), ("moved", moved)):
        expected = encoder_decoders.forced(hf, source, text)[-1]
        torch.testing.assert_close(torch.tensor(rows[name]), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("kind", ["bart", "marian"])
def test_other_encoder_decoders_have_none(kind):
    assert relative_biases(encoder_decoders.tiny(kind)) == ()
