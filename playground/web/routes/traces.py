"""Answers what the page fetches of a text: the trace, the numbers of its prompt's tokens, one row of logits at a time.

Knows the engine. A trace's id cannot be guessed, so whoever knows it may read the trace.
"""

import asyncio
import gzip
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Body, Request, Response

from playground.attention.source import source_row
from playground.engine.lookups import Seen, recorded
from playground.engine.next_rows import next_row
from playground.engine.reopening import reopened
from playground.engine.request import checked_ids
from playground.engine.scoring import Scores
from playground.values import Values, whole_in
from playground.web.asked import Asked, engines_of
from playground.web.messages.head import head_message
from playground.web.messages.prompt import prompt_message
from playground.web.messages.trace import trace_message
from playground.web.routes.recomputed import mark_recomputed


def add_trace_routes(router: APIRouter) -> None:
    """Adds the routes under the router's prefix."""

    @router.get("/traces/{trace_id}")
    def trace(engine: Asked, trace_id: str) -> dict[str, Any]:
        found = engine.store.get(trace_id)
        return trace_message(trace_id, found, None, engine.model.vocabulary_size, engine.model.extra_names)

    @router.post("/traces")
    async def make_known(told: Annotated[Any, Body()], request: Request) -> dict[str, str]:
        """Makes a text known again that the page has and the server has not; see `playground.engine.reopening`.

        Nobody holds the text until the page looks at it. Until then it may be forgotten as any text that nobody
        holds.
        """
        engines = engines_of(request)
        async with engines.using(told.get("model") if isinstance(told, dict) else None) as engine:
            trace_id = engine.store.open(reopened(told, engine.model, engine.limits))
        engines.store.release([trace_id])
        return {"trace_id": trace_id}

    @router.get("/traces/{trace_id}/prompt")
    async def prompt(engine: Asked, trace_id: str) -> dict[str, Any]:
        """Returns the prompt's tokens as steps. They are scored when they are first asked for.

        There are none in front of the text of a decoder that begins with its start token.
        """
        ids = engine.store.prompt_ids(trace_id)
        if len(ids) == 1:
            return prompt_message(ids, ())
        return prompt_message(ids, await engine.beside(Scores).of(ids, engine.store.get(trace_id).source_ids))

    @router.get("/traces/{trace_id}/logits/{index}")
    async def logits(trace_id: str, index: str, request: Request) -> Response:
        """Returns a row of logits as float32, little-endian, one for every token of the vocabulary.

        Below 0, `index` is a token of the prompt. If the row was computed again, and may therefore differ from the one
        that chose the token, a header names its dtype.
        """
        number = whole_in("index", index)
        found = await seen(request, trace_id, number)
        answer = packed(found.dtype, request, found.row)
        if number >= 0 and found.is_recomputed:
            mark_recomputed(answer, found.dtype)
        return answer

    @router.get("/traces/{trace_id}/head/{index}")
    async def head(trace_id: str, index: str, request: Request) -> dict[str, Any]:
        """Returns the most probable tokens of a row with their logits, which is enough while a text is generated."""
        found = await seen(request, trace_id, whole_in("index", index))
        return await asyncio.to_thread(head_message, found.row, engines_of(request).store.get(trace_id).settings)

    @router.get("/traces/{trace_id}/source-attention/{index}")
    async def source_attention(
        engine: Asked, trace_id: str, index: str, response: Response, layer: str | None = None, head: str = "mean"
    ) -> dict[str, Any]:
        """Returns the weights over the source's tokens of the position that predicted a step's token.

        `layer` is the last one if it is missing, and `head` a number or "mean". Marked as `logits` if computed again.
        """
        chosen = None if layer is None else whole_in("layer", layer)
        part = head if head == "mean" else whole_in("head", head)
        found = await source_row(engine, trace_id, whole_in("index", index), chosen, part)
        if found.is_recomputed:
            mark_recomputed(response, engine.model.dtype)
        response.headers["Cache-Control"] = "private, no-store"
        weights = found.weights.astype(float).round(7).tolist()
        return {"weights": weights, "layer": found.layer, "layers": found.layers, "heads": found.heads}

    @router.post("/next-logits")
    async def next_logits(engine: Asked, given: Annotated[Any, Body()], request: Request) -> Response:
        """Returns the row of what would follow a text, for instance a node of a search.

        The text is {prompt_ids, completion_ids, source_ids}; a decoder-only model needs no `source_ids`.
        """
        asked = Values("The request", given)
        prompt, completion = (checked_ids(asked.get(name), engine.model) for name in ("prompt_ids", "completion_ids"))
        row = await next_row(engine, prompt, completion, asked.get("source_ids") if "source_ids" in asked else ())
        return packed(engine.model.dtype, request, row)

    async def seen(request: Request, trace_id: str, index: int) -> Seen:
        """Returns one position of a text. No model is loaded for a recorded step, so models that take turns in memory
        need not be loaded in turns for a reader who moves along their texts."""
        engines = engines_of(request)
        if (held := recorded(engines.store, trace_id, index)) is not None:
            return held
        async with engines.of_trace(trace_id) as engine:
            return await engine.lookups.at(trace_id, index)

    def packed(dtype: str, request: Request, row: np.ndarray) -> Response:
        """Compresses a row of 16-bit numbers, which have half of their float32 bits zero. Others stay as large."""
        is_worth = dtype != "float32" and "gzip" in request.headers.get("Accept-Encoding", "")
        content = row.astype("<f4").tobytes()
        headers = {"Cache-Control": "private, no-store", "Vary": "Accept-Encoding"}
        if is_worth:
            content, headers["Content-Encoding"] = gzip.compress(content, 1), "gzip"
        return Response(content, media_type="application/octet-stream", headers=headers)
