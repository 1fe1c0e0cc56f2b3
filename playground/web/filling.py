"""Answers the documented API about encoder-only models: blanks, labels, attention, and what each layer would say.

Knows `attention` and `encoders`. Does not know Gradio: `endpoints.py` gives these functions their endpoints.
"""

import asyncio
from typing import Any

from playground import values
from playground.attention.kinds import kind_of
from playground.attention.source_maps import Sides
from playground.attention.source_views import check, layer_weights
from playground.attention.views import check_length
from playground.encoders import blanks, labels, views
from playground.encoders.texts import read
from playground.engine.reader import Reader
from playground.engine.worker import Worker
from playground.errors import PlaygroundError
from playground.models.masked_model import MaskedModel
from playground.web.inside.layers import lens_message


async def fill(worker: Worker[MaskedModel], text: str, settings: dict[str, Any]) -> list[dict[str, Any]]:
    """Returns what may stand in each blank of a text.

    Args:
        text: a text with the model's mask token, or `___`, for each blank.
        settings: the names of `blanks.SETTINGS`. Missing ones are off.

    Returns:
        `{position, kept, candidates: [{token_id, token, probability}], unknown_words}` of each blank in the order of
        the text. `unknown_words` are those of the text that a built-in model does not know, or null for another model.

    Raises:
        PlaygroundError: a text without a blank, or too long, or a setting that says nothing about a blank.
    """
    chosen = blanks.settings_of(settings)
    found = await blanks.filled(worker, await read(worker, text), chosen)
    decode, unknown = worker.model.tokenizer.decode, await asyncio.to_thread(worker.model.unknown_words, text)
    return [
        {
            "position": one.position,
            "kept": one.kept,
            "candidates": [
                {"token_id": token_id, "token": decode([token_id]), "probability": probability}
                for token_id, probability in one.candidates
            ],
            "unknown_words": unknown,
        }
        for one in found
    ]


async def classify(worker: Worker[MaskedModel], text: str) -> list[dict[str, Any]]:
    """Returns the labels of a text, or those of each of its tokens, by the model's head.

    Returns:
        `[{label, probability}]`, most probable first; for a head over tokens `[{position, token_id, token, labels}]`
        with such a list for each token, the special ones too.

    Raises:
        PlaygroundError: a text that is empty or too long.
    """
    found, model = await read(worker, text), worker.model
    if model.task == "text-classification":
        return _bars(await labels.labels_of_text(worker, found))
    of_tokens = await labels.labels_of_tokens(worker, found)
    return [
        {"position": place, "token_id": token_id, "token": model.tokenizer.decode([token_id]), "labels": _bars(bars)}
        for place, (token_id, bars) in enumerate(zip(found.ids, of_tokens, strict=True))
    ]


async def attention(
    worker: Reader[MaskedModel], text: str, layer: int, head: int, kind: str = "self", target: object = None
) -> dict[str, Any]:
    """Returns how one head looks at a text, in both directions.

    Args:
        layer, head: numbered from 0.
        kind: "self" or "encoder", which are the same for such a model.
        target: None or an empty text, because such a model has no decoder that writes one.

    Returns:
        `{tokens, token_ids, weights}`: as for a model that writes, and the text begins and ends with the tokenizer's
        own tokens.

    Raises:
        PlaygroundError: a value of the wrong type or out of range, or a model whose attention cannot be seen.
    """
    for name, value in (("layer", layer), ("head", head)):
        values.whole(name, value, 0, values.MOST_NUMBER)
    if kind_of("kind", kind) == "cross":
        raise PlaygroundError(f"kind is 'cross', and {worker.model.name} has no decoder. Choose the kind 'encoder'.")
    _refuse_target(worker.model, target)
    await check(worker, "encoder", layer, head)
    ids = (await read(worker, text)).ids
    check_length(len(ids))
    weights = (await layer_weights(worker, Sides("encoder", ids, ids), layer))[head]
    return {
        "tokens": [worker.model.tokenizer.decode([token_id]) for token_id in ids],
        "token_ids": list(ids),
        "weights": weights.astype(float).round(7).tolist(),
    }


async def lens(
    worker: Worker[MaskedModel], text: str, position: object, count: object, target: object = None
) -> dict[str, Any]:
    """Returns what the head says of one token after the embedding and after each layer.

    Args:
        target: as for `attention`.

    Returns:
        `{tokens, layers: [{layer, kl_nats, rank_of_final, top: [{token_id, token, probability}]}]}`.

    Raises:
        PlaygroundError: a value of the wrong type or out of range.
    """
    _refuse_target(worker.model, target)
    asked = await read(worker, text)
    found = await views.layers(worker, asked, position, count)
    return lens_message(worker.model.tokenizer, asked.ids, found)


def _refuse_target(model: MaskedModel, target: object) -> None:
    if target:
        raise PlaygroundError(f"{model.name} has no decoder, so that it has no target. Leave target out.", status=422)


def _bars(found: labels.Labels) -> list[dict[str, Any]]:
    return [{"label": label, "probability": probability} for label, probability in found]
