"""Answers what the page and the API ask about layers: the logit lens, and who wrote a logit.

Knows `inside.layers`. The grid of the lens is a stream of lines of JSON: first what it is made of, then one line for
each layer of each slice, as soon as it is computed, with its numbers in base64, little-endian. `assets/inside/layers/`
reads it.
"""

import json
from base64 import b64encode
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Response
from fastapi.responses import StreamingResponse

from playground import values
from playground.engine.any_engine import AnyEngine
from playground.errors import PlaygroundError
from playground.inside import lens as lens_jobs
from playground.inside.contributions import Contributions
from playground.inside.layers import LayerViews, column_of, contributions_of
from playground.inside.lens import Column
from playground.models.tokenizer import Tokenizer
from playground.web.asked import AnyAsked, beside_any
from playground.web.inside.asked_texts import asked_texts, tokens_of
from playground.web.routes.leaving import LeavingRoute

Views = Annotated[LayerViews, beside_any(LayerViews)]
PRIVATE = {"Cache-Control": "private, no-store"}
MOST_TOKENS = 100
"""The most tokens that the API names for each layer."""


def add_layer_routes(app_router: APIRouter) -> None:
    """Adds everything under `/traces/<id>/inside/lens` and `/traces/<id>/inside/contributions`."""
    router = APIRouter(route_class=LeavingRoute)
    here = "/traces/{trace_id}/inside"

    @router.get(here + "/lens")
    async def grid(views: Views, trace_id: str, near: str = "0") -> Response:
        lines = grid_lines(views, trace_id, values.whole_in("near", near))
        head = await anext(lines)  # a refusal comes before the status is sent
        return StreamingResponse(_with(head, lines), media_type="application/x-ndjson", headers=PRIVATE)

    @router.get(here + "/lens/{position}")
    async def column(views: Views, trace_id: str, position: str) -> dict[str, Any]:
        return column_message(await views.column(trace_id, values.whole_in("position", position)))

    @router.get(here + "/lens/{position}/{layer}")
    async def row(views: Views, trace_id: str, position: str, layer: str) -> Response:
        place, number = values.whole_in("position", position), values.whole_in("layer", layer)
        logits = (await views.row(trace_id, place, number)).astype("<f4")
        return Response(logits.tobytes(), media_type="application/octet-stream", headers=PRIVATE)

    @router.get(here + "/contributions/{position}")
    async def terms(
        views: Views, engine: AnyAsked, trace_id: str, position: str, token_id: str, against: str | None = None
    ) -> dict[str, Any]:
        place, token = values.whole_in("position", position), values.whole_in("token_id", token_id)
        other = None if against is None else values.whole_in("against", against)
        after = await engine.call(lens_jobs.after)
        return terms_message(await views.contributions(trace_id, place, token, other)) | {"after": after}

    app_router.include_router(router)


async def grid_lines(views: LayerViews, trace_id: str, near: int) -> AsyncGenerator[str]:
    """Yields the grid as lines of JSON: first what it is made of. Closing the generator ends the work.

    Raises:
        PlaygroundError: before the first line. A later one is told in a line of its own.
    """
    layers, tokens, after = await views.shape(trace_id)
    yield json.dumps({"tokens": tokens, "layers": layers, "top": lens_jobs.TOP, "after": after}) + "\n"
    try:
        async with aclosing(views.grid(trace_id, near)) as grid:
            async for drawn in grid:
                cells = drawn.cells
                told = {"done": drawn.done, "of": drawn.of, "start": drawn.start, "layer": drawn.layer}
                told |= {"ids": _packed(cells.ids, "<u4"), "shares": _packed(cells.shares, "<f4")}
                told |= {"finals": _packed(cells.final_shares, "<f4"), "ranks": _packed(cells.ranks, "<u4")}
                yield json.dumps(told | {"kl_nats": _packed(cells.kl_nats, "<f4")}) + "\n"
    except PlaygroundError as refusal:
        yield json.dumps({"error": str(refusal)}) + "\n"


async def _with(head: str, lines: AsyncGenerator[str]) -> AsyncGenerator[str]:
    """Yields the first line and the others. Starlette closes it when the client has left."""
    async with aclosing(lines):
        yield head
        async for line in lines:
            yield line


async def lens(engine: AnyEngine, text: str, position: int, count: int, target: str | None = None) -> dict[str, Any]:
    """Returns what the model would say after the embedding and after each block, at one position of a text.

    Args:
        text: the text as it is; not empty, at most 512 tokens. An encoder reads it, if the model has one.
        position: the index of the token that reads; below 0 from the end. It counts the target's tokens, if there are.
        count: the number of tokens for each layer, 1 to `MOST_TOKENS`.
        target: what the decoder of a model with an encoder has written; None for nothing yet.

    Returns:
        `{tokens, layers: [{layer, kl_nats, rank_of_final, top: [{token_id, token, probability}]}]}`, for a model with
        an encoder with `target_tokens`, which begin with its start token.

    Raises:
        PlaygroundError: a value of the wrong type or out of range, or a model whose end is not found.
    """
    values.whole("count", count, 1, MOST_TOKENS)
    read = await asked_texts(engine, text, target)
    most = min(count, engine.model.vocabulary_size)
    found = await column_of(engine, read.ids, _place(position, len(read.ids)), most, read.source_ids)
    return lens_message(engine.model.tokenizer, read.read_ids, found.layers) | tokens_of(engine, read)


def lens_message(tokenizer: Tokenizer, ids: Sequence[int], layers: Iterable[Any]) -> dict[str, Any]:
    """Returns the API's answer about the layers at one position of a text, the embedding first."""
    return {
        "tokens": [tokenizer.decode([token_id]) for token_id in ids],
        "layers": [
            {
                "layer": number,
                "kl_nats": layer.kl_nats,
                "rank_of_final": layer.rank_of_final,
                "top": [
                    {"token_id": token_id, "token": tokenizer.decode([token_id]), "probability": share}
                    for token_id, share in layer.top
                ],
            }
            for number, layer in enumerate(layers)
        ],
    }


async def contributions(
    engine: AnyEngine, text: str, position: int, token_id: int, against: int | None = None, target: str | None = None
) -> dict[str, Any]:
    """Returns the logit of a token as a sum over what each part of the model wrote, every norm on the way frozen.

    Args:
        text, position, target: as for `lens`.
        token_id: the token after that position.
        against: a token whose logit is subtracted, or None.

    Returns:
        `{logit, embedding, attention: [layer], feed_forward: [layer], heads: [[layer][head]], bias, remainder}`, for a
        model with an encoder with `cross_attention: [layer]` and `cross_heads: [[layer][head]]`.

    Raises:
        PlaygroundError: a value of the wrong type or out of range, or a model whose blocks are not such sums.
    """
    most = engine.model.vocabulary_size - 1
    values.whole("token_id", token_id, 0, most)
    if against is not None:
        values.whole("against", against, 0, most)
    ids, source = await asked_texts(engine, text, target)
    return terms_message(await contributions_of(engine, ids, _place(position, len(ids)), token_id, against, source))


def _place(position: object, length: int) -> int:
    return values.whole("position", position, -length, length - 1) % length


def column_message(found: Column) -> dict[str, Any]:
    """Returns what the page gets of all layers at one position."""
    return {
        "watched": found.watched,
        "layers": [
            {
                "kl_nats": layer.kl_nats,
                "rank_of_final": layer.rank_of_final,
                "top": layer.top,
                "ranks": layer.ranks,
                "shares": layer.shares,
                "norm": layer.norm,
            }
            for layer in found.layers
        ],
    }


def terms_message(found: Contributions) -> dict[str, Any]:
    """Returns the terms of a logit as plain JSON values."""
    return {
        "logit": found.logit,
        "embedding": found.embedding,
        "attention": found.attention,
        "feed_forward": found.feed_forward,
        "heads": found.heads,
        "bias": found.bias,
        "remainder": found.remainder,
    } | (
        {}
        if found.cross_attention is None
        else {"cross_attention": found.cross_attention, "cross_heads": found.cross_heads}
    )


def _packed(numbers: np.ndarray, kind: str) -> str:
    return b64encode(numbers.astype(kind).tobytes()).decode("ascii")
