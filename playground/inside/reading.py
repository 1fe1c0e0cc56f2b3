"""Reads a text up to one position, and keeps what the model holds at its end: the last vector, the logits, the neurons.

Knows models. Neurons are known where a block is the sum of its input, its attentions and a feed-forward that ends with
one matrix; a decoder with an encoder has a second attention. This is tried on the text itself.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from playground.inside.ending import ending
from playground.inside.frozen import Frozen, frozen
from playground.models.language_model import LanguageModel
from playground.models.parts import Block, first, parts

SLICE_TOKENS = 128
"""The most tokens that are read in one piece."""
LOST = 1e-3
"""The largest part of a block's output that its attention and its feed-forward may leave unexplained."""


@dataclass(frozen=True, eq=False)
class Neurons:
    """The feed-forward neurons at one position.

    Attributes:
        active: for each block (neuron,) float32 on the CPU: what the last matrix of its feed-forward multiplies.
        norms: for each block the frozen norm between the feed-forward and the stream, None where there is none.
        final: the frozen final norm.
    """

    active: tuple[torch.Tensor, ...]
    norms: tuple[Frozen | None, ...]
    final: Frozen


@dataclass(frozen=True, eq=False)
class Reading:
    """What a model holds at its end, at one position of a text.

    Attributes:
        vector: (width,) float32 on the CPU: h, the last vector after the final norm.
        row: (vocab,) float32, the model's own logits.
        neurons: None where a block is not the sum of its input, its attentions and a feed-forward with neurons.
    """

    vector: torch.Tensor
    row: np.ndarray
    neurons: Neurons | None

    @property
    def nbytes(self) -> int:
        """The bytes of everything that is kept."""
        active = self.neurons.active if self.neurons else ()
        return self.vector.nbytes + self.row.nbytes + sum(one.nbytes for one in active)


def reading(model: LanguageModel, ids: Sequence[int]) -> Generator[None, None, Reading]:
    """Reads a text and returns what the model holds after its last token.

    Raises:
        PlaygroundError: the model's final norm or output matrix is not found.
    """
    end, found = ending(model), parts(model.hf, model.name)
    *before, last = ids
    cache = model.new_cache()
    for start in range(0, len(before), SLICE_TOKENS):
        model.prefill(before[start : start + SLICE_TOKENS], cache)
        yield
    watch = _Watch(found.check_blocks())
    with watch:
        row = model.read([last], cache)[0].cpu().numpy()
    with torch.inference_mode():
        stream = watch.after[-1]
        weight = next(iter(end.norm.parameters()), stream)
        vector = end.norm(stream.to(weight.device, weight.dtype)[None])[0].float().cpu()
        return Reading(vector, row, _neurons(model, watch, frozen(end.norm, stream)))


class _Watch:
    """Notes what the blocks and their writers do at the last position, while it is entered.

    Attributes:
        after: the output of each block.
        before, added, wrote, bare, active: for each block its input, what the attention and the feed-forward added,
            what the feed-forward computed before its norm, and what its last matrix read.
        crossed: what the attention to the source added, for each block that has one.
        made: what that matrix returned.
    """

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._blocks = blocks
        self._handles: list[Any] = []
        self.before: list[torch.Tensor] = []
        self.after: list[torch.Tensor] = []
        self.added: list[torch.Tensor] = []
        self.crossed: list[torch.Tensor] = []
        self.wrote: list[torch.Tensor] = []
        self.bare: list[torch.Tensor] = []
        self.active: list[torch.Tensor] = []
        self.made: list[torch.Tensor] = []

    def __enter__(self) -> None:
        for block in self._blocks:
            self._note_given(block.module, self.before)
            self._note_made(block.module, self.after)
            if block.attention is not None:
                self._note_made(block.attention.written, self.added)
            if block.cross_attention is not None:
                self._note_made(block.cross_attention.written, self.crossed)
            if block.feed_forward is not None:
                self._note_made(block.feed_forward.written, self.wrote)
                self._note_made(block.feed_forward.module, self.bare)
                if block.feed_forward.last is not None:
                    self._note_given(block.feed_forward.last, self.active)
                    self._note_made(block.feed_forward.last, self.made)

    def __exit__(self, *_error: object) -> None:
        for handle in self._handles:
            handle.remove()

    @property
    def is_sum(self) -> bool:
        """Whether each block is the sum of its input and its writers, and a feed-forward ends with its last matrix."""
        noted = (self.before, self.after, self.added, self.wrote, self.bare, self.active, self.made)
        if any(len(one) != len(self._blocks) for one in noted):
            return False
        dtype = self.after[-1].dtype
        lost = max(LOST, torch.finfo(dtype).eps ** 0.6)
        crossed = self.crossed or [torch.zeros_like(one) for one in self.before]
        if len(crossed) != len(self._blocks):
            return False
        for before, after, added, cross, wrote, bare, made in zip(
            self.before, self.after, self.added, crossed, self.wrote, self.bare, self.made, strict=True
        ):
            if any(one.shape != before.shape for one in (added, cross, wrote, bare, made)):
                return False
            largest = max(float(one.float().abs().max()) for one in (before, after, added, cross, wrote))
            rest = (before.float() + added.float() + cross.float() + wrote.float() - after.float()).abs().max()
            if not rest <= lost * largest or not torch.allclose(
                bare.float(), made.float(), rtol=lost, atol=lost * largest
            ):
                return False
        return True

    def _note_given(self, module: nn.Module, into: list[torch.Tensor]) -> None:
        def note(_module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            into.append(_last_of(args[0] if args else kwargs["hidden_states"]))

        self._handles.append(module.register_forward_pre_hook(note, with_kwargs=True))

    def _note_made(self, module: nn.Module, into: list[torch.Tensor]) -> None:
        note: Callable[..., None] = lambda _module, _args, output: into.append(_last_of(first(output)))  # noqa: E731
        self._handles.append(module.register_forward_hook(note))


def _neurons(model: LanguageModel, watch: _Watch, final: Frozen | None) -> Neurons | None:
    if final is None or not watch.is_sum:
        return None
    blocks = parts(model.hf, model.name).check_blocks()
    norms: list[Frozen | None] = []
    for block, bare in zip(blocks, watch.bare, strict=True):
        assert block.feed_forward is not None, "`is_sum` has seen what it wrote"
        own = block.feed_forward.norm
        at = None if own is None else frozen(own, bare)
        if own is not None and at is None:
            return None
        norms.append(at and _on_cpu(at))
    return Neurons(tuple(one.float().cpu() for one in watch.active), tuple(norms), _on_cpu(final))


def _on_cpu(norm: Frozen) -> Frozen:
    return replace(norm, weight=norm.weight.cpu(), bias=norm.bias.cpu())


def _last_of(vectors: torch.Tensor) -> torch.Tensor:
    """Returns the last position of the only row: some families drop the axis of rows before a feed-forward."""
    return vectors.reshape(-1, vectors.shape[-1])[-1].clone()
