"""The one thread that owns the model: every running trace advances by one token per shared forward.

Knows the model, processors and traces. Does not know pages, prompts' meaning or the protocol they came by.
Requests come from asyncio; what happens on the thread reaches them through `loop.call_soon_threadsafe`.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

import torch
from transformers import DynamicCache

from playground import visitor
from playground.engine.batch import Batch
from playground.engine.choice import choose
from playground.engine.errands import SHUTTING_DOWN, Errands, Job, Work, tell
from playground.engine.line import gives_way, in_turn, refuse_excess
from playground.engine.lookups import Lookups, Seen
from playground.engine.prompt_line import PromptLine
from playground.engine.request import Limits, Request, Waiting, check
from playground.engine.row import Choice, Mail, Row, has_room, stop_reason
from playground.engine.run import Run
from playground.engine.speed import Memory, Speed
from playground.errors import PlaygroundError
from playground.models.caches import Caches
from playground.models.language_model import LanguageModel, Observation
from playground.models.threads import ThreadCount
from playground.traces.store import TraceStore
from playground.traces.trace import Step, Trace

log = logging.getLogger(__name__)

CACHE_BYTES = 512 * 2**20


class Engine:
    """Runs requests on one model. Start it before use, close it after.

    Args:
        model: owned by the engine's thread from `start` on; ask through `call` for anything else.
        store: where finished and running traces are kept.
        limits: what is refused, with a sentence.
        cache_bytes: for the key/value caches of traces that ended or paused.

    Attributes:
        failure: what ended the thread before `close`, None as long as it lives.
        threads: how many threads a step computes with.
        on_failure: called on the thread when that happens. Whoever serves the engine stops then.
    """

    def __init__(
        self,
        model: LanguageModel,
        store: TraceStore,
        limits: Limits | None = None,
        cache_bytes: int = CACHE_BYTES,
    ) -> None:
        self.model = model
        self.store = store
        self.limits = limits or Limits()
        self.caches = Caches(cache_bytes)
        self.speed = Speed()
        self.memory = Memory(traces=lambda: store.nbytes, caches=lambda: self.caches.nbytes)
        store.on_gone.append(self._forget_caches)
        self._batch = Batch()
        self._rows: dict[Row, None] = {}  # each row from its request to its end, wherever the thread has it now
        self._running: list[Row] = []
        self._reading = PromptLine(model, self._fail)
        self._waiting: list[Row] = []
        self.threads = ThreadCount(torch.get_num_threads() if model.device == "cpu" else 1, torch.set_num_threads)
        self._news = threading.Condition()
        self._errands = Errands(model, self._news)
        self.lookups = Lookups(self.work, self.caches.beginning_of)
        self.memory["lookups"] = lambda: self.lookups.nbytes
        self._closed = False
        self.failure: BaseException | None = None
        self.on_failure: Callable[[], None] = lambda: None
        self._has_gone_traces = False
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
        return bool(self._rows)

    def rows(self) -> tuple[int, int]:
        """Texts under way, and texts that wait for a place."""
        return len(self._active), len(self._waiting)

    @property
    def _active(self) -> list[Row]:
        return [*self._running, *self._reading.rows]

    def trace(self, request: Request, onto: str | None = None, known: Step | None = None) -> Run:
        """Asks for a trace. Iterate the answer to receive its steps; close it to cancel.

        Args:
            request: what to generate.
            onto: the id of a trace whose prompt and completion the request continues; its steps are added there.
            known: the step that the first forced token takes the place of, if it was observed already.

        Raises:
            PlaygroundError: the request is over a limit. Nothing was changed.
        """
        check(request, self.model, self.limits)
        return self._enter(request, onto, known)

    def _enter(self, request: Request, onto: str | None = None, known: Step | None = None) -> Run:
        extras = self.model.extra_processors(len(request.prompt_ids))
        loop = asyncio.get_running_loop()
        mail: asyncio.Queue[Mail] = asyncio.Queue()

        def post(item: Mail) -> None:
            tell(loop, mail.put_nowait, item)

        with self._news:
            if self._closed:
                raise PlaygroundError(SHUTTING_DOWN, status=503)
            asker = visitor.current.get()
            refuse_excess(request.background, asker, self._waiting, self._active, self.limits)
            if onto is not None:
                self.store.mark(onto, None)
            trace_id = onto or self.store.open(Trace(self.model.name, request.prompt_ids, request.settings))
            row = Row(request, trace_id, post, extras, known, asker)
            self._rows[row] = None
            self._waiting.append(row)
            self._news.notify()
        return Run(row, mail, self.stop)

    def stop(self, trace_id: str) -> None:
        """Ends a running trace after its current step, with the reason "stopped". Otherwise does nothing."""
        with self._news:
            for row in list(self._rows):
                if row.trace_id == trace_id:
                    row.stopped = True
            self._news.notify()

    async def call(self, work: Work) -> Any:
        """`work(model)`, done on the engine's thread between two steps, so it should be short."""
        return await self._errands.call(work)

    async def work(self, job: Job) -> Any:
        """What the generator `job(model)` returns. It runs on the engine's thread, up to its next `yield` at a time.

        Between two steps of the running texts one piece of one job is done, so a piece should be as short as a slice
        of a prompt. Nothing of the model may be left changed at a `yield`: others use it next, and who waits may leave.
        """
        return await self._errands.work(job)

    async def look(self, trace_id: str, index: int) -> Seen:
        """One step of a trace, below 0 a token of its prompt; computed again if the store has given it up.

        Raises:
            PlaygroundError: no such trace or step.
        """
        step = self.store.step(trace_id, index)
        if step is not None:
            return Seen(step.logits, step.attention, is_recomputed=False)
        return await self.observe(self.store.ids_before(trace_id, index))

    async def observe(self, ids: tuple[int, ...]) -> Seen:
        """What follows `ids`: logits and attention, computed beside the running texts and kept for a while."""
        return await self.lookups.after(ids)

    def _forget_caches(self) -> None:
        with self._news:
            self._has_gone_traces = True
            self._news.notify()

    # on the thread

    def _run(self) -> None:
        """Works until `close`. An error inside a turn fails the rows it may have touched, and the thread goes on."""
        try:
            while self._take_turn():
                pass
        except BaseException as error:
            log.critical("The thread that owns the model ended with an error.", exc_info=error)
            self.failure = error
        self._end()

    def _take_turn(self) -> bool:
        """One step of everything that runs. Whether there is another turn."""
        with self._news:
            self._news.wait_for(lambda: self._closed or self._errands or self.busy or self._has_gone_traces)
            if self._closed:
                return False
            has_gone_traces, self._has_gone_traces = self._has_gone_traces, False
        try:
            with self._news:
                self._dismiss()
                self._admit()
            if has_gone_traces:
                self.caches.keep_only(self.store.holds)
            self._errands.do(writers=len({row.visitor for row in list(self._rows) if not row.request.background}))
        except Exception as error:
            self._give_up(list(self._rows), error)
        try:
            self._read()
            if self._running:
                self._advance()
        except Exception as error:
            self._give_up(self._active, error)
        return True

    def _give_up(self, rows: list[Row], error: Exception) -> None:
        """After a fault of ours: these rows end with the error, and the thread goes on with an empty batch."""
        for row in rows:
            if not row.done:
                self._fail(row, error)
        self._batch = Batch()
        self._running.clear()
        self._reading.rows.clear()
        with self._news:
            self._waiting = [row for row in self._waiting if not row.done]

    def _end(self) -> None:
        """Refuses all that is left and all that comes, and reports a failure."""
        with self._news:
            self._closed = True
        self._errands.close()
        for row in list(self._rows):
            row.post(PlaygroundError(SHUTTING_DOWN, status=503))
        if self.failure is not None:
            self.on_failure()

    def _dismiss(self) -> None:
        """Takes out the rows nobody waits for, and those a user stopped."""
        for row in list(self._rows):
            if row.stopped:
                self._finish(row, "stopped")
        lines = len(self._waiting)
        self._waiting = [row for row in self._waiting if not row.done]
        self._reading.rows = deque(row for row in self._reading.rows if not row.done)
        if lines != len(self._waiting):
            self._tell_places()
        self._part()

    def _admit(self) -> None:
        if any(not row.request.background for row in self._waiting):
            surplus = [row for row in self._active if row.request.background][self.limits.background_rows :]
            self._put_back(surplus, 0)
        self._waiting = in_turn(self._waiting, self._active)
        admitted = False
        while self._waiting:
            if has_room(self._waiting[0], self._active, self.limits):
                self._reading.rows.append(self._waiting.pop(0))
                admitted = True
            elif (other := gives_way(self._waiting[0], self._active, self._running)) is not None:
                self._put_back([other], 1)
            else:
                break
        if admitted or self._waiting:
            self._tell_places()

    def _put_back(self, rows: list[Row], place: int) -> None:
        """Puts active rows back in line, at this place. What the model has read of them is kept."""
        for at, row in enumerate(self._running):
            if row in rows:
                row.cache = self._batch.cache_of(at)
        self._keep([at for at, row in enumerate(self._running) if row not in rows])
        self._reading.rows = deque(row for row in self._reading.rows if row not in rows)
        self._waiting[place:place] = rows

    def _tell_places(self) -> None:
        for place, row in enumerate(self._waiting, start=1):
            if row.place != place:
                row.place = place
                row.post(Waiting(place))

    def _read(self) -> None:
        """Reads one slice of what waits to be read; the rows whose prompt is read join the batch."""
        for row in self._reading.rows:
            if row.cache is None:
                self._begin(row)
        for row in self._reading.read(self._running):
            try:
                self._join(row)
            except Exception as error:
                self._fail(row, error)

    def _begin(self, row: Row) -> None:
        """Gives a row what need not be computed: the step it forks at, and what some other text has read already."""
        row.cache = DynamicCache()
        try:
            if row.known is not None:
                choice = choose([row], row.known.logits[None])[0]
                self._take(row, row.known.logits, row.known.attention, choice)
            if not row.done:
                row.cache = self.caches.beginning_of(row.ids)
        except Exception as error:
            self._fail(row, error)

    def _join(self, row: Row) -> None:
        if len(row.ids) == 1:
            self._first_of_one(row)
        if not row.done:
            self._batch.join(row.cache)
            self._running.append(row)

    def _first_of_one(self, row: Row) -> None:
        """The first step of a prompt of one token: there is no cache yet that could be padded."""
        seen = self.model.step(row.ids, [0], None, row.cache)
        attention = None if seen.attention is None else seen.attention[:, 0]
        self._observe(row, seen.logits[0], attention, choose([row], seen.logits)[0])

    def _advance(self) -> None:
        """One token for every running row."""
        self._reading.count_step()
        rows = self._running
        try:
            with self.threads.step(len(rows)):
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

    def _choose_and_take(self, rows: list[Row], places: list[int], seen: Observation) -> None:
        logits = seen.logits[places]
        try:
            chosen = choose(rows, logits)
        except Exception as error:
            if len(rows) == 1:
                self._fail(rows[0], error)
                return
            for row, place in zip(rows, places, strict=True):
                self._choose_and_take([row], [place], seen)
            return
        for row, place, choice in zip(rows, places, chosen, strict=True):
            attention = None if seen.attention is None else seen.attention[:, place, :, -len(row.ids) :]
            self._observe(row, seen.logits[place], attention, choice)

    def _observe(self, row: Row, logits: torch.Tensor, attention: torch.Tensor | None, choice: Choice) -> None:
        """Takes a step from parts of a shared forward, which a view would keep whole."""
        kept = None if attention is None or row.request.background else attention.clone()
        self._take(row, logits.clone(), kept, choice)

    def _take(self, row: Row, logits: torch.Tensor, attention: torch.Tensor | None, choice: Choice) -> None:
        """Records one step of one row, tells its reader, and ends the row if it is complete."""
        step = row.take(logits, attention, choice)
        if not row.request.background:
            self.store.append(row.trace_id, step)
        row.post(step)
        self.speed.record(step.seconds if row.taken == 1 and row.keeps_cache else None)
        reason = stop_reason(row, self.model)
        if reason is not None:
            self._finish(row, reason)

    def _finish(self, row: Row, reason: str) -> None:
        self._rows.pop(row, None)
        row.done = True
        self.store.mark(row.trace_id, reason)
        row.post(None)

    def _fail(self, row: Row, error: Exception) -> None:
        self._rows.pop(row, None)
        row.done, row.keeps_cache = True, False
        self.store.mark(row.trace_id, "stopped")
        if not isinstance(error, PlaygroundError):
            log.error("a row failed; the others go on", exc_info=error)
        row.post(error)

    def _part(self) -> None:
        """Frees the places of the rows that are done; what they read is kept while their trace is."""
        for place, row in enumerate(self._running):
            if row.done and row.keeps_cache and self.store.holds(row.trace_id):
                self.caches.put(row.trace_id, row.ids[: self._batch.lengths[place]], self._batch.cache_of(place))
        self._keep([place for place, row in enumerate(self._running) if not row.done])

    def _keep(self, places: list[int]) -> None:
        """Leaves only the running rows in these places."""
        if len(places) < len(self._running):
            self._batch.keep(places)
            self._running = [self._running[place] for place in places]
