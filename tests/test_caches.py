"""Tests that caches are found by their first ids, stay within their bytes, and do not change results."""

import asyncio

import pytest
import torch
from transformers import DynamicCache

from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.request import Request
from playground.models.caches import Caches, part
from playground.models.language_model import LanguageModel
from playground.traces.store import TraceStore
from playground.traces.trace import Step, Trace
from tests import fakes

WIDTH = 4
BYTES_A_TOKEN = 2 * 2 * WIDTH * 4
"""The bytes of two layers' keys and values of one head, in float32."""


def cache(*columns: float) -> DynamicCache:
    """Returns a cache of two layers whose position i has the i-th number."""
    made = DynamicCache()
    states = torch.tensor(columns).view(1, 1, -1, 1).repeat(1, 1, 1, WIDTH)
    for layer in range(2):
        made.update(states + layer, states - layer, layer)
    return made


def numbers(found: DynamicCache | None) -> list[float]:
    return [] if found is None else found.layers[0].keys[0, 0, :, 0].tolist()


@pytest.mark.parametrize(
    ("ids", "found"),
    [
        ([1, 2, 3, 4], [0.1, 0.2, 0.3]),
        ([1, 2, 3], [0.1, 0.2]),  # the last id still has to be fed
        ([1, 2, 4, 4, 9], [0.5, 0.6, 0.7, 0.8]),
        ([1, 2, 9, 9], [0.1, 0.2]),
        ([7, 8], [0.9]),
        ([5, 1, 2], []),
        ([1], []),
    ],
)
def test_the_longest_common_beginning_is_found(ids, found):
    caches = Caches(10_000)
    caches.put("a", [1, 2, 3], cache(0.1, 0.2, 0.3))
    caches.put("b", [1, 2, 4, 4], cache(0.5, 0.6, 0.7, 0.8))
    caches.put("c", [7], cache(0.9))
    assert numbers(caches.beginning_of(ids)) == pytest.approx(found)


def test_what_is_handed_out_grows_without_changing_what_is_kept():
    caches = Caches(10_000)
    caches.put("a", [1, 2, 3], cache(0.1, 0.2, 0.3))
    taken = caches.beginning_of([1, 2, 9])
    taken.update(torch.full((1, 1, 1, WIDTH), 0.9), torch.full((1, 1, 1, WIDTH), 0.9), 0)
    assert numbers(taken) == pytest.approx([0.1, 0.2, 0.9])
    assert numbers(caches.beginning_of([1, 2, 3, 4])) == pytest.approx([0.1, 0.2, 0.3])


def test_bytes_are_bounded_and_the_one_used_longest_ago_goes():
    caches = Caches(6 * BYTES_A_TOKEN)
    caches.put("a", [1, 2], cache(0.1, 0.2))
    caches.put("b", [3, 4], cache(0.3, 0.4))
    caches.put("c", [5, 6], cache(0.5, 0.6))
    assert caches.nbytes == 6 * BYTES_A_TOKEN
    caches.beginning_of([1, 2, 9])
    caches.put("d", [7], cache(0.7))
    assert caches.nbytes == 5 * BYTES_A_TOKEN
    kept = [bool(numbers(caches.beginning_of([first, 9]))) for first in (1, 3, 5, 7)]
    assert kept == [True, False, True, True]
    caches.put("e", range(7), cache(*range(7)))
    assert caches.nbytes == 5 * BYTES_A_TOKEN, "what is too large by itself is not kept, and takes nothing from others"


def test_a_name_has_one_cache_and_unwanted_ones_go():
    caches = Caches(10_000)
    caches.put("a", [1, 2], cache(0.1, 0.2))
    caches.put("a", [1, 2, 3], cache(0.1, 0.2, 0.3))
    caches.put("b", [4], cache(0.4))
    assert caches.nbytes == 4 * BYTES_A_TOKEN
    caches.keep_only(lambda name: name == "b")
    assert caches.nbytes == BYTES_A_TOKEN


def test_a_cache_under_two_names_counts_once_and_goes_with_the_last():
    caches = Caches(10_000)
    caches.put("a", [1, 2], cache(0.1, 0.2))
    assert not caches.share("b", [1])
    assert not caches.share("b", [1, 3])
    assert caches.share("b", [1, 2])
    assert caches.nbytes == 2 * BYTES_A_TOKEN
    caches.keep_only(lambda name: name == "b")
    assert caches.nbytes == 2 * BYTES_A_TOKEN
    assert numbers(caches.beginning_of([1, 2, 9])) == pytest.approx([0.1, 0.2])
    caches.keep_only(lambda name: False)
    assert caches.nbytes == 0


def test_room_is_made_although_two_names_share_a_cache():
    caches = Caches(4 * BYTES_A_TOKEN)
    caches.put("a", [1, 2], cache(0.1, 0.2))
    caches.share("b", [1, 2])
    caches.put("c", [3, 4, 5], cache(0.3, 0.4, 0.5))
    assert caches.nbytes == 3 * BYTES_A_TOKEN


def test_a_part_that_is_owned_pins_nothing_larger():
    whole = cache(0.1, 0.2, 0.3)
    view, owned = part(whole, 0, 1, 3), part(whole, 0, 1, 3, owned=True)
    assert numbers(view) == numbers(owned) == pytest.approx([0.2, 0.3])
    assert view.layers[0].keys.untyped_storage().nbytes() == 3 * WIDTH * 4
    assert owned.layers[0].keys.untyped_storage().nbytes() == 2 * WIDTH * 4
    alone = part(whole, 0, 0, 3, owned=True).layers[0].keys
    assert alone.data_ptr() == whole.layers[0].keys.data_ptr(), "the whole is nobody's part and needs no copy"


# in the engine


@pytest.fixture(params=fakes.KINDS)
def model(request, tiny_models, tokenizer) -> fakes.PacedModel:
    model = fakes.PacedModel(tiny_models[request.param], tokenizer, request.param)
    model.eos_token_ids = frozenset()
    return model


async def run_with(model: LanguageModel, cache_bytes: int, requests: list[Request]) -> list[Trace]:
    """Runs requests one after the other in one engine. Returns their traces."""
    engine = Engine(model, TraceStore(200_000_000), cache_bytes=cache_bytes).start()
    traces = [(await fakes.trace(engine, request))[1] for request in requests]
    await asyncio.to_thread(engine.close)
    return traces


def assert_same(traces: list[Trace], others: list[Trace]) -> None:
    for one, other in zip(traces, others, strict=True):
        assert (one.token_ids, one.stop_reason) == (other.token_ids, other.stop_reason)
        for ours, theirs in zip(one.steps, other.steps, strict=True):
            torch.testing.assert_close(ours.logits, theirs.logits, rtol=0, atol=1e-5)
            torch.testing.assert_close(ours.attention, theirs.attention, rtol=0, atol=2**-11)


@pytest.mark.parametrize("settings", [fakes.greedy(20), Settings(temperature=1.3, max_new_tokens=20, seed=3)])
async def test_a_text_is_the_same_with_a_cache_and_without(model, settings):
    """A text is the same beyond a sliding window of 8, from the middle of another text, and from a longer text."""
    prompt = fakes.prompt(24)
    requests = [
        Request(prompt, settings),
        Request(prompt, settings),
        Request((*prompt[:12], *fakes.prompt(9)), settings),
        Request(prompt[:5], settings),
        Request(prompt, settings, completion_ids=fakes.prompt(7)),
    ]
    cold = await run_with(model, 0, requests)
    cold_reads = sum(tokens for kind, tokens in model.forwards if kind == "prefill")
    model.forwards.clear()
    warm = await run_with(model, 10_000_000, requests)
    assert_same(warm, cold)
    reads = [tokens for kind, tokens in model.forwards if kind == "prefill"]
    assert reads == [23, 8, 6], "the first prompt, then only what is new"
    assert cold_reads == 23 + 23 + 20 + 4 + 30


async def test_a_row_that_leaves_a_batch_leaves_its_own_cache(model):
    """A padded row beside a longer one ends first, and the next request uses what it read."""
    engine = Engine(model, TraceStore(200_000_000)).start()
    short, long = Request(fakes.prompt(5), fakes.greedy(6)), Request(fakes.prompt(20), fakes.greedy(15))
    model.hold()
    runs = [engine.trace(long), engine.trace(short)]
    model.free()
    for run in runs:
        await fakes.collect(run)
    model.forwards.clear()
    again = (await fakes.trace(engine, Request(short.prompt_ids, fakes.greedy(30))))[1]
    assert all(kind == "step" for kind, _ in model.forwards)
    assert again.token_ids[:6] == engine.store.get(runs[1].trace_id).token_ids
    await asyncio.to_thread(engine.close)
    assert_same([again], await run_with(model, 0, [Request(short.prompt_ids, fakes.greedy(30))]))


async def caches_are(engine: Engine, nbytes: int) -> bool:
    """Returns whether the caches hold `nbytes` after the engine's thread has run once."""
    return await engine.call(lambda model: engine.caches.nbytes) == nbytes


async def test_a_cache_goes_with_its_trace(engine):
    engine.model.eos_token_ids = frozenset()
    ids = []
    for length in (4, 5, 6):
        run = engine.trace(Request(fakes.prompt(length), fakes.greedy(3)))
        await fakes.collect(run)
        ids.append(run.trace_id)
    a_token = await engine.call(lambda model: engine.caches.nbytes) // (6 + 7 + 8)
    assert a_token == 2 * 2 * 2 * 8 * 4, "two layers' keys and values of two heads of width 8"
    engine.store.drop(ids[:1])
    assert await caches_are(engine, (7 + 8) * a_token)
    engine.store.release(ids[1:2])
    assert await caches_are(engine, 8 * a_token)
    large = Step(0, torch.empty(200_000_000, dtype=torch.uint8), 1, None, 1.0, 1, None, 0.0)
    engine.store.open(Trace("tiny", (1,), Settings(), (large,)))
    assert engine.store.nbytes == large.nbytes
    assert await caches_are(engine, 8 * a_token), "a text that gave up its rows can still be gone on from"


async def test_what_nobody_goes_on_from_is_not_kept(engine):
    run = engine.trace(Request(fakes.prompt(4), fakes.greedy(3), keeps_cache=False))
    await fakes.collect(run)
    assert await caches_are(engine, 0)
    run = engine.trace(Request(fakes.prompt(4), fakes.greedy(3)))
    engine.store.drop([run.trace_id])
    await fakes.collect(run)
    assert await caches_are(engine, 0)


async def test_a_stopped_and_stepped_text_reads_nothing_twice(engine):
    model, request = engine.model, Request(fakes.prompt(30), fakes.greedy(10), max_steps=1)
    model.eos_token_ids = frozenset()
    run = engine.trace(request)
    await fakes.collect(run)
    for _ in range(3):
        so_far = engine.store.get(run.trace_id).token_ids
        await fakes.trace(engine, Request(request.prompt_ids, request.settings, so_far, max_steps=1), run.trace_id)
    assert model.forwards == [("prefill", 29)] + [("step", 1)] * 4
