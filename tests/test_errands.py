"""Tests work beside the traces: running texts step between a job's pieces, and an error reaches its caller."""

import asyncio
import threading
from collections import Counter

import pytest

from playground import visitor
from playground.engine.errands import Errands
from playground.engine.request import Request
from playground.errors import PlaygroundError
from tests import fakes


async def test_a_job_runs_on_the_engines_thread_and_returns(engine):
    def job(model):
        names = [threading.current_thread().name]
        yield
        names.append(threading.current_thread().name)
        yield
        return names, model

    assert await engine.work(job) == (["engine", "engine"], engine.model)


async def test_a_running_text_steps_between_the_pieces_of_a_job(engine):
    """The job has four pieces, and the running text makes a step after each of them."""
    model = engine.model
    model.eos_token_ids = frozenset()
    seen = []

    def job(model):
        for _ in range(4):
            seen.append(len(model.batch_sizes))
            yield
        return len(model.batch_sizes)

    model.hold()
    run = asyncio.create_task(fakes.trace(engine, Request(fakes.prompt(5), fakes.greedy(20))))
    await model.arrived()
    working = asyncio.create_task(engine.work(job))
    await asyncio.sleep(0)
    model.free()
    assert await working > seen[3] > seen[2] > seen[1] > seen[0]
    await run


async def test_several_jobs_take_turns(engine):
    order = []

    def job(name):
        def pieces(_model):
            for number in range(3):
                order.append((name, number))
                yield

        return pieces

    await asyncio.gather(engine.work(job("a")), engine.work(job("b")))
    assert [number for _, number in order] == [0, 0, 1, 1, 2, 2]


async def test_an_error_in_a_later_piece_reaches_who_asked(engine):
    def job(_model):
        yield
        raise PlaygroundError("This text is too long.")

    with pytest.raises(PlaygroundError, match="too long"):
        await engine.work(job)
    assert await engine.call(lambda model: model) is engine.model


async def test_a_job_nobody_waits_for_goes_no_further(engine):
    begun, done = asyncio.Event(), []
    loop = asyncio.get_running_loop()

    def job(_model):
        loop.call_soon_threadsafe(begun.set)
        while True:
            done.append(1)
            yield

    working = asyncio.create_task(engine.work(job))
    await begun.wait()
    working.cancel()
    await engine.call(lambda _: None)
    count = len(done)
    for _ in range(3):
        await engine.call(lambda _: None)
    assert len(done) == count


async def test_who_asks_of_a_closed_engine_is_told(engine):
    engine.close()
    with pytest.raises(PlaygroundError, match="The server is shutting down"):
        await engine.call(lambda model: model)


async def test_who_waits_when_the_engine_closes_is_told(engine):
    holding, held = threading.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def block(_model):
        loop.call_soon_threadsafe(held.set)
        holding.wait(fakes.PATIENCE_SECONDS)

    blocking = asyncio.create_task(engine.call(block))
    await held.wait()
    waiting = asyncio.create_task(engine.call(lambda model: model))
    await asyncio.sleep(0)
    closing = asyncio.create_task(asyncio.to_thread(engine.close))
    while not engine._closed:
        await asyncio.sleep(0)
    holding.set()
    await asyncio.gather(blocking, closing)
    with pytest.raises(PlaygroundError, match="The server is shutting down"):
        await waiting


class Paced:
    """A clock, and errands whose pieces take one second of this clock each."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.errands = Errands(None, threading.Condition(), lambda: self.seconds)
        self.done: list[tuple[str, float]] = []

    def work(self, name: str) -> asyncio.Task:
        """Starts a job of one visitor that never ends."""

        def job(_model):
            while True:
                self.seconds += 1
                self.done.append((name, self.seconds))
                yield

        async def ask() -> None:
            visitor.current.set(name)
            await self.errands.work(job)

        return asyncio.create_task(ask())

    async def pass_by(self, seconds: float, writers: int) -> None:
        """Lets texts run for this time, in steps of a tenth of a second, with a turn of the errands after each step."""
        end = self.seconds + seconds
        while self.seconds < end:
            self.seconds += 0.1
            self.errands.do(writers)
            await asyncio.sleep(0)
            await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("askers", "writers", "share"),
    [(1, 1, 1 / 2), (1, 3, 1 / 4), (1, 40, 1 / 8), (2, 2, 1 / 2), (9, 1, 1 / 2), (10, 30, 1 / 4)],
)
async def test_errands_share_the_time_with_texts_as_visitors_do(askers, writers, share):
    paced = Paced()
    tasks = [paced.work(f"visitor {number}") for number in range(askers)]
    await asyncio.sleep(0)
    await paced.pass_by(200, writers)
    assert len(paced.done) / 200 == pytest.approx(share, rel=0.12)
    counts = Counter(name for name, _ in paced.done)
    assert max(counts.values()) - min(counts.values()) <= 1, "and among themselves, too"
    for task in tasks:
        task.cancel()


async def test_errands_do_not_rest_while_nobody_writes():
    paced = Paced()
    task = paced.work("visitor")
    await asyncio.sleep(0)
    await paced.pass_by(20, 8)
    before = len(paced.done)
    for _ in range(5):
        paced.errands.do(writers=0)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert len(paced.done) == before + 5
    task.cancel()
