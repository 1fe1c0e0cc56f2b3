"""Tests what the page shows of a sentence in a model of each family: the table of attention, and the output."""

import asyncio

import pytest
import torch

from playground.attention import maps
from playground.attention.pattern import pattern
from playground.engine.engine import Engine
from playground.engine.request import Request
from playground.engine.worker import Worker
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.traces.store import TraceStore
from playground.web.one_sentence import MOST_TOKENS, NEW_TOKENS, seen
from tests import encoder_decoders, encoders, fakes
from tests.encoder_decoders import SHAPES, START
from tests.many_models import done


def test_of_a_decoder_it_is_the_mean_of_the_layers_maps(tiny_models, tokenizer):
    model = LanguageModel(tiny_models["gpt2"], tokenizer, "gpt2")
    ids = fakes.prompt(7)
    found = pattern(model, ids)
    layers = [done(maps.one_layer(model, ids, layer)) for layer in model.attention_layers]
    expected = torch.tensor(sum(layer.mean(0) for layer in layers) / len(layers))
    above = torch.ones(7, 7).triu(1).bool()
    assert found[above].isnan().all()
    torch.testing.assert_close(found[~above], expected[~above], atol=1e-6, rtol=0)


@pytest.mark.parametrize("kind", SHAPES)
def test_of_an_encoder_decoder_each_part_sums_to_1_over_its_own_keys(kind, tokenizer):
    model = LanguageModel(encoder_decoders.tiny(kind), tokenizer, kind)
    source, ids = fakes.prompt(5), (START, *fakes.prompt(3))
    found = pattern(model, ids, source)
    assert found.shape == (9, 9)
    assert found[:5, 5:].isnan().all(), "the source does not see what is written of it"
    for part in (found[:5, :5], found[5:, :5], found[5:, 5:].nan_to_num()):
        torch.testing.assert_close(part.sum(-1), torch.ones(len(part)), atol=1e-5, rtol=0)
    assert found[5:, 5:].isnan().equal(torch.ones(4, 4).triu(1).bool())


async def test_the_table_of_a_translation_holds_the_attention_of_its_steps(tokenizer):
    model = LanguageModel(encoder_decoders.tiny("bart"), tokenizer, "bart")
    engine = Engine(model, TraceStore(50_000_000)).start()
    try:
        told = await seen(engine, "the tin")
        source = tuple(model.tokenizer.encode("the tin"))
        trace = (await fakes.trace(engine, Request((START,), fakes.greedy(MOST_TOKENS), source_ids=source)))[1]
    finally:
        engine.close()
    assert told["reads"] == [model.vocabulary[token_id] for token_id in source]
    assert told["writes"][0] == model.vocabulary[START]
    assert told["text"] == model.tokenizer.decode(trace.token_ids[: len(told["writes"]) - 1])
    assert told["ended"] == (trace.stop_reason == "end_token")
    for row, step in zip(told["weights"][len(source) :], trace.steps, strict=False):
        over = step.source_attention.float().mean((0, 1)).tolist()
        assert row[: len(source)] == pytest.approx(over, abs=1e-3)


async def test_a_decoder_continues_the_sentence_as_generate_does(engine):
    told = await seen(engine, "the tin on")
    ids = engine.model.tokenizer.encode("the tin on")
    trace = (await fakes.trace(engine, Request(ids, fakes.greedy(NEW_TOKENS))))[1]
    assert told["text"] == engine.model.tokenizer.decode(trace.token_ids)
    assert told["ended"] is False, "the view stops it"
    assert told["writes"] == []
    assert [len(row) for row in told["weights"]] == [len(ids)] * len(ids)


@pytest.mark.parametrize("kind", encoders.SHAPES)
async def test_an_encoder_guesses_each_token_as_if_it_were_masked(kind):
    model = encoders.named(kind)
    worker = Worker(model).start()
    try:
        told = await seen(worker, "the capital of france")
    finally:
        worker.close()
    ids = model.tokenizer.encode("the capital of france")
    assert told["reads"] == [model.vocabulary[token_id] for token_id in ids]
    assert [guess is None for guess in told["guesses"]] == [True, False, False, False, False, True]
    for place in range(1, 5):
        masked = [*ids[:place], model.mask_id, *ids[place + 1 :]]
        with torch.inference_mode():
            best = model.hf(torch.tensor([masked])).logits[0, place].softmax(-1).max(-1)
        assert told["guesses"][place]["word"] == model.vocabulary[int(best.indices)]
        assert told["guesses"][place]["probability"] == pytest.approx(float(best.values), abs=1e-6)
    layers = [weights.mean(0) for weights in model.attention(ids)]
    torch.testing.assert_close(torch.tensor(told["weights"]), torch.stack(layers).mean(0), atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The sentence is empty"),
        (" \n", "The sentence is empty"),
        (3, "The sentence must be a text"),
        ("x" * (MOST_TOKENS + 1), f"The sentence has {MOST_TOKENS + 1} tokens .* this view shows {MOST_TOKENS}"),
    ],
)
async def test_what_cannot_be_shown_is_a_sentence(engine, text, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        await seen(engine, text)


async def test_a_text_that_is_being_written_stays_exact(engine):
    """The forward of the table takes another attention than the steps; both run on the engine's thread."""
    ids = engine.model.tokenizer.encode("the tin on")
    alone = (await fakes.trace(engine, Request(ids, fakes.greedy(20))))[1]
    (_, beside), *_ = await asyncio.gather(
        fakes.trace(engine, Request(ids, fakes.greedy(20))), *(seen(engine, "a tin") for _ in range(3))
    )
    assert beside.token_ids == alone.token_ids
