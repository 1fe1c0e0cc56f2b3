"""Tests that an encoder–decoder's texts equal `generate`, alone and together, with their attention over the source."""

import asyncio
from dataclasses import replace

import pytest
import torch

from playground.engine.engine import Engine
from playground.engine.first_check import texts_may_share
from playground.engine.fork import fork
from playground.engine.further import write_further
from playground.engine.request import Limits, Request
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.models.prompt_ids import PromptIds
from playground.traces.store import TraceStore
from playground.traces.trace import Origin
from tests import encoder_decoders, fakes
from tests.encoder_decoders import SHAPES, START

NEW_TOKENS = 10
LENGTHS = (1, 3, 5, 9, 17, 24, 2, 12, 7, 30, 4, 6, 11, 8, 19, 14)


def source(length: int) -> tuple[int, ...]:
    """Returns the ids of a source, which ends with the end token."""
    return (*fakes.prompt(length), encoder_decoders.END)


def request(length: int, settings=None, prefix: tuple[int, ...] = (), **others) -> Request:
    return Request((START, *prefix), settings or fakes.greedy(NEW_TOKENS), source_ids=source(length), **others)


@pytest.fixture(params=SHAPES)
def pair(request):
    """Gives a model that an engine owns, and transformers' own with the same weights."""
    kind = request.param
    model = LanguageModel(encoder_decoders.tiny(kind), fakes.byte_level_tokenizer(), kind)
    return model, encoder_decoders.tiny(kind)


@pytest.fixture
def engine(pair):
    """Gives an engine that runs the model."""
    running = Engine(pair[0], TraceStore(50_000_000), Limits(rows=16)).start()
    yield running
    running.close()


def test_texts_of_unequal_sources_may_share_a_forward(pair):
    assert texts_may_share(pair[0])


async def test_sixteen_texts_together_equal_generate_for_each_alone(engine, pair):
    """They begin one after the other, with prefixes of other lengths, so that the rows of a forward differ in both."""
    prefixes = [fakes.prompt(number % 4, seed=3) for number in range(len(LENGTHS))]
    asked = [request(length, prefix=prefix) for length, prefix in zip(LENGTHS, prefixes, strict=True)]
    traces = await asyncio.gather(*(fakes.trace(engine, one) for one in asked))
    for one, prefix, (_, trace) in zip(asked, prefixes, traces, strict=True):
        expected = encoder_decoders.generate(pair[1], one.source_ids, one.settings, prefix)
        assert list(trace.token_ids) == expected.sequences[0][len(one.prompt_ids) :].tolist()
        for step, logits in zip(trace.steps, expected.logits, strict=True):
            assert (step.logits - logits[0]).abs().max() <= 1e-5 * logits.std()


async def test_texts_that_begin_together_equal_generate_with_the_tokens_that_a_model_forces(engine, pair):
    """Their first step is one forward, and their tokens are chosen together."""
    model, hf = pair
    for one in (model.hf, hf):
        one.generation_config.forced_bos_token_id, one.generation_config.forced_eos_token_id = 9, encoder_decoders.END
    model.__dict__.pop("extra_names", None)
    begun = []
    step = model.step
    model.step = lambda ids, *others: (begun.append(len(ids)), step(ids, *others))[1]
    settings = [fakes.greedy(NEW_TOKENS - number % 2) for number in range(len(LENGTHS))]
    asked = [request(length, one) for length, one in zip(LENGTHS, settings, strict=True)]
    traces = await asyncio.gather(*(fakes.trace(engine, one) for one in asked))
    for one, (_, trace) in zip(asked, traces, strict=True):
        expected = encoder_decoders.generate(hf, one.source_ids, one.settings)
        assert list(trace.token_ids) == expected.sequences[0][1:].tolist()
        assert (trace.token_ids[0], trace.token_ids[-1]) == (9, encoder_decoders.END)
        for seen, logits in zip(trace.steps, expected.logits, strict=True):
            assert (seen.logits - logits[0]).abs().max() <= 1e-5 * logits.std()
            assert seen.source_attention.shape[-1] == len(one.source_ids)
            assert seen.attention.shape[-1] == seen.index + 1
    assert len(begun) < len(LENGTHS) + NEW_TOKENS, "not each of them begins alone"


async def test_the_attention_of_each_step_is_that_of_the_decoder_and_over_the_source(engine, pair):
    asked = [request(length) for length in (9, 3)]
    (_, trace), _ = await asyncio.gather(*(fakes.trace(engine, one) for one in asked))
    hf = pair[1]
    hf.set_attn_implementation("eager")
    ids = torch.tensor([[START, *trace.token_ids[:-1]]])
    with torch.inference_mode():
        whole = hf(torch.tensor([trace.source_ids]), decoder_input_ids=ids, output_attentions=True, use_cache=False)
    for place, step in enumerate(trace.steps):
        own = torch.stack(whole.decoder_attentions)[:, 0, :, place, : place + 1]
        over = torch.stack(whole.cross_attentions)[:, 0, :, place]
        assert (step.attention.float() - own).abs().max() < 1e-3  # recorded in float16
        assert (step.source_attention.float() - over).abs().max() < 1e-3
        assert step.source_attention.shape[-1] == len(trace.source_ids)
        torch.testing.assert_close(
            step.source_attention.float().sum(-1), torch.ones(over.shape[:-1]), atol=3e-3, rtol=0
        )


async def test_a_step_that_is_computed_again_has_the_same_logits_and_attention(engine):
    _, trace = await fakes.trace(engine, request(7))
    seen = await engine.lookups.after(trace.ids_before(4), trace.source_ids)
    torch.testing.assert_close(seen.logits, trace.steps[4].logits, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(seen.source_attention, trace.steps[4].source_attention, atol=1e-3, rtol=0)


async def test_a_fork_and_a_text_that_goes_on_keep_their_source(engine, pair):
    run = engine.trace(request(7, fakes.greedy(4)))
    await fakes.collect(run)
    other = fork(engine, Origin(run.trace_id, 2), [9], fakes.greedy(NEW_TOKENS))
    await fakes.collect(other)
    begun = engine.store.get(run.trace_id)
    forked = engine.store.get(other.trace_id)
    expected = encoder_decoders.generate(pair[1], begun.source_ids, fakes.greedy(7), (*begun.token_ids[:2], 9))
    assert list(forked.token_ids) == expected.sequences[0][1:].tolist()
    longer = write_further(engine, run.trace_id, fakes.greedy(4), one_step=False, in_place=False)
    await fakes.collect(longer)
    whole = encoder_decoders.generate(pair[1], begun.source_ids, fakes.greedy(8))
    assert list(engine.store.get(longer.trace_id).token_ids) == whole.sequences[0][1:].tolist()


async def test_texts_with_the_same_beginning_and_other_sources_share_no_cache(engine, pair):
    first, second = request(5), request(9)
    await fakes.trace(engine, first)
    _, trace = await fakes.trace(engine, second)
    expected = encoder_decoders.generate(pair[1], second.source_ids, second.settings)
    assert list(trace.token_ids) == expected.sequences[0][1:].tolist()


async def test_the_end_token_that_a_model_forces_comes_last(tokenizer):
    hf = encoder_decoders.tiny("bart")
    hf.generation_config.forced_bos_token_id, hf.generation_config.forced_eos_token_id = 9, encoder_decoders.END
    model = LanguageModel(hf, tokenizer, "bart")
    assert model.extra_names == ("forced_bos_token", "forced_eos_token")
    assert model.facts()["layers"] == 3
    engine = Engine(model, TraceStore(50_000_000)).start()
    _, trace = await fakes.trace(engine, request(7))
    engine.close()
    assert trace.token_ids[0] == 9
    assert trace.token_ids[-1] == encoder_decoders.END
    expected = encoder_decoders.generate(hf, trace.source_ids, trace.settings)
    assert list(trace.token_ids) == expected.sequences[0][1:].tolist()


async def test_a_source_that_cannot_be_read_is_a_sentence(engine, llama):
    with pytest.raises(PlaygroundError, match="has an encoder, and nothing here says what it reads"):
        engine.trace(Request((START,), fakes.greedy()))
    with pytest.raises(PlaygroundError, match="is no token of"):
        engine.trace(Request((START,), fakes.greedy(), source_ids=(fakes.VOCABULARY,)))
    other = Engine(llama, TraceStore(50_000_000))
    with pytest.raises(PlaygroundError, match="has no encoder, so that it reads no source"):
        other.trace(Request((START,), fakes.greedy(), source_ids=(3,)))
    other.close()


@pytest.mark.parametrize("own", [{"encoder_no_repeat_ngram_size": 2}, {"encoder_repetition_penalty": 0.2}])
async def test_what_a_model_says_of_the_source_in_its_generation_config_equals_generate(pair, tokenizer, own):
    """The one removes tokens that would repeat two tokens of the source, the other makes its tokens more probable."""
    _, hf = pair
    plain = encoder_decoders.generate(hf, request(12).source_ids, fakes.greedy(8)).sequences[0].tolist()
    hf.generation_config.update(**own)
    model = LanguageModel(hf, tokenizer, "own")
    source = (*plain[1:7], encoder_decoders.END) if "encoder_no_repeat_ngram_size" in own else request(12).source_ids
    asked = replace(request(12), source_ids=source, settings=fakes.greedy(8))
    engine = Engine(model, TraceStore(50_000_000)).start()
    _, trace = await fakes.trace(engine, asked)
    engine.close()
    expected = encoder_decoders.generate(hf, source, asked.settings, output_scores=True)
    assert list(trace.token_ids) == expected.sequences[0][1:].tolist()
    (extra,) = model.extra_processors(PromptIds(asked.prompt_ids, source), 8)
    for step, scores in zip(trace.steps, expected.scores, strict=True):
        ids = torch.tensor([trace.ids_before(step.index)])
        assert torch.allclose(extra.processor(ids, step.logits[None].clone())[0], scores[0], atol=1e-5)
