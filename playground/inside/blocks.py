"""Watches what each block of a model does with a few tokens: which of its parts write into the residual stream.

Knows models. Nothing of it comes from the name of a family: a part's place follows from the vectors that it reads and
makes. What a part is, `writers` says. A part that fits nowhere is named, and not drawn.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import nn
from transformers import DynamicCache

from playground.inside.alike import proportional, same
from playground.inside.writers import Left, Wrote, mixer, on_one_token
from playground.models.language_model import LanguageModel
from playground.models.parts import Block, Writer, first
from playground.models.reach import Reach, reaches
from playground.models.source_forward import PROBE

FEW = (3, 4, 5)
"""The tokens that are read. The first id is left out, because its vector is zero in a model that pads with it."""
HELD = ("keys", "conv_states", "recurrent_states")
"""What the layers of a cache keep."""


@dataclass(frozen=True)
class Shape:
    """What a block does. Blocks with the same shape are of one kind.

    Attributes:
        steps: what happens, in order: "norm", one of `WRITERS`, and "add" for each sum. Empty for a block that does
            nothing with a text, such as one that only looks at pictures.
        writers: one for each step that is one of `WRITERS`, in the same order.
        reads: for each sum how many sums of the block come before the vector that its writers read. Those with the
            same number stand side by side.
        joins: for each sum whether its writers read what the norm of an earlier sum has made, as those of Phi do. Then
            it has no norm of its own before them.
        undrawn: the names of the block's parts with parameters that fit nowhere.
    """

    steps: tuple[str, ...] = ()
    writers: tuple[Wrote, ...] = ()
    reads: tuple[int, ...] = ()
    joins: tuple[bool, ...] = ()
    undrawn: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Watched:
    """What was seen of the blocks.

    Attributes:
        width: of the residual stream.
        shapes: of each block.
        modules: for each block its writers' modules, with the names of the parts to which they belong.
    """

    width: int
    shapes: tuple[Shape, ...]
    modules: tuple[tuple[tuple[str, nn.Module], ...], ...]


def watched(model: LanguageModel, blocks: Sequence[Block]) -> Watched:
    """Runs a few tokens through the model and returns what its blocks did. It is short enough for `engine.call`."""
    model = model.reading(PROBE)
    cache = model.new_cache()
    seen = _Watch(blocks, cache, reaches(model.hf.config.get_text_config(decoder=model.takes_source or None)))
    try:
        model.prefill([token_id % model.vocabulary_size for token_id in FEW], cache)
    finally:
        seen.end()
    numbers = range(len(blocks))
    return Watched(
        seen.width,
        tuple(seen.shapes.get(number, Shape()) for number in numbers),
        tuple(tuple(seen.modules.get(number, ())) for number in numbers),
    )


def is_norm(module: nn.Module) -> bool:
    """Returns whether a module is a norm, by the name of its class."""
    return "norm" in type(module).__name__.lower()


def children(block: nn.Module) -> Generator[tuple[str, nn.Module]]:
    """Yields the names and modules of a block's parts. Those in a list count one by one.

    T5 has in its list a norm and what reads it, with the sum, as one module: there, their parts count.
    """
    for name, child in block.named_children():
        if isinstance(child, nn.ModuleList):
            for inner, one in child.named_children():
                within = list(one.named_children())
                if any(is_norm(part) for _, part in within):
                    yield from ((f"{name}.{inner}.{own}", part) for own, part in within)
                else:
                    yield f"{name}.{inner}", one
        else:
            yield name, child


@dataclass(frozen=True, eq=False)
class _Call:
    """What a part of a block read and made.

    `number` counts the calls of the block. `left` is what it left in the cache, None if it was not handed one.
    """

    number: int
    module: nn.Module
    given: torch.Tensor
    made: torch.Tensor
    left: Left | None

    @property
    def is_norm(self) -> bool:
        return self.left is None and is_norm(self.module)

    @property
    def width(self) -> int:
        """The length of the vectors that it read."""
        return self.given.shape[-1]


class _Watch:
    """Notes the calls of each block's parts until the block ends, and keeps what follows from them.

    So it holds the vectors of one block at a time. Of a block that runs several times, the first time counts.
    """

    def __init__(self, blocks: Sequence[Block], cache: DynamicCache, reach: Sequence[Reach]) -> None:
        self._cache = cache
        self._calls: list[_Call] = []
        self._held: dict[nn.Module, Left] = {}
        self._handles: list[Any] = []
        self.width = 0
        self.shapes: dict[int, Shape] = {}
        self.modules: dict[int, list[tuple[str, nn.Module]]] = {}
        for part in dict.fromkeys(part for block in blocks for _, part in children(block.module)):
            self._handles.append(part.register_forward_pre_hook(self._begin, with_kwargs=True))
            self._handles.append(part.register_forward_hook(self._note, with_kwargs=True))
        for number, block in enumerate(blocks):
            self._handles.append(block.module.register_forward_pre_hook(lambda *_: self._calls.clear()))
            self._handles.append(block.module.register_forward_hook(self._concluding(number, block, reach[number])))

    def end(self) -> None:
        """Removes the hooks."""
        for handle in self._handles:
            handle.remove()

    def _begin(self, part: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if any(value is self._cache for value in (*args, *kwargs.values())):
            self._held[part] = _held(self._cache)

    def _note(self, part: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: Any) -> None:
        given = next((value for value in (*args, *kwargs.values()) if isinstance(value, torch.Tensor)), None)
        made = first(output)
        before = self._held.pop(part, None)
        left = None if before is None else {at: one for at, one in _held(self._cache).items() if at not in before}
        if given is not None and isinstance(made, torch.Tensor):
            self._calls.append(_Call(len(self._calls), part, given.detach().clone(), made.detach().clone(), left))

    def _concluding(self, number: int, block: Block, reach: Reach) -> Callable[[nn.Module, Any, Any], None]:
        def conclude(_module: nn.Module, _args: Any, output: Any) -> None:
            if number not in self.shapes:
                self.width = first(output).shape[-1]
                found = _found(block, self._calls, reach)
                self.shapes[number] = _shape(block, found, [call for call in self._calls if call.is_norm])
                self.modules[number] = [(one.wrote.name, call.module) for one in found for call in one.calls]

        return conclude


def _held(cache: DynamicCache) -> Left:
    """Returns the shapes of the tensors that a cache holds."""
    held: dict[tuple[int, str, int], tuple[int, ...]] = {}
    for at, layer in enumerate(cache.layers):
        for name in HELD:
            kept = getattr(layer, name, None)
            for number, tensor in (kept if isinstance(kept, dict) else {0: kept}).items():
                if tensor is not None and tensor.numel():
                    held[at, name, number] = tuple(tensor.shape)
    return held


@dataclass(frozen=True, eq=False)
class _Found:
    """A writer, with the calls of its modules."""

    wrote: Wrote
    calls: tuple[_Call, ...]

    @property
    def given(self) -> torch.Tensor:
        return self.calls[0].given

    @property
    def made(self) -> torch.Tensor:
        return self.calls[-1].made


def _found(block: Block, calls: Sequence[_Call], reach: Reach) -> list[_Found]:
    """Returns the writers of a block, in the order in which they run."""
    names = {module: name for name, module in children(block.module)}
    found = []
    for group in _groups([call for call in calls if call.module in names]):
        width, is_attention = group[0].width, _is_of(block.attention, group[0].module)
        wrote = None
        if _is_of(block.cross_attention, group[0].module):
            wrote = Wrote("cross_attention", type(group[0].module).__name__)
        elif group[0].left is not None or is_attention:
            wrote = mixer(group[0].module, group[0].left or {}, reach, is_attention)
            is_seen = block.cross_attention is None  # else the cache holds two, and what is left there is not seen
            wrote = replace(wrote, is_borrowing=wrote.is_borrowing and is_seen)
        elif group[-1].made.shape[-1] == width:
            named = [(names[call.module], call.module) for call in group]
            wrote = on_one_token(named, width, len(group) > 1 and group[0].made.shape[-1] > width)
        if wrote is not None:
            found.append(_Found(wrote, tuple(group)))
    return found


def _groups(calls: Sequence[_Call]) -> list[list[_Call]]:
    """Returns the calls of parts that are no norms. Those that follow one another stand together if the last of them
    makes vectors as wide as the first one reads: OPT's feed-forward is two matrices that lie in the block itself."""
    groups: list[list[_Call]] = []
    is_open = False
    for call in calls:
        if call.is_norm:
            is_open = False
        elif _has_weights(call.module):
            is_alone = call.left is not None or call.made.shape[-1] == call.width
            if not is_open or is_alone:
                groups.append([])
            groups[-1].append(call)
            is_open = not is_alone and call.made.shape[-1] != groups[-1][0].width
    return groups


def _has_weights(module: nn.Module) -> bool:
    """Returns whether a module holds numbers. Those of a quantised one are not always parameters."""
    return next(module.parameters(), next(module.buffers(), None)) is not None


def _is_of(writer: Writer | None, module: nn.Module) -> bool:
    return writer is not None and writer.module is module


def _shape(block: Block, found: Sequence[_Found], norms: Sequence[_Call]) -> Shape:
    steps: list[str] = []
    sources: list[torch.Tensor] = []
    joins: list[bool] = []
    before = [_norm_before(norms, one.calls[0]) for one in found]
    others = [norm for norm in norms if norm not in before]
    for place, one in enumerate(found):
        norm = before[place]
        if not _goes_on(found, place):
            joins.append(norm is not None and norm in before[:place])
            steps += ["norm"] * (norm is not None and not joins[-1])
            sources.append(one.given if norm is None else norm.given)
        steps.append(one.wrote.name)
        if not _goes_on(found, place + 1):
            steps += ["norm"] * (_among(others, "given", one.made) is not None) + ["add"]
    reads = tuple(next(at for at, other in enumerate(sources) if same(other, source)) for source in sources)
    drawn = {call.module for one in found for call in one.calls}
    undrawn = tuple(
        name
        for name, module in children(block.module)
        if module not in drawn and not is_norm(module) and next(module.parameters(), None) is not None
    )
    return Shape(tuple(steps), tuple(one.wrote for one in found), reads, tuple(joins), undrawn)


def _goes_on(found: Sequence[_Found], place: int) -> bool:
    """Returns whether a writer goes on with what the one before it made, as a convolution after an attention does.

    Only what mixes positions does so: the vectors that BLOOM's attention makes are the stream, which is read next.
    """
    if not 0 < place < len(found):
        return False
    return found[place].calls[0].left is not None and same(found[place].given, found[place - 1].made)


def _norm_before(norms: Sequence[_Call], call: _Call) -> _Call | None:
    """Returns the last norm that made what a call read. Norms that are not trained yet make the same vectors."""
    return _among([norm for norm in reversed(norms) if norm.number < call.number], "made", call.given)


def _among(norms: Sequence[_Call], what: str, vectors: torch.Tensor) -> _Call | None:
    """Returns the norm that read or made these vectors, or these vectors before they were multiplied with a number."""
    for test in (same, proportional):
        for norm in norms:
            if test(getattr(norm, what), vectors):
                return norm
    return None
