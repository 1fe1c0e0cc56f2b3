"""Writes texts on the thread that owns the model. Every running trace advances by one token in each shared forward.

Knows the model, processors and traces. Does not know pages, the meaning of prompts or how a request reached the server.
Requests come from asyncio. The thread sends its results to them through `loop.call_soon_threadsafe`.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Any

from playground import visitor
from playground.engine.any_engine import AnyEngine
from playground.engine.errands import SHUTTING_DOWN, Job, reading
from playground.engine.line import gives_way, in_turn, refuse_excess, tell_places
from playground.engine.lookups import Lookups
from playground.engine.outbox import Outbox
from playground.engine.peers import Peers
from playground.engine.prompt_line import PromptLine
from playground.engine.request import Limits, Request, check
from playground.engine.row import Mail, Row, has_room
from playground.engine.run import Run, begun
from playground.engine.running import Running
from playground.engine.speed import Speed
from playground.errors import PlaygroundError
from playground.models.caches import Caches
from playground.models.language_model import LanguageModel
from playground.models.prompt_ids import PromptIds
from playground.models.threads import ThreadCount, most_threads, use_here
from playground.traces.store import TraceStore
from playground.traces.trace import Step

CACHE_BYTES = 512 * 2**20


class Engine(AnyEngine):
    """Writes texts with one model of this process, and does other work on it between their steps.

    Args:
        model: the model.
        store: the store that keeps running and finished traces.
        limits: the bounds over which a request is refused.
        cache_bytes: the memory for the key/value caches of traces that ended or paused.
        peers: the engines beside which this one runs: they share visitors, whose requests are counted in all of them,
            and the device, on which they take turns. A lone engine has none.
        speed: where tokens are counted, which engines may share.

    Attributes:
        threads: the number of threads that a step computes with.
    """

    def __init__(
        self,
        model: LanguageModel,
        store: TraceStore,
        limits: Limits | None = None,
        cache_bytes: int = CACHE_BYTES,
        peers: "Peers[Engine] | None" = None,
        speed: Speed | None = None,
    ) -> None:
        self.caches = Caches(cache_bytes)
        super().__init__(model, store, limits, peers, self.caches.clear)
        self.speed = speed or Speed()
        self.threads = ThreadCount(most_threads() if model.device == "cpu" else 1, use_here)
        self._rows: dict[Row, None] = {}  # all rows that have not ended: waiting, read or running
        forget = lambda row: self._rows.pop(row, None)  # noqa: E731
        self._running = Running(model, store, self.caches, self.speed, self.threads, self._relief, forget)
        self._reading = PromptLine(model, self._relief, self._running.fail)
        self._waiting: list[Row] = []
        self._outbox = Outbox()
        self.lookups = Lookups(self._errands.work, self.held, self.caches.beginning_of, store, self.limits.look_bytes)
        self.memory |= {"caches": lambda: self.caches.nbytes, "lookups": lambda: self.lookups.nbytes}
        self._has_gone_traces = False
        self._peers.join(self)

    @property
    def busy(self) -> bool:
        return bool(self._rows)

    def rows(self) -> tuple[int, int]:
        """Returns the number of texts under way, and the number of texts that wait for a place."""
        return len(self._active), len(self._waiting)

    @property
    def _active(self) -> list[Row]:
        return [*self._running.rows, *self._reading.rows]

    def trace(self, request: Request, onto: str | None = None, known: Step | None = None) -> Run:
        check(request, self.model, self.limits)
        return self._enter(request, onto, known)

    def _enter(self, request: Request, onto: str | None = None, known: Step | None = None) -> Run:
        prompt = PromptIds(request.prompt_ids, request.source_ids)
        extras = self.model.extra_processors(prompt, request.settings.max_new_tokens)
        mail: asyncio.Queue[Mail] = asyncio.Queue()
        post = partial(self._outbox.put, asyncio.get_running_loop(), mail.put_nowait)
        with self._news:
            if self._closed:
                raise PlaygroundError(SHUTTING_DOWN, status=503)
            asker = visitor.current.get()
            waiting = [row for one in self._peers.members for row in one._waiting]
            refuse_excess(request.background, asker, waiting, self._active, self.limits)
            if onto is not None:
                self.store.mark(onto, None)
            trace_id = onto or self.store.open(begun(request, self.model.name))
            trace = self.store.get(trace_id)
            surprises = [step.surprise for step in trace.steps[: len(request.completion_ids)]]
            row = Row(request, trace_id, post, extras, known, asker, trace.settings, surprises)
            self._rows[row] = None
            self._waiting.append(row)
            self._news.notify()
        return Run(row, mail, self.stop)

    def stop(self, trace_id: str) -> None:
        with self._news:
            for row in list(self._rows):
                if row.trace_id == trace_id:
                    row.stopped = True
            self._news.notify()

    async def work(self, job: Job, source_ids: Sequence[int] = ()) -> Any:
        """Returns what the generator `job(model)` returns, as any worker.

        Args:
            source_ids: what the encoder reads of the job's text; empty for a decoder-only model.

        Raises:
            PlaygroundError: the job reads a text with a model that has an encoder, and names no source.
        """
        return await super().work(reading(source_ids, job))

    def _tell_gone(self) -> None:
        with self._news:
            self._has_gone_traces = True
            self._news.notify()
        super()._tell_gone()

    # on the thread

    def _has_work(self) -> bool:
        return super()._has_work() or self.busy or self._has_gone_traces

    def _do_turn(self) -> None:
        try:
            with self._news:
                has_gone_traces, self._has_gone_traces = self._has_gone_traces, False
                self._dismiss()
                self._admit()
            self._outbox.send()
            if has_gone_traces:
                self.caches.keep_only(self.store.holds)
            self._errands.do(writers=len({row.visitor for row in list(self._rows) if not row.request.background}))
        except Exception as error:
            self._give_up(list(self._rows), error)
        try:
            self._read()
            self._outbox.send()
            if self._running.rows:
                self._reading.count_step()
                self._running.advance()
        except Exception as error:
            self._give_up(self._active, error)
        self._outbox.send()

    def _give_up(self, rows: list[Row], error: Exception) -> None:
        """Ends these rows with an unexpected error. The thread goes on with an empty batch."""
        for row in rows:
            if not row.done:
                self._running.fail(row, error)
        self._running.clear()
        self._reading.rows.clear()
        with self._news:
            self._waiting = [row for row in self._waiting if not row.done]

    def _end(self) -> None:
        self._peers.leave(self)
        super()._end()
        for row in list(self._rows):
            row.post(PlaygroundError(SHUTTING_DOWN, status=503))
        self._outbox.send()

    def _dismiss(self) -> None:
        """Removes the rows that were stopped, by a user or because their reader has left."""
        for row in list(self._rows):
            if row.stopped:
                self._running.finish(row, "stopped")
        lines = len(self._waiting)
        self._waiting = [row for row in self._waiting if not row.done]
        self._reading.rows = deque(row for row in self._reading.rows if not row.done)
        if lines != len(self._waiting):
            tell_places(self._waiting)
        self._running.part()

    def _admit(self) -> None:
        if not self._waiting:
            return
        if any(not row.request.background for row in self._waiting):
            surplus = [row for row in self._active if row.request.background][self.limits.background_rows :]
            self._put_back(surplus, 0)
        self._waiting = in_turn(self._waiting, [row for one in self._peers.members for row in one._active])
        admitted = False
        while self._waiting:
            if has_room(self._waiting[0], self._active, self.limits):
                self._reading.rows.append(self._waiting.pop(0))
                admitted = True
            elif (other := gives_way(self._waiting[0], self._active, self._running.rows)) is not None:
                self._put_back([other], 1)
            else:
                break
        if admitted or self._waiting:
            tell_places(self._waiting)

    def _put_back(self, rows: list[Row], place: int) -> None:
        """Puts active rows back in line, at this place. They keep their caches."""
        self._running.take_out(rows)
        self._reading.rows = deque(row for row in self._reading.rows if row not in rows)
        self._waiting[place:place] = rows

    def _read(self) -> None:
        """Reads one slice of the unread sources and prompts. The rows whose prompt is now read join the batch."""
        for row in self._reading.rows:
            if row.cache is None:
                self._running.begin(row)
        read = self._reading.read(self._running.rows)
        self._running.join(read)
        self._running.lend(self._reading.rows, read)
