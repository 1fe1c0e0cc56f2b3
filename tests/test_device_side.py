"""Tests how much leaves the device at a step, and how often the host waits for it, on a pretended device."""

import asyncio
from dataclasses import replace

import pytest
import torch

from playground.attention.maps import rollout
from playground.decoding import draws
from playground.decoding.settings import Settings
from playground.decoding.stages import warper
from playground.engine.engine import Engine
from playground.engine.first_check import texts_may_share
from playground.engine.fork import fork
from playground.engine.request import Request
from playground.engine.scoring import scoring
from playground.models.language_model import LanguageModel
from playground.prompts.labels import Query, Scorer
from playground.strategies import comparison
from playground.strategies.beams import path, search
from playground.strategies.best_first import whole_tree
from playground.traces.store import TraceStore
from playground.traces.trace import Origin, Step
from playground.web import api
from tests import fakes
from tests.device_side import DeviceSide, no_arrays_of_the_device, on_engine
from tests.hybrids import hybrid
from tests.test_processors import ALL_ON

MOST_BYTES = 16 * 1024
"""The most bytes that may leave for each row and step, when nobody looks."""
NEW_TOKENS = 12
SETTINGS = {
    "greedy": fakes.greedy(NEW_TOKENS),
    "pure": Settings(max_new_tokens=NEW_TOKENS),
    "balanced": Settings(temperature=0.7, top_k=50, top_p=0.9, max_new_tokens=NEW_TOKENS),
    "every stage": replace(ALL_ON, max_new_tokens=NEW_TOKENS),
}
KINDS = (*fakes.KINDS, "qwen3_next")


@pytest.fixture(params=KINDS)
def engine(request, tokenizer, monkeypatch):
    hf = hybrid(request.param) if request.param == "qwen3_next" else fakes.tiny(request.param)
    model = LanguageModel(hf, tokenizer, request.param)
    model.eos_token_ids = frozenset()
    for module in (draws, warper):
        monkeypatch.setattr(module, "looks_are_free", lambda _: False)
    engine = Engine(model, TraceStore(50_000_000)).start()
    yield engine
    engine.close()


async def watched(engine: Engine, requests: list[Request]) -> tuple[DeviceSide, list[str]]:
    """Runs requests at the same time, watched. Returns what left the device, and the ids of the traces."""
    await fakes.trace(engine, Request(fakes.prompt(3), fakes.greedy(2)))  # the attention of steps is chosen once
    side, runs = DeviceSide(engine.model.hf), []
    async with on_engine(engine, side):
        for request in requests:
            runs.append(engine.trace(request))
        await asyncio.gather(*map(fakes.collect, runs))
    return side, [run.trace_id for run in runs]


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("rows", [1, 4])
async def test_little_leaves_the_device_when_nobody_looks(engine, name, rows):
    """For several rows transformers looks once a step at the mask of their padding."""
    requests = [Request(fakes.prompt(5 + seed), replace(SETTINGS[name], seed=seed)) for seed in range(rows)]
    side, _ = await watched(engine, requests)
    steps = rows * NEW_TOKENS
    assert side.nbytes / steps <= MOST_BYTES
    assert side.waits.total() / steps <= 1, side.waits
    assert side.nbytes > 0


async def test_what_a_page_looks_at_follows_later_and_is_what_was_there(engine):
    _, [trace_id] = await watched(engine, [Request(fakes.prompt(6), SETTINGS["balanced"])])
    step = engine.store.get(trace_id).steps[3]
    assert step.logits.is_on_device
    assert step.attention.is_on_device
    assert step.row.tolist() == step.logits.tolist()
    assert step.weights.shape == (engine.model.hf.config.num_hidden_layers, 4, 9)


@pytest.fixture
def seen(engine, monkeypatch):
    """The number of rows of every step, and the rows of which the model made attention."""
    seen, step = [], engine.model.step

    def watched(ids, *given):
        found = step(ids, *given)
        seen.append((len(ids), 0 if found.attention is None else found.attention.shape[1]))
        return found

    monkeypatch.setattr(engine.model, "step", watched)
    return seen


def in_background(length: int, new: int = 6) -> Request:
    return Request(fakes.prompt(length), fakes.greedy(new), background=True, keeps_cache=False)


async def test_texts_in_the_background_have_no_attention(engine, seen):
    await asyncio.gather(*(fakes.collect(engine.trace(in_background(length))) for length in (1, 6, 9)))
    assert_none_was_made(seen)


async def test_texts_that_nobody_opens_have_no_attention(engine, seen):
    """Those of a client of the API, of a grid of settings, and the greedy text beside a beam search."""
    await api.trace(engine, "the tin", {"strategy": "greedy", "max_new_tokens": 3})
    assert_none_was_made(seen)
    await path(engine, fakes.prompt(6), fakes.greedy(3), "greedy")
    assert_none_was_made(seen)
    grid = comparison.Grid(("the tin",), (fakes.greedy(3),), (1,))
    assert [cell.error async for cell in comparison.run(engine, grid)] == [None]
    assert_none_was_made(seen)


def assert_none_was_made(seen: list[tuple[int, int]]) -> None:
    assert seen
    assert all(attention == 0 for _, attention in seen)
    seen.clear()


async def test_beside_texts_in_the_background_only_the_others_have_attention(engine, seen):
    """What they keep is on the device, without the padding of their row and without the rest of the batch."""
    side = DeviceSide(engine.model.hf)
    await fakes.trace(engine, Request(fakes.prompt(3), fakes.greedy(2)))
    seen.clear()
    async with on_engine(engine, side):
        first = engine.trace(in_background(20, 40))
        async for _ in first:
            break  # it is the first row of the batch now
        runs = [engine.trace(Request(fakes.prompt(length), fakes.greedy(20))) for length in (6, 14)]
        last = engine.trace(in_background(17, 40))
        told = await asyncio.gather(*map(fakes.collect, [first, last, *runs]))
    assert (4, 2) in seen
    assert max(attention for _, attention in seen) == 2
    assert all(step.attention is None for steps in told[:2] for step in steps if isinstance(step, Step))
    for run in runs:
        trace = engine.store.get(run.trace_id)
        for step in trace.steps:
            kept = step.attention
            assert kept.is_on_device
            assert kept.shape[-1] == len(trace.prompt_ids) + step.index
            assert kept.untyped_storage().nbytes() == kept.nbytes
            again = (await engine.lookups.after(trace.ids_before(step.index))).attention
            torch.testing.assert_close(kept, again, rtol=0, atol=2**-10)


async def test_texts_of_every_kind_read_tensors_of_one_side_only(engine):
    """Forks, searches, scores, labels and maps, as on a real device, where tensors of two sides do not mix."""
    with no_arrays_of_the_device():
        async with on_engine(engine, DeviceSide(engine.model.hf, is_strict=True)):
            runs = [engine.trace(Request(fakes.prompt(5 + seed), one)) for seed, one in enumerate(SETTINGS.values())]
            await asyncio.gather(*map(fakes.collect, runs))
            trace = engine.store.get(runs[2].trace_id)
            forked = fork(engine, Origin(runs[2].trace_id, 4), [7], trace.settings)
            await fakes.collect(forked)
            assert (await engine.lookups.at(forked.trace_id, 5)).row.shape == (fakes.VOCABULARY,)
            assert (await engine.lookups.after(fakes.prompt(9))).row.shape == (fakes.VOCABULARY,)
            assert [tree async for tree in whole_tree(engine, fakes.prompt(5), 2, 40)][-1].sequences
            beams = Settings(strategy="beam", num_beams=3, max_new_tokens=4, repetition_penalty=1.2)
            assert [tree async for tree in search(engine, fakes.prompt(5), beams)][-1].hypotheses
            assert len(await engine.work(lambda model: scoring(fakes.prompt(12), model))) == 11
            await Scorer(engine).log_probabilities([Query(fakes.prompt(9), ((3,), (4, 5)))])
            await engine.work(lambda model: rollout(model, fakes.prompt(12)))
            await engine.call(texts_may_share)


def test_the_pretended_device_counts_what_leaves_it(llama):
    side, weight = DeviceSide(llama.hf), llama.hf.lm_head.weight
    with torch.inference_mode(), side:
        row = (weight * 2)[0]
        assert row.is_on_device
        assert (side.nbytes, side.waits.total()) == (0, 0)
        assert not hasattr(row.cpu(), "is_on_device")
        assert (side.nbytes, side.waits.total()) == (row.nbytes, 1)
        for number, look in enumerate(
            (lambda: bool(row.sum() > 0), lambda: row.max().item(), lambda: row[row > 0], lambda: row.tolist()), start=2
        ):
            look()
            assert side.waits.total() == number
        torch.zeros(3).tolist()
        assert side.waits.total() == 5, "the host's own tensors cost nothing"
        assert torch.zeros(3, device=row.device).is_on_device


async def test_slices_are_larger_on_an_accelerator(tiny_models, tokenizer, monkeypatch):
    model = fakes.PacedModel(tiny_models["llama"], tokenizer)
    monkeypatch.setattr(type(model), "device", "cuda")
    monkeypatch.setattr("playground.models.loaded_model.LONGEST_SLICE", 16)
    engine = Engine(model, TraceStore(50_000_000)).start()
    await fakes.trace(engine, Request(fakes.prompt(40), fakes.greedy(2)))
    engine.close()
    assert [tokens for kind, tokens in model.forwards if kind == "prefill"] == [16, 16, 7]


@pytest.mark.parametrize("rows", [1, 20])
async def test_texts_in_bfloat16_are_the_same_when_they_are_made_again(tokenizer, rows):
    """One after another, and together in the same order: only what shares a forward changes the rounding."""
    model = LanguageModel(fakes.tiny("llama").bfloat16(), tokenizer, "tiny")
    model.eos_token_ids = frozenset()
    requests = [Request(fakes.prompt(4 + seed % 9), replace(SETTINGS["balanced"], seed=seed)) for seed in range(20)]
    made = []
    for _ in range(2):
        engine = Engine(model, TraceStore(50_000_000))
        texts = []
        for first in range(0, 20, rows):
            runs = [engine.trace(request) for request in requests[first : first + rows]]
            if not first:
                engine.start()
            await asyncio.gather(*map(fakes.collect, runs))
            texts += [engine.store.get(run.trace_id).token_ids for run in runs]
        engine.close()
        made.append(texts)
    assert made[0] == made[1]
    assert len(set(made[0])) == 20
