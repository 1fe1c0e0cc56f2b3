"""Replicas of a fleet in the test's own process. What goes to them and comes back is pickled, as between processes."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from ray import cloudpickle

from playground.engine.engines import Engines
from playground.errors import PlaygroundError
from playground.fleet.described import offered
from playground.fleet.far_engines import far_engines
from playground.fleet.fleet import Fleet
from playground.fleet.order import Order
from playground.fleet.replica import Replica
from playground.fleet.replicas import Chosen, ReplicaLostError, Replicas
from playground.traces.store import TraceStore

MOST_BYTES = 24 * 2**20
"""More than what is read of a short text. The output matrix of the default model is 113 MB."""


def far(engines: Engines) -> Engines:
    """Returns the engines of a server with one replica, which has these engines, and ends with the server."""
    fleet = Fleet(NearReplicas({"one": engines}, engines.close), TraceStore(0)).start()
    return far_engines(fleet, offered(engines.offers).offers)


class NearReplicas(Replicas):
    """Replicas by name, of which `kill` ends one as a crash does: nothing more comes from it.

    Args:
        engines: the engines of each replica.
        end: called when a server leaves them.

    Attributes:
        after_reconnect: those that are there when the cluster has been started again.
        faults: what the next attempts to reconnect end with.
    """

    def __init__(self, engines: dict[str, Engines], end: Callable[[], None] = lambda: None) -> None:
        self.replicas = {name: Replica(lambda own=own: own, name) for name, own in engines.items()}
        self._end = end
        self.after_reconnect: dict[str, Replica] = {}
        self.faults: list[Exception] = []
        self.texts: Counter[str] = Counter()
        self.messages = 0
        self._deaths: dict[tuple[str, asyncio.AbstractEventLoop], asyncio.Event] = {}

    def kill(self, name: str) -> None:
        """Ends a replica. Call it on the loop of one of its fleets."""
        del self.replicas[name]
        for (of, loop), death in [*self._deaths.items()]:
            if of == name:
                loop.call_soon_threadsafe(death.set)

    def _death(self, name: str) -> asyncio.Event:
        """Returns what is set when a replica has died, for this loop."""
        death = self._deaths.setdefault((name, asyncio.get_running_loop()), asyncio.Event())
        if name not in self.replicas:
            death.set()
        return death

    def _at(self, at: str | None) -> str:
        if not self.replicas:
            raise ReplicaLostError
        return at if at in self.replicas else min(self.replicas, key=lambda name: self.texts[name])

    @asynccontextmanager
    async def choose(self, prefer: str | None) -> AsyncIterator[Chosen]:
        name = self._at(prefer)

        async def write(order: Order) -> None:
            await self._alive(name, lambda: self.replicas[name].text(_sent(order)))

        self.texts[name] += 1
        try:
            yield Chosen(name, write)
        finally:
            self.texts[name] -= 1

    async def ask(self, method: str, *args: Any, at: str | None = None) -> Any:
        name = self._at(at)
        there = _sent(args)
        answer = await self._alive(name, lambda: getattr(self.replicas[name], method)(*there))
        return _sent(answer)

    async def stream(self, method: str, *args: Any, at: str | None = None) -> AsyncGenerator[Any]:
        name = self._at(at)
        values = getattr(self.replicas[name], method)(*_sent(args))
        while True:
            try:
                value = await self._alive(name, lambda: anext(values))
            except StopAsyncIteration:
                return
            self.messages += 1
            yield _sent(value)

    async def reconnect(self) -> None:
        if self.faults:
            raise self.faults.pop()
        if not self.after_reconnect:
            raise PlaygroundError("There is no cluster.")
        self.replicas |= self.after_reconnect

    async def ask_all(self, method: str, *args: Any) -> list[Any]:
        answers = [await getattr(one, method)(*_sent(args)) for one in self.replicas.values()]
        return _sent(answers)

    def close(self) -> None:
        self._end()

    async def _alive(self, name: str, begin: Callable[[], Any]) -> Any:
        """Returns what is awaited, or raises `ReplicaLostError` as soon as the replica is dead."""
        work, death = asyncio.ensure_future(begin()), asyncio.ensure_future(self._death(name).wait())
        try:
            await asyncio.wait({work, death}, return_when=asyncio.FIRST_COMPLETED)
            if death.done():
                raise ReplicaLostError
            return work.result()
        finally:
            work.cancel()
            death.cancel()


def _sent(value: Any) -> Any:
    """Returns what arrives of a value in another process. Weights of a model must not be in it."""
    told = cloudpickle.dumps(value)
    assert len(told) <= MOST_BYTES, f"a message of {len(told):,} bytes"
    return cloudpickle.loads(told)
