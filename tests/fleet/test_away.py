"""A fleet waits for a cluster that has ended, and goes on when it is started again."""

import asyncio

import pytest

from playground.engine.engines import Engines
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.fleet.replica import Replica
from tests.fleet.words import (
    PROMPTS,
    SAMPLED,
    appended,
    facts,
    go_on,
    held_up,
    killed,
    list_of_one,
    vocabulary_of,
    written,
)


async def test_a_cluster_that_stays_away_is_told(in_haste, far, fleet, replicas, monkeypatch):
    monkeypatch.setattr("playground.fleet.replicas.AWAY_SECONDS", 0.1)
    for name in tuple(replicas.replicas):
        await fleet._at_home(killed(replicas, name))
    with pytest.raises(PlaygroundError, match="does not answer"):
        await far.call(vocabulary_of)
    with pytest.raises(PlaygroundError, match="does not answer"):
        await written(far, Request(PROMPTS[0], SAMPLED))
    assert fleet.replicas() == []


async def test_texts_and_searches_go_on_when_the_cluster_is_started_again(
    in_haste, far, fleet, replicas, engines, engine
):
    expected, _ = await written(engine, Request(PROMPTS[0], SAMPLED))
    run, news = await held_up(far, engines)
    go_on(engines)
    async with far.held(list_of_one) as held:
        assert await held.call(appended) == [1, 1]
        for name in tuple(replicas.replicas):
            await fleet._at_home(killed(replicas, name))
        call = asyncio.create_task(held.call(appended))
        while fleet.replicas():
            await asyncio.sleep(0)
        replicas.faults = [RuntimeError("The head is not ready yet.")]
        replicas.after_reconnect = {"three": Replica(lambda: Engines.only(engines["two"]), "three")}
        assert await call == [1, 1, 1]
    _ = [one async for one in news]
    assert facts(far.store.get(run.trace_id)) == facts(expected)
