"""Tests that visitors take turns for a place, for an answer, and for a piece of a job."""

import asyncio
import threading

import pytest

from playground import visitor
from playground.engine.engine import Engine
from playground.engine.errands import MOST_WAITING
from playground.engine.line import gives_way, in_turn
from playground.engine.news import Waiting
from playground.engine.request import Limits, Request
from playground.engine.row import Row
from playground.engine.turns import Turns
from playground.errors import PlaygroundError
from playground.traces.store import TraceStore
from playground.traces.trace import Step
from tests import fakes


def row(name: str, *, background: bool = False) -> Row:
    """Returns a row whose visitor is the name's first letter."""
    request = Request((2, 3), fakes.greedy(), background=background)
    return Row(request, name, lambda item: None, (), visitor=name[0])


def names(rows) -> list[str]:
    return [row.trace_id for row in rows]


def test_turns_serve_the_visitors_one_after_the_other():
    turns = Turns()
    for name in ("a1", "a2", "a3", "b1", "c1", "b2"):
        turns.add(name[0], name)
    assert (len(turns), turns.waiting_for("a"), turns.waiting_for("d")) == (6, 3, 0)
    assert [turns.take() for _ in range(6)] == ["a1", "b1", "c1", "a2", "b2", "a3"]
    assert not turns


def test_the_next_place_goes_to_the_visitor_with_the_fewest_rows():
    waiting = [row(name) for name in ("a2", "a3", "a4", "b1", "c1", "b2")]
    assert names(in_turn(waiting, [])) == ["a2", "b1", "c1", "a3", "b2", "a4"]
    assert names(in_turn(waiting, [row("a1"), row("b0")])) == ["c1", "a2", "b1", "a3", "b2", "a4"]


def test_texts_in_the_background_come_last_and_take_turns_too():
    waiting = [row("a1", background=True), row("a2", background=True), row("b1", background=True), row("a3")]
    assert names(in_turn(waiting, [])) == ["a3", "a1", "b1", "a2"]


async def test_a_visitor_who_asks_for_many_texts_delays_nobody(llama, monkeypatch):
    """With one place and ten texts of one visitor, another visitor's text comes second."""
    engine = Engine(llama, TraceStore(50_000_000), Limits(rows=1))
    asked, ended = {}, []

    async def ask(name: str) -> None:
        visitor.current.set(name)
        run = engine.trace(Request(fakes.prompt(3), fakes.greedy(2)))
        asked[run.trace_id] = name
        await fakes.collect(run)

    mark = engine.store.mark
    monkeypatch.setattr(engine.store, "mark", lambda *marked: [ended.append(marked[0]), mark(*marked)])
    tasks = [asyncio.create_task(ask("greedy")) for _ in range(10)] + [asyncio.create_task(ask("modest"))]
    await asyncio.sleep(0)
    engine.start()
    await asyncio.gather(*tasks)
    engine.close()
    assert [asked[trace_id] for trace_id in ended].index("modest") == 1


def test_a_row_of_the_visitor_with_the_most_gives_way():
    running = [row(name) for name in ("a1", "b1", "a2", "a3")]
    assert gives_way(row("c1"), running, running).trace_id == "a3"
    assert gives_way(row("b2"), running, running).trace_id == "a3"
    reading = row("b2")
    assert gives_way(row("b3"), [*running, reading], running) is None, "it would have as many rows less as they more"
    assert gives_way(row("a4"), running, running) is None
    assert gives_way(row("c1", background=True), running, running) is None
    assert gives_way(row("c1"), [row("a1"), row("b1")], []) is None
    behind = [row(name, background=True) for name in ("a1", "a2", "a3")]
    assert gives_way(row("c1"), behind, behind) is None, "those in the background step aside by another rule"


async def test_a_visitor_with_long_texts_keeps_no_place_from_another(llama):
    """A text that gave up its place continues where it was, and is as when it runs alone."""
    llama.eos_token_ids = frozenset()
    engine = Engine(llama, TraceStore(50_000_000), Limits(rows=3))
    llama.hold()
    visitor.current.set("greedy")
    prompts = [fakes.prompt(4, seed) for seed in range(3)]
    long = [engine.trace(Request(prompt, fakes.greedy(60))) for prompt in prompts]
    engine.start()  # all three already wait, so they begin together
    await llama.arrived()
    llama.allow(5)
    for _ in range(5):
        await llama.arrived()
    visitor.current.set("modest")
    short = engine.trace(Request(fakes.prompt(5, 9), fakes.greedy(3)))
    llama.free()
    told, *others = await asyncio.gather(*(fakes.collect(run) for run in [short, *long]))
    assert [item.index for item in told if isinstance(item, Step)] == [0, 1, 2]
    assert len(llama.batch_sizes) < 60 + 60, "all three went on beside it, and none began again"
    assert llama.batch_sizes[:12] == [3] * 12
    for prompt, items in zip(prompts, others, strict=True):
        _, alone = await fakes.trace(engine, Request(prompt, fakes.greedy(60)))
        assert [item.token_id for item in items if isinstance(item, Step)] == list(alone.token_ids)
    assert len([item for item in others[2] if isinstance(item, Waiting)]) == 1
    engine.close()


async def test_one_visitor_may_have_so_many_texts_in_the_line(llama):
    engine = Engine(llama, TraceStore(50_000_000), Limits(rows=1, waiting_each=2))
    visitor.current.set("greedy")
    runs = [engine.trace(Request(fakes.prompt(3), fakes.greedy(2))) for _ in range(3)]
    sentence = "3 of your texts are already waiting, and one visitor may have at most 2 in the line"
    with pytest.raises(PlaygroundError, match=sentence) as refusal:
        engine.trace(Request(fakes.prompt(3), fakes.greedy(2)))
    assert refusal.value.status == 429
    visitor.current.set("modest")
    runs.append(engine.trace(Request(fakes.prompt(3), fakes.greedy(2))))
    engine.start()
    await asyncio.gather(*(fakes.collect(run) for run in runs))
    engine.close()


async def test_one_visitor_may_have_so_many_questions_in_the_line(engine):
    held = threading.Event()
    order = []

    async def ask(name: str) -> None:
        visitor.current.set(name)
        await engine.call(lambda model: order.append(name))

    holding = asyncio.create_task(engine.call(lambda model: held.wait(fakes.PATIENCE_SECONDS)))
    await asyncio.sleep(0)
    tasks = [asyncio.create_task(ask("greedy")) for _ in range(MOST_WAITING + 1)]
    tasks.append(asyncio.create_task(ask("modest")))
    await asyncio.sleep(0)
    held.set()
    outcomes = await asyncio.gather(*tasks, holding, return_exceptions=True)
    [refusal] = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert str(refusal).startswith(f"{MOST_WAITING} of your requests are already waiting")
    assert order.index("modest") <= 1, "the other visitor's question is not behind all of the first one's"
    assert order.count("greedy") == MOST_WAITING


async def test_a_job_that_has_begun_is_not_refused_halfway(engine):
    """A job that has begun is not refused, because its next pieces do not count as new requests."""
    held = threading.Event()

    def job(model):
        for _ in range(3):
            held.wait(fakes.PATIENCE_SECONDS)
            yield
        return "done"

    visitor.current.set("greedy")
    tasks = [asyncio.create_task(engine.work(job)) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    held.set()
    assert await asyncio.gather(*tasks) == ["done"] * MOST_WAITING
