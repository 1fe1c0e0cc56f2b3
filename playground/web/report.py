"""How the server is, as plain numbers: who is there, what runs, how fast, and what holds memory.

Knows the engine. Does not know how a report is shown.
"""

import asyncio
import time
from dataclasses import dataclass

import psutil

from playground.engine.engine import Engine
from playground.errors import PlaygroundError
from playground.web.guards.visits import Visits

PATIENCE_SECONDS = 10.0
"""A thread that has not answered after so long is taken for dead. A step or a slice of a prompt takes far less."""


@dataclass(frozen=True)
class Report:
    """The server at one moment.

    Attributes:
        model: the model's name.
        sessions: open pages.
        running: texts being written, and prompts being read.
        waiting: requests in line.
        tokens: generated since the start.
        texts: whose first token was generated since the start.
        tokens_per_second: over the last minute.
        first_token_seconds: "p50" and "p95" of the latest texts, from request to first token; None before the first.
        bytes: by store.
        resident_bytes: memory of the whole process.
        uptime_seconds: since the start.
    """

    model: str
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


class Reporter:
    """Asks the engine how it is."""

    def __init__(self, engine: Engine, visits: Visits, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._engine = engine
        self._visits = visits
        self._patience = patience_seconds
        self._began = time.monotonic()
        self._process = psutil.Process()
        self._pulse: asyncio.Task[bool] | None = None

    def report(self) -> Report:
        """The numbers of this moment."""
        engine, speed = self._engine, self._engine.speed
        running, waiting = engine.rows()
        return Report(
            model=engine.model.name,
            sessions=self._visits.count,
            running=running,
            waiting=waiting,
            tokens=speed.tokens,
            texts=speed.texts,
            tokens_per_second=round(speed.tokens_per_second(), 2),
            first_token_seconds={"p50": speed.first_token(0.5), "p95": speed.first_token(0.95)},
            bytes={name: held() for name, held in engine.memory.items()},
            resident_bytes=self._process.memory_info().rss,
            uptime_seconds=round(time.monotonic() - self._began, 1),
        )

    async def is_alive(self) -> bool:
        """Whether the model's thread answers in time. Those who ask at the same time share one question."""
        if self._pulse is None or self._pulse.done():
            self._pulse = asyncio.create_task(self._answers())
        return await asyncio.shield(self._pulse)

    async def _answers(self) -> bool:
        try:
            await asyncio.wait_for(self._engine.call(lambda model: None), self._patience)
        except (TimeoutError, PlaygroundError):
            return False
        return True
