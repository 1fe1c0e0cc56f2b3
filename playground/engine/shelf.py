"""What was computed for a text, kept for a while: computed once, however many ask at a time.

Knows nothing of what it keeps but its `nbytes`. Asked on one event loop; forgetting may come from any thread.
"""

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Any

Key = tuple[Hashable, ...]
"""What it was computed for, a trace's id or the ids of a text, and what it is of that."""


@dataclass(eq=False)
class _Making:
    task: asyncio.Task[Any]
    waiting: int = 0


class Shelf:
    """At most `max_bytes`; what was not asked for longest goes first, but for the newest."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._kept: OrderedDict[Key, Any] = OrderedDict()
        self._being_made: dict[Key, _Making] = {}
        self._lock = threading.Lock()

    @property
    def nbytes(self) -> int:
        """Bytes held now."""
        with self._lock:
            return sum(value.nbytes for value in self._kept.values())

    def peek(self, key: Key) -> Any | None:
        """What is kept under `key`, or None."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
            return self._kept.get(key)

    async def get(self, key: Key, make: Callable[[], Awaitable[Any]]) -> Any:
        """What is kept under `key`, or else `await make()`.

        Who leaves does not spoil it for the others; when all who wait have left, the making is cancelled.
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
        """Drops what belongs to traces that are not alive any more."""
        with self._lock:
            traces = {key[0] for key in self._kept}
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
