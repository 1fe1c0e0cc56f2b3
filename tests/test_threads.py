"""Tests which threads compute with several cores, and that their number follows the time of steps.

The test controls the clock of the steps.
"""

import asyncio
import random
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
import torch
from starlette.responses import JSONResponse

from playground.engine.peers import Peers
from playground.engine.request import Limits, Request
from playground.engine.starting import Bounds, start_engines
from playground.models.offer import Offer
from playground.models.threads import ThreadCount, bound_spinning, done_apart, let_helpers_go, use_here
from playground.traces.trace import Step
from playground.web.listening import build_server, listen
from tests import fakes


class Machine:
    """A machine with two or more cores on which a step takes the milliseconds measured on two real cores."""

    def __init__(self, cores: int = 2, seed: int = 0) -> None:
        self.seconds = 0.0
        self.spent_on_trials = 0.0
        self.threads = cores
        self.is_busy = False
        self._random = random.Random(seed)
        self.count = ThreadCount(cores, self.use, lambda: self.seconds)

    def use(self, threads: int) -> None:
        self.threads = threads

    def step(self, kind: object = 1) -> float:
        start = self.seconds
        with self.count.step(kind):
            self.seconds += self._cost() * self._random.uniform(0.95, 1.05)
        return self.seconds - start

    def steps(self, number: int) -> float:
        """Returns the mean of this number of steps, in milliseconds."""
        return 1000 * sum(self.step() for _ in range(number)) / number

    def _cost(self) -> float:
        if self.threads == 1:
            return 0.055
        if self.is_busy:  # waiting for a thread that lost its core sometimes takes long
            return self._random.choice([0.035, 0.06, 0.15, 0.3])
        return 0.054 / self.threads + 0.005


@pytest.mark.parametrize("seed", range(20))
def test_all_cores_are_used_while_they_are_free(seed):
    machine = Machine(seed=seed)
    assert machine.steps(300) < 32 * 1.06
    assert machine.count.count == 2


@pytest.mark.parametrize("seed", range(20))
def test_one_thread_is_used_while_something_else_takes_a_core_and_two_afterwards(seed):
    machine = Machine(seed=seed)
    machine.steps(50)
    machine.is_busy = True
    machine.steps(20)
    assert machine.steps(300) < 55 * 1.2
    machine.is_busy = False
    machine.steps(600)  # half a minute, the longest time between two trials
    assert machine.steps(300) < 32 * 1.06


def test_eight_cores_are_halved_step_by_step():
    machine = Machine(cores=8)
    tried = {machine.threads}
    for _ in range(200):
        with machine.count.step("row"):
            tried.add(machine.threads)
            machine.seconds += 0.05 / min(machine.threads, 2)  # more than two threads do not help
    assert tried == {8, 4}, "a number that is as fast as the one in use is not taken, so no smaller one is tried"
    assert machine.count.count == 8


def test_steps_of_another_kind_are_not_compared():
    """A growing batch makes steps longer, which says nothing about the threads."""
    machine = Machine()
    used = []
    for rows in range(1, 200):
        with machine.count.step(rows):
            used.append(machine.threads)
            machine.seconds += rows
    assert set(used) == {2}


def test_another_number_is_tried_soon_when_steps_of_another_kind_begin():
    """Here two threads do not help one row, but they help many rows."""
    machine = Machine()
    machine.is_busy = True
    machine.steps(200)
    assert machine.count.count == 1
    machine.is_busy = False
    for _ in range(60):
        machine.step("many rows")
    assert machine.count.count == 2


def test_a_single_core_is_left_alone():
    used = []
    count = ThreadCount(1, used.append)
    for _ in range(50):
        with count.step(1):
            pass
    assert used == []


def test_a_step_that_fails_leaves_the_usual_number_of_threads():
    machine = Machine()
    machine.steps(3)

    def fail():
        with machine.count.step(1):
            machine.seconds += 0.03
            raise ZeroDivisionError

    for _ in range(10):
        with pytest.raises(ZeroDivisionError):
            fail()
        assert machine.threads == machine.count.count


def test_spinning_is_bounded_unless_it_is_set():
    environment: dict[str, str] = {}
    bound_spinning(environment)
    assert environment == {"GOMP_SPINCOUNT": "10000", "KMP_BLOCKTIME": "1"}
    for given in ({"OMP_WAIT_POLICY": "active"}, {"GOMP_SPINCOUNT": "5", "KMP_BLOCKTIME": "7"}):
        environment = dict(given)
        bound_spinning(environment)
        assert environment == given


@pytest.fixture
def three_cores(monkeypatch):
    """A machine with three cores. Afterwards the test's own thread computes with as many as before."""
    before = torch.get_num_threads()
    monkeypatch.setattr("playground.engine.worker.most_threads", lambda: 3)
    yield
    torch.set_num_threads(before)


async def test_the_thread_of_a_model_has_all_cores_and_a_thread_that_begins_later_has_one(three_cores, engine):
    assert await engine.call(lambda model: torch.get_num_threads()) == 3
    assert done_apart(torch.get_num_threads) == 1
    before = torch.get_num_threads()
    use_here(2)
    assert (torch.get_num_threads(), done_apart(torch.get_num_threads)) == (2, 1)
    torch.set_num_threads(before)
    assert await engine.call(lambda model: torch.get_num_threads()) == 3


def test_the_threads_of_the_server_compute_alone(three_cores, engine):
    async def told(scope, receive, send):
        here, beside = torch.get_num_threads(), await asyncio.to_thread(torch.get_num_threads)
        await JSONResponse([here, beside])(scope, receive, send)

    torch.set_num_threads(2)
    with listen("127.0.0.1", 0) as listener, ThreadPoolExecutor(1) as thread:
        server = build_server(told)
        serving = thread.submit(server.run, sockets=[listener])
        assert httpx.get(f"http://127.0.0.1:{listener.getsockname()[1]}").json() == [1, 1]
        server.should_exit = True
        serving.result()


def test_what_loads_and_checks_the_first_model_is_a_thread_that_ends(llama):
    threads = []

    def load():
        threads.append(threading.current_thread())
        return llama

    offer = Offer(llama.name, 1000, "float32", "cpu", 40_000, load)
    engines = start_engines([offer], Bounds(Limits(), 0, 2**20))
    try:
        [thread] = threads
        thread.join(10)
        assert thread is not threading.main_thread()
        assert not thread.is_alive()
    finally:
        llama.free()
        engines.close()


def test_work_that_is_done_apart_tells_its_error():
    assert done_apart(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        done_apart(lambda: 1 // 0)


@pytest.mark.skipif(sys.platform != "linux", reason="Helpers are let go on Linux alone.")
def test_helpers_that_are_let_go_end_and_come_again():
    def threads() -> set[str]:
        return {task.name for task in Path("/proc/self/task").iterdir()}

    def helpers() -> set[str]:
        before = threads()
        torch.ones(300, 3000)
        return threads() - before

    def twice() -> list[set[str]]:
        use_here(3)
        found = [helpers()]
        let_helpers_go()
        deadline = time.monotonic() + 10
        while found[0] & threads():
            assert time.monotonic() < deadline, "the helpers have not ended"
        return [*found, helpers()]

    first, second = done_apart(twice)
    assert (len(first), len(second)) == (2, 2)


async def test_an_engine_has_helpers_while_it_writes_and_lets_them_go_when_it_rests(engine, monkeypatch):
    let_go = []
    monkeypatch.setattr("playground.engine.worker.let_helpers_go", lambda: let_go.append(threading.current_thread()))
    at_steps = [
        len(let_go) async for news in engine.trace(Request(fakes.prompt(6), fakes.greedy(9))) if isinstance(news, Step)
    ]
    assert at_steps[:8] == [0] * 8
    async with asyncio.timeout(10):  # it rests after it has told its answer
        while engine._thread not in let_go:
            await asyncio.sleep(0.001)


def test_an_engine_in_its_turn_sees_that_another_one_waits():
    peers = Peers()

    def wait() -> bool:
        with peers.turn():
            return peers.is_wanted

    with ThreadPoolExecutor(1) as thread:
        with peers.turn():
            assert not peers.is_wanted
            waiting = thread.submit(wait)
            deadline = time.monotonic() + 10
            while not peers.is_wanted:
                assert time.monotonic() < deadline, "nobody waits"
        assert waiting.result() is False
