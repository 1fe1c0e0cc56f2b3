"""Answers what the page fetches of a text: the trace, the numbers of its prompt's tokens, one row of logits at a time.

Knows the engine. A trace's id cannot be guessed, so whoever knows it may read the trace.
"""

import asyncio
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response

from playground.attention.source import source_row
from playground.engine.engines import Engines
from playground.engine.next_rows import next_row
from playground.engine.positions import Seen, recorded
from playground.engine.reopening import reopened
from playground.engine.request import checked_ids
from playground.engine.scoring import Scores
from playground.traces.store import TraceStore
from playground.traces.trace import Trace
from playground.values import Values, whole_in
from playground.values import trace_id as check_trace_id
from playground.web.asked import Asked, engines_of
from playground.web.guards.class_rules import refuse_while_paused
from playground.web.messages.prompt import prompt_message
from playground.web.messages.trace import trace_message
from playground.web.routes.recomputed import mark_recomputed
from playground.web.routes.row_answers import Packed, RowAnswers, accepts_gzip, packed


def add_trace_routes(router: APIRouter, store: TraceStore) -> None:
    """Adds the routes under the router's prefix."""
    answers = RowAnswers(store)

    @router.get("/traces/{trace_id}")
    async def trace(trace_id: str, request: Request) -> Response:
        """Returns the message about a text with all its steps, as `trace_message` builds it."""
        return await answers.text(trace_id, partial(told, request))

    @router.post("/traces")
    async def make_known(told: Annotated[Any, Body()], request: Request) -> dict[str, str]:
        """Makes a text known again that the page has and the server has not; see `playground.engine.reopening`.

        A text that is still here under its id, or in another process of the same fleet, keeps its id and its rows.
        Nobody holds the text until the page looks at it. Until then it may be forgotten as any text that nobody
        holds.
        """
        engines = engines_of(request)
        async with engines.using(told.get("model") if isinstance(told, dict) else None) as engine:
            made = reopened(told, engine.model, engine.limits)
            if (same := await _same(engines, told.get("trace_id"), made)) is not None:
                return {"trace_id": same}
            trace_id = engine.store.open(made)
        engines.store.release([trace_id])
        return {"trace_id": trace_id}

    @router.get("/traces/{trace_id}/prompt")
    async def prompt(engine: Asked, trace_id: str, request: Request) -> dict[str, Any]:
        """Returns the prompt's tokens as steps. They are scored when they are first asked for.

        There are none in front of the text of a decoder that begins with its start token.
        """
        ids = engine.store.prompt_ids(trace_id)
        if len(ids) == 1:
            return prompt_message(ids, ())
        refuse_while_paused(request.scope)
        return prompt_message(ids, await engine.beside(Scores).of(ids, engine.store.get(trace_id).source_ids))

    @router.get("/traces/{trace_id}/logits/{index}")
    async def logits(trace_id: str, index: str, request: Request) -> Response:
        """Returns a row of logits as float32, little-endian, one for every token of the vocabulary.

        Below 0, `index` is a token of the prompt. If the row was computed again, and may therefore differ from the one
        that chose the token, a header names its dtype.
        """
        return await answers.row(trace_id, whole_in("index", index), request, partial(seen, request))

    @router.get("/traces/{trace_id}/head/{index}")
    async def head(trace_id: str, index: str, request: Request) -> Response:
        """Returns the most probable tokens of a row with their logits, which is enough while a text is generated."""
        return await answers.head(trace_id, whole_in("index", index), partial(seen, request))

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
        content, is_gzip = await asyncio.to_thread(packed, row, engine.model.dtype, accepts_gzip(request))
        return Packed(content, is_gzip).response("application/octet-stream")

    async def _same(engines: Engines, named: object, made: Trace) -> str | None:
        """Returns the id under which the page knew a text, if the text has it here too and does not grow."""
        if named is None or not await engines.find(trace_id := check_trace_id("trace_id", named)):
            return None
        found = engines.store.get(trace_id)
        is_same = (found.prompt_ids, found.token_ids) == (made.prompt_ids, made.token_ids)
        return trace_id if is_same and found.stop_reason is not None else None

    async def told(request: Request, trace_id: str, found: Trace) -> dict[str, Any]:
        """Returns the message about a text as it was found."""
        async with engines_of(request).of_trace(trace_id) as engine:
            facts = engine.model.vocabulary_size, engine.model.extra_names
            return await asyncio.to_thread(trace_message, trace_id, found, None, *facts)

    async def seen(request: Request, trace_id: str, index: int) -> Seen:
        """Returns one position of a text. No model is loaded for a recorded step, so models that take turns in memory
        need not be loaded in turns for a reader who moves along their texts."""
        engines = engines_of(request)
        if (held := recorded(engines.store, trace_id, index)) is not None:
            return held
        refuse_while_paused(request.scope)
        async with engines.of_trace(trace_id) as engine:
            return await engine.lookups.at(trace_id, index)
