"""Lets one large job run at a time. Other jobs wait, and visitors take turns.

Does not know what a job is. A job holds all its memory from its first piece to its last. Two jobs that alternate would
need twice the memory and would not end sooner. It is used on one event loop.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playground import visitor
from playground.engine.turns import Turns
from playground.errors import PlaygroundError

MOST_WAITING = 16
"""The number of jobs that one visitor may have in the line. The page asks for the maps of two texts at most and uses
them for all that it draws."""


class OneJob:
    """Serves jobs in the order in which they come. After each job, its visitor goes to the end of the line."""

    def __init__(self) -> None:
        self._under_way = False
        self._waiting: Turns[asyncio.Future[None]] = Turns()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Waits until no other turn is under way. No other turn begins in the block.

        A job that is cancelled while it waits leaves the line.

        Raises:
            PlaygroundError: the visitor already has `MOST_WAITING` jobs in the line.
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
                f"{MOST_WAITING} computations that you asked for are waiting, which is the limit. "
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
                self._call_next()  # this job already had its turn, so the turn passes to the next job
            raise

    def _call_next(self) -> None:
        self._under_way = len(self._waiting) > 0
        if self._under_way:
            self._waiting.take().set_result(None)
