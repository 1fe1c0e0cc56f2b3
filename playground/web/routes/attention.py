"""Answers what the page's JavaScript fetches about attention: rows, maps, measures, one head off, BertViz's page.

Knows `attention.views`. A trace's id cannot be guessed, so whoever knows it may read the trace. Weights are sent as
`attention.maps.quantised`, little-endian. A refusal is a `PlaygroundError`, which the app answers with its status.
"""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Response

from playground.attention.head_probes import Head
from playground.attention.maps import MAP_TOKENS, MAX_ERROR, quantised
from playground.attention.measures import MEASURES
from playground.attention.views import AttentionViews, Rows, check, facts, layer_weights
from playground.errors import PlaygroundError
from playground.values import whole_in
from playground.web.asked import Asked, beside
from playground.web.messages.bertviz_page import LAST, POLICY, bertviz_page
from playground.web.routes.leaving import LeavingRoute
from playground.web.routes.recomputed import mark_recomputed

Views = Annotated[AttentionViews, beside(AttentionViews)]
PRIVATE = {"Cache-Control": "private, no-store"}


def add_attention_routes(app_router: APIRouter) -> None:
    """Adds `/attention.json` and everything under `/traces/<id>/attention`."""
    router = APIRouter(route_class=LeavingRoute)
    here = "/traces/{trace_id}/attention"

    @router.get("/attention.json")
    async def what_there_is(engine: Asked) -> dict[str, Any]:
        known = await facts(engine)
        return {
            "layers": known.layers,
            "heads": known.heads,
            "key_value_heads": known.key_value_heads,
            "windows": list(known.windows),
            "without": list(known.without),
            "map_tokens": MAP_TOKENS,
            "max_error": MAX_ERROR,
            "dtype": engine.model.dtype,
            "reason": known.reason,
        }

    @router.get(here + "/rows/{position}")
    async def rows(
        views: Views, trace_id: str, position: str, layer: str | None = None, head: str | None = None
    ) -> Response:
        """Returns the weights of one query, marked if they were computed again as `recomputed` says."""
        place = whole_in("position", position)
        if layer is None and head is None:
            return answered(views, await views.rows(trace_id, place))
        if layer is None or head is None:
            raise PlaygroundError("layer and head belong together: give both, or neither for all heads.")
        return answered(views, await views.row(trace_id, place, _choice("layer", layer), _choice("head", head)))

    @router.get(here + "/maps/{layer}/{head}")
    async def one_map(views: Views, trace_id: str, layer: str, head: str, tokens: str | None = None) -> Response:
        chosen = whole_in("layer", layer), _choice("head", head)
        return _binary(await views.map(trace_id, _tokens(tokens), *chosen))

    @router.get(here + "/rollout")
    async def rollout(views: Views, trace_id: str, tokens: str | None = None) -> Response:
        return _binary(await views.rollout(trace_id, _tokens(tokens)))

    @router.get(here + "/thumbnails")
    async def thumbnails(views: Views, trace_id: str, tokens: str | None = None) -> Response:
        cells = (await views.maps(trace_id, _tokens(tokens))).thumbnails
        response = _binary(cells)
        response.headers["X-Side"] = str(cells.shape[-1])
        return response

    @router.get(here + "/measures.json")
    async def measures(views: Views, trace_id: str, tokens: str | None = None) -> dict[str, Any]:
        found = await views.maps(trace_id, _tokens(tokens))
        if found.tokens == 1:
            raise PlaygroundError("This text has one token, and the measures need at least two. Write a longer text.")
        without = (await facts(views.engine)).without
        means = {name: _by_layer(found.measures[name], without) for name in MEASURES}
        return {"tokens": found.tokens, "induction_queries": found.induction_queries, **means}

    @router.get(here + "/without/{layer}/{head}")
    async def without(views: Views, trace_id: str, layer: str, head: str, position: str) -> dict[str, Any]:
        chosen = Head(whole_in("layer", layer), whole_in("head", head))
        return await views.without(trace_id, whole_in("position", position), chosen)

    @router.get(here + "/bertviz/{layer}")
    async def bertviz(
        views: Views,
        trace_id: str,
        layer: str,
        tokens: str | None = None,
        last: str = str(LAST),
        head: str | None = None,
    ) -> Response:
        ids = views.ids(trace_id, _tokens(tokens))
        number, first = whole_in("layer", layer), None if head is None else whole_in("head", head)
        await check(views.engine, number, first)
        words = [views.engine.model.vocabulary[token] for token in ids]
        weights = await layer_weights(views.engine, ids, number)
        page = await asyncio.to_thread(bertviz_page, weights, words, number, first, whole_in("last", last))
        return Response(page, media_type="text/html", headers=PRIVATE | {"Content-Security-Policy": POLICY})

    def answered(views: AttentionViews, found: Rows) -> Response:
        answer = _binary(quantised(found.weights))
        if found.is_recomputed:
            mark_recomputed(answer, views.engine.model.dtype)
        return answer

    app_router.include_router(router)


def _by_layer(values: np.ndarray | None, without: Sequence[str | None]) -> list[list[float] | None] | None:
    """Returns (layer, head) values as lists, with None for a layer without attention."""
    if values is None:
        return None
    return [None if kind else line for line, kind in zip(values.tolist(), without, strict=True)]


def _binary(stored: np.ndarray) -> Response:
    content = np.ascontiguousarray(stored, stored.dtype.newbyteorder("<")).tobytes()
    return Response(content, media_type="application/octet-stream", headers=PRIVATE)


def _choice(name: str, text: str) -> int | str:
    return text if text in ("mean", "max") else whole_in(name, text)


def _tokens(text: str | None) -> int | None:
    return None if text is None else whole_in("tokens", text)
