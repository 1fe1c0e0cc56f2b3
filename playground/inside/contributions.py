"""Who wrote the logit: the logit of a token as a sum over what each part of the model added to the residual stream.

Knows models. Every norm on the way is frozen: its scale is taken as it is for this text. So the sum is exact for this
text, but it does not say what would happen without a part. The logit is that before a softcap or a scale.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from transformers import DynamicCache

from playground.errors import PlaygroundError
from playground.inside.ending import ending
from playground.inside.frozen import Frozen, frozen
from playground.models.language_model import LanguageModel
from playground.models.loaded_model import LoadedModel
from playground.models.parts import Block, Writer, first, matrix, parts
from playground.models.split import check_whole
from playground.models.spread import weight_of

SLICE_TOKENS = 128
"""The most tokens that are read in one piece."""
LOST = 1e-3
"""The largest part of a block's output that its attention and its feed-forward may leave unexplained."""
WRITERS = ("attention", "feed_forward")


class Back(Protocol):
    """What stands between a writer and the stream, as a linear map."""

    def back(self, direction: torch.Tensor) -> torch.Tensor:
        """Returns the direction before it that is `direction` after it."""
        ...


@dataclass(frozen=True, eq=False)
class Written:
    """What was written into the residual stream at one position. All tensors are float32 on the CPU.

    Attributes:
        embedding: (width,), what the first block reads.
        parts: for each block what its attention and its feed-forward added, (width,) each.
        heads: for each block (head, width of a head), the input of the attention's last matrix; None if not found.
        norms: for each block the frozen norm between the attention and the stream, None where there is none.
        final: the frozen final norm.
        last: (width,), the last vector of the stream.
        cross: for each block what its cross-attention added; empty for a decoder-only model.
        cross_heads, cross_norms: as `heads` and `norms`, for the cross-attention.
        shift: (width,), what the norms inside the blocks add by their biases; None without such norms.
    """

    embedding: torch.Tensor
    parts: tuple[tuple[torch.Tensor, torch.Tensor], ...]
    heads: tuple[torch.Tensor, ...] | None
    norms: tuple[Back | None, ...]
    final: Frozen
    last: torch.Tensor
    cross: tuple[torch.Tensor, ...] = ()
    cross_heads: tuple[torch.Tensor, ...] | None = None
    cross_norms: tuple[Back | None, ...] = ()
    shift: torch.Tensor | None = None

    @property
    def nbytes(self) -> int:
        """The bytes of the tensors of all blocks."""
        heads = sum(head.nbytes for head in self.heads or ())
        return heads + sum(one.nbytes for both in self.parts for one in both)


@dataclass(frozen=True)
class Contributions:
    """The terms of a logit, or of the difference of two. Attention holds its heads and its own bias.

    `heads` is by block and head, None if they are not found. `bias` is that of the final norm and of the unembedding.
    The logit is embedding + attention + cross-attention + feed-forward + bias + remainder. `cross_attention` and
    `cross_heads` are None for a decoder-only model.
    """

    logit: float
    embedding: float
    attention: list[float]
    feed_forward: list[float]
    heads: list[list[float]] | None
    bias: float
    remainder: float
    cross_attention: list[float] | None = None
    cross_heads: list[list[float]] | None = None


def written(model: LanguageModel, ids: Sequence[int]) -> Generator[None, None, Written]:
    """Reads a text and returns what was written at its last position.

    Raises:
        PlaygroundError: the model's parts are not found, or its blocks are not sums of them.
    """
    check_whole(model.hf, model.name)
    found = parts(model.hf, model.name)
    blocks, norm = found.check_blocks(), found.check_norm()
    if any(block.attention is None or block.feed_forward is None for block in blocks):
        raise unknown(model)
    cache = model.new_cache()
    last = yield from read_before_last(model, ids, cache)
    seen = _Watch(blocks)
    with seen:
        model.prefill(ids[last:], cache)
    with torch.inference_mode():
        return _collected(model, blocks, seen, frozen(norm, seen.after[-1]))
    yield


def read_before_last(model: LanguageModel, ids: Sequence[int], cache: DynamicCache) -> Generator[None, None, int]:
    """Reads a text but for its last slice, and yields after each slice. Returns the place where the last one begins."""
    *before, last = range(0, len(ids), SLICE_TOKENS)
    for start in before:
        model.prefill(ids[start : start + SLICE_TOKENS], cache)
        yield
    return last


def contributions(model: LanguageModel, seen: Written, token_id: int, against: int | None = None) -> Contributions:
    """Returns the terms of the logit of a token, minus those of `against` if there is one. It is a short call."""
    with torch.inference_mode():
        output = ending(model).unembedding
        own = _direction(weight_of(output), token_id, against)
        bias = 0.0 if output.bias is None else float(_direction(weight_of(output, "bias"), token_id, against))
        direction = seen.final.back(own)
        bias += float(seen.final.bias @ own)
        logit = float(_direction(ending(model).unembedded(seen.last[None])[0], token_id, against))
        embedding = float(seen.embedding @ direction)
        attention, feed_forward = (torch.stack([both[place] for both in seen.parts]) @ direction for place in (0, 1))
        cross = torch.stack(seen.cross) @ direction if seen.cross else None
        bias += 0.0 if seen.shift is None else float(seen.shift @ direction)
        blocks = [attention, feed_forward] if cross is None else [attention, cross, feed_forward]
        terms = embedding + float(torch.stack(blocks).double().sum()) + bias
        found = parts(model.hf, model.name).blocks
        heads = _heads(model, [block.attention for block in found], seen.heads, seen.norms, direction)
        crossing = [block.cross_attention for block in found]
        cross_heads = _heads(model, crossing, seen.cross_heads, seen.cross_norms, direction)
    told = None if cross is None else cross.tolist()
    return Contributions(
        logit, embedding, attention.tolist(), feed_forward.tolist(), heads, bias, logit - terms, told, cross_heads
    )


def _heads(
    model: LanguageModel,
    writers: Sequence[Writer | None],
    outputs: Sequence[torch.Tensor] | None,
    norms: Sequence[Back | None],
    direction: torch.Tensor,
) -> list[list[float]] | None:
    """Returns what each head wrote along a direction of the stream, without the bias of the attention's last matrix."""
    if outputs is None:
        return None
    told = []
    for writer, heads, norm in zip(writers, outputs, norms, strict=True):
        assert writer is not None, "`written` has found it"
        last = writer.last
        assert last is not None, "its inputs were seen"
        back = direction if norm is None else norm.back(direction)
        weights = matrix(last, model.hf).float().cpu()
        told.append((heads * (weights.T @ back).view_as(heads)).sum(-1).tolist())
    return told


class _Watch:
    """Notes what the blocks and their writers do at the last position, while it is entered."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._blocks = blocks
        self._handles: list[Any] = []
        self.before: list[torch.Tensor] = []
        self.after: list[torch.Tensor] = []
        self.added: dict[str, list[torch.Tensor]] = {name: [] for name in WRITERS}
        self.bare: list[torch.Tensor] = []
        self.heads: list[torch.Tensor] = []

    def __enter__(self) -> None:
        for block in self._blocks:
            self._handles.append(block.module.register_forward_pre_hook(self._given(self.before), with_kwargs=True))
            self._handles.append(block.module.register_forward_hook(self._made(self.after)))
            for name in WRITERS:
                writer: Writer = getattr(block, name)
                self._handles.append(writer.written.register_forward_hook(self._made(self.added[name])))
            attention: Writer = block.attention  # type: ignore[assignment]
            if attention.norm is not None:
                self._handles.append(attention.module.register_forward_hook(self._made(self.bare)))
            if attention.last is not None:
                self._handles.append(
                    attention.last.register_forward_pre_hook(self._given(self.heads), with_kwargs=True)
                )

    def __exit__(self, *_error: object) -> None:
        for handle in self._handles:
            handle.remove()

    @staticmethod
    def _given(into: list[torch.Tensor]) -> Callable[..., None]:
        def note(_module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            into.append(last_of(args[0] if args else kwargs["hidden_states"]))

        return note

    @staticmethod
    def _made(into: list[torch.Tensor]) -> Callable[..., None]:
        def note(_module: Any, _args: Any, output: Any) -> None:
            into.append(last_of(first(output)))

        return note


def last_of(vectors: torch.Tensor) -> torch.Tensor:
    """Returns the last position of the only row: some families drop the axis of rows before a feed-forward."""
    return vectors.reshape(-1, vectors.shape[-1])[-1].clone()


def _collected(model: LanguageModel, blocks: Sequence[Block], seen: _Watch, final: Frozen | None) -> Written:
    attention, feed_forward = (seen.added[name] for name in WRITERS)
    if not len(attention) == len(feed_forward) == len(blocks) or final is None:
        raise unknown(model)
    lost = max(LOST, torch.finfo(model.hf.dtype).eps ** 0.6)
    for given, after, *both in zip(seen.before, seen.after, attention, feed_forward, strict=True):
        before = given.to(after.device)  # the block before may be on another one
        if any(one.shape != before.shape for one in both):
            raise unknown(model)
        rest = (before.float() + both[0].float() + both[1].float() - after.float()).abs().max()
        if not rest <= lost * max(one.float().abs().max() for one in (before, after, *both)):
            raise unknown(model)
    norms: list[Frozen | None] = [None] * len(blocks)
    if seen.bare:
        frozen_norms = [
            frozen(block.attention.norm, bare)  # type: ignore[union-attr, arg-type]
            for block, bare in zip(blocks, seen.bare, strict=True)
        ]
        if None in frozen_norms:
            raise unknown(model)
        norms = [on_cpu(norm) for norm in frozen_norms if norm is not None]
    count = model.hf.config.get_text_config().num_attention_heads
    heads = None
    if len(seen.heads) == len(blocks) and all(one.numel() % count == 0 for one in seen.heads):
        heads = tuple(plain(one).view(count, -1) for one in seen.heads)
    added = tuple((plain(one), plain(other)) for one, other in zip(attention, feed_forward, strict=True))
    return Written(plain(seen.before[0]), added, heads, tuple(norms), on_cpu(final), plain(seen.after[-1]))


def _direction(rows: torch.Tensor, token_id: int, against: int | None) -> torch.Tensor:
    own = rows[token_id].float().cpu()
    return own if against is None else own - rows[against].float().cpu()


def plain(vector: torch.Tensor) -> torch.Tensor:
    return vector.float().cpu()


def on_cpu(norm: Frozen) -> Frozen:
    return Frozen(norm.weight.cpu(), norm.centres, norm.bias.cpu(), norm.scale)


def unknown(model: LoadedModel) -> PlaygroundError:
    return PlaygroundError(
        f"The logit cannot be shared out for {model.name}: its blocks are not the sum of their input, an attention and "
        "a feed-forward, or its norms are of another kind. Choose another model to see who wrote the logit.",
        status=422,
    )
