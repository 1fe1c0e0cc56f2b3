"""What the decoder of an encoder–decoder wrote into the residual stream: its blocks have three writers.

Knows models. A block adds what its attention, its cross-attention and its feed-forward write. In one kind of model (T5,
mBART) each of them reads a norm of the stream. In the other (BART, Marian) a norm stands in the stream after each sum.
There, what a writer added passes through all later norms, which are frozen as the final one is.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from playground.inside.contributions import LOST, Written, last_of, on_cpu, plain, read_before_last, unknown
from playground.inside.ending import ending
from playground.inside.frozen import Frozen, frozen
from playground.models.language_model import LanguageModel
from playground.models.parts import Block, Writer, first, parts

WRITERS = ("attention", "cross_attention", "feed_forward")
AFTER = ("self_attn_layer_norm", "encoder_attn_layer_norm", "final_layer_norm")
"""The norms that stand after the sums, in the same order, where they stand in the stream."""


@dataclass(frozen=True, eq=False)
class Chain:
    """Frozen norms through which a vector passes, one after the other."""

    norms: tuple[Frozen, ...]

    def through(self, vector: torch.Tensor) -> torch.Tensor:
        """Returns what becomes of a vector, without the norms' biases."""
        for norm in self.norms:
            vector = norm.through(vector)
        return vector

    def back(self, direction: torch.Tensor) -> torch.Tensor:
        """Returns the direction before the norms that is `direction` after them."""
        for norm in reversed(self.norms):
            direction = norm.back(direction)
        return direction


def written(model: LanguageModel, ids: Sequence[int]) -> Generator[None, None, Written]:
    """Reads a text of the decoder and returns what was written at its last position.

    Raises:
        PlaygroundError: the model's parts are not found, or its blocks are not sums of them.
    """
    blocks = parts(model.hf, model.name).check_blocks()
    if any(getattr(block, name) is None for block in blocks for name in WRITERS):
        raise unknown(model)
    cache = model.new_cache()
    last = yield from read_before_last(model, ids, cache)
    seen = _Watch(blocks)
    with seen:
        model.prefill(ids[last:], cache)
    with torch.inference_mode():
        return _collected(model, blocks, seen)
    yield


class _Watch:
    """Notes what the blocks, their writers and the norms after them do at the last position, while it is entered."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._blocks = blocks
        self._handles: list[Any] = []
        self.before: list[torch.Tensor] = []
        self.after: list[torch.Tensor] = []
        self.added: dict[str, list[torch.Tensor]] = {name: [] for name in WRITERS}
        self.heads: dict[str, list[torch.Tensor]] = {name: [] for name in WRITERS}

    def __enter__(self) -> None:
        for block in self._blocks:
            self._given(block.module, self.before)
            self._made(block.module, self.after)
            for name in WRITERS:
                writer: Writer = getattr(block, name)
                self._made(writer.module, self.added[name])
                if writer.last is not None:
                    self._given(writer.last, self.heads[name])

    def __exit__(self, *_error: object) -> None:
        for handle in self._handles:
            handle.remove()

    def _given(self, module: nn.Module, into: list[torch.Tensor]) -> None:
        def note(_module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            into.append(last_of(args[0] if args else kwargs["hidden_states"]))

        self._handles.append(module.register_forward_pre_hook(note, with_kwargs=True))

    def _made(self, module: nn.Module, into: list[torch.Tensor]) -> None:
        note: Callable[..., None] = lambda _module, _args, output: into.append(last_of(first(output)))  # noqa: E731
        self._handles.append(module.register_forward_hook(note))


def _collected(model: LanguageModel, blocks: Sequence[Block], seen: _Watch) -> Written:
    final = frozen(ending(model).norm, seen.after[-1])
    added = list(zip(*(seen.added[name] for name in WRITERS), strict=True))
    if final is None or len(added) != len(blocks):
        raise unknown(model)
    norms: list[Frozen] = []
    places: list[int] = []  # for each writer, in order, how many norms stand before it
    for block, before, after, writers in zip(blocks, seen.before, seen.after, added, strict=True):
        own = norms_after_sums(model, block, before, writers, after)
        if own is None:
            raise unknown(model)
        places += [len(norms) + (place if own else 0) for place in range(len(writers))]
        norms += own
    chains = [Chain(tuple(norms[place:])) for place in places]
    through = [
        chain.through(plain(one)) for chain, one in zip(chains, (one for all in added for one in all), strict=True)
    ]
    shift = [Chain(tuple(norms[place + 1 :])).through(norm.bias) for place, norm in enumerate(norms)]
    heads, cross_heads = (_heads(model, seen.heads[name]) for name in WRITERS[:2])
    return Written(
        Chain(tuple(norms)).through(plain(seen.before[0])),
        tuple(zip(through[0::3], through[2::3], strict=True)),
        heads,
        tuple(chains[0::3]),
        on_cpu(final),
        plain(seen.after[-1]),
        tuple(through[1::3]),
        cross_heads,
        tuple(chains[1::3]),
        torch.stack(shift).sum(0) if shift else None,
    )


def norms_after_sums(
    model: LanguageModel,
    block: Block,
    before: torch.Tensor,
    writers: Sequence[torch.Tensor],
    after: torch.Tensor,
) -> list[Frozen] | None:
    """Returns the frozen norms that stand in the stream of a block, one after each sum, on the CPU.

    There is none where the block is the sum of its input and its writers. None means that the block is of neither kind.

    Args:
        before, after: (width,), the block's input and output at one position.
        writers: (width,) each, what its attention, its cross-attention and its feed-forward added there.
    """
    if _is_close(model, before.float() + sum(one.float() for one in writers), after):
        return []
    norms, stream = [], before
    for name, writer in zip(AFTER, writers, strict=True):
        norm = getattr(block.module, name, None)
        at = None if norm is None else frozen(norm, stream + writer)
        if norm is None or at is None:
            return None
        norms.append(on_cpu(at))
        stream = norm((stream + writer)[None])[0]
    return norms if _is_close(model, stream, after) else None


def _is_close(model: LanguageModel, found: torch.Tensor, expected: torch.Tensor) -> bool:
    lost = max(LOST, torch.finfo(model.hf.dtype).eps ** 0.6)
    return bool((found.float() - expected.float()).abs().max() <= lost * expected.float().abs().max())


def _heads(model: LanguageModel, seen: Sequence[torch.Tensor]) -> tuple[torch.Tensor, ...] | None:
    config = model.hf.config.get_text_config(decoder=True)
    count = config.num_attention_heads
    if len(seen) != config.num_hidden_layers or any(one.numel() % count for one in seen):
        return None
    return tuple(plain(one).view(count, -1) for one in seen)
