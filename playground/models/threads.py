"""Chooses how many threads torch computes a step with. It tries other numbers while texts run and keeps the faster one.

The threads of a step wait for each other at the end of each of its several hundred parallel sections. When another
program takes a core, all threads wait for the one that lost its core, and a step of two threads takes longer than a
step of one. Nothing reports this reliably, because containers, virtual machines and hybrid processors each hide it in
another way. So now and then one step runs with another number of threads, and the faster number stays.

A thread that computes with several threads keeps its helpers as long as it lives. While all such threads together have
more helpers than there are cores, GNU OpenMP lets none of them wait actively, and a step of one text takes 1.7 times as
long (two cores). So only the thread of a model computes with several threads, what loads a model ends, and of several
models the one that works has helpers.

Knows torch's number of threads. Does not know what a step is.
"""

import ctypes
import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator, MutableMapping
from concurrent.futures import Future
from contextlib import contextmanager
from functools import cache
from statistics import median
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")

SPINS = 10_000
"""How often a waiting thread of GNU OpenMP looks again before it gives up its core. The default is some 100 ms."""
SOFT_PAUSE = 1
"""`omp_pause_soft`: what has been set stays."""
BLOCK_MILLISECONDS = 1
"""The same for Intel's and LLVM's OpenMP, as a time."""

TRIAL_SHARE = 0.02
"""The share of all time that trials may cost."""
LONGEST_WAIT_SECONDS = 30.0
SETTLE_SECONDS = 1.0
"""The longest wait for a trial after steps of another kind begin: threads can help many rows and not help one row."""
GAIN = 1.1
"""The factor by which another number of threads must be faster, in two trials in a row, to stay."""
REMEMBERED_STEPS = 5
JUMP = 1.5
"""A step that takes longer than usual by this factor causes an early trial with fewer threads."""


def bound_spinning(environment: MutableMapping[str, str] = os.environ) -> None:
    """Bounds how long torch's threads spin. Call it before torch is imported. Variables that are set already stay."""
    if "OMP_WAIT_POLICY" not in environment:
        environment.setdefault("GOMP_SPINCOUNT", str(SPINS))
        environment.setdefault("KMP_BLOCKTIME", str(BLOCK_MILLISECONDS))


@contextmanager
def one_thread() -> Iterator[None]:
    """Lets torch compute on the calling thread alone in the block. Other threads keep their numbers."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@cache
def most_threads() -> int:
    """The number of threads that torch chose for this machine. It is asked for before any thread chooses another."""
    import torch

    return torch.get_num_threads()


def use_here(count: int) -> None:
    """Lets the calling thread compute with `count` threads. A thread that begins later computes alone."""
    import torch

    torch.get_num_threads()  # a thread takes the number that was set last when it first needs one, so now
    torch.set_num_threads(count)
    done_apart(compute_alone)  # which sets the number that other threads begin with


def compute_alone() -> None:
    """Lets the calling thread compute without helpers."""
    import torch

    torch.get_num_threads()
    torch.set_num_threads(1)


def let_helpers_go() -> None:
    """Ends the helpers of the calling thread, which begin again when it computes. Both together take 0.2 ms.

    Source: `omp_pause_resource_all` of OpenMP 5.0. Elsewhere than with GNU OpenMP on Linux nothing is done.
    """
    if sys.platform == "linux" and (pause := getattr(ctypes.CDLL(None), "omp_pause_resource_all", None)):
        pause(SOFT_PAUSE)


def done_apart(work: Callable[[], Result]) -> Result:
    """Returns what `work()` returns. A thread does it that ends with it, and with which its helpers end."""
    done: Future[Result] = Future()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    Thread(target=run, name="apart", daemon=True).start()
    return done.result()


class ThreadCount:
    """The number of threads, adapted to how long steps take.

    Args:
        most: the number of threads to begin with, which is the largest one that is tried.
        use: called with the number of threads that the next computations use.
        now: a monotonic clock, in seconds.
    """

    def __init__(self, most: int, use: Callable[[int], None], now: Callable[[], float] = time.perf_counter) -> None:
        self._counts = _halved(most)
        self._use = use
        self._now = now
        self._place = 0
        self._seconds: deque[float] = deque(maxlen=REMEMBERED_STEPS)
        self._kind: object = None
        self._wins = 0
        self._tries_more = False
        self._next_trial = now()

    @property
    def count(self) -> int:
        """The number of threads in use between trials."""
        return self._counts[self._place]

    @contextmanager
    def step(self, kind: object) -> Iterator[None]:
        """Surrounds one step and measures it. Steps of the same `kind` are compared, so they must take equally long."""
        if kind != self._kind:
            self._kind, self._wins = kind, 0
            self._seconds.clear()
            self._next_trial = min(self._next_trial, self._now() + SETTLE_SECONDS)
        trial = self._trial()
        if trial is not None:
            self._use(self._counts[trial])
        start = self._now()
        try:
            yield
        finally:
            seconds = self._now() - start
            if trial is None:
                self._note(seconds)
            else:
                self._judge(trial, seconds)
                self._use(self.count)

    def _trial(self) -> int | None:
        """Returns the place in `_counts` of the number to try in this step, or None for the usual number."""
        few = len(self._seconds) < (1 if self._wins else 3)
        if len(self._counts) == 1 or few or (not self._wins and self._now() < self._next_trial):
            return None
        more, fewer = self._place - 1, self._place + 1
        if more < 0:
            return fewer
        return more if fewer == len(self._counts) or self._tries_more else fewer

    def _note(self, seconds: float) -> None:
        if self._seconds and self.count > 1 and seconds > JUMP * median(self._seconds):
            self._tries_more = False
            self._next_trial = min(self._next_trial, self._now())
        self._seconds.append(seconds)

    def _judge(self, trial: int, seconds: float) -> None:
        usual = median(self._seconds)
        if seconds * GAIN < usual:
            self._wins += 1
            if self._wins < 2:
                return
            self._place = trial
            self._seconds.clear()
        else:
            self._tries_more = not self._tries_more
        self._wins = 0
        cost = max(seconds - usual, 0.1 * usual)
        self._next_trial = self._now() + min(cost / TRIAL_SHARE, LONGEST_WAIT_SECONDS)


def _halved(most: int) -> list[int]:
    """Returns `most`, its half, and so on down to 1."""
    counts = [max(1, most)]
    while counts[-1] > 1:
        counts.append(counts[-1] // 2)
    return counts
