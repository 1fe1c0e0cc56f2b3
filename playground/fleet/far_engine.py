"""Writes texts with a model on replicas: the page's process has the records of the texts.

Knows the fleet. Does not know what carries the calls.
"""

import asyncio
from functools import partial

from playground import visitor
from playground.engine.any_engine import AnyEngine
from playground.engine.request import Request, check
from playground.engine.row import Mail
from playground.engine.run import Run, begun
from playground.fleet.described import FarModel
from playground.fleet.far_positions import FarPositions
from playground.fleet.far_reader import FarReader
from playground.fleet.fleet import Fleet
from playground.fleet.text import Text
from playground.models.language_model import LanguageModel
from playground.traces.trace import Step


class FarEngine(FarReader[LanguageModel], AnyEngine):
    """Has replicas write texts with one model, and do other work on it.

    Args:
        fleet: the replicas.
        model: their model, whose limits are those of a replica.
    """

    def __init__(self, fleet: Fleet, model: FarModel) -> None:
        super().__init__(fleet, model, model.told.limits)
        self.speed = fleet.speed
        self.lookups = FarPositions(fleet.store, fleet.texts.places, self.ask, self.stream)

    @property
    def busy(self) -> bool:
        return any(self._under_way())

    def rows(self) -> tuple[int, int]:
        texts = self._under_way()
        running = sum(text.taken > 0 for text in texts)
        return running, len(texts) - running

    def _under_way(self) -> list[Text]:
        return [text for text in [*self._fleet.texts.under_way.values()] if text.model is self.model]

    def trace(self, request: Request, onto: str | None = None, known: Step | None = None) -> Run:
        check(request, self.model, self.limits)
        self._fleet.check_open()
        if onto is not None:
            self.store.mark(onto, None)
        trace_id = onto or self.store.open(begun(request, self.model.name))
        mail: asyncio.Queue[Mail] = asyncio.Queue()
        post = partial(self._fleet.texts.outbox.put, asyncio.get_running_loop(), mail.put_nowait)
        text = Text(trace_id, request, self.store.get(trace_id), self.model, visitor.current.get(), post)
        self._fleet.write(text)
        return Run(text, mail, self.stop)

    def stop(self, trace_id: str) -> None:
        self._fleet.stop(trace_id)
