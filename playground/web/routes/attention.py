"""Answers what the page's JavaScript fetches about attention: rows, maps, measures, one head off, BertViz's page.

Knows `attention.views` and, for the attention of an encoder and over a source, `attention.source_views`. A trace's id
can not be guessed, so whoever knows it may read the trace. Weights are sent as `attention.maps.quantised`,
little-endian. A refusal is a `PlaygroundError`, which the app answers with its status.
"""

import asyncio
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Response

from playground.attention import head_off
from playground.attention.head_probes import Head
from playground.attention.kinds import kind_of
from playground.attention.maps import quantised
from playground.attention.source_views import SourceViews, facts
from playground.attention.told import facts_told, measures_told, source_measures_told
from playground.attention.views import AttentionViews, Rows
from playground.errors import PlaygroundError
from playground.values import whole_in
from playground.web.asked import AnyAsked, Asked, beside_any
from playground.web.messages.bertviz_page import LAST, POLICY, page_of_kinds
from playground.web.routes.bertviz_kinds import kinds_of_layer
from playground.web.routes.leaving import LeavingRoute
from playground.web.routes.recomputed import mark_recomputed

Views = Annotated[AttentionViews, beside_any(AttentionViews)]
Others = Annotated[SourceViews, beside_any(SourceViews)]
PRIVATE = {"Cache-Control": "private, no-store"}


def add_attention_routes(app_router: APIRouter) -> None:
    """Adds `/attention.json` and everything under `/traces/<id>/attention`."""
    router = APIRouter(route_class=LeavingRoute)
    here = "/traces/{trace_id}/attention"

    @router.get("/attention.json")
    async def what_there_is(engine: AnyAsked, kind: str = "self") -> dict[str, Any]:
        return facts_told(await facts(engine, kind_of("kind", kind)), engine.model.dtype)

    @router.get(here + "/rows/{position}")
    async def rows(
        views: Views,
        others: Others,
        trace_id: str,
        position: str,
        layer: str | None = None,
        head: str | None = None,
        kind: str = "self",
    ) -> Response:
        """Returns the weights of one query, marked if they were computed again as `recomputed` says."""
        place, which = whole_in("position", position), kind_of("kind", kind)
        if layer is None and head is None:
            return answered(
                views, await (views.rows(trace_id, place) if which == "self" else others.rows(trace_id, which, place))
            )
        if layer is None or head is None:
            raise PlaygroundError("layer and head belong together: give both, or neither for all heads.")
        chosen = _choice("layer", layer), _choice("head", head)
        if which == "self":
            return answered(views, await views.row(trace_id, place, *chosen))
        return answered(views, await others.row(trace_id, which, place, *chosen))

    @router.get(here + "/maps/{layer}/{head}")
    async def one_map(
        views: Views,
        others: Others,
        trace_id: str,
        layer: str,
        head: str,
        tokens: str | None = None,
        kind: str = "self",
    ) -> Response:
        """Returns a map row by row: a triangle of the decoder's own attention, and a rectangle of the other kinds."""
        chosen, which = (whole_in("layer", layer), _choice("head", head)), kind_of("kind", kind)
        if which == "self":
            return _binary(await views.map(trace_id, _tokens(tokens), *chosen))
        return _binary(await others.map(trace_id, which, _tokens(tokens), *chosen))

    @router.get(here + "/rollout")
    async def rollout(
        views: Views, others: Others, trace_id: str, tokens: str | None = None, kind: str = "self"
    ) -> Response:
        which = kind_of("kind", kind)
        if which == "cross":
            raise PlaygroundError(
                "Rollout follows the tokens of one text through the layers, and cross-attention joins two. Choose the "
                "kind 'self' or 'encoder'."
            )
        return _binary(
            await (views.rollout(trace_id, _tokens(tokens)) if which == "self" else others.rollout(trace_id))
        )

    @router.get(here + "/thumbnails")
    async def thumbnails(views: Views, trace_id: str, tokens: str | None = None) -> Response:
        cells = (await views.maps(trace_id, _tokens(tokens))).thumbnails
        response = _binary(cells)
        response.headers["X-Side"] = str(cells.shape[-1])
        return response

    @router.get(here + "/measures.json")
    async def measures(
        views: Views, others: Others, trace_id: str, tokens: str | None = None, kind: str = "self"
    ) -> dict[str, Any]:
        which = kind_of("kind", kind)
        if which != "self":
            seen = await others.maps(trace_id, which, _tokens(tokens))
            return source_measures_told(seen, len(others.sides(trace_id, which, _tokens(tokens)).queries))
        found = await views.maps(trace_id, _tokens(tokens))
        if found.tokens == 1:
            raise PlaygroundError("This text has one token, and the measures need at least two. Write a longer text.")
        return measures_told(found, (await facts(views.engine, "self")).without)

    @router.get(here + "/without/{layer}/{head}")
    async def without(
        engine: Asked, trace_id: str, layer: str, head: str, position: str, kind: str = "self"
    ) -> dict[str, Any]:
        """Whichever kind the head is of, `position` is one of the text that the model continues."""
        chosen = Head(whole_in("layer", layer), whole_in("head", head))
        return await head_off.without(engine, trace_id, whole_in("position", position), chosen, kind_of("kind", kind))

    @router.get(here + "/bertviz/{layer}")
    async def bertviz(
        views: Views,
        trace_id: str,
        layer: str,
        tokens: str | None = None,
        last: str = str(LAST),
        head: str | None = None,
        kind: str = "self",
    ) -> Response:
        number, first = whole_in("layer", layer), None if head is None else whole_in("head", head)
        kinds, chosen = await kinds_of_layer(
            views.engine, trace_id, kind_of("kind", kind), _tokens(tokens), number, first
        )
        page = await asyncio.to_thread(page_of_kinds, kinds, chosen, number, first, whole_in("last", last))
        return Response(page, media_type="text/html", headers=PRIVATE | {"Content-Security-Policy": POLICY})

    def answered(views: AttentionViews, found: Rows) -> Response:
        answer = _binary(quantised(found.weights))
        if found.is_recomputed:
            mark_recomputed(answer, views.engine.model.dtype)
        return answer

    app_router.include_router(router)


def _binary(stored: np.ndarray) -> Response:
    content = np.ascontiguousarray(stored, stored.dtype.newbyteorder("<")).tobytes()
    return Response(content, media_type="application/octet-stream", headers=PRIVATE)


def _choice(name: str, text: str) -> int | str:
    return text if text in ("mean", "max") else whole_in(name, text)


def _tokens(text: str | None) -> int | None:
    return None if text is None else whole_in("tokens", text)
