"""Tests that the engine equals `generate`, whichever rows share the forwards and however a request is split."""

import asyncio

import numpy as np
import pytest
import torch

from playground.decoding.chance import uniform
from playground.decoding.processors import batch_stages
from playground.decoding.settings import PRESETS, Settings
from playground.engine import prompt_line
from playground.engine.engine import Engine
from playground.engine.request import Limits, Request
from playground.errors import PlaygroundError
from playground.traces.store import TraceStore
from playground.traces.trace import Trace
from tests import fakes
from tests.test_model import ATTENTION_TOLERANCE
from tests.test_processors import oracle

LENGTHS = [1, 2, 3, 7, 8, 9, 15, 26, 40]
SETTINGS = [
    fakes.greedy(9),
    Settings(temperature=0.8, top_k=40, top_p=0.9, max_new_tokens=14, seed=3),
    fakes.greedy(20, repetition_penalty=1.4, no_repeat_ngram_size=2),
    Settings(max_new_tokens=11, seed=4),
    Settings(max_new_tokens=16, typical_p=0.8, epsilon_cutoff=1e-3, eta_cutoff=1e-3, min_p=0.01, seed=5),
]


@pytest.fixture(params=fakes.KINDS)
def any_engine(request, tiny_models, tokenizer):
    model = fakes.PacedModel(tiny_models[request.param], tokenizer, request.param)
    engine = Engine(model, TraceStore(200_000_000)).start()
    yield engine
    model.free()
    engine.close()


def assert_equals_a_full_forward(engine: Engine, trace: Trace) -> None:
    """Checks that every step has the logits and attention of one plain forward over prompt and completion."""
    assert [step.index for step in trace.steps] == list(range(len(trace.steps)))
    logits, attention = fakes.full_forward(engine.model.hf, trace.prompt_ids + trace.token_ids)
    for step in trace.steps:
        last = len(trace.prompt_ids) + step.index - 1
        torch.testing.assert_close(step.logits, logits[last], rtol=0, atol=1e-5)
        expected = attention[:, :, last, : last + 1]
        torch.testing.assert_close(step.attention.float(), expected, rtol=0, atol=ATTENTION_TOLERANCE)


# equal to generate


@pytest.mark.parametrize("extra", [{}, {"repetition_penalty": 1.3, "no_repeat_ngram_size": 2}], ids=["", "penalised"])
async def test_greedy_equals_generate_token_for_token(any_engine, extra):
    """Greedy equals `generate` for each prompt alone and for all prompts in one batch."""
    requests = [Request(fakes.prompt(length), fakes.greedy(12, **extra)) for length in LENGTHS]
    alone = [(await fakes.trace(any_engine, request))[1] for request in requests]
    together = await asyncio.gather(*(fakes.trace(any_engine, request) for request in requests))
    for request, single, (_, shared) in zip(requests, alone, together, strict=True):
        generated = fakes.generate(any_engine.model.hf, request.prompt_ids, request.settings).sequences[0]
        expected = tuple(generated[len(request.prompt_ids) :].tolist())
        assert single.token_ids == shared.token_ids == expected


def test_raw_logits_equal_those_of_generate(any_engine):
    request = Request(fakes.prompt(11), fakes.greedy(10))
    _, trace = fakes.run(any_engine, request)
    generated = fakes.generate(any_engine.model.hf, request.prompt_ids, request.settings, output_logits=True)
    for step, logits in zip(trace.steps, generated.logits, strict=True):
        torch.testing.assert_close(step.logits, logits[0], rtol=0, atol=1e-5)


@pytest.mark.parametrize("settings", SETTINGS)
def test_probabilities_equal_the_softmax_of_generates_scores(engine, settings):
    """Probabilities are compared along the path that was drawn, because `generate` draws another one."""
    request = Request(fakes.prompt(13), settings)
    _, trace = fakes.run(engine, request)
    processors = oracle(engine.model.hf, settings, torch.tensor([request.prompt_ids]))
    for step in trace.steps:
        ids = trace.ids_before(step.index)
        expected = processors(torch.tensor([ids]), step.logits[None])[0]
        *_, ours = batch_stages(step.logits[None], [ids], settings)
        difference = ours.scores[0].double().softmax(-1) - expected.double().softmax(-1)
        assert difference.abs().max() <= 1e-6
        assert step.probability == pytest.approx(float(expected.double().softmax(-1)[step.token_id]), abs=1e-6)
        assert step.kept == len(fakes.kept_ids(expected))


def test_the_last_prompt_token_is_fed_once(engine):
    """All tokens but the last are prefilled, and the forward of the last is the first that is recorded."""
    prompt = fakes.prompt(21)
    _, trace = fakes.run(engine, Request(prompt, fakes.greedy(1)))
    assert engine.model.forwards == [("prefill", 20), ("step", 1)]
    assert trace.steps[0].attention.shape == (2, 4, 21)
    assert_equals_a_full_forward(engine, trace)


@pytest.mark.model
async def test_greedy_equals_generate_on_the_default_model(default_model):
    texts = ["The capital of France is", "1", "def fibonacci(n):\n    ", "Once upon a time, " * 8]
    prompts = [default_model.tokenizer.encode(text) for text in texts]
    engine = Engine(default_model, TraceStore(200_000_000)).start()
    together = await asyncio.gather(*(fakes.trace(engine, Request(ids, fakes.greedy(16))) for ids in prompts))
    engine.close()
    for prompt, (_, trace) in zip(prompts, together, strict=True):
        generated = fakes.generate(default_model.hf, prompt, fakes.greedy(16)).sequences[0]
        assert trace.token_ids == tuple(generated[len(prompt) :].tolist())


# batches


async def test_rows_that_come_and_go_equal_single_runs(any_engine):
    """The longest prompt joins a running batch, the shortest has one token, and the rows end at different times."""
    model = any_engine.model
    model.eos_token_ids = frozenset()
    lengths = [30, 1, 55, 8, 3]
    requests = [Request(fakes.prompt(length), settings) for length, settings in zip(lengths, SETTINGS, strict=True)]
    model.hold()
    tasks = []
    for request in requests:
        tasks.append(asyncio.create_task(fakes.trace(any_engine, request)))
        await asyncio.sleep(0)  # the request is made
        model.allow(3)
    model.free()
    together = [trace for _, trace in await asyncio.gather(*tasks)]
    sizes = model.batch_sizes
    assert max(sizes) >= 3, "rows shared forwards"
    assert sizes[-1] == 1, "and left one after the other"
    for request, shared in zip(requests, together, strict=True):
        _, alone = await fakes.trace(any_engine, request)
        assert shared.token_ids == alone.token_ids
        assert [step.draw for step in shared.steps] == [step.draw for step in alone.steps]
        assert shared.stop_reason == "length"
        assert_equals_a_full_forward(any_engine, shared)


async def test_rows_of_equal_settings_are_processed_together_and_stay_themselves(engine):
    requests = [Request(fakes.prompt(length), PRESETS["Balanced"]) for length in (2, 30, 9, 9)]
    together = await asyncio.gather(*(fakes.trace(engine, request) for request in requests))
    assert together[2][1].token_ids == together[3][1].token_ids
    for _, trace in together:
        assert_equals_a_full_forward(engine, trace)


@pytest.mark.parametrize("length", [1, 2, 8, 9, 10, 16, 17, 18, 41])
def test_long_prompts_are_read_in_slices(any_engine, monkeypatch, length):
    monkeypatch.setattr(prompt_line, "SLICE_TOKENS", 8)
    _, trace = fakes.run(any_engine, Request(fakes.prompt(length), fakes.greedy(4)))
    slices = [tokens for kind, tokens in any_engine.model.forwards if kind == "prefill"]
    assert sum(slices) == length - 1
    assert all(tokens == 8 for tokens in slices[:-1])
    assert all(0 < tokens <= 8 for tokens in slices)
    assert_equals_a_full_forward(any_engine, trace)


async def test_others_go_on_while_a_long_prompt_is_read(engine, monkeypatch):
    monkeypatch.setattr(prompt_line, "SLICE_TOKENS", 8)
    model = engine.model
    model.eos_token_ids = frozenset()
    model.hold()
    short = asyncio.create_task(fakes.trace(engine, Request(fakes.prompt(3), fakes.greedy(30))))
    await asyncio.sleep(0)
    long = asyncio.create_task(fakes.trace(engine, Request(fakes.prompt(41), fakes.greedy(2))))
    await asyncio.sleep(0)
    model.free()
    await asyncio.gather(short, long)
    kinds = [kind for kind, _ in model.forwards[model.forwards.index(("prefill", 8)) :]]
    assert kinds[:9] == ["prefill", "step"] * 4 + ["prefill"]
    assert set(kinds[9:]) == {"step"}


async def test_short_prompts_start_together(engine):
    model = engine.model
    model.eos_token_ids = frozenset()
    model.hold()
    first = engine.trace(Request(fakes.prompt(3), fakes.greedy(9)))
    await model.arrived()
    runs = [first, *(engine.trace(Request(fakes.prompt(length), fakes.greedy(4))) for length in (5, 2, 9))]
    model.free()
    for run in runs:
        await fakes.collect(run)
        assert_equals_a_full_forward(engine, engine.store.get(run.trace_id))
    assert model.batch_sizes[:6] == [1, 4, 4, 4, 4, 1], "none waited for another's prompt"


async def test_a_short_prompt_does_not_wait_for_a_long_one_to_be_read(engine, monkeypatch):
    monkeypatch.setattr(prompt_line, "SLICE_TOKENS", 8)
    model = engine.model
    model.eos_token_ids = frozenset()
    model.hold()
    runs = [engine.trace(Request(fakes.prompt(2), fakes.greedy(20)))]
    await model.arrived()
    runs += [engine.trace(Request(fakes.prompt(length), fakes.greedy(2))) for length in (81, 4)]
    model.free()
    for run in runs:
        await fakes.collect(run)
    before_the_short_one = model.forwards[: model.forwards.index(("step", 2))]
    assert [tokens for kind, tokens in before_the_short_one if kind == "prefill"] == [1, 8, 3]


# draws and pieces


def test_a_seed_repeats_its_text_and_another_does_not(engine):
    def drawn(seed: int) -> Trace:
        return fakes.run(engine, Request(fakes.prompt(6), Settings(seed=seed, max_new_tokens=15)))[1]

    first = drawn(7)
    assert first.token_ids == drawn(7).token_ids != drawn(8).token_ids
    assert [step.draw for step in first.steps] == [uniform(7, index) for index in range(len(first.steps))]


def test_each_token_is_the_draw_of_what_can_be_shown(engine):
    settings = Settings(temperature=1.3, top_p=0.9, repetition_penalty=1.2, seed=9, max_new_tokens=15)
    _, trace = fakes.run(engine, Request(fakes.prompt(6), settings))
    for step in trace.steps:
        *_, last = batch_stages(step.logits[None], [trace.ids_before(step.index)], settings)
        assert fakes.draw(last.scores[0], step.draw) == (step.token_id, step.probability, step.kept)


def test_greedy_draws_nothing(engine):
    _, trace = fakes.run(engine, Request(fakes.prompt(6), fakes.greedy(3)))
    assert [step.draw for step in trace.steps] == [None] * len(trace.steps)


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("length", [1, 12])
async def test_step_by_step_equals_one_run(engine, settings, length):
    engine.model.eos_token_ids = frozenset()
    prompt = fakes.prompt(length)
    _, whole = await fakes.trace(engine, Request(prompt, settings))
    run = engine.trace(Request(prompt, settings, max_steps=1))
    await fakes.collect(run)
    for _ in range(settings.max_new_tokens - 1):
        pieces = engine.store.get(run.trace_id)
        assert pieces.stop_reason == "stopped"
        await fakes.trace(engine, Request(prompt, settings, pieces.token_ids, max_steps=1), onto=run.trace_id)
    pieces = engine.store.get(run.trace_id)
    assert (pieces.token_ids, pieces.stop_reason) == (whole.token_ids, "length")
    assert [step.draw for step in pieces.steps] == [step.draw for step in whole.steps]
    assert_equals_a_full_forward(engine, pieces)


def test_a_fork_sees_the_numbers_the_original_saw(engine):
    request = Request(fakes.prompt(6), Settings(seed=5, max_new_tokens=12))
    _, original = fakes.run(engine, request)
    assert len(original.steps) > 6
    fork = Request(request.prompt_ids, request.settings, (*original.token_ids[:4], 17))
    _, forked = fakes.run(engine, fork)
    assert [step.draw for step in forked.steps] == [uniform(5, index) for index in range(5, 5 + len(forked.steps))]


# what a step holds


async def test_a_step_keeps_its_own_row_and_not_the_batch(engine):
    requests = [Request(fakes.prompt(length), fakes.greedy(4)) for length in (5, 9)]
    for _, trace in await asyncio.gather(*(fakes.trace(engine, request) for request in requests)):
        for step in trace.steps:
            assert step.logits.untyped_storage().nbytes() == step.logits.nbytes
            assert step.attention.untyped_storage().nbytes() == step.attention.nbytes
            assert step.seconds >= 0


@pytest.mark.parametrize("cache_bytes", [0, 10_000_000])
async def test_rows_that_were_given_up_are_computed_again(tiny_models, tokenizer, cache_bytes):
    model = fakes.PacedModel(tiny_models["llama"], tokenizer)
    model.eos_token_ids = frozenset()
    engine = Engine(model, TraceStore(8 * 4 * fakes.VOCABULARY), cache_bytes=cache_bytes).start()
    run = engine.trace(Request(fakes.prompt(6), fakes.greedy(5)))
    steps = await fakes.collect(run)
    held = await engine.lookups.at(run.trace_id, 2)
    assert (held.row.tolist(), held.is_recomputed) == (steps[2].logits.tolist(), False)
    await fakes.trace(engine, Request(fakes.prompt(7), fakes.greedy(5)))
    assert engine.store.step(run.trace_id, 2) is None
    for index, step in enumerate(steps):
        seen = await engine.lookups.at(run.trace_id, index)
        assert seen.is_recomputed
        np.testing.assert_allclose(seen.row, step.logits, rtol=0, atol=1e-5)
        torch.testing.assert_close(seen.attention, step.attention, rtol=0, atol=2**-11)
    with pytest.raises(PlaygroundError, match="Step 5 does not exist: this text has the steps 0 to 4"):
        await engine.lookups.at(run.trace_id, 5)
    with pytest.raises(PlaygroundError, match="no longer kept"):
        await engine.lookups.at("unknown", 0)
    engine.close()


async def test_the_store_stays_bounded_under_load(tiny_models, tokenizer):
    model = fakes.PacedModel(tiny_models["llama"], tokenizer)
    engine = Engine(model, TraceStore(60_000), Limits(rows=2)).start()
    most = 0

    def watch(ids, seen):
        nonlocal most
        most = max(most, engine.store.nbytes)
        return seen

    model.spoil = watch
    requests = [Request(fakes.prompt(length), fakes.greedy(12)) for length in range(2, 22)]
    for run in [engine.trace(request) for request in requests]:
        await fakes.collect(run)
    engine.close()
    assert 40_000 < most <= 60_000
