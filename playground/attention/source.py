"""Answers how a decoder's text looks at its source: the cross-attention of the position that predicted a token.

Knows the engine and its store. The weights are recorded with each step, and computed again where they were given up.
"""

from dataclasses import dataclass

import numpy as np

from playground.engine.any_engine import AnyEngine
from playground.errors import PlaygroundError
from playground.on_host import on_host


@dataclass(frozen=True, eq=False)
class SourceRow:
    """The weights of one head, or of the mean over a layer's heads.

    Attributes:
        weights: (source position,) float32. They sum to 1, or to less where `kinds.is_merged`.
        layer: the layer whose weights they are, from 0.
        layers, heads: the numbers of the decoder's layers, and of the heads of each.
        is_recomputed: whether another forward than the one that chose the token computed them.
    """

    weights: np.ndarray
    layer: int
    layers: int
    heads: int
    is_recomputed: bool


async def source_row(engine: AnyEngine, trace_id: str, index: int, layer: int | None, head: int | str) -> SourceRow:
    """Returns the cross-attention of the position that predicted a step's token.

    Args:
        index: the step, from 0.
        layer: from 0; None for the last one.
        head: from 0, or "mean".

    Raises:
        PlaygroundError: there is no such trace, step, layer or head, or the model has no encoder or does not return its
            attention.
    """
    trace = engine.store.get(trace_id)
    if not trace.source_ids:
        raise PlaygroundError(f"{trace.model} has no encoder, so that its text looks at no source.", status=422)
    if index < 0:
        raise PlaygroundError(f"The step is {index}, which no position of the decoder predicted. Choose one from 0.")
    seen = await engine.lookups.at(trace_id, index)
    if seen.source_attention is None:  # given up, and the logits not yet
        seen = await engine.lookups.after(trace.ids_before(index), trace.source_ids)
    if seen.source_attention is None:
        raise PlaygroundError(f"{trace.model} does not return its attention weights.", status=422)
    layers, heads, _ = seen.source_attention.shape
    chosen = layers - 1 if layer is None else layer
    for name, value, count in (("layer", chosen, layers), ("head", head, heads)):
        if isinstance(value, int) and not 0 <= value < count:
            raise PlaygroundError(
                f"{name} is {value}, and the decoder of {trace.model} has {count} of them. Choose one from 0 to "
                f"{count - 1}."
            )
    of_layer = on_host(seen.source_attention[chosen]).float().numpy()
    row = of_layer[head] if isinstance(head, int) else of_layer.mean(axis=0)
    return SourceRow(row, chosen, layers, heads, seen.is_recomputed)
