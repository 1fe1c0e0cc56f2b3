"""Follows the text in view while it is written, so that the class gets its steps as they come, some ten times a second.

Nothing is done while nothing is written. Knows the store. Does not know how steps are told.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

from playground.traces.store import TraceStore
from playground.traces.trace import Step, Trace

PAUSE_SECONDS = 0.1
"""The shortest time between two messages about the same text."""

TellSteps = Callable[[str, Trace, Sequence[Step]], dict[str, Any]]
"""Makes the message about new steps of a text, from its id, the text as it is now and the steps."""


class Growth:
    """The steps of the text in view that the class has not been told.

    Args:
        store: the texts.
        tell_steps: makes a message.
        grown: called, on the event loop, when there are such steps.
    """

    def __init__(self, store: TraceStore, tell_steps: TellSteps, grown: Callable[[], None]) -> None:
        self._store, self._tell_steps, self._grown = store, tell_steps, grown
        self._trace: str | None = None
        self._told: tuple[int, str | None] = (0, None)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_due = False
        self._last = -PAUSE_SECONDS
        store.on_growth.append(self._noticed)

    def follow(self, trace: str | None) -> None:
        """Follows another text from its present end: who looks at it fetches it once. The same text goes on."""
        if trace != self._trace:
            self._loop = asyncio.get_running_loop()
            self._trace = trace
            self._told = (0, None) if trace is None else self._now(trace)

    def take(self) -> dict[str, Any] | None:
        """Returns the message about what has not been told, which is told with it; None if there is nothing."""
        if self._trace is None or self._now(self._trace) == self._told:
            return None
        trace, told = self._store.get(self._trace), self._told[0]
        self._told = (len(trace.steps), trace.stop_reason)
        self._last = time.monotonic()
        return self._tell_steps(self._trace, trace, trace.steps[told:])

    def end(self) -> None:
        """Follows nothing any more."""
        self._trace = None
        self._store.on_growth.remove(self._noticed)

    def _now(self, trace_id: str) -> tuple[int, str | None]:
        trace = self._store.get(trace_id)
        return len(trace.steps), trace.stop_reason

    def _noticed(self, trace_id: str) -> None:
        """Is called on any thread, for every step of every text."""
        if trace_id != self._trace or self._is_due or self._loop is None:
            return
        self._is_due = True
        self._loop.call_soon_threadsafe(self._wait)

    def _wait(self) -> None:
        pause = self._last + PAUSE_SECONDS - time.monotonic()
        asyncio.get_running_loop().call_later(max(0.0, pause), self._wake)

    def _wake(self) -> None:
        self._is_due = False
        self._grown()
