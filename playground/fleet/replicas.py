"""Says how a fleet reaches its replicas, whatever carries the calls.

Knows orders. Does not know Ray, so that a test can have replicas in its own process.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, suppress
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeVar

from playground.errors import PlaygroundError
from playground.fleet.order import Order
from playground.traces.trace import Trace

TRIES = 5
"""How many replicas may die while they do one piece of work. Then the work is refused: it may be what ends them."""
LOST = "The part of the cluster that did this has ended five times. Try again later, or ask for something else."
AWAY = "The cluster does not answer. Try again later."
AWAY_SECONDS = 300.0
"""How long work waits for a cluster that does not answer. In this time it may have been started again."""
PAUSE_SECONDS = 0.5

Answer = TypeVar("Answer")


class ReplicaLostError(Exception):
    """The replica that was asked has died, or is not reached any more."""


@dataclass(frozen=True)
class Chosen:
    """A replica that has a place for a text.

    Attributes:
        replica: its name.
        write: has it write a text. It returns when the text has ended.
    """

    replica: str
    write: Callable[[Order], Awaitable[None]]


class Asker(NamedTuple):
    """Who asks for work, and the name of the model that it is about."""

    visitor: str
    model: str


class Known(NamedTuple):
    """A text with bare steps, and the replica that keeps its rows."""

    trace: Trace
    replica: str


class Replicas(ABC):
    """The replicas of a server. All methods raise `ReplicaLostError` when the replica that was asked dies, and all
    that is under way does so when `reconnect` begins.

    A call with `at` goes to the replica of this name, and to any other if it is gone.
    """

    @abstractmethod
    def choose(self, prefer: str | None) -> AbstractAsyncContextManager[Chosen]:
        """Chooses a replica for a text, if possible the one named `prefer`. The text ends before the block does."""

    @abstractmethod
    async def ask(self, method: str, *args: Any, at: str | None = None) -> Any:
        """Returns what a method of `Replica` returns, or raises the error that it raises."""

    @abstractmethod
    def stream(self, method: str, *args: Any, at: str | None = None) -> AsyncIterator[Any]:
        """Yields what a method of `Replica` yields."""

    async def tried(self, work: Callable[[], Awaitable[Answer]]) -> Answer:
        """Returns what `work()` returns, which is tried again when its replica has died. If that happens twice, waits
        first until a replica answers.

        Raises:
            PlaygroundError: `TRIES` replicas have died, or none answers for `AWAY_SECONDS`.
        """
        for number in range(TRIES):
            if number > 1:
                await self._wait()
            with suppress(ReplicaLostError):
                return await work()
        raise PlaygroundError(LOST, status=503)

    async def _wait(self) -> None:
        """Waits until a replica answers."""
        until = time.monotonic() + AWAY_SECONDS
        while time.monotonic() < until:
            with suppress(ReplicaLostError):
                if await self.ask_all("check_health"):
                    return
            await asyncio.sleep(PAUSE_SECONDS)
        raise PlaygroundError(AWAY, status=503)

    @abstractmethod
    async def reconnect(self) -> None:
        """Finds the replicas again, or starts new ones, after their cluster has ended.

        Raises:
            PlaygroundError: the cluster is not there, or the replicas do not start.
        """

    @abstractmethod
    async def ask_all(self, method: str, *args: Any) -> list[Any]:
        """Returns what a method of `Replica` returns at each replica that answers."""

    @abstractmethod
    def close(self) -> None:
        """Leaves the replicas, or ends them if they run for this process alone."""
