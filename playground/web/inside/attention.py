"""Answers the documented API about attention, of any kind.

Knows the engine and `attention`. Does not know Gradio: `endpoints.py` gives it its endpoint.
"""

from typing import Any

import numpy as np

from playground import values
from playground.attention import source_views
from playground.attention.kinds import kind_of
from playground.attention.opened import source_ids, target_ids
from playground.attention.source_maps import Sides
from playground.attention.views import layer_weights, text_ids
from playground.engine.engine import Engine
from playground.errors import PlaygroundError


async def attention(
    engine: Engine, text: str, layer: int, head: int, kind: str = "self", target: str | None = None
) -> dict[str, Any]:
    """Returns how one head looks at a text.

    Args:
        text: the text as it is; not empty, at most 512 tokens. An encoder reads it, if the model has one.
        layer, head: numbered from 0.
        kind: "self", and for a model with an encoder also "encoder" or "cross".
        target: what the decoder has written, for "self" and "cross" of a model with an encoder; None or
            an empty text for nothing yet.

    Returns:
        `tokens` and `token_ids` of the text, and `weights`: a row for each query, a number for each key, to 7 decimals.
        With a `target` also `target_tokens` and `target_ids`, which begin with the decoder's start token. The queries
        are the target's tokens for "self" and "cross", and those of the text else.

    Raises:
        PlaygroundError: a value of the wrong type or out of range, or a model whose attention cannot be seen.
    """
    which = kind_of("kind", kind)
    for name, value in (("layer", layer), ("head", head)):
        values.whole(name, value, 0, values.MOST_NUMBER)
    model = engine.model
    await source_views.check(engine, which, layer, head)
    if not model.takes_source:
        if target:
            raise PlaygroundError(
                f"{model.name} has no encoder, so that it has no target. Leave target out.", status=422
            )
        ids = await text_ids(engine, text)
        return _told(engine, ids, {}, (await layer_weights(engine, ids, layer))[head])
    source = await source_ids(engine, text)
    if which == "encoder":
        if target:
            raise PlaygroundError(
                "The encoder reads no target. Leave target out, or choose the kind 'self' or 'cross'."
            )
        weights = await source_views.layer_weights(engine, Sides(which, source, source), layer)
        return _told(engine, source, {}, weights[head])
    ids = await target_ids(engine, "" if target is None else target)
    if which == "cross":
        weights = await source_views.layer_weights(engine, Sides(which, ids, source), layer)
    else:
        weights = await layer_weights(engine, ids, layer, source)
    return _told(engine, source, {"target_tokens": _texts(engine, ids), "target_ids": list(ids)}, weights[head])


def _told(engine: Engine, ids: tuple[int, ...], target: dict[str, Any], weights: np.ndarray) -> dict[str, Any]:
    told = {"tokens": _texts(engine, ids), "token_ids": list(ids)}
    return told | target | {"weights": weights.astype(float).round(7).tolist()}


def _texts(engine: Engine, ids: tuple[int, ...]) -> list[str]:
    return [engine.model.tokenizer.decode([token_id]) for token_id in ids]
