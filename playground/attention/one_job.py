"""One attention job at a time; who asks for another waits, and visitors take turns.

Does not know what a job is. A job holds all its memory from its first piece to its last, so two jobs that alternate
need twice of it and end no sooner. Used on one event loop.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playground import visitor
from playground.engine.turns import Turns
from playground.errors import PlaygroundError

MOST_WAITING = 16
"""Jobs of one visitor. The page asks for two texts' maps at most and shares them among all that it draws."""


class OneJob:
    """First come, first served. A visitor with several jobs goes to the end of the line after each of them."""

    def __init__(self) -> None:
        self._under_way = False
        self._waiting: Turns[asyncio.Future[None]] = Turns()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """In the block, no other turn is under way. Whoever is cancelled while waiting leaves the line.

        Raises:
            PlaygroundError: the visitor has `MOST_WAITING` jobs in the line already.
        """
        if self._under_way:
            await self._wait(visitor.current.get())
        self._under_way = True
        try:
            yield
        finally:
            self._call_next()

    async def _wait(self, name: str) -> None:
        if name != visitor.NOBODY and self._waiting.waiting_for(name) >= MOST_WAITING:
            raise PlaygroundError(
                f"{MOST_WAITING} attention maps that you asked for are waiting to be computed, which is the limit. "
                "Wait for one of them.",
                status=429,
            )
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(name, called)
        try:
            await called
        except asyncio.CancelledError:
            if called.cancelled():
                self._waiting.remove(name, called)
            else:
                self._call_next()  # it was this one's turn already
            raise

    def _call_next(self) -> None:
        self._under_way = len(self._waiting) > 0
        if self._under_way:
            self._waiting.take().set_result(None)
