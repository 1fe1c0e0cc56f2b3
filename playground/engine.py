"""The one thread that owns the model: every running trace advances by one token per shared forward.

Knows the model, processors and traces. Does not know pages, prompts' meaning or the protocol they came by.
Requests come from asyncio; what happens on the thread reaches them through `loop.call_soon_threadsafe`.
"""

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from transformers import DynamicCache

from playground.batch import Batch
from playground.errors import PlaygroundError
from playground.model import LanguageModel, Observation
from playground.processors import Draw, ExtraProcessor, batch_stages, draw, pick_greedy, uniform
from playground.request import Limits, Request, Waiting, check
from playground.settings import SAMPLING_ONLY
from playground.trace import Step, Trace, TraceStore

log = logging.getLogger(__name__)

SLICE_TOKENS = 256
"""A long prompt is read this many tokens at a time, between the steps of the others."""


class Engine:
    """Runs requests on one model. Start it before use, close it after.

    Args:
        model: owned by the engine's thread from `start` on; ask through `call` for anything else.
        store: where finished and running traces are kept.
        limits: what is refused, with a sentence.
    """

    def __init__(self, model: LanguageModel, store: TraceStore, limits: Limits | None = None) -> None:
        self.model = model
        self.store = store
        self.limits = limits or Limits()
        self._batch = Batch()
        self._running: list[_Row] = []
        self._reading: deque[_Row] = deque()
        self._waiting: deque[_Row] = deque()
        self._calls: deque[Callable[[], None]] = deque()
        self._news = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> "Engine":
        """Starts the thread. Returns the engine."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Ends every request with a sentence, and the thread."""
        with self._news:
            self._closed = True
            self._news.notify()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def busy(self) -> bool:
        """Whether any request is running or waiting."""
        return bool(self._running or self._reading or self._waiting)

    def trace(self, request: Request, onto: str | None = None) -> "Run":
        """Asks for a trace. Iterate the answer to receive its steps; close it to cancel.

        Args:
            request: what to generate.
            onto: the id of a trace whose prompt and completion the request continues; its steps are added there.

        Raises:
            PlaygroundError: the request is over a limit. Nothing was changed.
        """
        check(request, self.model, self.limits)
        extras = self.model.extra_processors(len(request.prompt_ids))
        loop = asyncio.get_running_loop()
        mail: asyncio.Queue[_Mail] = asyncio.Queue()

        def post(item: _Mail) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(mail.put_nowait, item)

        with self._news:
            if self._closed:
                raise PlaygroundError("The server is shutting down. Start it again to generate.")
            if len(self._waiting) >= self.limits.waiting:
                raise PlaygroundError(
                    f"{self.limits.waiting} requests are waiting already, which is the limit. "
                    "Try again in a moment, or start the server with a higher --max-waiting."
                )
            if onto is not None:
                self.store.mark(onto, None)
            trace_id = onto or self.store.open(Trace(self.model.name, request.prompt_ids, request.settings))
            row = _Row(request, trace_id, post, extras)
            self._waiting.append(row)
            self._news.notify()
        return Run(self, row, mail)

    def stop(self, trace_id: str) -> None:
        """Ends a running trace after its current step, with the reason "stopped". Otherwise does nothing."""
        with self._news:
            for row in [*self._waiting, *self._reading, *self._running]:
                if row.trace_id == trace_id:
                    row.stopped = True
            self._news.notify()

    async def call(self, work: Callable[[LanguageModel], Any]) -> Any:
        """`work(model)`, done on the engine's thread between two steps, so it should be short."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()

        def run() -> None:
            try:
                done = (answer.set_result, work(self.model))
            except Exception as error:
                done = (answer.set_exception, error)
            if not loop.is_closed():
                loop.call_soon_threadsafe(lambda: answer.cancelled() or done[0](done[1]))

        with self._news:
            self._calls.append(run)
            self._news.notify()
        return await answer

    async def logits(self, trace_id: str, index: int) -> torch.Tensor:
        """(vocab,) raw logits of one recorded step; computed again if the store let them go.

        Raises:
            PlaygroundError: no such trace or step.
        """
        step = self.store.step(trace_id, index)
        if step is not None:
            return step.logits
        ids = self.store.ids_before(trace_id, index)
        return await self.call(lambda model: model.next_logits(ids))

    # on the thread

    def _run(self) -> None:
        while True:
            with self._news:
                self._news.wait_for(lambda: self._closed or self._calls or self.busy)
                if self._closed:
                    break
                calls = list(self._calls)
                self._calls.clear()
                self._dismiss()
                self._admit()
            for run in calls:
                run()
            self._read()
            if self._running:
                self._advance()
        for row in [*self._running, *self._reading, *self._waiting]:
            row.post(PlaygroundError("The server is shutting down. Start it again to generate."))

    def _dismiss(self) -> None:
        """Takes out the rows nobody waits for, and those a user stopped."""
        for row in [*self._waiting, *self._reading, *self._running]:
            if row.stopped:
                self._finish(row, "stopped")
        lines = len(self._waiting)
        self._waiting = deque(row for row in self._waiting if not row.done)
        self._reading = deque(row for row in self._reading if not row.done)
        if lines != len(self._waiting):
            self._tell_places()
        self._part()

    def _admit(self) -> None:
        admitted = False
        while self._waiting and self._has_room(self._waiting[0]):
            self._reading.append(self._waiting.popleft())
            admitted = True
        if admitted or self._waiting:
            self._tell_places()

    def _has_room(self, row: "_Row") -> bool:
        active = [*self._running, *self._reading]
        longest = max([row.full_length, *(other.full_length for other in active)])
        fits = (len(active) + 1) * longest <= self.limits.batch_tokens
        return not active or (len(active) < self.limits.rows and fits)

    def _tell_places(self) -> None:
        for place, row in enumerate(self._waiting, start=1):
            if row.place != place:
                row.place = place
                row.post(Waiting(place))

    def _read(self) -> None:
        """Reads one slice: of a long prompt, or of several short ones, whose rows so start together."""
        room = SLICE_TOKENS
        while self._reading and room > 0:
            row = self._reading[0]  # it stays in sight of `stop` until it runs
            start, end = row.cache.get_seq_length(), len(row.ids) - 1
            stop = min(end, start + room)
            room -= max(1, stop - start)
            try:
                if start < stop:
                    self.model.prefill(row.ids[start:stop], row.cache)
                if stop < end:
                    self._reading.rotate(-1)
                    return
                if end == 0:
                    self._first_of_one(row)
                if not row.done:
                    self._batch.join(row.cache)
                    self._running.append(row)
            except Exception as error:
                self._fail(row, error)
            self._reading.popleft()

    def _first_of_one(self, row: "_Row") -> None:
        """The first step of a prompt of one token: there is no cache yet that could be padded."""
        seen = self.model.step(row.ids, [0], None, row.cache)
        attention = None if seen.attention is None else seen.attention[:, 0]
        self._take(row, seen.logits[0], attention, _choose([row], seen.logits)[0])

    def _advance(self) -> None:
        """One token for every running row."""
        rows = self._running
        try:
            seen = self._batch.step(self.model, [row.ids[-1] for row in rows])
        except Exception as error:
            # Too large a batch is the likely cause, so the newest row gives way and the others go on.
            self._fail(rows[-1], error)
            self._part()
            return
        alike: dict[str, list[int]] = {}
        for place, row in enumerate(rows):
            alike.setdefault(row.processing_key, []).append(place)
        for places in alike.values():
            self._choose_and_take([rows[place] for place in places], places, seen)
        self._part()

    def _choose_and_take(self, rows: list["_Row"], places: list[int], seen: Observation) -> None:
        logits = seen.logits[places]
        try:
            drawn: list[Draw | Exception] = list(_choose(rows, logits))
        except Exception as error:
            if len(rows) == 1:
                self._fail(rows[0], error)
                return
            for row, place in zip(rows, places, strict=True):
                self._choose_and_take([row], [place], seen)
            return
        for row, place, choice in zip(rows, places, drawn, strict=True):
            attention = None
            if seen.attention is not None:
                attention = seen.attention[:, place, :, -len(row.ids) :]
            self._take(row, seen.logits[place], attention, choice)

    def _take(self, row: "_Row", logits: torch.Tensor, attention: torch.Tensor | None, choice: Draw) -> None:
        """Records one step of one row, tells its reader, and ends the row if it is complete."""
        now = time.perf_counter()
        step = Step(
            index=row.completed,
            logits=logits.clone(),
            token_id=choice.token_id,
            draw=row.u if row.request.settings.strategy == "sample" else None,
            probability=choice.probability,
            kept=choice.kept,
            attention=None if attention is None else attention.clone(),
            seconds=now - row.last,
        )
        row.last = now
        row.ids.append(choice.token_id)
        row.taken += 1
        self.store.append(row.trace_id, step)
        row.post(step)
        reason = self._stop_reason(row)
        if reason is not None:
            self._finish(row, reason)

    def _stop_reason(self, row: "_Row") -> str | None:
        settings = row.request.settings
        if row.ids[-1] in self.model.eos_token_ids:
            return "end_token"
        if settings.stop_strings:
            text = self.model.decode(row.ids[len(row.request.prompt_ids) :])
            if any(stop in text for stop in settings.stop_strings):
                return "stop_string"
        if row.completed >= settings.max_new_tokens:
            return "length"
        if len(row.ids) >= self.model.window:
            return "window"
        return "stopped" if row.taken == row.request.max_steps else None

    def _finish(self, row: "_Row", reason: str) -> None:
        row.done = True
        self.store.mark(row.trace_id, reason)
        row.post(None)

    def _fail(self, row: "_Row", error: Exception) -> None:
        row.done = True
        self.store.mark(row.trace_id, "stopped")
        if not isinstance(error, PlaygroundError):
            log.error("a row failed; the others go on", exc_info=error)
        row.post(error)

    def _part(self) -> None:
        """Frees the places of the rows that are done."""
        left = [place for place, row in enumerate(self._running) if not row.done]
        if len(left) < len(self._running):
            self._batch.keep(left)
            self._running = [self._running[place] for place in left]


_Mail = Step | Waiting | Exception | None


@dataclass(eq=False)
class _Row:
    """One request on its way through the engine. Only the thread changes it, but for `stopped`."""

    request: Request
    trace_id: str
    post: Callable[[_Mail], None]
    extras: tuple[ExtraProcessor, ...]
    ids: list[int] = field(init=False)
    cache: DynamicCache = field(default_factory=DynamicCache)
    last: float = field(default_factory=time.perf_counter)
    taken: int = 0
    place: int = 0
    stopped: bool = False
    done: bool = False

    def __post_init__(self) -> None:
        self.ids = [*self.request.prompt_ids, *self.request.completion_ids]
        own = f" {self.trace_id}" if self.extras else ""
        self.processing_key = repr(self.request.settings.processing()) + own

    @property
    def completed(self) -> int:
        """Tokens of the completion so far."""
        return len(self.ids) - len(self.request.prompt_ids)

    @property
    def u(self) -> float:
        """The random number of the step being made."""
        return uniform(self.request.settings.seed, self.completed)

    @property
    def full_length(self) -> int:
        """Tokens at the end, should nothing stop it before."""
        return len(self.request.prompt_ids) + self.request.settings.max_new_tokens


class Run:
    """A request under way: an async iterator of `Waiting` and `Step`. It ends when the trace has a stop reason."""

    def __init__(self, engine: Engine, row: _Row, mail: asyncio.Queue) -> None:
        self._engine = engine
        self._row = row
        self._mail = mail

    @property
    def trace_id(self) -> str:
        """The id of its trace in the engine's store."""
        return self._row.trace_id

    def close(self) -> None:
        """Cancels what is left; the row's place is free before the next step. Closing twice is fine."""
        if not self._row.done:
            self._engine.stop(self.trace_id)

    async def __aiter__(self) -> AsyncIterator[Step | Waiting]:
        while True:
            item = await self._mail.get()
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            yield item


def _choose(rows: Sequence[_Row], logits: torch.Tensor) -> list[Draw]:
    """One token for each of `rows`, which share their processing; `logits` (rows, vocab)."""
    if not bool((logits < torch.inf).all()):
        raise PlaygroundError(
            "The model returned numbers that are infinite or not numbers (NaN). Start the server with --dtype float32."
        )
    settings = rows[0].request.settings
    ids = [row.ids for row in rows]
    for name, scores in batch_stages(logits, ids, settings.processing(), rows[0].extras):
        if name not in SAMPLING_ONLY and bool((scores.amax(-1) == -torch.inf).any()):
            raise PlaygroundError(
                "These settings leave no token to choose from. Lower no_repeat_ngram_size or switch it off."
            )
    if settings.strategy == "greedy":
        return [pick_greedy(row) for row in scores]
    return [draw(scores[place], row.u) for place, row in enumerate(rows)]
