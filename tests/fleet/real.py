"""Helpers: real replicas of a small model that comes with the playground, and the texts that are written with it."""

import asyncio
import random

from playground.decoding.settings import Settings
from playground.engine.any_engine import AnyEngine
from playground.engine.request import Limits, Request
from playground.engine.starting import Bounds
from playground.fleet.cluster import LOCAL, Cluster
from playground.models.offering import Asked
from playground.places import ASSETS

MODEL = str(ASSETS / "built_in" / "french-english")
BOUNDS = Bounds(Limits(), cache_bytes=64 * 2**20, trace_bytes=256 * 2**20)
TEXTS = 24
SENTENCES = ("le chat", "un chien est dans la maison", "la femme", "je mange une pomme")


def cluster(address: str = LOCAL, *, replicas: int = 3, gpus: float = 0, model: str = MODEL) -> Cluster:
    return Cluster(address, replicas, replicas, gpus, 1, Asked((model,), device="cpu"), BOUNDS)


async def text(engine, number: int) -> tuple:
    prompt = engine.model.encode_prompt(SENTENCES[number % len(SENTENCES)])
    settings = Settings(strategy="sample", temperature=1.5, seed=number, max_new_tokens=60)
    run = engine.trace(Request(prompt.ids, settings, source_ids=prompt.source_ids))
    _ = [news async for news in run]
    trace = engine.store.get(run.trace_id)
    engine.store.drop([run.trace_id])
    return trace.token_ids, trace.stop_reason


class Visits:
    """Visitors who write texts without a pause, each one another text.

    Args:
        engine: writes them.
        visitors: their number.

    Attributes:
        found: the number of each text that has ended, and what was written.
    """

    def __init__(self, engine: AnyEngine, visitors: int) -> None:
        self.found: list[tuple[int, tuple]] = []
        self._engine, self._over = engine, asyncio.Event()
        self._tasks = [asyncio.create_task(self._visit(number)) for number in range(visitors)]

    async def _visit(self, visitor: int) -> None:
        luck = random.Random(visitor)
        while not self._over.is_set():
            number = luck.randrange(TEXTS)
            self.found.append((number, await text(self._engine, number)))

    async def more(self, texts: int) -> None:
        """Waits until so many more texts have ended. Raises what a visitor was refused."""
        most = len(self.found) + texts
        while len(self.found) < most:
            for visit in self._tasks:
                assert not visit.done(), visit.exception()
            await asyncio.sleep(0.05)

    async def end(self) -> None:
        """Waits until the texts under way have ended."""
        self._over.set()
        await asyncio.gather(*self._tasks)


async def all_texts(engine: AnyEngine) -> list[tuple]:
    """Returns the texts by their numbers, each written alone."""
    return [await text(engine, number) for number in range(TEXTS)]


def others(found: list[tuple[int, tuple]], expected: list[tuple]) -> list[tuple[int, tuple]]:
    """Returns the texts that are not those that were expected."""
    return [one for one in found if one[1] != expected[one[0]]]
