"""Keeps computed values for a while. A value is computed once, however many callers ask for it at the same time.

Knows nothing of the values but their `nbytes`. Values are requested on one event loop; any thread may forget them.
"""

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any

Key = tuple[Hashable, ...]
"""The text that a value was computed for, as a trace's id or as token ids, and then which value of that text it is."""


@dataclass(eq=False)
class _Making:
    task: asyncio.Task[Any]
    waiting: int = 0


class Shelf:
    """Holds at most `max_bytes`. The values used longest ago are removed first; the newest one is always kept."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._kept: OrderedDict[Key, Any] = OrderedDict()
        self._being_made: dict[Key, _Making] = {}
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """The bytes held now."""
        with self._lock:
            return sum(value.nbytes for value in self._kept.values())

    def peek(self, key: Key) -> Any | None:
        """Returns the value under `key`, or None."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    async def get(self, key: Key, make: Callable[[], Awaitable[Any]]) -> Any:
        """Returns the value under `key`, or else the result of `make()`, which is then kept.

        A caller that is cancelled does not stop the work for the others. When all of them are, the work is cancelled.
        """
        kept = self.peek(key)
        if kept is not None:
            return kept
        making = self._being_made.get(key)
        if making is None:
            making = self._being_made[key] = _Making(asyncio.ensure_future(self._make(key, make)))
            making.task.add_done_callback(lambda task: task.cancelled() or task.exception())
        making.waiting += 1
        try:
            return await asyncio.shield(making.task)
        finally:
            making.waiting -= 1
            if not making.waiting and not making.task.done():
                self._being_made.pop(key)
                making.task.cancel()

    def forget_unless(self, alive: Callable[[str], bool]) -> None:
        """Removes the values of traces that are not alive any more."""
        with self._lock:
            traces = {key[0] for key in self._kept if isinstance(key[0], str)}
        gone = {trace_id for trace_id in traces if not alive(trace_id)}
        with self._lock:
            for key in [key for key in self._kept if key[0] in gone]:
                del self._kept[key]

    async def _make(self, key: Key, make: Callable[[], Awaitable[Any]]) -> Any:
        try:
            made = await make()
        finally:
            if key in self._being_made and self._being_made[key].task is asyncio.current_task():
                del self._being_made[key]
        with self._lock:
            self._kept[key] = made
            total = sum(value.nbytes for value in self._kept.values())
            while total > self.max_bytes and len(self._kept) > 1:
                total -= self._kept.popitem(last=False)[1].nbytes
        return made
