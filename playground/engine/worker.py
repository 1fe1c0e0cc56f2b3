"""Owns a model on a thread of its own, and does on it what visitors ask for, a piece at a time.

Knows models and errands. Does not know texts that are written: see `engine.Engine`, which writes them beside.
"""

import logging
import threading
from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar

from playground.engine.device_faults import Relief
from playground.engine.errands import Errands, Job, Work
from playground.engine.peers import Peers
from playground.engine.request import Limits
from playground.engine.speed import Memory
from playground.models.loaded_model import LoadedModel
from playground.models.threads import let_helpers_go, most_threads, use_here

log = logging.getLogger(__name__)

Model = TypeVar("Model", bound=LoadedModel)
Part = TypeVar("Part")


class Worker(Generic[Model]):
    """Does work on one model. Start it before use, and close it after use.

    Args:
        model: the model. The thread owns it from `start` on; all work on it goes through `call` or `work`.
        limits: the bounds over which a request is refused.
        peers: what runs other models on the same device: they take turns.
        clear: called on the thread when the device has no room; it gives memory back.

    Attributes:
        failure: the error that ended the thread before `close`, or None.
        memory: functions that say how many bytes each store of this model holds.
        on_failure: called on the thread after `failure` was set. The owner replaces it, to stop serving.
    """

    def __init__(
        self,
        model: Model,
        limits: Limits | None = None,
        peers: Peers[Any] | None = None,
        clear: Callable[[], None] = lambda: None,
    ) -> None:
        self.model = model
        self.limits = limits or Limits()
        self.memory = Memory()
        self.failure: BaseException | None = None
        self.on_failure: Callable[[], None] = lambda: None
        self._peers: Peers[Any] = peers or Peers()
        self._relief = Relief(model.device, clear)
        self._beside: dict[Callable[[Any], Any], Any] = {}
        self._making = threading.RLock()  # and not that of `_news`, for which texts would wait
        self._news = threading.Condition()
        self._errands = Errands(model, self._news, explained=self._relief.explained)
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> Self:
        """Starts the thread. Returns the worker."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Ends the thread. Every request that is left ends with a `PlaygroundError`."""
        with self._news:
            self._closed = True
            self._news.notify()
        if self._thread.is_alive():
            self._thread.join()

    def rows(self) -> tuple[int, int]:
        """Returns the number of texts under way, and the number of texts that wait for a place."""
        return 0, 0

    async def answers(self) -> None:
        """Waits until the thread answers.

        Raises:
            PlaygroundError: it has ended.
        """
        await self.call(lambda model: None)

    def beside(self, kind: Callable[[Any], Part]) -> Part:
        """Returns what `kind(self)` returned when it was first asked for. It lives as long as the worker."""
        with self._making:
            if kind not in self._beside:
                self._beside[kind] = kind(self)
            return self._beside[kind]

    async def call(self, work: Work) -> Any:
        """Returns `work(model)`. It runs on the thread between two steps, so it should be short."""
        return await self._errands.call(work)

    async def work(self, job: Job) -> Any:
        """Returns what the generator `job(model)` returns. It runs on the thread, up to one `yield` at a time.

        At most one piece of one job runs between two steps of the running texts, so it should be as short as a slice of
        a prompt. A job must leave the model unchanged at each `yield`, and is not continued if its asker leaves.
        """
        return await self._errands.work(job)

    # on the thread

    def _run(self) -> None:
        """Works until `close`. An error inside a turn ends what it may have touched, and the thread goes on."""
        if self.model.device == "cpu":
            use_here(most_threads())
        try:
            while self._take_turn():
                pass
        except BaseException as error:
            log.critical("The thread that owns the model ended with an error.", exc_info=error)
            self.failure = error
        self._end()
        if self.failure is not None:
            self.on_failure()

    def _take_turn(self) -> bool:
        """Waits for work and does a part of it. Returns whether there is another turn."""
        with self._news:
            self._news.wait_for(lambda: self._closed or self._has_work())
            if self._closed:
                return False
        with self._peers.turn():
            self._do_turn()
            if self._peers.is_wanted or not self._has_work():
                let_helpers_go()  # and the next one computes with all cores
        return True

    def _has_work(self) -> bool:
        return bool(self._errands)

    def _do_turn(self) -> None:
        self._errands.do(writers=0)

    def _end(self) -> None:
        """Refuses all requests that are left or come later."""
        with self._news:
            self._closed = True
        self._errands.close()
