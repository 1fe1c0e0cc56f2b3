"""Runs the rows that share one forward. Each step is recorded, sent to its reader, and may end its row.

Knows the model, the store and the caches. Does not know who waits, nor how the thread shares its time.
"""

import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial

import torch
from transformers import DynamicCache

from playground.engine.batch import Batch
from playground.engine.choice import choose
from playground.engine.device_faults import DeviceLost, Relief, is_lost
from playground.engine.first_check import beginnings_may_be_shared
from playground.engine.lending import lend
from playground.engine.row import Choice, Row, Tensors, stop_reason
from playground.engine.speed import Speed
from playground.errors import PlaygroundError, first_sentence
from playground.models.cache_layers import part, unchanged_on_error
from playground.models.caches import Caches
from playground.models.forward import Observation
from playground.models.language_model import LanguageModel
from playground.models.threads import ThreadCount
from playground.models.word_ids import words_of
from playground.traces.store import TraceStore

log = logging.getLogger(__name__)

STATE_EVERY = 128
"""The tokens between two places of a running text whose states are kept, so that a fork need not read all before it."""


class Running:
    """The rows of the batch. Only the engine's thread uses it.

    Args:
        model: the model that computes the steps.
        store: keeps the steps.
        caches: keeps the key/value caches of rows that ended.
        speed: counts tokens.
        threads: the number of threads that a step computes with.
        relief: makes room on the device where it is needed.
        ended: called with every row that ends.

    Attributes:
        rows: the rows in the order of the batch.
    """

    def __init__(
        self,
        model: LanguageModel,
        store: TraceStore,
        caches: Caches,
        speed: Speed,
        threads: ThreadCount,
        relief: Relief,
        ended: Callable[[Row], object],
    ) -> None:
        self.rows: list[Row] = []
        self._model = model
        self._store = store
        self._caches = caches
        self._speed = speed
        self._threads = threads
        self._relief = relief
        self._ended = ended
        self._batch = self._empty()

    def _empty(self) -> Batch:
        return Batch(lambda: beginnings_may_be_shared(self._model))

    def begin(self, row: Row) -> None:
        """Gives a row what is computed already: the step at which it forks, and a cache of the beginning it shares.

        It gets no cache if the encoder has not read its source.
        """
        source = row.request.source_ids
        try:
            if row.known is not None:
                known = Tensors(row.known.held_logits, row.known.attention, row.known.source_attention)
                choice = self._choose([row], [0], known.logits[None])[0]
                if isinstance(choice, PlaygroundError):
                    raise choice
                self._take(row, known, choice)
                row.known = None
            if not row.done:
                found = self._relief.spared(lambda: self._caches.beginning_of(row.ids, source))
                row.cache = self._model.reading(source).ready_cache() if found is None else found
        except Exception as error:
            self.fail(row, error)
        self.lend([row], self.rows)

    def lend(self, unread: Iterable[Row], running: Sequence[Row]) -> None:
        """Gives rows what running rows have read of their prompts: see `lending`."""
        if not self._model.has_states:
            lend(unread, [row for row in running if row in self.rows], self.rows, self._batch, self._relief)

    def join(self, rows: Sequence[Row]) -> None:
        """Adds rows of which all tokens but the last are read, or those that are left to `LanguageModel.begin`.

        A decoder that has only its start token makes its first step with the others.
        """
        for row in rows:
            if not row.is_read and not row.has_only_its_start:
                try:
                    self._begin_alone(row)
                except Exception as error:
                    self.fail(row, error)
        begun = [row for row in rows if not row.done]
        try:
            self._join(begun)
        except Exception as error:
            if len(begun) == 1:
                self.fail(begun[0], error)
                return
            for row in begun:  # perhaps there is room for some of them
                self.join([row])

    def _join(self, rows: Sequence[Row]) -> None:
        if rows:
            lengths = [*self._batch.lengths, *(row.own_cache.get_seq_length() for row in rows)]
            texts = [row.ids[:length] for row, length in zip([*self.rows, *rows], lengths, strict=True)]
            self._relief(lambda: self._batch.join([row.own_cache for row in rows], texts))
        for row in rows:
            row.cache = None  # the batch holds the keys and values now
            self.rows.append(row)

    def _keep_for_later(self, row: Row, ids: Sequence[int], cache: DynamicCache) -> None:
        """Keeps the cache of a prompt that is read so far, if it could not be cut out of a later one."""
        if self._model.has_states and row.keeps_cache and ids:
            self._put_away(row, ids, lambda: part(cache, 0, 0, len(ids), owned=True))

    def _put_away(self, row: Row, ids: Sequence[int], made: Callable[[], DynamicCache]) -> None:
        """Keeps the cache that `made` copies, unless states of the same ids are kept, such as those it goes on from."""
        source = row.request.source_ids
        if self._model.has_states and self._caches.share(row.trace_id, ids, source):
            return
        cache = self._relief.spared(made)
        if cache is not None:
            self._caches.put(row.trace_id, ids, cache, source)

    def _begin_alone(self, row: Row) -> None:
        """Makes the first step of a row alone.

        Its only token has no cache that could be padded yet, or its model reads a prompt's last tokens at once.
        """
        cache = row.own_cache
        start = cache.get_seq_length()
        self._keep_for_later(row, row.ids[:start], cache)

        def begin() -> Observation:
            with unchanged_on_error(cache):
                return self._model.begin(row.ids[start:], cache, attention=row.keeps_attention)

        seen = self._relief(begin)
        self._keep_for_later(row, row.ids, cache)
        self._observe(row, _of_row(seen, 0, 0, row), self._choose([row], [0], seen.logits)[0])

    def advance(self) -> None:
        """Adds one token to every running row."""
        rows = self.rows
        try:
            with self._threads.step(len(rows)):
                seen = self._relief(lambda: self._step(rows))
        except Exception as error:
            # The likely cause is memory that is full in spite of the relief. Only the row that loses least fails.
            self.fail(min(rows, key=lambda row: row.taken), error)
            self.part()
            return
        self._take_all(rows, seen, self._shown)
        self.part()

    def _take_all(self, rows: list[Row], seen: Observation, shown: list[int]) -> None:
        """Chooses a token for each row of a forward. `shown` are the rows whose attention it returned."""
        alike: dict[str, list[int]] = {}
        for place, row in enumerate(rows):
            alike.setdefault(row.processing_key, []).append(place)
        for places in alike.values():
            self._choose_and_take([rows[place] for place in places], places, seen, shown)

    def _step(self, rows: list[Row]) -> Observation:
        return self._batch.step(self._model, [row.ids[-1] for row in rows], self._shown)

    @property
    def _shown(self) -> list[int]:
        """The places of the rows at whose attention somebody may look."""
        return [place for place, row in enumerate(self.rows) if row.keeps_attention]

    def _choose_and_take(self, rows: list[Row], places: list[int], seen: Observation, shown: list[int]) -> None:
        try:
            chosen = self._choose(rows, places, seen.logits)
        except Exception as error:
            if len(rows) == 1:
                self.fail(rows[0], error)
                return
            for row, place in zip(rows, places, strict=True):
                self._choose_and_take([row], [place], seen, shown)
            return
        for row, place, choice in zip(rows, places, chosen, strict=True):
            at = shown.index(place) if place in shown else None
            try:
                self._observe(row, _of_row(seen, place, at, row), choice)
            except Exception as error:
                self.fail(row, error)

    def _choose(self, rows: list[Row], places: list[int], logits: torch.Tensor) -> list[Choice | PlaygroundError]:
        """Returns the choices of rows, whose logits are in these places, or the error of a row that has none."""

        def of_own() -> list[Choice | PlaygroundError]:
            own = logits if len(places) == len(logits) else logits[places]
            return choose(rows, own, words_of(self._model))

        return self._relief(of_own)

    def _observe(self, row: Row, seen: Tensors, choice: Choice | PlaygroundError) -> None:
        """Records a step with copies of its parts of a shared forward."""
        if isinstance(choice, PlaygroundError):
            raise choice
        self._take(row, self._relief(seen.owned), choice)

    def _take(self, row: Row, seen: Tensors, choice: Choice) -> None:
        """Records one step of one row, sends it to the reader, and ends the row if it is complete."""
        step = row.take(seen, choice)
        if not row.request.background:
            self._store.append(row.trace_id, step)
        row.post(step)
        self._speed.record(step.seconds if row.taken == 1 and row.keeps_cache else None)
        reason = stop_reason(row, self._model)
        if reason is not None:
            self.finish(row, reason)

    def finish(self, row: Row, reason: str) -> None:
        """Ends a row, and its trace with this reason."""
        self._ended(row)
        row.done = True
        self._store.mark(row.trace_id, reason)
        row.post(None)

    def fail(self, row: Row, error: Exception) -> None:
        """Ends a row with an error, which its reader receives.

        Raises:
            DeviceLost: after this error the device can do nothing more.
        """
        told = self._relief.explained(error)
        self._ended(row)
        row.done, row.keeps_cache = True, False
        self._store.mark(row.trace_id, "stopped")
        if not isinstance(told, PlaygroundError):
            log.error("a row failed; the others go on", exc_info=error)
        row.post(told)
        if is_lost(error):
            raise DeviceLost(first_sentence(error)) from error

    def part(self) -> None:
        """Removes the rows that are done from the batch. Their caches are kept for as long as their trace is held."""
        for place, row in enumerate(self.rows):
            length = self._batch.lengths[place]
            is_due = row.done or (self._model.has_states and length % STATE_EVERY == 0)
            if length and is_due and row.keeps_cache and self._store.holds(row.trace_id):
                self._put_away(row, row.ids[:length], partial(self._batch.cache_of, place))
        self._keep([place for place, row in enumerate(self.rows) if not row.done])

    def take_out(self, rows: Sequence[Row]) -> None:
        """Takes running rows out of the batch. What the model has read of them is kept with them, if there is room."""
        for at, row in enumerate(self.rows):
            if row in rows:
                row.cache = self._relief.spared(partial(self._batch.cache_of, at))
        self._keep([at for at, row in enumerate(self.rows) if row not in rows])

    def clear(self) -> None:
        """Empties the batch after an error that may have spoilt it."""
        self._batch = self._empty()
        self.rows.clear()

    def _keep(self, places: list[int]) -> None:
        """Keeps only the running rows in these places."""
        if len(places) < len(self.rows):
            self.rows = [self.rows[place] for place in self._batch.keep(places)]


def _of_row(seen: Observation, place: int, at: int | None, row: Row) -> Tensors:
    """Returns one row's part of a forward, without the padding of its attention.

    Args:
        place: the row's place in the batch.
        at: its place among the rows of which the attention was wanted, or None.
    """
    attention = of_source = None
    if at is not None and seen.attention is not None:
        attention = seen.attention[:, at, :, -len(row.ids) :]
    if at is not None and seen.source_attention is not None:
        of_source = seen.source_attention[:, at, :, -len(row.request.source_ids) :]
    return Tensors(seen.logits[place], attention, of_source)
