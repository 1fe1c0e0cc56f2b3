"""Tests that freed memory returns to the system: soon, once for many requests, and only if it is worthwhile."""

import threading

from playground.models import memory
from playground.models.memory import PAUSE_SECONDS, SETTLE_SECONDS, WORTHWHILE_BYTES, GiveBack

PATIENCE_SECONDS = 60


class Process:
    """A process whose memory the test sets, and a thread that waits as long as the test says."""

    def __init__(self, resident: int) -> None:
        self.resident = resident
        self.trims: list[str] = []
        self.waits: list[float] = []
        self.waiting = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)
        self.give_back = GiveBack(self.trim, lambda: self.resident, self.wait)

    def trim(self) -> None:
        self.trims.append(threading.current_thread().name)

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.waiting.release()
        self.go_on.acquire()  # the thread is a daemon, so it may wait for ever

    def until_it_waits(self) -> None:
        assert self.waiting.acquire(timeout=PATIENCE_SECONDS)


def test_all_who_ask_meanwhile_share_one_trim_on_a_thread_of_its_own():
    process = Process(10 * WORTHWHILE_BYTES)
    for _ in range(5):
        process.give_back.soon()
    process.until_it_waits()
    process.give_back.soon()
    process.go_on.release()
    process.until_it_waits()
    assert process.trims == ["memory"]
    assert process.waits == [SETTLE_SECONDS, PAUSE_SECONDS]
    process.give_back.soon()
    process.go_on.release()
    process.until_it_waits()
    assert process.trims == ["memory"], "the next one waits again"


def test_memory_that_has_hardly_grown_is_left_alone():
    process = Process(10 * WORTHWHILE_BYTES)
    process.give_back.now()
    process.resident += WORTHWHILE_BYTES - 1
    process.give_back.now()
    assert len(process.trims) == 1
    process.resident += 1
    process.give_back.now()
    assert len(process.trims) == 2


def test_what_was_in_use_at_one_time_is_given_back_at_the_next():
    """At the first leave others' texts are still there. They are freed later, although nothing has grown since."""
    process = Process(10 * WORTHWHILE_BYTES)
    process.give_back.now()
    process.resident = 50 * WORTHWHILE_BYTES
    process.give_back.now()
    process.give_back.now()
    assert len(process.trims) == 3


def test_a_system_without_such_a_function_has_nothing_to_do():
    give_back = GiveBack(None, lambda: 0)
    before = threading.active_count()
    give_back.soon()
    assert threading.active_count() == before


def test_this_systems_function_can_be_called():
    trim = memory._glibc_trim()
    if trim is not None:
        trim()
    memory.give_back_soon()
