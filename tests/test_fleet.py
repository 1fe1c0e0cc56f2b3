"""A fleet writes what an engine writes, and goes on when its replicas die."""

import asyncio
import copy
from collections.abc import Generator, Iterator
from contextlib import aclosing
from dataclasses import replace

import pytest
import torch

from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.fleet.described import FarModel, described
from playground.fleet.fleet import Fleet
from playground.fleet.replica import Replica
from playground.strategies.beams import search
from playground.traces.store import TraceStore
from playground.traces.trace import Step, Trace
from playground.web.guards.visits import Visits
from playground.web.metrics import text_of
from playground.web.report import Reporter
from tests.fakes import PacedModel
from tests.near_replicas import NearReplicas

SAMPLED = Settings(strategy="sample", temperature=1.3, top_k=20, seed=5, max_new_tokens=24)
PROMPTS = [(5, 9, 200), (7, 7, 7, 30, 31), (90,)]


@pytest.fixture
def engines(tiny_models, tokenizer) -> Iterator[dict[str, Engine]]:
    """Two engines of equal models."""
    models = {name: PacedModel(copy.deepcopy(tiny_models["llama"]), tokenizer) for name in ("one", "two")}
    engines = {name: Engine(model, TraceStore(50_000_000)).start() for name, model in models.items()}
    yield engines
    for name, engine in engines.items():
        models[name].free()
        engine.close()


@pytest.fixture
def replicas(engines) -> NearReplicas:
    return NearReplicas(engines)


@pytest.fixture
def fleet(engines, replicas) -> Iterator[Fleet]:
    engine = engines["one"]
    fleet = Fleet(replicas, FarModel(described(engine.model, engine.limits)), TraceStore(0)).start()
    yield fleet
    fleet.close()


async def written(engine, request: Request, onto: str | None = None) -> tuple[Trace, list[Step]]:
    run = engine.trace(request, onto)
    steps = [news async for news in run if isinstance(news, Step)]
    return engine.store.get(run.trace_id), steps


def facts(trace: Trace) -> list[tuple]:
    """Returns what must be equal of a text's steps. Probabilities differ in the last bits by who shares a forward."""
    return [
        (step.index, step.token_id, step.draw, pytest.approx(step.probability, abs=1e-5), step.kept, step.forced)
        for step in trace.steps
    ]


async def test_texts_of_a_fleet_are_those_of_an_engine(fleet, engine):
    requests = [Request(ids, SAMPLED) for ids in PROMPTS]
    far = await asyncio.gather(*(written(fleet, request) for request in requests))
    near = await asyncio.gather(*(written(engine, request) for request in requests))
    assert [facts(trace) for trace, _ in far] == [facts(trace) for trace, _ in near]
    assert [trace.stop_reason for trace, _ in far] == [trace.stop_reason for trace, _ in near]
    assert all(step.logits is None for _, steps in far for step in steps)
    assert len({fleet.places[trace_id] for trace_id in fleet.places}) == 2


async def test_a_row_is_the_one_that_was_recorded(fleet, engine):
    run = fleet.trace(Request(PROMPTS[0], SAMPLED))
    _ = [news async for news in run]
    trace, _ = await written(engine, Request(PROMPTS[0], SAMPLED))
    seen = await fleet.lookups.at(run.trace_id, 7)
    assert not seen.is_recomputed
    assert torch.equal(seen.logits, trace.steps[7].held_logits)
    assert seen.attention is not None
    assert torch.equal(seen.attention, trace.steps[7].attention)
    whole = [
        step async for step in fleet.lookups.whole(run.trace_id, fleet.store.get(run.trace_id), wants_attention=True)
    ]
    assert [step.token_id for step in whole] == list(trace.token_ids)
    assert all(torch.equal(one.held_logits, other.held_logits) for one, other in zip(whole, trace.steps, strict=True))


@pytest.mark.parametrize(
    "request_",
    [
        Request(PROMPTS[0], SAMPLED),
        Request(PROMPTS[0], SAMPLED, (3, 4), (40, 41, 42, 43, 44, 45), max_steps=12),
    ],
    ids=["sampled", "forced and bounded"],
)
async def test_a_text_goes_on_when_its_replica_dies(fleet, replicas, engine, engines, request_):
    onto = None
    if request_.completion_ids:
        onto = begun(fleet, request_)
        near_onto = begun(engine, request_)
    for one in engines.values():
        one.model.hold()
        one.model.allow(4)
    run = fleet.trace(request_, onto)
    news = aiter(run)
    steps = []
    while len(steps) < 4:
        one = await anext(news)
        steps += [one] if isinstance(one, Step) else []
    fleet._loop.call_soon_threadsafe(replicas.kill, fleet.places[run.trace_id])
    for one in engines.values():
        one.model.free()
    steps += [one async for one in news if isinstance(one, Step)]
    expected, _ = await written(engine, request_, near_onto if onto else None)
    assert facts(fleet.store.get(run.trace_id)) == facts(expected)
    assert [step.token_id for step in steps] == list(expected.token_ids[len(request_.completion_ids) :])
    assert fleet.store.get(run.trace_id).stop_reason == expected.stop_reason


def begun(engine, request: Request) -> str:
    """Opens a trace with the bare steps that a request says are there."""
    steps = tuple(
        Step(i, None, token_id, None, 1.0, 1, None, 0.0, forced=True)
        for i, token_id in enumerate(request.completion_ids)
    )
    return engine.store.open(Trace(engine.model.name, request.prompt_ids, request.settings, steps))


async def test_refusals_reach_the_reader(fleet):
    with pytest.raises(PlaygroundError, match="window"):
        fleet.trace(Request(tuple(range(100)) * 100, SAMPLED))
    with pytest.raises(PlaygroundError, match="no token"):
        await fleet.ask("seen", "", 0, (1_000_000,), ())


async def test_a_text_that_is_stopped_ends(fleet, engines):
    for one in engines.values():
        one.model.hold()
        one.model.allow(3)
    run = fleet.trace(Request(PROMPTS[0], SAMPLED))
    news = aiter(run)
    for _ in range(3):
        await anext(news)
    run.close()
    for one in engines.values():
        one.model.free()
    _ = [one async for one in news]
    assert fleet.store.get(run.trace_id).stop_reason == "stopped"
    assert not fleet.busy


async def test_a_visitor_who_leaves_in_the_middle_leaves_nothing_behind(fleet, engines, caplog):
    for one in engines.values():
        one.model.hold()
        one.model.allow(3)
    run = fleet.trace(Request(PROMPTS[0], SAMPLED))
    news = aiter(run)
    for _ in range(3):
        await anext(news)
    run.close()
    fleet.store.drop([run.trace_id])
    while fleet.places:
        await asyncio.sleep(0)
    for one in engines.values():
        one.model.free()
    _ = [one async for one in news]
    while fleet._texts._orders or any(one.busy for one in engines.values()):
        await asyncio.sleep(0)
    assert caplog.records == []


async def test_steps_that_break_off_go_on_on_another_replica(fleet, replicas):
    run = fleet.trace(Request(PROMPTS[0], SAMPLED))
    _ = [one async for one in run]
    trace = fleet.store.get(run.trace_id)
    steps = fleet.lookups.whole(run.trace_id, trace, wants_attention=False)
    found = [await anext(steps), await anext(steps)]
    await fleet._at_home(killed(replicas, fleet.places[run.trace_id]))
    found += [step async for step in steps]
    assert [(step.index, step.token_id) for step in found] == [*enumerate(trace.token_ids)]
    assert all(step.logits is not None for step in found)


async def test_a_text_whose_end_was_not_told_gets_no_further_token(fleet, replicas, monkeypatch):
    told = Replica.text
    lost = []

    async def text(self, order):
        """Writes the text, and dies when its last step is told, before its end is."""
        client = self._clients[order.client]
        post = client.post

        def kept(letter):
            if letter.news is not None:
                post(letter)
            elif not lost:
                lost.append(self._name)
                asyncio.get_running_loop().call_later(0.05, replicas.kill, self._name)

        monkeypatch.setattr(client, "post", kept)
        await told(self, order)

    monkeypatch.setattr(Replica, "text", text)
    trace, steps = await written(fleet, Request(PROMPTS[0], SAMPLED))
    assert lost
    assert (len(steps), trace.stop_reason) == (SAMPLED.max_new_tokens, "length")


async def test_work_is_done_where_the_model_is(fleet, replicas):
    assert await fleet.call(vocabulary_of) == fleet.model.vocabulary_size
    async with fleet.held(list_of_one) as held:
        assert await held.call(appended) == [1, 1]
        assert await held.call(appended) == [1, 1, 1]
    fleet._loop.call_soon_threadsafe(replicas.kill, "one")
    assert await fleet.call(vocabulary_of) == fleet.model.vocabulary_size


async def test_what_was_done_with_a_thing_is_done_again_where_its_replica_has_died(fleet, replicas):
    async with fleet.held(list_of_one) as held:
        assert await held.call(appended) == [1, 1]
        assert await held.look(appended) == [1, 1, 1]
        assert await held.work(appended_slowly) == [1, 1, 1, 2]
        await fleet._at_home(killed(replicas, held.at))
        assert await held.call(appended) == [1, 1, 2, 1]


async def test_a_search_whose_replica_dies_finds_what_it_would_have_found(fleet, replicas, engine):
    settings = Settings(strategy="beam", num_beams=3, max_new_tokens=12)
    expected = [tree async for tree in search(engine, PROMPTS[0], settings)]
    found = []
    async with aclosing(search(fleet, PROMPTS[0], settings)) as trees:
        async for tree in trees:
            found.append(tree)
            if len(found) == 5:
                [name] = [name for name, one in replicas.replicas.items() if one._held]
                await fleet._at_home(killed(replicas, name))
    assert [tree.nodes for tree in found] == [tree.nodes for tree in expected]


async def test_work_that_ends_every_replica_is_refused(fleet, replicas):
    async with fleet.held(list_of_one) as held:
        for name in tuple(replicas.replicas):
            await fleet._at_home(killed(replicas, name))
        with pytest.raises(PlaygroundError, match="has ended five times"):
            await held.call(appended)


async def test_what_nobody_looks_at_is_let_go_at_its_replica(fleet, engines):
    run = fleet.trace(Request(PROMPTS[0], SAMPLED))
    _ = [news async for news in run]
    store = engines[fleet.places[run.trace_id]].store
    assert store.holds(run.trace_id)
    fleet.store.drop([run.trace_id])
    while store.holds(run.trace_id):
        await asyncio.sleep(0)


@pytest.fixture
def other(fleet, replicas) -> Iterator[Fleet]:
    """The fleet of another page's process, which has the same replicas."""
    other = Fleet(replicas, fleet.model, TraceStore(0)).start()
    yield other
    other.close()


async def test_another_process_finds_a_text_with_its_rows_and_goes_on_with_it(fleet, other, engine):
    run = fleet.trace(Request(PROMPTS[0], SAMPLED))
    _ = [news async for news in run]
    fleet.close()
    assert await other.find(run.trace_id)
    found = other.store.get(run.trace_id)
    assert (found.token_ids, found.stop_reason) == (fleet.store.get(run.trace_id).token_ids, "length")
    assert not (await other.lookups.at(run.trace_id, 7)).is_recomputed
    more = replace(SAMPLED, max_new_tokens=2 * SAMPLED.max_new_tokens)
    trace, _ = await written(other, Request(PROMPTS[0], more, found.token_ids), run.trace_id)
    expected, _ = await written(engine, Request(PROMPTS[0], more))
    assert trace.token_ids == expected.token_ids


async def test_a_text_that_two_processes_hold_stays_until_both_let_it_go(fleet, other, engines):
    run = fleet.trace(Request(PROMPTS[0], SAMPLED))
    _ = [news async for news in run]
    store = engines[fleet.places[run.trace_id]].store
    await asyncio.gather(*(other.find(run.trace_id) for _ in range(3)))
    fleet.store.drop([run.trace_id])
    await fleet.status()  # the replica was told before
    assert store.holds(run.trace_id)
    other.store.drop([run.trace_id])
    while store.holds(run.trace_id):
        await asyncio.sleep(0)


async def test_a_text_that_no_process_has_is_not_found(other):
    assert not await other.find("unknown")


async def test_a_process_that_is_silent_for_long_holds_nothing_any_more(fleet, other, engines, replicas, monkeypatch):
    run = fleet.trace(Request(PROMPTS[0], SAMPLED))
    _ = [news async for news in run]
    async with fleet.held(list_of_one) as held:
        store, there = engines[fleet.places[run.trace_id]].store, replicas.replicas[held.at]
        await other.status()
        assert store.holds(run.trace_id)
        assert there._held
        monkeypatch.setattr("playground.fleet.replica.SILENT_SECONDS", -1.0)
        await other.status()
        assert not store.holds(run.trace_id)
        assert not there._held
        assert await other.find(run.trace_id)


async def test_texts_of_one_forward_are_one_message(fleet, replicas, engines):
    engines.pop("two").close()
    await fleet._at_home(killed(replicas, "two"))
    requests = [Request((5, 9, 200 + number), SAMPLED) for number in range(8)]
    await asyncio.gather(*(written(fleet, request) for request in requests))
    assert replicas.messages < 3 * SAMPLED.max_new_tokens


async def killed(replicas: NearReplicas, name: str) -> None:
    replicas.kill(name)


def vocabulary_of(model) -> int:
    return model.vocabulary_size


def list_of_one(model) -> list[int]:
    return [1]


def appended(model, numbers: list[int]) -> list[int]:
    numbers.append(1)
    return numbers


def appended_slowly(model, numbers: list[int]) -> Generator[None, None, list[int]]:
    yield
    numbers.append(2)
    return numbers


async def test_what_each_replica_does_is_told(fleet, engines):
    run = fleet.trace(Request(PROMPTS[0], SAMPLED))
    _ = [news async for news in run]
    states = {one["replica"]: one for one in await fleet.status()}
    assert states.keys() == engines.keys()
    assert {name for name, one in states.items() if one["bytes"]["traces"]} == {fleet.places[run.trace_id]}
    report = Reporter(Engines.only(fleet), Visits()).report()
    assert report.replicas == [*states.values()]
    assert 'playground_replica_rows{replica="one",state="running"} 0.0' in text_of(lambda: report)().decode()


async def test_a_job_says_how_far_it_is(fleet):
    told: list[tuple[int, int]] = []
    assert await fleet.work_told(counting, lambda done, of: told.append((done, of))) == fleet.model.vocabulary_size
    assert told == [(1, 3), (2, 3), (3, 3)]
    with pytest.raises(PlaygroundError, match="It cannot be done"):
        await fleet.work_told(refusing, lambda done, of: None)


def counting(model, told) -> Generator[None, None, int]:
    for done in (1, 2, 3):
        told(done, 3)
        yield
    return model.vocabulary_size


def refusing(model, told) -> Generator[None, None, None]:
    yield
    raise PlaygroundError("It cannot be done.")
