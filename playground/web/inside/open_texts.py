"""Opens a text once for all who look at it: what the model reads for one page of a class, the others get as well.

Whatever the panes of "Inside the model" compute is kept by the text's id. So pages that look at the same text share it
with its id. Knows the store. Does not know how a text is opened.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable

from playground.traces.store import TraceStore

Key = tuple[str, str]
"""The name of a model, and a text as it is written."""


class OpenTexts:
    """The texts that somebody looks at. A text that nobody holds any more is forgotten."""

    def __init__(self, store: TraceStore) -> None:
        self._store = store
        self._ids: dict[Key, str] = {}
        self._being_opened: dict[Key, asyncio.Future[None]] = {}
        self._lock = threading.Lock()
        store.on_gone.append(self._forget)

    def has(self, key: Key) -> bool:
        """Returns whether somebody looks at the text now."""
        trace_id = self._known(key)
        return trace_id is not None and self._store.holds(trace_id)

    async def open(self, key: Key, make: Callable[[], Awaitable[str]]) -> str:
        """Returns the id of the text, which the caller then holds once and must drop.

        If nobody looks at it, `make` opens it for one caller, and the others wait. If that fails, each tries itself.
        """
        while True:
            known = self._known(key)
            if known is not None and self._store.adopt(known):
                return known
            being_opened = self._being_opened.get(key)
            if being_opened is None:
                break
            await asyncio.wait((being_opened,))
        done = self._being_opened[key] = asyncio.get_running_loop().create_future()
        try:
            opened = await make()
            with self._lock:
                self._ids[key] = opened
        finally:
            del self._being_opened[key]
            done.set_result(None)
        return opened

    def _known(self, key: Key) -> str | None:
        with self._lock:
            return self._ids.get(key)

    def _forget(self) -> None:
        """Runs on any thread, after texts may have lost their last holder."""
        with self._lock:
            gone = [key for key, trace_id in self._ids.items() if not self._store.holds(trace_id)]
            for key in gone:
                del self._ids[key]
