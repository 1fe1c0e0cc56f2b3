"""Work beside the traces, done on the engine's thread between two steps: short calls, and long jobs piece by piece.

Knows models and event loops. Does not know what the work is about, nor traces.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Generator
from typing import Any

from playground import visitor
from playground.errors import PlaygroundError
from playground.model import LanguageModel
from playground.turns import Turns

SHUTTING_DOWN = "The server is shutting down. Start it again to go on."

CALLS_SECONDS = 0.02
"""For so long short calls are answered between two steps of the running texts; the others wait for the next time."""
MOST_WAITING = 64
"""Calls, and jobs that have not ended, that one visitor may have in the line."""

Work = Callable[[LanguageModel], Any]
Job = Callable[[LanguageModel], Generator[None, None, Any]]


class Errands:
    """What waits to be done. Asked for on event loops, done on the thread that calls `do`.

    Args:
        model: what the work is done with.
        news: notified when there is work; it guards the lines.
    """

    def __init__(self, model: LanguageModel, news: threading.Condition) -> None:
        self._model = model
        self._news = news
        self._calls: Turns[_Errand] = Turns()
        self._pieces: Turns[_Errand] = Turns()
        self._closed = False

    def __bool__(self) -> bool:
        return bool(self._calls or self._pieces)

    async def call(self, work: Work) -> Any:
        """`work(model)`, whole."""
        return await self._ask(self._calls, work)

    async def work(self, job: Job) -> Any:
        """What the generator `job(model)` returns; each wait in line gives it one `next`."""
        pieces, has_begun = job(self._model), False
        while True:
            done, answer = await self._ask(self._pieces, lambda _: _next_piece(pieces), goes_on=has_begun)
            if done:
                return answer
            has_begun = True

    def do(self) -> None:
        """On the thread: calls for at most `CALLS_SECONDS`, then one piece of one job. Visitors take turns."""
        end = time.perf_counter() + CALLS_SECONDS
        for _ in range(len(self._calls)):
            self._next(self._calls).do(self._model)
            if time.perf_counter() > end:
                break
        if self._pieces:
            self._next(self._pieces).do(self._model)

    def close(self) -> None:
        """On the thread: everything that waits is refused, and so is everything that comes later."""
        with self._news:
            self._closed = True
            left = [*self._calls, *self._pieces]
            self._calls, self._pieces = Turns(), Turns()
        for errand in left:
            errand.fail(PlaygroundError(SHUTTING_DOWN, status=503))

    def _next(self, line: Turns["_Errand"]) -> "_Errand":
        with self._news:
            return line.take()

    async def _ask(self, line: Turns["_Errand"], work: Work, *, goes_on: bool = False) -> Any:
        errand, asker = _Errand(work), visitor.current.get()
        with self._news:
            if self._closed:
                raise PlaygroundError(SHUTTING_DOWN, status=503)
            if not goes_on and asker != visitor.NOBODY and line.waiting_for(asker) >= MOST_WAITING:
                raise PlaygroundError(
                    f"{MOST_WAITING} questions that you asked are waiting already, which is the most one visitor may "
                    "have in the line. Wait for some of the answers.",
                    status=429,
                )
            line.add(asker, errand)
            self._news.notify()
        return await errand.answer


class _Errand:
    """One wait of one asker."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[Any] = self._loop.create_future()

    def do(self, model: LanguageModel) -> None:
        if self.answer.cancelled():
            return
        try:
            done = self._work(model)
        except Exception as error:
            self.fail(error)
        except BaseException:  # it ends the thread
            self.fail(PlaygroundError(SHUTTING_DOWN, status=503))
            raise
        else:
            tell(self._loop, self._settle, self.answer.set_result, done)

    def fail(self, error: Exception) -> None:
        tell(self._loop, self._settle, self.answer.set_exception, error)

    def _settle(self, settle: Callable[[Any], None], outcome: Any) -> None:
        if not self.answer.cancelled():
            settle(outcome)


def tell(loop: asyncio.AbstractEventLoop, listener: Callable[..., None], *news: object) -> None:
    """Calls `listener` on its loop; a loop that has closed meanwhile has nobody left to tell."""
    try:
        loop.call_soon_threadsafe(listener, *news)
    except RuntimeError:
        if not loop.is_closed():
            raise


def _next_piece(pieces: Generator[None, None, Any]) -> tuple[bool, Any]:
    """Whether the generator came to its end, and what it returned."""
    try:
        next(pieces)
    except StopIteration as end:
        return True, end.value
    return False, None
