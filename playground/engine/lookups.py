"""Computes the logits and attention of one position of a text, when a visitor looks at it.

Knows models and the store. Does not know threads or pages. The forwards are jobs for the engine. They run in slices
beside the running texts and are no texts of their own, so that a look at a text does not make other texts wait.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from transformers import DynamicCache

from playground.engine.errands import Job
from playground.engine.positions import Positions, Seen, recorded
from playground.engine.reader import Held, empty_cache
from playground.engine.shelf import Shelf
from playground.models.language_model import LanguageModel
from playground.traces.store import TraceStore
from playground.traces.trace import Step, Trace

SLICE_TOKENS = 64
"""A slice takes about as long as a step of many texts. The running texts wait while a slice is read."""


class Lookups(Positions):
    """Computes positions from the text before them, and keeps those that were requested last.

    Args:
        work: does a job on the model's thread, a piece at a time.
        held: as `Reader.held`.
        beginning_of: called on that thread with ids and their source; returns a cache of their beginning, or None.
        store: the traces whose steps may be looked at.
        max_bytes: the most bytes that are kept.
    """

    def __init__(
        self,
        work: Callable[[Job], Awaitable[Any]],
        held: Callable[..., AbstractAsyncContextManager[Held[DynamicCache]]],
        beginning_of: Callable[[Sequence[int], tuple[int, ...]], DynamicCache | None],
        store: TraceStore,
        max_bytes: int,
    ) -> None:
        self._work = work
        self._held = held
        self._beginning_of = beginning_of
        self._store = store
        self._shelf = Shelf(max_bytes)

    @property
    def nbytes(self) -> int:
        return self._shelf.nbytes

    async def at(self, trace_id: str, index: int) -> Seen:
        held = recorded(self._store, trace_id, index)
        source = self._store.get(trace_id).source_ids
        return held or await self.after(self._store.ids_before(trace_id, index), source)

    async def after(self, ids: tuple[int, ...], source: tuple[int, ...] = ()) -> Seen:
        return await self._shelf.get((ids, source), lambda: self._work(partial(self._anew, ids, source)))

    async def whole(self, trace_id: str, trace: Trace, *, wants_attention: bool) -> AsyncGenerator[Step]:
        async with self._held(empty_cache, trace.source_ids) as cache:
            for bare in trace.steps:
                step = self._store.step(trace_id, bare.index)
                if step is None or (wants_attention and step.attention is None):
                    seen = await cache.work(partial(_read_on, trace.ids_before(bare.index)))
                    wants_attention &= seen.attention is not None
                    logits = seen.logits if step is None else step.logits
                    step = replace(
                        bare, logits=logits, attention=seen.attention, source_attention=seen.source_attention
                    )
                yield step

    def _anew(self, ids: tuple[int, ...], source: tuple[int, ...], model: LanguageModel) -> Generator[None, None, Seen]:
        cache = self._beginning_of(ids, source)
        if cache is None:
            own = model.reading(source)
            yield from own.read_source(own.slice_tokens(SLICE_TOKENS))
            cache = own.new_cache()
        return (yield from _read_on(ids, model, cache))


def _read_on(ids: tuple[int, ...], model: LanguageModel, cache: DynamicCache) -> Generator[None, None, Seen]:
    """A job for the engine: reads what `cache` lacks of `ids` in slices, and makes the step after them."""
    begun, size = cache.get_seq_length(), model.slice_tokens(SLICE_TOKENS)
    last = len(ids) - model.first_step_tokens(begun, len(ids), size)
    for start in range(begun, last, size):
        model.prefill(ids[start : min(start + size, last)], cache)
        yield
    seen = model.begin(ids[last:], cache)
    return Seen(seen.logits[0].clone(), _first(seen.attention), _first(seen.source_attention))


def _first(weights: torch.Tensor | None) -> torch.Tensor | None:
    """Returns a copy of the first row's weights."""
    return None if weights is None else weights[:, 0].clone()
