"""Work that is no text is done on a replica, and goes on when the replica dies."""

from collections.abc import Generator
from contextlib import aclosing

import pytest

from playground.decoding.settings import Settings
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.fleet.replica import Replica
from playground.fleet.replicas import ReplicaLostError
from playground.inside.layers import LayerViews
from playground.inside.word_views import WordViews
from playground.strategies.beams import search
from tests.fleet.words import PROMPTS, appended, appended_slowly, killed, list_of_one, vocabulary_of


async def test_work_is_done_where_the_model_is(fleet, far, replicas):
    assert await far.call(vocabulary_of) == far.model.vocabulary_size
    async with far.held(list_of_one) as held:
        assert await held.call(appended) == [1, 1]
        assert await held.call(appended) == [1, 1, 1]
    fleet._loop.call_soon_threadsafe(replicas.kill, "one")
    assert await far.call(vocabulary_of) == far.model.vocabulary_size


async def test_what_was_done_with_a_thing_is_done_again_where_its_replica_has_died(fleet, far, replicas):
    async with far.held(list_of_one) as held:
        assert await held.call(appended) == [1, 1]
        assert await held.look(appended) == [1, 1, 1]
        assert await held.work(appended_slowly) == [1, 1, 1, 2]
        await fleet._at_home(killed(replicas, held.at))
        assert await held.call(appended) == [1, 1, 2, 1]


async def test_a_search_whose_replica_dies_finds_what_it_would_have_found(fleet, far, replicas, engine):
    settings = Settings(strategy="beam", num_beams=3, max_new_tokens=12)
    expected = [tree async for tree in search(engine, PROMPTS[0], settings)]
    found = []
    async with aclosing(search(far, PROMPTS[0], settings)) as trees:
        async for tree in trees:
            found.append(tree)
            if len(found) == 5:
                [name] = [name for name, one in replicas.replicas.items() if one._held]
                await fleet._at_home(killed(replicas, name))
    assert [tree.nodes for tree in found] == [tree.nodes for tree in expected]


async def test_work_that_ends_replicas_again_and_again_is_refused(monkeypatch, far):
    async def lost(self, work, asker):
        raise ReplicaLostError

    monkeypatch.setattr(Replica, "call", lost)
    with pytest.raises(PlaygroundError, match="has ended five times"):
        await far.call(vocabulary_of)


async def test_no_weights_are_sent_for_what_the_layers_say(far, monkeypatch):
    weights = far.model.hf.get_output_embeddings().weight
    monkeypatch.setattr("tests.fleet.near_replicas.MOST_BYTES", weights.nbytes)
    run = far.trace(Request(PROMPTS[1], Settings(max_new_tokens=3)))
    _ = [news async for news in run]
    layers, words = LayerViews(far), WordViews(far)
    drawn = [one async for one in layers.grid(run.trace_id, 0)]
    assert (len(drawn), drawn[-1].done) == (drawn[-1].of, drawn[-1].of)
    assert len((await layers.column(run.trace_id, 2)).layers) == len(drawn)
    assert await layers.contributions(run.trace_id, 2, 7, None)
    assert await words.facts(run.trace_id, 2)


async def test_a_job_says_how_far_it_is(far):
    told: list[tuple[int, int]] = []
    assert await far.work_told(counting, lambda done, of: told.append((done, of))) == far.model.vocabulary_size
    assert told == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(PlaygroundError, match="It cannot be done"):
        await far.work_told(refusing, lambda done, of: None)


def counting(model, told) -> Generator[None, None, int]:
    for done in (1, 2, 3):
        told(done, 3)
        yield
    return model.vocabulary_size


def refusing(model, told) -> Generator[None, None, None]:
    yield
    raise PlaygroundError("It cannot be done.")
