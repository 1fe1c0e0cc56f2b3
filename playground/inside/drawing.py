"""Describes a model as one drawing: its parts in the order in which a token passes them, their shapes and parameters.

Knows models. Nothing of it comes from the name of a family: what happens in a block is watched by `blocks`, and each
parameter of the model belongs to exactly one part, so that the parts add up to the whole. The lengths of the residual
stream's vectors come from one forward, which is read in slices so that other texts can take their steps.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from playground.inside.blocks import Shape, Watched, children, is_norm, watched
from playground.inside.encoder_drawing import EncoderDrawing, HeadDrawing, encoder_drawing
from playground.inside.tables import position_tables
from playground.inside.writers import WRITERS
from playground.models.language_model import LanguageModel
from playground.models.loaded_model import LoadedModel
from playground.models.parts import Parts, first, parts

DRAWN_TOKENS = 512
"""The longest text whose vectors are measured."""
SLICE_TOKENS = 128
IN_BLOCKS = ("norms", *WRITERS, "rest")
"""The parts of blocks that parameters belong to. "rest" is what belongs to no other part."""
PARTS = ("embedding", "positions", "encoder", *IN_BLOCKS, "norm", "unembedding", "other")
"""The parts that parameters belong to. "norms" are those of the blocks, "norm" is the last one, after them."""


@dataclass(frozen=True)
class Part:
    """The parameters of one part.

    Attributes:
        name: one of `PARTS`.
        parameters: their number in all blocks together.
        each: their number in each block; empty for a part that is outside of the blocks.
        tensors: name and shape of each tensor, for a part of the blocks only those of the first block that has any.
    """

    name: str
    parameters: int
    each: tuple[int, ...]
    tensors: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True)
class Kind:
    """What the blocks of one kind do. `layers` has their numbers."""

    layers: tuple[int, ...]
    shape: Shape


@dataclass(frozen=True)
class Drawing:
    """What the picture of a model is made of.

    Attributes:
        model: the model's name.
        parameters: their number; a matrix that is used twice counts once.
        layers, width, vocabulary, window: the numbers of blocks, of numbers in a vector, of tokens.
        heads, key_value_heads: of one attention.
        is_tied: whether embedding and unembedding are the same matrix.
        norm_kind: the class of the blocks' norms, "RMSNorm" or "LayerNorm" without the family's name; "" if none.
        kinds: of the blocks, in the order of their first blocks. Blocks that do the same are of one kind.
        parts: those that have parameters.
        encoder: what is drawn beside the decoder; None for a decoder-only model.
        norms_in_stream: whether the norms stand in the stream, after each sum, as those of BART, Marian and BERT do.
        head: that of an encoder-only model; None for a model that writes.
    """

    model: str
    parameters: int
    layers: int
    width: int
    vocabulary: int
    window: int
    heads: int
    key_value_heads: int
    is_tied: bool
    norm_kind: str
    kinds: tuple[Kind, ...]
    parts: tuple[Part, ...]
    encoder: EncoderDrawing | None = None
    norms_in_stream: bool = False
    head: HeadDrawing | None = None


def drawing(model: LanguageModel) -> Drawing:
    """Returns the drawing of a model. It reads a few tokens, and is short enough for `engine.call`.

    Raises:
        PlaygroundError: the model's blocks are not found.
    """
    found = parts(model.hf, model.name)
    blocks = found.check_blocks()
    config = model.hf.config.get_text_config(decoder=model.takes_source or None)
    seen = watched(model, blocks)
    in_stream = model.takes_source and found.norm is None
    return Drawing(
        model=model.name,
        parameters=model.outline.num_parameters(),
        layers=len(blocks),
        width=seen.width,
        vocabulary=model.vocabulary_size,
        window=model.window,
        heads=config.num_attention_heads,
        key_value_heads=getattr(config, "num_key_value_heads", None) or config.num_attention_heads,
        is_tied=found.unembedding.weight is found.embedding.weight,
        norm_kind=_norm_kind(found),
        kinds=kinds_of([_on_the_way(shape) for shape in seen.shapes] if in_stream else seen.shapes),
        parts=counted(model, len(found.blocks), _claims(model, found, seen)),
        encoder=encoder_drawing(model),
        norms_in_stream=in_stream,
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

        with watching(blocks, keep):
            model.prefill(piece, cache)
        for layer, norms in seen.items():
            kept[layer, start : start + len(piece)] = norms.numpy()
        yield
    return kept


@contextmanager
def watching(blocks: Sequence[nn.Module], keep: Callable[[int, torch.Tensor], None]) -> Generator[None]:
    """While it is entered, calls `keep(layer, vectors)` with the stream before the first block and after each one."""
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


def kinds_of(shapes: Sequence[Shape]) -> tuple[Kind, ...]:
    """Returns the kinds of blocks with these shapes."""
    layers: defaultdict[Shape, list[int]] = defaultdict(list)
    for number, shape in enumerate(shapes):
        layers[shape].append(number)
    return tuple(Kind(tuple(numbers), shape) for shape, numbers in layers.items())


def _on_the_way(shape: Shape) -> Shape:
    """Returns the shape of a block whose norms stand in the stream: they are no part of what is added."""
    return replace(shape, steps=tuple(step for step in shape.steps if step != "norm"))


def _norm_kind(found: Parts) -> str:
    name = next((type(child).__name__ for _, child in children(found.blocks[0].module) if is_norm(child)), "")
    return next((kind for kind in ("RMSNorm", "LayerNorm") if name.endswith(kind)), name)


def counted(
    model: LoadedModel,
    blocks: int,
    claims: Iterable[tuple[str, int, nn.Module]],
    names: Sequence[str] = PARTS,
    in_blocks: Collection[str] = IN_BLOCKS,
) -> tuple[Part, ...]:
    """Returns the parts with their parameters, each of which belongs to the first part that claims it.

    Args:
        model: the model.
        blocks: the number of its blocks.
        claims: part, block and module, the module that has the better claim first.
        names: the parts, in the order in which they are returned. The last one has what nothing claims.
        in_blocks: those of the blocks.
    """
    paths = {module: path for path, module in model.hf.named_modules()}
    owners: dict[int, tuple[str, int]] = {}
    for name, block, module in claims:
        for parameter in model.outline.get_submodule(paths[module]).parameters():
            owners.setdefault(id(parameter), (name, block))
    counts = {name: [0] * blocks for name in names}
    tensors: defaultdict[tuple[str, int], list[tuple[str, tuple[int, ...]]]] = defaultdict(list)
    for path, parameter in model.outline.named_parameters():
        name, block = owners.get(id(parameter), (names[-1], 0))
        counts[name][block] += parameter.numel()
        tensors[name, block].append((path, tuple(parameter.shape)))
    return tuple(
        Part(name, sum(each), tuple(each) if name in in_blocks else (), tuple(tensors[name, _first_filled(each)]))
        for name, each in counts.items()
        if sum(each)
    )


def _first_filled(numbers: Sequence[int]) -> int:
    return next(place for place, number in enumerate(numbers) if number)


def _claims(model: LanguageModel, found: Parts, seen: Watched) -> Generator[tuple[str, int, nn.Module]]:
    """Yields part, block and module, the module that has the better claim first."""
    yield "embedding", 0, found.embedding
    for table in position_tables(model.hf):
        yield "positions", 0, table
    for number, (block, modules) in enumerate(zip(found.blocks, seen.modules, strict=True)):
        for name, module in modules:
            yield name, number, module
        for _, child in children(block.module):
            yield ("norms" if is_norm(child) else "rest"), number, child
        yield "rest", number, block.module
    norms = [child for _, child in children(model.hf.get_decoder()) if is_norm(child)]
    last = [] if model.takes_source else norms[-1:]  # BART has one before its blocks, and none after them
    for norm in [found.norm] if found.norm is not None else last:
        yield "norm", 0, norm
    yield "unembedding", 0, found.unembedding
    if model.takes_source:
        yield "encoder", 0, model.hf.get_encoder()
