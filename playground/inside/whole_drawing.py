"""Describes an encoder-only model as one drawing: its blocks, and the head that fills blanks or gives labels.

Knows models, and `drawing`, whose form the drawing has. What a block does is watched by `whole_blocks`. Each parameter
of the model belongs to exactly one part, so that the parts add up to the whole.
"""

from collections.abc import Generator, Sequence

import numpy as np
import torch
from torch import nn

from playground.inside.blocks import Shape
from playground.inside.drawing import Drawing, Kind, counted, kinds_of, watching
from playground.inside.encoder_drawing import HeadDrawing, HeadStep
from playground.inside.tables import position_tables
from playground.inside.whole_blocks import Call, Run, Seen, Sum, blocks_of, run
from playground.inside.writers import Wrote
from playground.models.masked_model import MaskedModel
from playground.models.parts import is_linear
from playground.models.reach import Reach, reaches

FEW = 6
"""The tokens that are read."""
IN_BLOCKS = ("norms", "attention", "feed_forward", "rest")
PARTS = ("embedding", "positions", "token_types", "embedding_norm", *IN_BLOCKS, "norm", "head", "unembedding", "other")
"""The parts that parameters belong to. "unembedding" is the last matrix of the head: a row for each token or label."""


def drawing(model: MaskedModel) -> Drawing:
    """Returns the drawing of a model. It reads a few tokens, and is short enough for `engine.call`.

    Raises:
        PlaygroundError: the model's blocks are not found.
    """
    config = model.hf.config.get_text_config()
    seen = run(model, [token_id % model.vocabulary_size for token_id in range(1, min(FEW, model.window) + 1)])
    is_sum = any(block.sums for block in seen.blocks)
    reach = reaches(config) if is_sum else (Reach(None, False),) * len(seen.blocks)
    heads = getattr(config, "num_attention_heads", 0)  # FNet mixes the tokens without an attention
    output = model.hf.get_output_embeddings()
    norms = [call for block in seen.blocks for call in block.calls if call.is_norm]
    return Drawing(
        model=model.name,
        parameters=model.outline.num_parameters(),
        layers=len(seen.blocks),
        width=seen.blocks[0].before.shape[-1],
        vocabulary=model.vocabulary_size,
        window=model.window,
        heads=heads,
        key_value_heads=getattr(config, "num_key_value_heads", None) or heads,
        is_tied=output is not None and getattr(output, "weight", None) is model.hf.get_input_embeddings().weight,
        norm_kind=_kind_of(norms),
        kinds=_kinds(seen, reach),
        parts=counted(model, len(seen.blocks), list(_claims(model, seen)), PARTS, IN_BLOCKS),
        norms_in_stream=any(block.is_normed for block in seen.blocks),
        head=_head(model, seen),
    )


def lengths(model: MaskedModel, ids: Sequence[int]) -> Generator[None, None, np.ndarray]:
    """Computes the lengths of the residual stream's vectors: (layer, position) float32, as `drawing.lengths`."""
    blocks = blocks_of(model)
    kept = np.empty((len(blocks) + 1, len(ids)), np.float32)

    def keep(layer: int, vectors: torch.Tensor) -> None:
        kept[layer] = vectors.reshape(-1, vectors.shape[-1]).float().norm(dim=-1).cpu().numpy()

    with watching(blocks, keep):
        model.logits([ids])
    return kept
    yield


def _kind_of(norms: Sequence[Call]) -> str:
    name = type(norms[0].module).__name__ if norms else ""
    return next((kind for kind in ("RMSNorm", "LayerNorm") if name.endswith(kind)), name)


def _kinds(seen: Run, reach: Sequence[Reach]) -> tuple[Kind, ...]:
    return kinds_of([_shape(block, own) for block, own in zip(seen.blocks, reach, strict=True)])


def _shape(block: Seen, reach: Reach) -> Shape:
    """Returns the shape of a block. Norms in the stream are no steps of it."""
    steps: list[str] = []
    for one in block.sums:
        steps += ["norm"] * (one.norm is not None and not block.is_normed) + [one.name, "add"]
    numbers = range(len(block.sums))
    undrawn = () if block.sums else tuple(dict.fromkeys(type(call.module).__name__ for call in block.calls))
    writers = tuple(_wrote(one, reach) for one in block.sums)
    return Shape(tuple(steps), writers, tuple(numbers), tuple(False for _ in numbers), undrawn)


def _wrote(one: Sum, reach: Reach) -> Wrote:
    kind = type(one.wrote.module).__name__
    if one.name == "attention":
        return Wrote(one.name, kind, reach=reach.tokens, is_chunked=reach.is_chunked)
    return Wrote(one.name, kind, neurons=one.wrote.given.shape[-1])


def _claims(model: MaskedModel, seen: Run) -> Generator[tuple[str, int, nn.Module]]:
    """Yields part, block and module, the module that has the better claim first."""
    embedding = model.hf.get_input_embeddings()
    yield "embedding", 0, embedding
    for table in position_tables(model.hf):
        yield "positions", 0, table
    for call in seen.entering:
        if isinstance(call.module, nn.Embedding):
            path = _path(model, call.module)
            name = "positions" if "position" in path else "token_types" if "token_type" in path else "other"
            yield name, 0, call.module
        elif call.is_norm:
            yield "embedding_norm", 0, call.module
    for number, (block, module) in enumerate(zip(seen.blocks, blocks_of(model), strict=True)):
        for call in block.calls:
            if call.is_norm:
                yield "norms", number, call.module
        for one in block.sums:
            for call in one.calls:
                yield one.name, number, call.module
        yield "rest", number, module
    last = _output(model, seen)
    if last is not None:
        yield "unembedding", 0, last
    for place, call in enumerate(seen.leaving):
        yield ("norm" if _is_last_norm(seen, place) else "head"), 0, call.module
    for name, module in model.hf.named_children():
        if name != model.hf.base_model_prefix:
            yield "head", 0, module


def _path(model: MaskedModel, module: nn.Module) -> str:
    return next(path for path, one in model.hf.named_modules() if one is module)


def _output(model: MaskedModel, seen: Run) -> nn.Module | None:
    """Returns the last matrix of the head; None if it is no module."""
    if model.task == "fill-mask":
        return model.hf.get_output_embeddings()
    return seen.leaving[-1].module if seen.leaving and is_linear(seen.leaving[-1].module) else None


def _is_last_norm(seen: Run, place: int) -> bool:
    """Returns whether a call behind the blocks is that of the norm with which the encoder ends, as ModernBERT's does.

    An encoder whose norms stand in the stream has none.
    """
    return place == 0 and seen.leaving[0].is_norm and not any(block.is_normed for block in seen.blocks)


def _head(model: MaskedModel, seen: Run) -> HeadDrawing:
    assert model.task is not None, "an encoder-only model has a head"
    stream, output = seen.blocks[-1].after, _output(model, seen)
    calls = [call for place, call in enumerate(seen.leaving) if not _is_last_norm(seen, place)]
    if model.task != "text-classification":  # a pooler is called too, and nothing is made of its vector
        calls = [call for call in calls if call.given.shape[0] == stream.shape[0]]
    steps = [
        HeadStep("norm" if call.is_norm else "matrix", call.given.shape[-1], call.made.shape[-1])
        for call in calls
        if call.module is not output
    ]
    labels = model.labels if model.task != "fill-mask" else ()
    is_single = model.task == "text-classification" and bool(calls)
    reads = _read_alone(calls[0].given, _normed(seen)) if is_single else "each"
    return HeadDrawing(model.task, reads, tuple(steps), labels)


def _normed(seen: Run) -> torch.Tensor:
    """Returns the vectors that the encoder makes."""
    return seen.leaving[0].made if seen.leaving and _is_last_norm(seen, 0) else seen.blocks[-1].after


def _read_alone(given: torch.Tensor, stream: torch.Tensor) -> str:
    """Returns what a head reads that gives labels to a text: the vector of the first token, or one made of all."""
    if given.shape == stream.shape:
        return "all"
    return "first" if torch.allclose(given[0], stream[0], rtol=1e-3, atol=1e-5) else "all"
