"""Reports the state of the server in plain numbers: the open pages, what runs, how fast, and what holds memory.

Knows the engine. Does not know how a report is shown.
"""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import psutil

from playground.engine.engines import Engines
from playground.engine.worker import Worker
from playground.errors import PlaygroundError
from playground.web.guards.visits import Visits

PATIENCE_SECONDS = 10.0
"""A thread that has not answered after this time counts as dead. A step or a slice of a prompt takes far less."""


@dataclass(frozen=True)
class Report:
    """Describes the server at one moment.

    Attributes:
        model: the name of the first model.
        models: the names of the models that are loaded.
        sessions: the number of open pages.
        running: the number of texts that are being written or whose prompt is being read.
        waiting: the number of requests in line.
        tokens: the number of tokens generated since the start.
        texts: the number of texts whose first token was generated since the start. Texts in the background and traces
            that the API asks for do not count.
        tokens_per_second: the rate over the last minute.
        first_token_seconds: "p50" and "p95" over the latest of these texts, from the request to the first token; None
            before the first text.
        bytes: the memory of each store, by its name, with that of the replicas.
        resident_bytes: the memory of the whole process.
        uptime_seconds: the time since the start.
        replicas: of a cluster, each replica's name, process, running and waiting texts and bytes; else empty.
    """

    model: str
    models: list[str]
    sessions: int
    running: int
    waiting: int
    tokens: int
    texts: int
    tokens_per_second: float
    first_token_seconds: dict[str, float | None]
    bytes: dict[str, int]
    resident_bytes: int
    uptime_seconds: float
    replicas: list[dict[str, Any]]


class Reporter:
    """Makes reports about engines, and checks whether their threads answer."""

    def __init__(self, engines: Engines, visits: Visits, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._engines = engines
        self._visits = visits
        self._patience = patience_seconds
        self._began = time.monotonic()
        self._process = psutil.Process()
        self._pulse: asyncio.Task[bool] | None = None

    def report(self) -> Report:
        """Returns the numbers of this moment."""
        running = self._engines.running()
        texts = [engine.rows() for engine in running]
        speed = self._engines.speed
        held = Counter({"traces": self._engines.store.nbytes})
        replicas = self._engines.others.replicas()
        for replica in replicas:
            held.update(replica["bytes"])
        for engine in running:
            held.update({name: count() for name, count in engine.memory.items()})
        return Report(
            model=self._engines.first,
            models=[engine.model.name for engine in running],
            sessions=self._visits.count,
            running=sum(running for running, _ in texts),
            waiting=sum(waiting for _, waiting in texts),
            tokens=speed.tokens,
            texts=speed.texts,
            tokens_per_second=round(speed.tokens_per_second(), 2),
            first_token_seconds={"p50": speed.first_token(0.5), "p95": speed.first_token(0.95)},
            bytes=dict(held),
            resident_bytes=self._process.memory_info().rss,
            uptime_seconds=round(time.monotonic() - self._began, 1),
            replicas=replicas,
        )

    async def is_alive(self) -> bool:
        """Returns whether the model's thread answers in time. Callers who ask at the same time share one question."""
        if self._pulse is None or self._pulse.done():
            self._pulse = asyncio.create_task(self._answers())
        return await asyncio.shield(self._pulse)

    async def _answers(self) -> bool:
        try:
            answers = [self._answer_of(engine) for engine in self._engines.running()]
            await asyncio.wait_for(asyncio.gather(*answers), self._patience)
        except (TimeoutError, PlaygroundError):
            return False
        return True

    async def _answer_of(self, engine: Worker[Any]) -> None:
        """Waits until an engine's thread answers, or until the engine is let go."""
        try:
            await engine.answers()
        except PlaygroundError:
            if engine in self._engines.running():
                raise
