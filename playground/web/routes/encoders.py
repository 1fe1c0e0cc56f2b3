"""Answers what the page fetches of encoder-only models. Each answer depends on the request alone: nothing is kept.

All are POST below `/playground/encoder`, take `?model=NAME` (without it the first loaded encoder-only model is asked),
and a body in JSON that has either `text` or `ids`. A text may hold the model's mask token, or `___`.

- `/text` {text, seed?}: how the text is read, see `_text_message`.
- `/row` {ids, position}: one row of logits over the vocabulary, float32, little-endian.
- `/likelihood` {text} or {ids}: {ids, logprobs_nats, sum_nats}; a log-probability is null where there is no score.
- `/labels` {text} or {ids}: {ids, task, labels} for a head over texts, {ids, task, tokens} for one over tokens, where
  `tokens` has an entry for each of `ids`. Labels are [{label, probability}], most probable first.
"""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Body, Response

from playground.decoding.chance import uniform
from playground.decoding.settings import MAX_SEED
from playground.encoders import blanks, labels, likelihood
from playground.encoders.texts import Text, places, read, taken, written
from playground.engine.request import checked_ids
from playground.engine.worker import Worker
from playground.errors import PlaygroundError
from playground.models.masked_model import MaskedModel
from playground.values import Values
from playground.web.asked import ClassifierAsked, EncoderAsked, FillerAsked
from playground.web.routes.leaving import LeavingRoute

PRIVATE = {"Cache-Control": "private, no-store"}


def add_encoder_routes(app_router: APIRouter) -> None:
    """Adds everything under `/encoder`."""
    router = APIRouter(prefix="/encoder", route_class=LeavingRoute)

    @router.post("/text")
    async def text(worker: EncoderAsked, given: Annotated[Any, Body()]) -> dict[str, Any]:
        asked = Values("The request", given)
        seed = asked.whole("seed", 0, MAX_SEED) if "seed" in asked else None
        as_read = written(worker, asked.get("text"))
        # The text may be long, also beside a few ids. Another thread tokenises it, so that the event loop goes on.
        return await asyncio.to_thread(_text_message, worker.model, as_read, await _asked_text(worker, asked), seed)

    @router.post("/row")
    async def row(worker: FillerAsked, given: Annotated[Any, Body()]) -> Response:
        asked = Values("The request", given)
        found = await _asked_text(worker, asked)
        [logits] = await blanks.rows(worker, found.ids, [asked.whole("position", 0, len(found.ids) - 1)])
        return _binary(logits.numpy().astype("<f4").tobytes())

    @router.post("/likelihood")
    async def pseudo_log_likelihood(worker: FillerAsked, given: Annotated[Any, Body()]) -> dict[str, Any]:
        found = await _asked_text(worker, Values("The request", given))
        scored = await likelihood.scored(worker, found)
        return {"ids": found.ids, "logprobs_nats": scored.logprobs_nats, "sum_nats": scored.sum_nats}

    @router.post("/labels")
    async def label_bars(worker: ClassifierAsked, given: Annotated[Any, Body()]) -> dict[str, Any]:
        found = await _asked_text(worker, Values("The request", given))
        told = {"ids": found.ids, "task": worker.model.task}
        if worker.model.task == "token-classification":
            return told | {"tokens": [_bars(one) for one in await labels.labels_of_tokens(worker, found)]}
        return told | {"labels": _bars(await labels.labels_of_text(worker, found))}

    app_router.include_router(router)


async def _asked_text(worker: Worker[MaskedModel], asked: Values) -> Text:
    """Returns the text of a request, which has `ids` or `text`."""
    if "ids" not in asked:
        return await read(worker, asked.get("text"))
    ids = checked_ids(asked.get("ids"), worker.model)
    if not ids:
        raise PlaygroundError("The text is empty. Write one.", status=422)
    return taken(worker.model, ids)


def _text_message(model: MaskedModel, text: str, found: Text, seed: int | None) -> dict[str, Any]:
    """Builds the message about a text.

    It has the `text` as it is read, with mask tokens for `___`; `ids`; the places of the `masks` and of the `special`
    tokens; `mask_id` and `mask_token`; `places`, [start, end, word] for each token with its characters in `text` and
    the number of its word or null, or null for a tokenizer that does not tell; `draws`, a uniform number for each mask
    by the seed, or null without a seed; and `unknown`, the sentence that names the words which a built-in model does
    not know, or an empty text.
    """
    return {
        "model": model.name,
        "task": model.task,
        "text": text,
        "ids": found.ids,
        "masks": found.masks,
        "special": found.special,
        "mask_id": model.mask_id,
        "mask_token": model.mask_token,
        "places": places(model, text),
        "unknown": model.told_unknown(text),
        "draws": None if seed is None else [uniform(seed, number) for number in range(len(found.masks))],
    }


def _bars(found: labels.Labels) -> list[dict[str, Any]]:
    return [{"label": label, "probability": probability} for label, probability in found]


def _binary(content: bytes) -> Response:
    return Response(content, media_type="application/octet-stream", headers=PRIVATE)
