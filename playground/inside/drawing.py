"""Describes a model as one drawing: its parts in the order in which a token passes them, their shapes and parameters.

Knows models. Nothing of it comes from the name of a family: the order inside a block is watched on a few tokens, and
each parameter of the model belongs to exactly one part, so that the parts add up to the whole. The lengths of the
residual stream's vectors come from one forward, which is read in slices so that other texts can take their steps.
"""

from collections import defaultdict
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from transformers import PreTrainedModel

from playground.inside.tables import position_tables
from playground.models.language_model import LanguageModel
from playground.models.parts import Block, Parts, Writer, first, matrix, parts

DRAWN_TOKENS = 512
"""The longest text whose vectors are measured."""
SLICE_TOKENS = 128
FEW = (3, 4, 5)
PARTS = ("embedding", "positions", "norms", "attention", "feed_forward", "norm", "unembedding", "other")
"""The parts that parameters belong to. "norms" are those of the blocks, "norm" is the last one, after them."""
IN_BLOCKS = ("norms", "attention", "feed_forward")


@dataclass(frozen=True)
class Part:
    """The parameters of one part.

    Attributes:
        name: one of `PARTS`.
        parameters: their number in all blocks together.
        each: their number in each block; empty for a part that is outside of the blocks.
        tensors: name and shape of each tensor, of the first block only for a part of the blocks.
    """

    name: str
    parameters: int
    each: tuple[int, ...]
    tensors: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True)
class Drawing:
    """What the picture of a model is made of.

    Attributes:
        model: the model's name.
        parameters: their number; a matrix that is used twice counts once.
        layers, width, vocabulary, window: the numbers of blocks, of numbers in a vector, of tokens.
        heads, key_value_heads: of one attention.
        neurons: the width inside a feed-forward; None if it is not found.
        is_tied: whether embedding and unembedding are the same matrix.
        is_parallel: whether attention and feed-forward read the same vector, instead of one after the other.
        steps: what happens in a block, in order: "norm", "attention", "feed_forward", and "add" for each sum.
        norm_kind: the class of the blocks' norms, "RMSNorm" or "LayerNorm" without the family's name; "" if none.
        parts: those that have parameters.
    """

    model: str
    parameters: int
    layers: int
    width: int
    vocabulary: int
    window: int
    heads: int
    key_value_heads: int
    neurons: int | None
    is_tied: bool
    is_parallel: bool
    steps: tuple[str, ...]
    norm_kind: str
    parts: tuple[Part, ...]


def drawing(model: LanguageModel) -> Drawing:
    """Returns the drawing of a model. It reads a few tokens, and is short enough for `engine.call`.

    Raises:
        PlaygroundError: the model's blocks are not found.
    """
    found = parts(model.hf, model.name)
    blocks = found.check_blocks()
    config = model.hf.config.get_text_config()
    seen = _seen(model, blocks[0])
    steps, is_parallel = _steps(seen, blocks[0])
    outline = parts(model.outline, model.name)
    last = outline.blocks[0].feed_forward and outline.blocks[0].feed_forward.last
    return Drawing(
        model=model.name,
        parameters=model.outline.num_parameters(),
        layers=len(blocks),
        width=seen[blocks[0].module].made.shape[-1],
        vocabulary=model.vocabulary_size,
        window=model.window,
        heads=config.num_attention_heads,
        key_value_heads=getattr(config, "num_key_value_heads", None) or config.num_attention_heads,
        neurons=None if last is None else matrix(last, model.outline).shape[1],
        is_tied=found.unembedding.weight is found.embedding.weight,
        is_parallel=is_parallel,
        steps=steps,
        norm_kind=_norm_kind(found),
        parts=_counted(model.outline, outline),
    )


def lengths(model: LanguageModel, ids: Sequence[int]) -> Generator[None, None, np.ndarray]:
    """Computes the lengths (Euclidean norms) of the residual stream's vectors: (layer, position) float32.

    Layer 0 is what the first block reads; layer n is what the n-th block has left.
    """
    blocks = [block.module for block in parts(model.hf, model.name).check_blocks()]
    kept = np.empty((len(blocks) + 1, len(ids)), np.float32)
    cache = model.new_cache()
    for start in range(0, len(ids), SLICE_TOKENS):
        piece = ids[start : start + SLICE_TOKENS]
        seen: dict[int, torch.Tensor] = {}

        def keep(layer: int, vectors: torch.Tensor, seen: dict[int, torch.Tensor] = seen) -> None:
            seen[layer] = vectors[0].float().norm(dim=-1).cpu()

        with _watched(blocks, keep):
            model.prefill(piece, cache)
        for layer, norms in seen.items():
            kept[layer, start : start + len(piece)] = norms.numpy()
        yield
    return kept


@contextmanager
def _watched(blocks: Sequence[nn.Module], keep: Callable[[int, torch.Tensor], None]) -> Generator[None]:
    """Calls `keep(layer, vectors)` with the residual stream before the first block and after each one."""
    hooks = [
        blocks[0].register_forward_pre_hook(
            lambda _module, args, kwargs: keep(0, _given(args, kwargs)), with_kwargs=True
        )
    ]

    def after(number: int) -> Callable[[nn.Module, Any, Any], None]:
        return lambda _module, _args, output: keep(number, first(output))

    for number, block in enumerate(blocks, start=1):
        hooks.append(block.register_forward_hook(after(number)))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _given(args: tuple, kwargs: dict) -> torch.Tensor:
    return args[0] if args else kwargs["hidden_states"]


@dataclass(frozen=True, eq=False)
class _Seen:
    """What a module read and made."""

    given: torch.Tensor
    made: torch.Tensor


def _steps(seen: dict[nn.Module, _Seen], block: Block) -> tuple[tuple[str, ...], bool]:
    """Returns the steps of a block, in order, and whether its two writers read the same vector."""
    norms = [one for module, one in seen.items() if _is_norm(module)]
    steps: list[str] = []
    sources: list[torch.Tensor] = []
    for kind, writer in (("attention", block.attention), ("feed_forward", block.feed_forward)):
        if writer is None:
            continue
        given, made = seen[_entry(block, writer)].given, seen[writer.module].made
        before = next((norm for norm in norms if _same(norm.made, given)), None)
        after = next((norm for norm in norms if _same(norm.given, made)), None)
        sources.append(given if before is None else before.given)
        steps += ["norm"] * (before is not None) + [kind] + ["norm"] * (after is not None) + ["add"]
    return tuple(steps), len(sources) > 1 and _same(*sources)


def _seen(model: LanguageModel, block: Block) -> dict[nn.Module, _Seen]:
    """Runs a few tokens through the model. Returns what the parts of a block and the block itself read and made.

    The first token is left out, because its vector is zero in a model that pads with it.
    """
    seen: dict[nn.Module, _Seen] = {}

    def note(module: nn.Module, args: tuple, kwargs: dict, output: Any) -> None:
        seen[module] = _Seen(_given(args, kwargs).detach().clone(), first(output).detach().clone())

    hooks = [
        module.register_forward_hook(note, with_kwargs=True)
        for module in (block.module, *block.module.children())
        if not isinstance(module, nn.ModuleList)
    ]
    try:
        model.prefill([token_id % model.vocabulary_size for token_id in FEW], model.new_cache())
    finally:
        for hook in hooks:
            hook.remove()
    return seen


def _entry(block: Block, writer: Writer) -> nn.Module:
    """Returns the module that a writer begins with: OPT's feed-forward is two matrices that lie in the block itself."""
    own = [child for child in block.module.children() if isinstance(child, nn.Linear)]
    return own[0] if writer.module in own else writer.module


def _is_norm(module: nn.Module) -> bool:
    return "norm" in type(module).__name__.lower()


def _same(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one.numel() == other.numel() and torch.equal(one.flatten(), other.flatten())


def _norm_kind(found: Parts) -> str:
    name = next((type(child).__name__ for child in found.blocks[0].module.children() if _is_norm(child)), "")
    return next((kind for kind in ("RMSNorm", "LayerNorm") if name.endswith(kind)), name)


def _counted(hf: PreTrainedModel, found: Parts) -> tuple[Part, ...]:
    """Returns the parts with their parameters, each of which belongs to the first part that claims it."""
    owners: dict[int, tuple[str, int]] = {}
    for name, block, module in _claims(hf, found):
        for parameter in module.parameters():
            owners.setdefault(id(parameter), (name, block))
    counts = {name: [0] * (len(found.blocks) or 1) for name in PARTS}
    tensors: defaultdict[str, list[tuple[str, tuple[int, ...]]]] = defaultdict(list)
    for path, parameter in hf.named_parameters():
        name, block = owners.get(id(parameter), ("other", 0))
        counts[name][block] += parameter.numel()
        if block == 0:
            tensors[name].append((path, tuple(parameter.shape)))
    return tuple(
        Part(name, sum(each), tuple(each) if name in IN_BLOCKS else (), tuple(tensors[name]))
        for name, each in counts.items()
        if sum(each)
    )


def _claims(hf: PreTrainedModel, found: Parts) -> Generator[tuple[str, int, nn.Module]]:
    """Yields part, block and module, the module that has the better claim first."""
    yield "embedding", 0, found.embedding
    for table in position_tables(hf):
        yield "positions", 0, table
    for number, block in enumerate(found.blocks):
        if block.attention:
            yield "attention", number, block.attention.module
        if block.feed_forward:
            yield "feed_forward", number, block.feed_forward.module
        for child in block.module.children():
            yield ("norms" if _is_norm(child) else "feed_forward"), number, child
    if found.norm is not None:
        yield "norm", 0, found.norm
    yield "unembedding", 0, found.unembedding
