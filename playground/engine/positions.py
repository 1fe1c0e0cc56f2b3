"""Says how the logits and attention of one position of a text are got, when a visitor looks at it.

Knows the store. Does not know who computes them.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator
from dataclasses import dataclass

import numpy as np
import torch

from playground.on_host import on_host
from playground.traces.store import TraceStore
from playground.traces.trace import Step, Trace


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


class Positions(ABC):
    """The positions of a model's texts."""

    @property
    @abstractmethod
    def nbytes(self) -> int:
        """The bytes that are kept of positions that were computed again."""

    @abstractmethod
    async def at(self, trace_id: str, index: int) -> Seen:
        """Returns the logits of one step, computed again if they were given up, and its attention if it is there.

        Args:
            trace_id: the trace.
            index: the step; below 0 a token of the prompt, counted from the prompt's end.

        Raises:
            PlaygroundError: there is no such trace or step.
        """

    @abstractmethod
    async def after(self, ids: tuple[int, ...], source: tuple[int, ...] = ()) -> Seen:
        """Returns the position after `ids`, which are not empty. Callers that ask for the same ids share the work.

        Args:
            source: what the encoder reads; empty for a decoder-only model.
        """

    @abstractmethod
    def whole(self, trace_id: str, trace: Trace, *, wants_attention: bool) -> AsyncGenerator[Step]:
        """Yields the steps of a trace with their tensors, in order. Those that were given up are computed again.

        Args:
            trace_id, trace: the trace, whose steps may be bare.
            wants_attention: whether the attention is wanted. A model that does not return it is asked only once.
        """
