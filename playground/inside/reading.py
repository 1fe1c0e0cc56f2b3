"""Reads a text up to one position, and keeps what the model holds at its end: the last vector, the logits, the neurons.

Knows models. Neurons are known where a block is the sum of its input, its attentions and a feed-forward that ends with
one matrix; a decoder with an encoder has a second attention. There, norms may also stand in the stream, one after each
sum, as those of BART and Marian do. This is tried on the text itself.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from playground.inside.contributions import LOST, last_of, on_cpu
from playground.inside.decoder_written import Chain, norms_after_sums
from playground.inside.ending import ending
from playground.inside.frozen import Frozen, frozen
from playground.models.language_model import LanguageModel
from playground.models.parts import Block, first, parts
from playground.models.split import is_split
from playground.models.spread import reader_of

SLICE_TOKENS = 128
"""The most tokens that are read in one piece."""


@dataclass(frozen=True, eq=False)
class Neurons:
    """The feed-forward neurons at one position.

    Attributes:
        active: for each block (neuron,) float32 on the CPU: what the last matrix of its feed-forward multiplies.
        norms: for each block what stands between the feed-forward and the last vector of the stream: the frozen norm
            of what it writes, or the chain of all norms in the stream behind it; None where there is none.
        final: the frozen final norm.
    """

    active: tuple[torch.Tensor, ...]
    norms: tuple[Frozen | Chain | None, ...]
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
        vector = end.norm(stream.to(reader_of(end.norm, stream.device), weight.dtype)[None])[0].float().cpu()
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
    def seen(self) -> list["_Seen"] | None:
        """What was noted of each block, None if something was not noted in each of them."""
        writers = [self.added, self.crossed, self.wrote] if self.crossed else [self.added, self.wrote]
        noted = [self.before, self.after, self.bare, self.made, *writers]
        if any(len(one) != len(self._blocks) for one in (*noted, self.active)):
            return None
        return [
            _Seen(
                block, before.to(after.device), after, bare, made, tuple(writers)
            )  # that of the block, which reads it
            for block, before, after, bare, made, *writers in zip(self._blocks, *noted, strict=True)
        ]

    def _note_given(self, module: nn.Module, into: list[torch.Tensor]) -> None:
        def note(_module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            into.append(last_of(args[0] if args else kwargs["hidden_states"]))

        self._handles.append(module.register_forward_pre_hook(note, with_kwargs=True))

    def _note_made(self, module: nn.Module, into: list[torch.Tensor]) -> None:
        note: Callable[..., None] = lambda _module, _args, output: into.append(last_of(first(output)))  # noqa: E731
        self._handles.append(module.register_forward_hook(note))


@dataclass(frozen=True, eq=False)
class _Seen:
    """What one block did at the last position. `writers` are what each of its parts added, in order."""

    block: Block
    before: torch.Tensor
    after: torch.Tensor
    bare: torch.Tensor
    made: torch.Tensor
    writers: tuple[torch.Tensor, ...]

    @property
    def ends_with_matrix(self) -> bool:
        """Whether its feed-forward returns what its last matrix makes, and all vectors are as long as the stream's."""
        if any(one.shape != self.before.shape for one in (self.bare, self.made, *self.writers)):
            return False
        return torch.allclose(self.bare.float(), self.made.float(), rtol=_lost(self.after), atol=self._most)

    @property
    def is_sum(self) -> bool:
        """Whether the block's output is the sum of its input and its writers."""
        total = self.before.float() + sum(one.float() for one in self.writers)
        return bool((total - self.after.float()).abs().max() <= self._most)

    @property
    def _most(self) -> float:
        """The largest error that is rounding."""
        largest = max(float(one.float().abs().max()) for one in (self.before, self.after, *self.writers))
        return _lost(self.after) * largest


def _lost(vector: torch.Tensor) -> float:
    return max(LOST, torch.finfo(vector.dtype).eps ** 0.6)


def _neurons(model: LanguageModel, watch: _Watch, final: Frozen | None) -> Neurons | None:
    seen = watch.seen
    if is_split(model.hf) or final is None or seen is None or not all(one.ends_with_matrix for one in seen):
        return None
    norms = _own_norms(seen) if all(one.is_sum for one in seen) else _norms_in_stream(model, seen)
    if norms is None:
        return None
    return Neurons(tuple(one.float().cpu() for one in watch.active), norms, on_cpu(final))


def _own_norms(seen: Sequence[_Seen]) -> tuple[Frozen | None, ...] | None:
    """Returns the frozen norm of what each feed-forward writes; None if one is of an unknown kind."""
    norms: list[Frozen | None] = []
    for one in seen:
        norm = one.block.feed_forward and one.block.feed_forward.norm
        at = norm and frozen(norm, one.bare)
        if norm is not None and at is None:
            return None
        norms.append(at and on_cpu(at))
    return tuple(norms)


def _norms_in_stream(model: LanguageModel, seen: Sequence[_Seen]) -> tuple[Chain, ...] | None:
    """Returns the norms behind each feed-forward, None if no norm stands after each of a block's three sums."""
    norms: list[Frozen] = []
    places: list[int] = []
    for one in seen:
        own = norms_after_sums(model, one.block, one.before, one.writers, one.after) if len(one.writers) == 3 else None
        if not own:
            return None
        norms += own
        places.append(len(norms) - 1)
    return tuple(Chain(tuple(norms[place:])) for place in places)
