"""Does work on a model whose weights are on replicas.

Knows the fleet. Does not know what carries the calls.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from typing import Any, Self

from playground import visitor
from playground.engine.errands import Job, Work
from playground.engine.reader import Held, Reader, Thing, Told, ToldJob
from playground.engine.request import Limits
from playground.engine.worker import Model
from playground.fleet.fleet import Fleet
from playground.fleet.held import FarHeld
from playground.fleet.replicas import Asker


class FarReader(Reader[Model]):
    """Has replicas do work on one model.

    Args:
        fleet: the replicas.
        model: their model, without its weights.
        limits: those of a replica.
    """

    def __init__(self, fleet: Fleet, model: Model, limits: Limits) -> None:
        super().__init__(model, fleet.store, limits)
        self._fleet = fleet

    def start(self) -> Self:
        return self

    def close(self) -> None:
        if not self._closed:
            self._end()

    async def answers(self) -> None:
        await self._fleet.ask("check_health")

    async def call(self, work: Work) -> Any:
        return await self.ask("call", work)

    async def work(self, job: Job, source_ids: Sequence[int] = ()) -> Any:
        return await self.ask("work", job, tuple(source_ids))

    async def work_told(self, job: ToldJob, told: Told, source_ids: Sequence[int] = ()) -> Any:
        async with aclosing(self.stream("work_told", job, tuple(source_ids))) as news:
            async for progress, answer in news:
                if progress is None:
                    return answer
                told(*progress)
        raise AssertionError("a replica ends with the answer")

    @asynccontextmanager
    async def held(self, make: Callable[[Any], Thing], source_ids: Sequence[int] = ()) -> AsyncIterator["Held[Thing]"]:
        thing = FarHeld(self.ask, self._fleet.client, make, source_ids)
        await thing.begin()
        try:
            yield thing
        finally:
            self._fleet.tell("let_go", thing.key, at=thing.at)

    async def ask(self, method: str, *args: Any, at: str | None = None) -> Any:
        """As `Fleet.ask`, for a method that is told who asks and for which model."""
        return await self._fleet.ask(method, *args, self._asker, at=at or self._fleet.having(self.model.name))

    async def stream(self, method: str, *args: Any, at: str | None = None) -> AsyncGenerator[Any]:
        """As `Fleet.stream`, for a method that is told who asks and for which model."""
        at = at or self._fleet.having(self.model.name)
        async with aclosing(self._fleet.stream(method, *args, self._asker, at=at)) as values:
            async for value in values:
                yield value

    @property
    def _asker(self) -> Asker:
        return Asker(visitor.current.get(), self.model.name)
