"""Reads the texts of a store with a model, and does other work on the model.

Knows models, errands and the store. An encoder-only model has a reader; `engine.Engine` is one that also writes texts.
"""

from collections.abc import Callable, Sequence
from typing import Any

from playground.engine.errands import Job
from playground.engine.peers import Peers
from playground.engine.request import Limits
from playground.engine.worker import Model, Worker
from playground.traces.store import TraceStore


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

    def _tell_gone(self) -> None:
        for listener in self.on_gone:
            listener()

    # on the thread

    def _end(self) -> None:
        self.store.on_gone.remove(self._tell_gone)
        super()._end()
