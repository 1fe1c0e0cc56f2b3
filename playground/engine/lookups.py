"""Computes the logits and attention of one position of a text, when a visitor looks at it.

Knows models and the store. Does not know threads or pages. The forwards are jobs for the engine. They run in slices
beside the running texts and are no texts of their own, so that a look at a text does not make other texts wait.
"""

from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from transformers import DynamicCache

from playground.engine.errands import Job
from playground.engine.shelf import Shelf
from playground.models.language_model import LanguageModel
from playground.on_host import on_host
from playground.traces.store import TraceStore

SLICE_TOKENS = 64
"""A slice takes about as long as a step of many texts. The running texts wait while a slice is read."""


@dataclass(frozen=True, eq=False)
class Seen:
    """The tensors of one position of a text, as in `Step`.

    Attributes:
        logits: (vocab,) in the model's dtype.
        attention: (layer, head, key) float16; None for a model that does not return attention, and for a recorded
            position that gave it up.
        source_attention: (layer, head, source position) float16; None for a decoder-only model, and where `attention`
            is.
        is_recomputed: whether another forward than the one that chose the token computed these tensors.
    """

    logits: torch.Tensor
    attention: torch.Tensor | None
    source_attention: torch.Tensor | None = None
    is_recomputed: bool = True

    @property
    def row(self) -> np.ndarray:
        """`logits` as (vocab,) float32."""
        return on_host(self.logits).float().numpy()

    @property
    def dtype(self) -> str:
        """The dtype of the logits, as a model names its own: "float32"."""
        return str(self.logits.dtype).removeprefix("torch.")

    @property
    def nbytes(self) -> int:
        """Bytes of the tensors."""
        tensors = (self.logits, self.attention, self.source_attention)
        return sum(tensor.nbytes for tensor in tensors if tensor is not None)


def recorded(store: TraceStore, trace_id: str, index: int) -> Seen | None:
    """Returns one step of a text as it was recorded, without the model; None if the store does not hold its logits."""
    step = store.step(trace_id, index)
    return None if step is None else Seen(step.held_logits, step.attention, step.source_attention, is_recomputed=False)


class Lookups:
    """Computes positions from the text before them, and keeps those that were requested last.

    Args:
        work: does a job on the model's thread, a piece at a time.
        beginning_of: called on that thread with ids and their source; returns a cache of their beginning, or None.
        store: the traces whose steps may be looked at.
        max_bytes: the most bytes that are kept.
    """

    def __init__(
        self,
        work: Callable[[Job], Awaitable[Any]],
        beginning_of: Callable[[Sequence[int], tuple[int, ...]], DynamicCache | None],
        store: TraceStore,
        max_bytes: int,
    ) -> None:
        self._work = work
        self._beginning_of = beginning_of
        self._store = store
        self._shelf = Shelf(max_bytes)

    @property
    def nbytes(self) -> int:
        """The bytes kept now."""
        return self._shelf.nbytes

    async def at(self, trace_id: str, index: int) -> Seen:
        """Returns the logits of one step, computed again if the store gave them up, and its attention if it is there.

        Args:
            trace_id: the trace.
            index: the step; below 0 a token of the prompt, counted from the prompt's end.

        Raises:
            PlaygroundError: there is no such trace or step.
        """
        held = recorded(self._store, trace_id, index)
        source = self._store.get(trace_id).source_ids
        return held or await self.after(self._store.ids_before(trace_id, index), source)

    async def after(self, ids: tuple[int, ...], source: tuple[int, ...] = ()) -> Seen:
        """Returns the position after `ids`, which are not empty. Callers that ask for the same ids share the work.

        Args:
            source: what the encoder reads; empty for a decoder-only model.
        """
        return await self._shelf.get((ids, source), lambda: self._work(partial(self._anew, ids, source)))

    async def further(self, ids: tuple[int, ...], cache: DynamicCache) -> Seen:
        """As `after`, for calls along one text. `cache` holds a beginning of `ids`, and all of them afterwards."""
        return await self._work(partial(_read_on, ids, cache))

    def _anew(self, ids: tuple[int, ...], source: tuple[int, ...], model: LanguageModel) -> Generator[None, None, Seen]:
        cache = self._beginning_of(ids, source)
        if cache is None:
            own = model.reading(source)
            yield from own.read_source(own.slice_tokens(SLICE_TOKENS))
            cache = own.new_cache()
        return (yield from _read_on(ids, cache, model))


def _read_on(ids: tuple[int, ...], cache: DynamicCache, model: LanguageModel) -> Generator[None, None, Seen]:
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
