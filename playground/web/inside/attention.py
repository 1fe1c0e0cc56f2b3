"""Answers the documented API about attention, of any kind.

Knows the engine and `attention`. Does not know Gradio: `endpoints.py` gives it its endpoint.
"""

from typing import Any

from playground import values
from playground.attention import source_views
from playground.attention.kinds import kind_of
from playground.attention.source_maps import Sides
from playground.attention.views import layer_weights
from playground.engine.any_engine import AnyEngine
from playground.errors import PlaygroundError
from playground.models.prompt_ids import PromptIds
from playground.web.inside.asked_texts import asked_texts, tokens_of


async def attention(
    engine: AnyEngine, text: str, layer: int, head: int, kind: str = "self", target: str | None = None
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
    await source_views.check(engine, which, layer, head)
    if which == "encoder" and target:
        raise PlaygroundError("The encoder reads no target. Leave target out, or choose the kind 'self' or 'cross'.")
    ids, source = await asked_texts(engine, text, target)
    if which == "self":
        weights = await layer_weights(engine, ids, layer, source)
    else:
        sides = Sides(which, ids if which == "cross" else source, source)
        weights = await source_views.layer_weights(engine, sides, layer)
    read = PromptIds(source) if which == "encoder" else PromptIds(ids, source)
    written = {"target_ids": list(ids)} if read.source_ids else {}
    told = {**tokens_of(engine, read), "token_ids": list(read.read_ids), **written}
    return told | {"weights": weights[head].astype(float).round(7).tolist()}
