"""Work beside the traces, done on the engine's thread between two steps: short calls, and long jobs piece by piece.

Knows models and event loops. Does not know what the work is about, nor traces.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Generator
from typing import Any

from playground.errors import PlaygroundError
from playground.model import LanguageModel

SHUTTING_DOWN = "The server is shutting down. Start it again to go on."

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
        self._calls: deque[_Errand] = deque()
        self._pieces: deque[_Errand] = deque()
        self._closed = False

    def __bool__(self) -> bool:
        return bool(self._calls or self._pieces)

    async def call(self, work: Work) -> Any:
        """`work(model)`, whole."""
        return await self._ask(self._calls, work)

    async def work(self, job: Job) -> Any:
        """What the generator `job(model)` returns; each wait in line gives it one `next`."""
        pieces = job(self._model)
        while True:
            done, answer = await self._ask(self._pieces, lambda _: _next_piece(pieces))
            if done:
                return answer

    def do(self) -> None:
        """On the thread: every call that waits, and one piece of one job, in the order of asking."""
        with self._news:
            ready = list(self._calls)
            self._calls.clear()
            if self._pieces:
                ready.append(self._pieces.popleft())
        for errand in ready:
            errand.do(self._model)

    def close(self) -> None:
        """On the thread: who waits is told, and nobody else is let in."""
        with self._news:
            self._closed = True
            left = [*self._calls, *self._pieces]
        for errand in left:
            errand.fail(PlaygroundError(SHUTTING_DOWN))

    async def _ask(self, line: deque["_Errand"], work: Work) -> Any:
        errand = _Errand(work)
        with self._news:
            if self._closed:
                raise PlaygroundError(SHUTTING_DOWN)
            line.append(errand)
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
