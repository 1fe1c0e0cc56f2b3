"""Keeps visitors of loaded models outside for a time, so that a model that waits for room is not kept out for ever.

Without it, a model stays in use as long as each of its texts begins before another one ends. Does not know models.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

GRACE_SECONDS = 10.0
"""How long a model waits for room before the gate closes."""
CLOSED_SECONDS = 20.0
"""How long the gate stays closed at most. Then it opens again, because what runs may take much longer."""


class Gate:
    """A gate through which everybody passes who begins to use a loaded model. It is used on one event loop."""

    def __init__(self) -> None:
        self._open = asyncio.Event()
        self._open.set()

    async def passed(self, is_behind: Callable[[], bool]) -> None:
        """Waits while the gate is closed, unless what the visitor wants is not behind it any more."""
        while is_behind() and not self._open.is_set():
            await self._open.wait()

    @contextmanager
    def closing(self) -> Iterator[None]:
        """Closes the gate for a time if the block takes long. It is open after the block."""
        loop = asyncio.get_running_loop()
        planned = (
            loop.call_later(GRACE_SECONDS, self._open.clear),
            loop.call_later(GRACE_SECONDS + CLOSED_SECONDS, self._open.set),
        )
        try:
            yield
        finally:
            for one in planned:
                one.cancel()
            self._open.set()
