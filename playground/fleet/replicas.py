"""Says how a fleet reaches its replicas, whatever carries the calls.

Knows orders. Does not know Ray, so that a test can have replicas in its own process.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from playground.fleet.order import Order

TRIES = 5
"""How many replicas may die while they do one piece of work. Then the work is refused: it may be what ends them."""
LOST = "The part of the cluster that did this has ended five times. Try again later, or ask for something else."


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


class Replicas(ABC):
    """The replicas of one model. All methods raise `ReplicaLostError` when the replica that was asked dies.

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

    @abstractmethod
    async def ask_all(self, method: str, *args: Any) -> list[Any]:
        """Returns what a method of `Replica` returns at each replica that answers."""
