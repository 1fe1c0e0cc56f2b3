"""Keeps what long jobs about texts returned, within bytes and while their text is kept. Knows readers and shelves."""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Any
from weakref import WeakKeyDictionary

from playground.engine.one_job import OneJob
from playground.engine.reader import Reader
from playground.engine.shelf import Key, Shelf
from playground.inside.gradients import Told
from playground.models.memory import give_back_soon

_jobs: WeakKeyDictionary[Reader[Any], OneJob] = WeakKeyDictionary()


class KeptJobs:
    """The results of one reader's jobs.

    Args:
        reader: what runs the model.
        max_bytes: the room for results.
        name: of the store, for the memory that the server reports.
    """

    def __init__(self, reader: Reader[Any], max_bytes: int, name: str) -> None:
        self.shelf = Shelf(max_bytes)
        self._listening: defaultdict[Key, list[Told]] = defaultdict(list)
        reader.on_gone.append(lambda: self.shelf.forget_unless(reader.store.holds))
        reader.memory[name] = lambda: self.shelf.nbytes

    async def get(self, key: Key, make: Callable[[Told], Awaitable[Any]], told: Told) -> Any:
        """Returns a kept result, or makes it. All who wait for it hear how far it is."""
        listeners = self._listening[key]
        listeners.append(told)

        def tell_all(done: int, of: int) -> None:
            for listener in tuple(listeners):
                listener(done, of)

        try:
            return await self.shelf.get(key, lambda: make(tell_all))
        finally:
            listeners.remove(told)
            if not listeners:
                self._listening.pop(key, None)


async def done_alone(reader: Reader[Any], work: Callable[[], Awaitable[Any]]) -> Any:
    """Returns what the work returns. One runs at a time for each reader, because each holds what the way back needs
    until its end."""
    async with _jobs.setdefault(reader, OneJob()).turn():
        try:
            return await work()
        finally:
            give_back_soon()
