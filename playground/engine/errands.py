"""Work beside the traces, done on the engine's thread between two steps: short calls, and long jobs piece by piece.

Knows models and event loops. Does not know what the work is about, nor traces.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Generator
from typing import Any

from playground import visitor
from playground.engine.turns import Turns
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel

SHUTTING_DOWN = "The server is shutting down. Start it again to go on."

CALLS_SECONDS = 0.02
"""For so long short calls are answered between two steps of the running texts; the others wait for the next time."""
LEAST_SHARE = 1 / 8
"""Of the time, errands get at least this while texts run, and at most a half."""
MOST_WAITING = 64
"""Calls, and jobs that have not ended, that one visitor may have in the line."""

Work = Callable[[LanguageModel], Any]
Job = Callable[[LanguageModel], Generator[None, None, Any]]


class Errands:
    """What waits to be done. Asked for on event loops, done on the thread that calls `do`.

    Args:
        model: what the work is done with.
        news: notified when there is work; it guards the lines.
        now: seconds, monotonic.
    """

    def __init__(
        self, model: LanguageModel, news: threading.Condition, now: Callable[[], float] = time.perf_counter
    ) -> None:
        self._model = model
        self._news = news
        self._now = now
        self._calls, self._pieces = _Line(CALLS_SECONDS), _Line(0)
        self._closed = False

    def __bool__(self) -> bool:
        return bool(self._calls.waiting or self._pieces.waiting)

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

    def do(self, writers: int) -> None:
        """On the thread: calls for a short time, then one piece of one job. Visitors take turns.

        Args:
            writers: how many visitors wait for texts under way. With them the errands share the time as visitors do:
                as long as errands of one visitor take, so long the texts of each writer go on before the next ones.
        """
        for line in (self._calls, self._pieces):
            if line.waiting and (not writers or self._now() >= line.rests_until):
                self._serve(line, writers)

    def close(self) -> None:
        """On the thread: everything that waits is refused, and so is everything that comes later."""
        with self._news:
            self._closed = True
            left = [*self._calls.waiting, *self._pieces.waiting]
            self._calls, self._pieces = _Line(CALLS_SECONDS), _Line(0)
        for errand in left:
            errand.fail(PlaygroundError(SHUTTING_DOWN, status=503))

    def _serve(self, line: "_Line", writers: int) -> None:
        askers, start = line.waiting.visitors, self._now()
        for _ in range(len(line.waiting)):
            with self._news:
                errand = line.waiting.take()
            errand.do(self._model)
            if self._now() >= start + line.seconds:
                break
        end = self._now()
        line.rests_until = end + (end - start) * max(1, min(writers / askers, 1 / LEAST_SHARE - 1))

    async def _ask(self, line: "_Line", work: Work, *, goes_on: bool = False) -> Any:
        errand, asker = _Errand(work), visitor.current.get()
        with self._news:
            if self._closed:
                raise PlaygroundError(SHUTTING_DOWN, status=503)
            if not goes_on and asker != visitor.NOBODY and line.waiting.waiting_for(asker) >= MOST_WAITING:
                raise PlaygroundError(
                    f"{MOST_WAITING} questions that you asked are waiting already, which is the most one visitor may "
                    "have in the line. Wait for some of the answers.",
                    status=429,
                )
            line.waiting.add(asker, errand)
            self._news.notify()
        return await errand.answer


class _Line:
    """Errands of one kind that wait, and when their turn comes.

    Args:
        seconds: of a turn; after that long no further errand begins.
    """

    def __init__(self, seconds: float) -> None:
        self.waiting: Turns[_Errand] = Turns()
        self.seconds = seconds
        self.rests_until = 0.0


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
