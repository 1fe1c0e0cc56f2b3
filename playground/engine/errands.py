"""Does other work than traces on the engine's thread, between two steps: short calls, and long jobs in pieces.

Knows models and event loops. Does not know traces, nor what the work computes.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Generator, Sequence
from typing import Any

from playground import visitor
from playground.engine.device_faults import DeviceLost, is_lost
from playground.engine.turns import Turns
from playground.errors import PlaygroundError, first_sentence
from playground.models.language_model import LanguageModel
from playground.models.loaded_model import LoadedModel

SHUTTING_DOWN = "The server is shutting down. Start it again to continue."

CALLS_SECONDS = 0.02
"""The time for short calls between two steps of the running texts. Calls that are left wait for the next time."""
SLICE_TOKENS = 256
"""The tokens that a piece of a job reads, on a CPU: see `LoadedModel.slice_tokens`."""
LEAST_SHARE = 1 / 8
"""The least share of the time that each of the two lines gets while texts run. The largest share is a half."""
MOST_WAITING = 64
"""The most calls, and the most unfinished jobs, that one visitor may have in line."""

Work = Callable[[Any], Any]
Job = Callable[[Any], Generator[None, None, Any]]
"""What is done with the model of whoever does it."""


def reading(source_ids: Sequence[int], job: Job) -> Job:
    """Returns a job that reads a source, and then gives `job` the model as it reads it: see `LanguageModel.reading`."""

    def on_source(model: LanguageModel) -> Generator[None, None, Any]:
        own = model.reading(source_ids)
        yield from own.read_source(own.slice_tokens(SLICE_TOKENS))
        return (yield from job(own))

    return on_source


class Errands:
    """The work that waits. It is requested on event loops and done on the thread that calls `do`.

    Args:
        model: the model that the work is done with.
        news: the condition that is notified when there is work; its lock guards the lines.
        explained: returns the error that an asker is told in place of the one that was raised.
        now: a monotonic clock, in seconds.
    """

    def __init__(
        self,
        model: LoadedModel,
        news: threading.Condition,
        now: Callable[[], float] = time.perf_counter,
        explained: Callable[[Exception], Exception] = lambda error: error,
    ) -> None:
        self._model = model
        self._news = news
        self._now = now
        self._explained = explained
        self._calls, self._pieces = _Line(CALLS_SECONDS), _Line(0)
        self._closed = False

    def __bool__(self) -> bool:
        return bool(self._calls.waiting or self._pieces.waiting)

    async def call(self, work: Work) -> Any:
        """Returns `work(model)`, done without a pause."""
        return await self._ask(self._calls, work)

    async def work(self, job: Job) -> Any:
        """Returns what the generator `job(model)` returns. The job waits in line again for each `next`."""
        pieces, has_begun = job(self._model), False
        while True:
            done, answer = await self._ask(self._pieces, lambda _: _next_piece(pieces), goes_on=has_begun)
            if done:
                return answer
            has_begun = True

    def do(self, writers: int) -> None:
        """Does calls for a short time, then one piece of one job. Visitors take turns. Runs on the engine's thread.

        Args:
            writers: the number of visitors who wait for texts under way. The visitors of errands and of texts share
                the time equally, within the bounds at `LEAST_SHARE`: after a line was served, it rests for the time
                that one visitor's errands took, times `writers`.
        """
        for line in (self._calls, self._pieces):
            if line.waiting and (not writers or self._now() >= line.rests_until):
                self._serve(line, writers)

    def close(self) -> None:
        """Refuses all work that waits and all work that comes later. Runs on the engine's thread."""
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
            errand.do(self._model, self._explained)
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
                    f"{MOST_WAITING} of your requests are already waiting, which is the limit for one visitor. "
                    "Wait for some of the answers.",
                    status=429,
                )
            line.waiting.add(asker, errand)
            self._news.notify()
        return await errand.answer


class _Line:
    """The errands of one kind that wait, and the time when they are served next.

    Args:
        seconds: the length of a turn; after this time no further errand of the turn begins.
    """

    def __init__(self, seconds: float) -> None:
        self.waiting: Turns[_Errand] = Turns()
        self.seconds = seconds
        self.rests_until = 0.0


class _Errand:
    """One piece of work in line, and the future that its asker waits for."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[Any] = self._loop.create_future()

    def do(self, model: LoadedModel, explained: Callable[[Exception], Exception]) -> None:
        if self.answer.cancelled():
            return
        try:
            done = self._work(model)
        except Exception as error:
            self.fail(explained(error))
            if is_lost(error):
                raise DeviceLost(first_sentence(error)) from error
        except BaseException:  # such an error ends the thread
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
    """Calls `listener` on its loop. Does nothing if the loop is closed, because nobody waits there any more."""
    try:
        loop.call_soon_threadsafe(listener, *news)
    except RuntimeError:
        if not loop.is_closed():
            raise


def _next_piece(pieces: Generator[None, None, Any]) -> tuple[bool, Any]:
    """Runs the generator up to its next `yield`. Returns whether it has ended, and what it returned."""
    try:
        next(pieces)
    except StopIteration as end:
        return True, end.value
    return False, None
