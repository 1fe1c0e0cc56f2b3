"""Tests that the engine's thread survives every error, and that everybody is told if it ends all the same."""

import asyncio
import threading

import pytest

from playground.engine.engine import Engine
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.traces.store import TraceStore
from tests import fakes


@pytest.mark.parametrize("part", ["_dismiss", "_admit", "_read", "begin", "advance", "part"])
async def test_no_error_in_any_part_of_a_turn_ends_the_thread(engine, monkeypatch, part):
    def broken(*_):
        raise RuntimeError("a bug of ours")

    with monkeypatch.context() as patch:
        patch.setattr(engine if hasattr(engine, part) else engine._running, part, broken)
        run = engine.trace(Request(fakes.prompt(3), fakes.greedy(2)))
        with pytest.raises(RuntimeError, match="a bug of ours"):
            await fakes.collect(run)
    _, trace = await fakes.trace(engine, Request(fakes.prompt(4), fakes.greedy(2)))
    assert trace.stop_reason in ("length", "end_token")
    assert engine.failure is None


async def test_no_error_beside_the_texts_ends_the_thread(engine, monkeypatch):
    def broken(*_):
        raise RuntimeError("a bug of ours")

    with monkeypatch.context() as patch:
        patch.setattr(engine.caches, "keep_only", broken)
        engine.store.drop(["nothing"])
        await engine.call(lambda model: None)
    assert await engine.call(lambda model: "alive") == "alive"


async def test_a_thread_that_ends_all_the_same_says_so(llama, caplog):
    """All waiting requests get a sentence, new ones are refused, and the server of the engine is told."""
    engine, told = Engine(llama, TraceStore(50_000_000)).start(), threading.Event()
    engine.on_failure = told.set
    llama.hold()
    run = engine.trace(Request(fakes.prompt(3), fakes.greedy(2)))
    collecting = asyncio.create_task(fakes.collect(run))
    await llama.arrived()

    def end(model):
        raise SystemExit(3)

    asking = asyncio.create_task(engine.call(end))
    await asyncio.sleep(0)
    llama.free()
    for waiting in (collecting, asking):
        with pytest.raises(PlaygroundError, match="The server is shutting down"):
            await waiting
    assert await asyncio.to_thread(told.wait, fakes.PATIENCE_SECONDS)
    assert isinstance(engine.failure, SystemExit)
    assert "The thread that owns the model ended" in caplog.text
    with pytest.raises(PlaygroundError, match="The server is shutting down"):
        engine.trace(Request(fakes.prompt(3), fakes.greedy(2)))
    engine.close()


async def test_a_wish_to_stop_is_heard_while_the_thread_passes_the_row_on(engine, monkeypatch):
    """A stop takes effect even between two lists: a row whose prompt is read leaves one before it joins the next."""
    engine.model.eos_token_ids = frozenset()
    join = engine._running.join

    def stopped_before(rows):
        for row in rows:
            engine.stop(row.trace_id)
        join(rows)

    monkeypatch.setattr(engine._running, "join", stopped_before)
    _, trace = await fakes.trace(engine, Request(fakes.prompt(5), fakes.greedy(50)))
    assert (trace.stop_reason, len(trace.steps)) == ("stopped", 1)
    assert not engine.busy


async def test_texts_are_written_while_what_is_kept_beside_them_is_made(engine):
    begun, may_end = threading.Event(), threading.Event()

    def slow(_: Engine) -> str:
        begun.set()
        assert may_end.wait(fakes.PATIENCE_SECONDS)
        return "made"

    making = [asyncio.create_task(asyncio.to_thread(engine.beside, slow)) for _ in range(2)]
    await asyncio.to_thread(begun.wait, fakes.PATIENCE_SECONDS)
    timer = threading.Timer(fakes.PATIENCE_SECONDS / 6, may_end.set)
    timer.start()
    _, written = await fakes.trace(engine, Request(fakes.prompt(5), fakes.greedy(4)))
    assert len(written.steps) == 4
    assert not may_end.is_set(), "no text waits for it"
    timer.cancel()
    may_end.set()
    assert await asyncio.gather(*making) == ["made", "made"]
