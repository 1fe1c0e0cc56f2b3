"""A fleet writes what an engine writes, and goes on when its replicas die."""

import asyncio

import pytest
import torch

from playground.engine.engines import Engines
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.fleet.described import offered
from playground.fleet.far_engines import far_engines
from playground.fleet.replica import Replica
from playground.traces.trace import Step, Trace
from playground.web.guards.visits import Visits
from playground.web.metrics import text_of
from playground.web.report import Reporter
from tests.fleet.words import PROMPTS, SAMPLED, facts, go_on, held_up, killed, written


async def test_texts_of_a_fleet_are_those_of_an_engine(fleet, far, engine):
    requests = [Request(ids, SAMPLED) for ids in PROMPTS]
    found = await asyncio.gather(*(written(far, request) for request in requests))
    near = await asyncio.gather(*(written(engine, request) for request in requests))
    assert [facts(trace) for trace, _ in found] == [facts(trace) for trace, _ in near]
    assert [trace.stop_reason for trace, _ in found] == [trace.stop_reason for trace, _ in near]
    assert all(step.logits is None for _, steps in found for step in steps)
    assert len({*fleet.texts.places.values()}) == 2


async def test_a_row_is_the_one_that_was_recorded(far, engine):
    run = far.trace(Request(PROMPTS[0], SAMPLED))
    _ = [news async for news in run]
    trace, _ = await written(engine, Request(PROMPTS[0], SAMPLED))
    seen = await far.lookups.at(run.trace_id, 7)
    assert not seen.is_recomputed
    assert torch.equal(seen.logits, trace.steps[7].held_logits)
    assert seen.attention is not None
    assert torch.equal(seen.attention, trace.steps[7].attention)
    whole = [step async for step in far.lookups.whole(run.trace_id, far.store.get(run.trace_id), wants_attention=True)]
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
async def test_a_text_goes_on_when_its_replica_dies(fleet, far, replicas, engine, engines, request_):
    onto = None
    if request_.completion_ids:
        onto = begun(far, request_)
        near_onto = begun(engine, request_)
    for one in engines.values():
        one.model.hold()
        one.model.allow(4)
    run = far.trace(request_, onto)
    news = aiter(run)
    steps = []
    while len(steps) < 4:
        one = await anext(news)
        steps += [one] if isinstance(one, Step) else []
    fleet._loop.call_soon_threadsafe(replicas.kill, fleet.texts.places[run.trace_id])
    go_on(engines)
    steps += [one async for one in news if isinstance(one, Step)]
    expected, _ = await written(engine, request_, near_onto if onto else None)
    assert facts(far.store.get(run.trace_id)) == facts(expected)
    assert [step.token_id for step in steps] == list(expected.token_ids[len(request_.completion_ids) :])
    assert far.store.get(run.trace_id).stop_reason == expected.stop_reason


def begun(engine, request: Request) -> str:
    """Opens a trace with the bare steps that a request says are there."""
    steps = tuple(
        Step(i, None, token_id, None, 1.0, 1, None, 0.0, forced=True)
        for i, token_id in enumerate(request.completion_ids)
    )
    return engine.store.open(Trace(engine.model.name, request.prompt_ids, request.settings, steps))


async def test_refusals_reach_the_reader(far):
    with pytest.raises(PlaygroundError, match="window"):
        far.trace(Request(tuple(range(100)) * 100, SAMPLED))
    with pytest.raises(PlaygroundError, match="no token"):
        await far.ask("seen", "", 0, (1_000_000,), ())


async def test_a_text_that_is_stopped_ends(engines, far):
    run, news = await held_up(far, engines)
    run.close()
    go_on(engines)
    _ = [one async for one in news]
    assert far.store.get(run.trace_id).stop_reason == "stopped"
    assert not far.busy


async def test_a_visitor_who_leaves_in_the_middle_leaves_nothing_behind(fleet, far, engines, caplog):
    run, news = await held_up(far, engines)
    run.close()
    far.store.drop([run.trace_id])
    while fleet.texts.places:
        await asyncio.sleep(0)
    go_on(engines)
    _ = [one async for one in news]
    while fleet.texts._orders or any(one.busy for one in engines.values()):
        await asyncio.sleep(0)
    assert caplog.records == []


async def test_steps_that_break_off_go_on_on_another_replica(fleet, far, replicas):
    run = far.trace(Request(PROMPTS[0], SAMPLED))
    _ = [one async for one in run]
    trace = far.store.get(run.trace_id)
    steps = far.lookups.whole(run.trace_id, trace, wants_attention=False)
    found = [await anext(steps), await anext(steps)]
    await fleet._at_home(killed(replicas, fleet.texts.places[run.trace_id]))
    found += [step async for step in steps]
    assert [(step.index, step.token_id) for step in found] == [*enumerate(trace.token_ids)]
    assert all(step.logits is not None for step in found)


async def test_a_text_whose_end_was_not_told_gets_no_further_token(replicas, far, monkeypatch):
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
    trace, steps = await written(far, Request(PROMPTS[0], SAMPLED))
    assert lost
    assert (len(steps), trace.stop_reason) == (SAMPLED.max_new_tokens, "length")


async def test_what_nobody_looks_at_is_let_go_at_its_replica(fleet, far, engines):
    run = far.trace(Request(PROMPTS[0], SAMPLED))
    _ = [news async for news in run]
    store = engines[fleet.texts.places[run.trace_id]].store
    assert store.holds(run.trace_id)
    far.store.drop([run.trace_id])
    while store.holds(run.trace_id):
        await asyncio.sleep(0)


async def test_texts_of_one_forward_are_one_message(fleet, far, replicas, engines):
    engines.pop("two").close()
    await fleet._at_home(killed(replicas, "two"))
    requests = [Request((5, 9, 200 + number), SAMPLED) for number in range(8)]
    await asyncio.gather(*(written(far, request) for request in requests))
    assert replicas.messages < 3 * SAMPLED.max_new_tokens


async def test_what_each_replica_does_is_told(fleet, far, engines):
    run = far.trace(Request(PROMPTS[0], SAMPLED))
    _ = [news async for news in run]
    states = {one["replica"]: one for one in await fleet.status()}
    assert states.keys() == engines.keys()
    assert {name for name, one in states.items() if one["bytes"]["traces"]} == {fleet.texts.places[run.trace_id]}
    report = Reporter(far_engines(fleet, offered(Engines.only(engines["one"]).offers).offers), Visits()).report()
    assert report.replicas == [*states.values()]
    assert 'playground_replica_rows{replica="one",state="running"} 0.0' in text_of(lambda: report)().decode()
