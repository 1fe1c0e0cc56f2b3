"""Tests that background requests leave places, prompt reading and the line to those that people wait for."""

import asyncio
from itertools import pairwise

import pytest

from playground.engine.engine import Engine
from playground.engine.news import Waiting
from playground.engine.request import Limits, Request
from playground.traces.store import TraceStore
from playground.traces.trace import Step
from tests import fakes


@pytest.fixture
def start(llama):
    llama.eos_token_ids = frozenset()
    engines = []

    def started(**limits) -> Engine:
        engines.append(Engine(llama, TraceStore(50_000_000), Limits(**limits)).start())
        return engines[-1]

    yield started
    llama.free()
    for engine in engines:
        engine.close()


def behind(length: int = 6, new_tokens: int = 4, seed: int = 0) -> Request:
    return Request(fakes.prompt(length, seed), fakes.greedy(new_tokens), background=True)


def wanted(length: int = 6, new_tokens: int = 4) -> Request:
    return Request(fakes.prompt(length, 99), fakes.greedy(new_tokens))


async def test_alone_the_background_takes_every_row(start, llama):
    engine = start(rows=4)
    await asyncio.gather(*(fakes.collect(engine.trace(behind(seed=seed))) for seed in range(6)))
    assert max(llama.batch_sizes) == 4


async def test_beside_a_text_somebody_waits_for_it_takes_half_the_rows(start, llama):
    """The two rows that give up their places continue later, and their texts are as when they run alone."""
    engine = start(rows=4)
    llama.hold()
    runs = [engine.trace(behind(seed=seed, new_tokens=20)) for seed in range(4)]
    await llama.arrived()
    llama.allow(3)
    for _ in range(3):
        await llama.arrived()
    people = engine.trace(wanted(new_tokens=5))
    llama.free()
    told = await asyncio.gather(*(fakes.collect(run) for run in [people, *runs]))
    assert llama.batch_sizes[3:10] == [4, 3, 3, 3, 3, 3, 4]
    for seed, items in enumerate(told[1:]):
        _, alone = await fakes.trace(engine, Request(fakes.prompt(6, seed), fakes.greedy(20)))
        assert [item.token_id for item in items if isinstance(item, Step)] == list(alone.token_ids)


async def test_one_place_is_the_least(start, llama):
    engine = start(rows=1)
    await asyncio.gather(*(fakes.collect(engine.trace(behind(seed=seed))) for seed in range(2)))
    assert llama.batch_sizes == [1] * 8


async def test_who_is_waited_for_finds_a_place_at_once(start, llama):
    engine = start(rows=2)
    llama.hold()
    runs = [engine.trace(behind(seed=seed, new_tokens=30)) for seed in range(2)]
    await llama.arrived()
    people = engine.trace(wanted())
    llama.free()
    told = await fakes.collect(people)
    assert [item.index for item in told if isinstance(item, Step)] == [0, 1, 2, 3]
    assert len(llama.batch_sizes) < 30, "and does not wait for one of them to end"
    await asyncio.gather(*(fakes.collect(run) for run in runs))
    assert max(llama.batch_sizes) == 2


async def test_who_is_waited_for_goes_first_in_line(start, llama):
    engine = start(rows=1)
    llama.hold()
    first = engine.trace(wanted(new_tokens=2))
    await llama.arrived()
    later, people = engine.trace(behind()), engine.trace(wanted())
    llama.free()
    order = []

    async def follow(name, run):
        told = await fakes.collect(run)
        order.append(name)
        return [item.place for item in told if isinstance(item, Waiting)]

    _, places, ahead = await asyncio.gather(follow("first", first), follow("later", later), follow("people", people))
    assert order == ["first", "people", "later"]
    assert places[0] == 2
    assert ahead in ([1], [])


async def test_the_background_fills_no_line_but_its_own(start, llama):
    engine = start(rows=2, waiting=1)
    llama.hold()
    runs = [engine.trace(behind(seed=seed)) for seed in range(8)]
    await llama.arrived()
    people = [engine.trace(wanted()), engine.trace(wanted())]
    llama.free()
    await asyncio.gather(*(fakes.collect(run) for run in [*runs, *people]))


async def test_prompts_in_the_background_are_read_slowly_beside_a_running_text(start, llama):
    """At least 8 steps are between two slices of at most 64 tokens."""
    engine = start(rows=4)
    llama.hold()
    people = engine.trace(wanted(new_tokens=40))
    await llama.arrived()
    runs = [engine.trace(behind(length=80, seed=seed, new_tokens=2)) for seed in range(2)]
    llama.free()
    await asyncio.gather(*(fakes.collect(run) for run in [people, *runs]))
    slices = [place for place, (kind, _) in enumerate(llama.forwards) if kind == "prefill"]
    assert [llama.forwards[place] for place in slices] == [("prefill", size) for size in (5, 64, 64, 15, 15)]
    assert all(later - earlier > 8 for earlier, later in pairwise(slices[1:]))


async def test_alone_the_background_reads_at_full_speed(start, llama):
    await fakes.collect(start(rows=4).trace(behind(length=90)))
    assert llama.forwards[0] == ("prefill", 89)


async def test_the_text_is_the_same_in_the_background_and_nothing_of_it_is_kept(start):
    engine = start(rows=4)
    _, kept = await fakes.trace(engine, Request(fakes.prompt(6), fakes.greedy(6)))
    held = engine.store.nbytes
    told, hidden = await fakes.trace(engine, behind(6, 6))
    assert [step.token_id for step in told] == list(kept.token_ids)
    assert [step.attention for step in told] == [None] * 6
    assert (hidden.steps, hidden.stop_reason) == ((), "length")
    assert engine.store.nbytes == held
