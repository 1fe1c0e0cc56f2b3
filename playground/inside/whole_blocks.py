"""Watches what each block of an encoder-only model does with a text: which parts write into the residual stream, and
where its norms stand.

Knows models. Nothing of it comes from the name of a family. A block is found to be a sum if the vectors say so: what it
leaves is what entered, plus what its matrices wrote. A norm stands either before what a part reads, as in ModernBERT,
or in the stream after each sum, as in BERT.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import nn

from playground.errors import PlaygroundError
from playground.models.masked_model import MaskedModel
from playground.models.parts import first, is_linear

LOST = 1e-3
"""The largest part of a vector that may be left unexplained."""


@dataclass(frozen=True, eq=False)
class Call:
    """One call of a module that holds numbers itself: what it read and made, each (position, width)."""

    module: nn.Module
    given: torch.Tensor
    made: torch.Tensor

    @property
    def is_norm(self) -> bool:
        """Whether it is a norm, by the name of its class."""
        return "norm" in type(self.module).__name__.lower()


@dataclass(frozen=True, eq=False)
class Sum:
    """One sum of a block: something is added to the stream.

    Attributes:
        name: "attention" or "feed_forward".
        wrote: the call of the matrix whose output is added.
        norm: the call of the norm that belongs to it; None without one.
        calls: all calls that made what is added, without norms.
    """

    name: str
    wrote: Call
    norm: Call | None
    calls: tuple[Call, ...]


@dataclass(frozen=True, eq=False)
class Seen:
    """What one block did with a text.

    Attributes:
        before, after: (position, width), the stream before and after the block.
        calls: of all its modules that hold numbers themselves, in their order.
        sums: in their order; empty if the block is no sum.
        is_normed: whether the norm of each sum stands in the stream, after it.
    """

    before: torch.Tensor
    after: torch.Tensor
    calls: tuple[Call, ...]
    sums: tuple[Sum, ...]
    is_normed: bool


@dataclass(frozen=True, eq=False)
class Run:
    """What a model did with a text.

    Attributes:
        blocks: for each block, in order.
        entering, leaving: the calls before the first block and after the last one.
        logits: of the text, as the model returns them.
    """

    blocks: tuple[Seen, ...]
    entering: tuple[Call, ...]
    leaving: tuple[Call, ...]
    logits: torch.Tensor


def blocks_of(model: MaskedModel) -> tuple[nn.Module, ...]:
    """Returns the blocks of a model.

    Raises:
        PlaygroundError: they are not found, or the model runs the same block several times, as ALBERT does.
    """
    found = model.layers
    if found is None:
        raise _unknown(model, "they are not found")
    if found.calls != len(found.modules):
        raise _unknown(model, "it runs the same blocks several times")
    return found.modules


def run(model: MaskedModel, ids: Sequence[int], position: int | None = None) -> Run:
    """Reads a text and returns what each block did. It is one forward.

    Args:
        model: the model.
        ids: the text.
        position: that of which the vectors are kept; None for all.
    """
    blocks = blocks_of(model)
    names = [{module: path for path, module in block.named_modules()} for block in blocks]
    with _noting(model, blocks, len(ids), position) as (notes, ends):
        logits = model.logits([ids])
    if len(ends) != len(blocks) or any(len(end.places) != 2 for end in ends):
        raise _unknown(model, "they do not run one after the other")
    places = [0, *(place for end in ends for place in end.places), len(notes)]
    pieces = [tuple(notes[start:stop]) for start, stop in pairwise(places)]
    return Run(
        tuple(
            _seen(end.before, end.after, calls, own) for end, calls, own in zip(ends, pieces[1::2], names, strict=True)
        ),
        pieces[0],
        pieces[-1],
        logits[0],
    )


@dataclass(eq=False)
class _End:
    """Where the calls of a block begin and end, and the stream at both places."""

    before: torch.Tensor
    places: list[int]
    after: torch.Tensor


@contextmanager
def _noting(
    model: MaskedModel, blocks: Sequence[nn.Module], size: int, position: int | None
) -> Iterator[tuple[list[Call], list[_End]]]:
    """Notes all calls of modules that hold numbers themselves, and the ends of the blocks."""
    notes: list[Call] = []
    ends: list[_End] = []

    def kept(tensor: torch.Tensor) -> torch.Tensor:
        rows = _rows(tensor)
        is_one = position is not None and rows.shape[0] == size and rows.is_floating_point()
        return rows[position : position + 1].clone() if is_one and position is not None else rows

    def begin(_module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        given = kept(args[0] if args else kwargs["hidden_states"])
        ends.append(_End(given, [len(notes)], given))

    def end(_module: nn.Module, _args: Any, output: Any) -> None:
        ends[-1].after = kept(first(output))
        ends[-1].places.append(len(notes))

    def note(module: nn.Module, args: tuple[Any, ...], output: Any) -> None:
        if args and isinstance(args[0], torch.Tensor) and isinstance(output, torch.Tensor):
            notes.append(Call(module, kept(args[0]), kept(output)))

    own = [
        module
        for module in model.hf.modules()
        if next(module.parameters(recurse=False), None) is not None and next(module.children(), None) is None
    ]
    handles = [module.register_forward_hook(note) for module in own]
    for block in blocks:
        handles.append(block.register_forward_pre_hook(begin, with_kwargs=True))
        handles.append(block.register_forward_hook(end))
    try:
        yield notes, ends
    finally:
        for handle in handles:
            handle.remove()


def _rows(tensor: torch.Tensor) -> torch.Tensor:
    """Returns (position, width) of the only text. Ids are returned as they are."""
    return tensor.reshape(-1, tensor.shape[-1]).detach() if tensor.is_floating_point() else tensor.detach()


def _seen(before: torch.Tensor, after: torch.Tensor, calls: tuple[Call, ...], names: dict[nn.Module, str]) -> Seen:
    for is_normed in (True, False):
        sums = (_normed if is_normed else _plain)(before, after, calls, names)
        if sums is not None:
            return Seen(before, after, calls, tuple(sums), is_normed)
    return Seen(before, after, calls, (), False)


def _normed(
    before: torch.Tensor, after: torch.Tensor, calls: tuple[Call, ...], names: dict[nn.Module, str]
) -> list[Sum] | None:
    """Returns the sums of a block whose norms stand in the stream; None if they do not explain what it leaves."""
    stream, sums, start = before, [], 0
    for place, norm in enumerate(calls):
        if not norm.is_norm:
            continue
        wrote = _written(calls[start:place], norm.given, stream)
        if wrote is None:
            return None
        sums.append(_sum(wrote, norm, calls[start:place], names))
        stream, start = norm.made, place + 1
    return sums if sums and _are_close(stream, after) else None


def _plain(
    before: torch.Tensor, after: torch.Tensor, calls: tuple[Call, ...], names: dict[nn.Module, str]
) -> list[Sum] | None:
    """Returns the sums of a block that reads norms of the stream; None if they do not explain what it leaves."""
    stream, sums, start = before, [], 0
    norm: Call | None = None
    for place, call in enumerate(calls):
        if not call.is_norm or call.given.shape != stream.shape:
            continue
        if not _are_close(call.given, stream):
            wrote = _written(calls[start:place], call.given, stream)
            if wrote is None:
                continue  # a norm inside a part, such as that of queries
            sums.append(_sum(wrote, norm, calls[start:place], names))
            stream, start = call.given, place
        norm = call
    last = _written(calls[start:], after, stream)
    return None if last is None else [*sums, _sum(last, norm, calls[start:], names)]


def _written(calls: Sequence[Call], expected: torch.Tensor, stream: torch.Tensor) -> Call | None:
    """Returns the last call of a matrix that makes `expected` if its output is added to the stream."""
    written = (call for call in reversed(calls) if is_linear(call.module) and call.made.shape == stream.shape)
    return next((call for call in written if _are_close(stream + call.made, expected)), None)


def _sum(wrote: Call, norm: Call | None, calls: Sequence[Call], names: dict[nn.Module, str]) -> Sum:
    name = "attention" if "att" in names[wrote.module] else "feed_forward"
    return Sum(name, wrote, norm, tuple(call for call in calls if not call.is_norm))


def _are_close(found: torch.Tensor, expected: torch.Tensor) -> bool:
    if found.shape != expected.shape:
        return False
    lost = max(LOST, torch.finfo(found.dtype).eps ** 0.6)
    return bool((found.float() - expected.float()).abs().max() <= lost * expected.float().abs().max())


def _unknown(model: MaskedModel, why: str) -> PlaygroundError:
    return PlaygroundError(
        f"This view needs the blocks of {model.name} one by one, and {why}. The other views work. Choose another model "
        "to see this one.",
        status=422,
    )
