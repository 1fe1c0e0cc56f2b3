"""Ends a browser test that hangs, with a failure that names it and shows where it waited.

A page that never answers, such as `page.evaluate` of a promise that never resolves, would hold up the whole run. The
limit is a signal. Playwright raises in the test what the signal's handler raises while it waits for the browser, and
works on afterwards. A test that waits for a thread or sleeps is interrupted too.

A folder's `conftest.py` imports the three hooks.
"""

import faulthandler
import signal
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

SECONDS = 600.0
"""The limit of a test's setup, of its call, and of its teardown. On a busy machine the first server and the first
browser start slowly."""
AGAIN_SECONDS = 1
"""The signal comes again, because asyncio keeps what is raised while one of its callbacks runs."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    with _limited(item, "setup"):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    with _limited(item, "call"):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    with _limited(item, "teardown"):
        return (yield)


@contextmanager
def _limited(item: pytest.Item, phase: str) -> Iterator[None]:
    is_first = True

    def end(_number: int, _frame: FrameType | None) -> None:
        nonlocal is_first
        if is_first:
            faulthandler.dump_traceback(sys.__stderr__)  # what the server and its model do meanwhile
        is_first = False
        pytest.fail(f"The {phase} of {item.nodeid} hung: it did not end within {SECONDS:g} s. It waited here.")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, SECONDS, AGAIN_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
