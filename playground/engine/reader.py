"""Reads the texts of a store with a model, and does other work on the model.

Knows models, errands and the store. An encoder-only model has a reader; `engine.Engine` is one that also writes texts.
"""

from collections.abc import AsyncIterator, Callable, Generator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Generic, TypeVar

from transformers import DynamicCache

from playground.engine.errands import Job
from playground.engine.peers import Peers
from playground.engine.request import Limits
from playground.engine.worker import Model, Worker
from playground.traces.store import TraceStore

Thing = TypeVar("Thing")
Told = Callable[[int, int], object]
ToldJob = Callable[..., Generator[None, None, Any]]


class Held(Generic[Thing]):
    """Something that stays where the model is, such as a search under way.

    Args:
        reader: what works on the model.
        thing: what is held.
    """

    def __init__(self, reader: "Reader[Any]", thing: Thing) -> None:
        self._reader = reader
        self._thing = thing

    async def look(self, work: Callable[[Any, Thing], Any]) -> Any:
        """As `call`, for work that leaves the thing as it is."""
        return await self.call(work)

    async def call(self, work: Callable[[Any, Thing], Any]) -> Any:
        """Returns `work(model, thing)`, done as `Worker.call` does it. It may change the thing."""
        return await self._reader.call(lambda model: work(model, self._thing))

    async def work(
        self, job: Callable[[Any, Thing], Generator[None, None, Any]], source_ids: Sequence[int] = ()
    ) -> Any:
        """Returns what the generator `job(model, thing)` returns, done as `Reader.work` does it."""
        return await self._reader.work(lambda model: job(model, self._thing), source_ids)


def made(make: Callable[[Any], Thing], model: Any) -> Generator[None, None, Thing]:
    """A job that returns `make(model)`."""
    return make(model)
    yield


def empty_cache(model: Any) -> DynamicCache:
    """Returns the cache of an empty text, for `Reader.held`."""
    return model.new_cache()


class Reader(Worker[Model]):
    """Does work on one model that is about texts of a store.

    Args:
        model, limits, peers, clear: as for any worker.
        store: the store of the texts, which the models of a server share.

    Attributes:
        on_gone: functions that are called after traces of the store may have lost their last holder.
    """

    def __init__(
        self,
        model: Model,
        store: TraceStore,
        limits: Limits | None = None,
        peers: Peers[Any] | None = None,
        clear: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(model, limits, peers, clear)
        self.store = store
        self.on_gone: list[Callable[[], None]] = []
        store.on_gone.append(self._tell_gone)

    async def work(self, job: Job, source_ids: Sequence[int] = ()) -> Any:
        """Returns what the generator `job(model)` returns, as any worker.

        Args:
            source_ids: what the encoder of an encoder–decoder reads of the job's text. Other models need none.
        """
        return await super().work(job)

    async def work_told(self, job: ToldJob, told: Told, source_ids: Sequence[int] = ()) -> Any:
        """As `work`, for a job that says how far it is.

        Args:
            job: takes `told` as a keyword argument as well.
            told: hears how much is done, and of how much. It may be called on another thread.
        """
        return await self.work(partial(job, told=told), source_ids)

    @asynccontextmanager
    async def held(self, make: Callable[[Any], Thing], source_ids: Sequence[int] = ()) -> AsyncIterator["Held[Thing]"]:
        """Gives what `make(model)` returns, where the model is: for work that goes on from call to call.

        Args:
            make: makes it on the model's thread.
            source_ids: as for `work`. The encoder reads them first, and `make` gets the model as it reads them.
        """
        yield Held(self, await self.work(partial(made, make), source_ids))

    def _tell_gone(self) -> None:
        for listener in self.on_gone:
            listener()

    # on the thread

    def _end(self) -> None:
        self.store.on_gone.remove(self._tell_gone)
        super()._end()
