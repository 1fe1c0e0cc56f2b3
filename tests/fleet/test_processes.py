"""The pages' processes of a fleet find one another's texts, and the replicas let go of what a dead one held."""

import asyncio
from dataclasses import replace

from playground.engine.request import Request
from tests.fleet.words import PROMPTS, SAMPLED, go_on, held_up, killed, list_of_one, written


async def test_another_process_finds_a_text_with_its_rows_and_goes_on_with_it(fleet, far, other, engine, other_far):
    run = far.trace(Request(PROMPTS[0], SAMPLED))
    _ = [news async for news in run]
    fleet.close()
    assert await other.find(run.trace_id)
    found = other.store.get(run.trace_id)
    assert (found.token_ids, found.stop_reason) == (far.store.get(run.trace_id).token_ids, "length")
    assert not (await other_far.lookups.at(run.trace_id, 7)).is_recomputed
    more = replace(SAMPLED, max_new_tokens=2 * SAMPLED.max_new_tokens)
    trace, _ = await written(other_far, Request(PROMPTS[0], more, found.token_ids), run.trace_id)
    expected, _ = await written(engine, Request(PROMPTS[0], more))
    assert trace.token_ids == expected.token_ids


async def test_a_text_that_two_processes_hold_stays_until_both_let_it_go(fleet, far, other, engines):
    run = far.trace(Request(PROMPTS[0], SAMPLED))
    _ = [news async for news in run]
    store = engines[fleet.texts.places[run.trace_id]].store
    await asyncio.gather(*(other.find(run.trace_id) for _ in range(3)))
    far.store.drop([run.trace_id])
    await fleet.status()  # the replica was told before
    assert store.holds(run.trace_id)
    other.store.drop([run.trace_id])
    while store.holds(run.trace_id):
        await asyncio.sleep(0)


async def test_a_text_that_no_process_has_is_not_found(other, replicas):
    assert not await other.find("unknown")
    for name in tuple(replicas.replicas):
        await other._at_home(killed(replicas, name))
    assert not await other.find("unknown")


async def test_a_text_that_is_being_written_is_not_taken_from_its_process(other, far, engines):
    run, news = await held_up(far, engines)
    assert not await other.find(run.trace_id)
    go_on(engines)
    _ = [one async for one in news]
    assert await other.find(run.trace_id)
    assert other.store.get(run.trace_id).token_ids == far.store.get(run.trace_id).token_ids


async def test_a_process_that_is_silent_for_long_holds_nothing_any_more(
    fleet, far, other, engines, replicas, monkeypatch
):
    run = far.trace(Request(PROMPTS[0], SAMPLED))
    _ = [news async for news in run]
    async with far.held(list_of_one) as held:
        store, there = engines[fleet.texts.places[run.trace_id]].store, replicas.replicas[held.at]
        await other.status()
        assert store.holds(run.trace_id)
        assert there._held
        monkeypatch.setattr("playground.fleet.replica.SILENT_SECONDS", -1.0)
        await other.status()
        assert not store.holds(run.trace_id)
        assert not there._held
        assert await other.find(run.trace_id)
