"""Holds the models of a server: an engine for each that is loaded, within the memory that models may take.

Knows engines and offers. Does not know pages, nor who asks. A model is loaded when somebody first uses it. To make room
for it, the model that was not in use for the longest time is let go, a built-in one first. All engines share one store
of traces.
"""

import asyncio
import logging
import time
import weakref
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from playground.engine.any_engine import AnyEngine
from playground.engine.device_faults import DeviceLost
from playground.engine.gate import Gate
from playground.engine.other_processes import OtherProcesses
from playground.engine.own_thread import on_own_thread
from playground.engine.place import OTHER, Loading, Place, Start, failed_load
from playground.engine.reader import Reader
from playground.engine.speed import Speed
from playground.errors import PlaygroundError, first_sentence
from playground.models.device_memory import gib
from playground.models.loaded_model import writes_nothing
from playground.models.memory import freed
from playground.models.offer import Offer, family_of, room_for_texts, weights_of
from playground.traces.store import TraceStore
from playground.values import shown

log = logging.getLogger(__name__)

PATIENCE_SECONDS = 60.0
"""How long a model that has to be loaded waits, since it was asked for, until others are not in use."""


class Engines:
    """The models that a server offers. It is used on one event loop. Any thread may call `stop`, `running` and `close`.

    Args:
        offers: the models, each with a name of its own. The first one is used where none is named.
        store: the traces of all models.
        speed: counts the tokens of all models.
        start: loads a model. It is called on a thread of its own.
        memory: the bytes that all loaded models and their texts may take.

    Attributes:
        failure: the error because of which the server cannot go on, or None.
        on_failure: called, on a model's thread, after `failure` was set.
        others: the server's other processes, which are left when the engines are closed.
    """

    def __init__(self, offers: Sequence[Offer], store: TraceStore, speed: Speed, start: Start, memory: int) -> None:
        self.offers = tuple(offers)
        self.store = store
        self.speed = speed
        self.failure: BaseException | None = None
        self.on_failure: Callable[[], None] = lambda: None
        self.others = OtherProcesses()
        self._places = {offer.name: Place(offer) for offer in offers}
        self._start = start
        self._memory = memory
        self._one_load = asyncio.Lock()
        self._freed = asyncio.Event()
        self._gate = Gate()
        self._seconds_a_byte: float | None = None

    @classmethod
    def only(cls, engine: Reader[Any]) -> "Engines":
        """Returns a server with one model, whose engine runs."""
        speed = engine.speed if isinstance(engine, AnyEngine) else Speed()
        model = engine.model
        size, family = model.outline.num_parameters(), family_of(model.hf.config, model.task)
        one = Offer(model.name, size, model.dtype, model.device, 0, lambda: model, family, task=model.task)
        engines = cls([one], engine.store, speed, lambda *_: (engine, 0), memory=0)
        engines.hold(model.name, engine, 0)
        return engines

    @property
    def first(self) -> str:
        """The name of the model with which the page opens, and that is used where none is named."""
        return self.offers[0].name

    @property
    def writer(self) -> str | None:
        """The name of the first model that writes texts, which writes where none is named; None if there is none."""
        return next((offer.name for offer in self.offers if offer.task is None), None)

    def running(self) -> list[Reader[Any]]:
        """Returns what runs the models that are loaded."""
        return [place.engine for place in self._places.values() if place.engine is not None]

    def loaded(self, name: str) -> Reader[Any] | None:
        """Returns what runs a model, or None if it is not loaded."""
        return self._place(name).engine

    def progress(self, name: str) -> Loading | None:
        """Returns how far a model that is being loaded is, or None."""
        place = self._place(name)
        if place.loading is None:
            return None
        expected = None if self._seconds_a_byte is None else self._seconds_a_byte * self._to_read(place)
        return Loading(time.monotonic() - place.began, expected, place.waits_for)

    def offer(self, name: object) -> Offer:
        """Returns the offer with this name; None stands for the first.

        Raises:
            PlaygroundError: there is none.
        """
        return self._place(name).offer

    @asynccontextmanager
    async def using(self, name: object) -> AsyncIterator[AnyEngine]:
        """Gives the engine of a model that writes texts, as `using_any`; where none is named, that of `writer`.

        Raises:
            PlaygroundError: as `using_any`, or the model is encoder-only.
        """
        offer = self.offer(self.writer if name is None else name)
        if offer.task is not None:
            raise writes_nothing(offer.name)
        async with self.using_any(offer.name) as engine:
            assert isinstance(engine, AnyEngine), "a model without a task has an engine"
            yield engine

    @asynccontextmanager
    async def using_any(self, name: object) -> AsyncIterator[Reader[Any]]:
        """Gives what runs a model, which is loaded first if it is not there. In the block it is not let go.

        Args:
            name: the model's name, as a visitor sent it; None for the first one.

        Raises:
            PlaygroundError: there is no such model, or it cannot be loaded now. The sentence says what to do.
        """
        place = self._place(name)
        await self._gate.passed(lambda: place.engine is not None)
        place.users += 1
        try:
            yield place.engine or await self._loaded(place)
        finally:
            place.users -= 1
            place.last_used = time.monotonic()
            if not place.users:
                self._freed.set()

    def of_trace(self, trace_id: str) -> AbstractAsyncContextManager[AnyEngine]:
        """Gives the engine of the model that made a trace, as `using`.

        Raises:
            PlaygroundError: there is no such trace, and all of `using`.
        """
        return self.using(self.store.get(trace_id).model)

    def stop(self, trace_id: str) -> None:
        """Ends a running or waiting trace, as `Engine.stop`."""
        for engine in self.running():
            if isinstance(engine, AnyEngine):
                engine.stop(trace_id)

    def close(self) -> None:
        """Ends all engines."""
        for engine in self.running():
            engine.close()
        self.others.close()

    async def find(self, trace_id: str) -> bool:
        """Returns whether the store has a trace. What another process keeps of it is brought here first."""
        return self.store.knows(trace_id) or await self.others.find(trace_id)

    def hold(self, name: str, engine: Reader[Any], nbytes: int) -> None:
        """Takes in an engine that runs the model of an offer, with the bytes that its texts may take."""
        place = self._places[name]
        engine.on_failure = lambda: self._failed(place, engine)
        place.engine, place.nbytes, place.last_used = engine, nbytes, time.monotonic()
        if engine.failure is not None:
            self._failed(place, engine)

    def _place(self, name: object) -> Place:
        chosen = self.first if name is None else name
        place = self._places.get(chosen) if isinstance(chosen, str) else None
        if place is None:
            others = ", ".join(offer.name for offer in self.offers)
            raise PlaygroundError(
                f"There is no model {shown(name)} on this server. Choose one of: {others}. To add a model, start the "
                "playground with one more --model.",
                status=422,
            )
        return place

    async def _loaded(self, place: Place) -> Reader[Any]:
        if place.loading is None:
            place.began = time.monotonic()
            place.loading = asyncio.create_task(self._load(place))  # it goes on if who asked leaves
            place.loading.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(place.loading)

    async def _load(self, place: Place) -> Reader[Any]:
        try:
            async with self._one_load:
                with self._gate.closing():
                    await self._make_room(place)
                place.began = time.monotonic()
                room = min(room_for_texts(self.offers, place.offer, self._memory), self._left_beside(place))
                await on_own_thread("loading", lambda: self._read(place, room))
                assert place.engine is not None
                return place.engine
        except PlaygroundError as refusal:
            raise failed_load(place, str(refusal)) from None
        except Exception as error:
            log.exception("%s could not be loaded.", place.offer.name)
            sentence = f"{place.offer.name} could not be loaded: {first_sentence(error)}. {OTHER}"
            raise failed_load(place, sentence) from error
        finally:
            place.loading, place.waits_for = None, ()

    def _read(self, place: Place, room: int) -> None:
        began, to_read = time.monotonic(), self._to_read(place)
        self.hold(place.offer.name, *self._start(place.offer, room))
        if to_read == place.offer.weights:  # an adapter of a loaded model says nothing of how fast weights are read
            self._seconds_a_byte = (time.monotonic() - began) / max(1, to_read)

    def _to_read(self, place: Place) -> int:
        """Returns the bytes of weights that are not in memory yet."""
        held = [one.offer for one in self._held()]
        return weights_of([*held, place.offer]) - weights_of(held)

    def _failed(self, place: Place, engine: Reader[Any]) -> None:
        """Ends the server if no model can go on. Otherwise a model is let go, and loaded again when it is next used."""
        if isinstance(engine.failure, DeviceLost) or len(self._places) == 1:
            self.failure = engine.failure
            self.on_failure()
        elif place.engine is engine:
            log.error("The model %s ended with an error. It is loaded again when it is next used.", place.offer.name)
            place.engine = None

    async def _make_room(self, place: Place) -> None:
        """Lets unused models go, the longest unused first, until a model has room or all who asked for it have left."""
        least = place.offer.least_room
        needed = place.offer.weights + least
        if needed > self._memory:
            raise PlaygroundError(
                f"{place.offer.name} needs {gib(needed)}, and the models of this server may take {gib(self._memory)} "
                f"together (--model-memory). Choose another model: {self._smaller(needed)}.",
                status=503,
            )
        until = place.began + PATIENCE_SECONDS
        while place.users and self._left_beside(place) < least:
            idle = [one for one in self._held() if not one.users]
            if idle:
                await self._let_go(min(idle, key=lambda one: (not one.offer.is_built_in, one.last_used)))
                continue
            place.waits_for = tuple(one.offer.name for one in self._held())
            self._freed.clear()
            try:
                await asyncio.wait_for(self._freed.wait(), until - time.monotonic())
            except TimeoutError:
                raise PlaygroundError(
                    f"{place.offer.name} needs {gib(needed)}, and the models in use leave no room for it: "
                    f"{', '.join(place.waits_for)}. Use one of these, or try again when their texts have ended.",
                    status=503,
                ) from None
        place.waits_for = ()
        if not place.users:
            raise PlaygroundError(f"Nobody waits for {place.offer.name} any more.", status=503)

    def _held(self) -> list[Place]:
        return [place for place in self._places.values() if place.engine is not None]

    def _left_beside(self, place: Place) -> int:
        """Returns the bytes that the loaded models, their texts and the weights of one more model leave."""
        held = self._held()
        texts = sum(one.nbytes for one in held)
        return self._memory - texts - weights_of(one.offer for one in (*held, place))

    def _smaller(self, needed: int) -> str:
        fit = [one.name for one in self.offers if one.weights + one.least_room < needed]
        return ", ".join(fit) or "none of the others is smaller"

    async def _let_go(self, place: Place) -> None:
        """Ends a model's engine, and gives its memory back."""
        log.info("%s is let go to make room.", place.offer.name)
        engine, place.engine, place.nbytes = place.engine, None, 0
        assert engine is not None
        await asyncio.to_thread(engine.close)
        is_cuda, model = engine.model.hf.device.type == "cuda", weakref.ref(engine.model)
        del engine
        await freed(model, is_cuda)
