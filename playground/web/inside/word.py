"""Answers what the page asks about the last step of a model: logits, products, neurons and what a neuron pushes.

Knows `inside.word_views`. `assets/inside/word/` reads the answers.
"""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Response

from playground.inside.word import MEAN
from playground.inside.word_views import WordViews
from playground.values import whole_in
from playground.web.asked import beside
from playground.web.routes.leaving import LeavingRoute

Views = Annotated[WordViews, beside(WordViews)]
PRIVATE = {"Cache-Control": "private, no-store"}
PRODUCTS = "8"
NEURONS = "10"
PUSHED = "8"


def add_word_routes(app_router: APIRouter) -> None:
    """Adds everything under `/traces/<id>/inside/word`."""
    router = APIRouter(route_class=LeavingRoute)
    here = "/traces/{trace_id}/inside/word/{position}"

    @router.get(here)
    async def facts(views: Views, trace_id: str, position: str) -> dict[str, Any]:
        return asdict(await views.facts(trace_id, whole_in("position", position)))

    @router.get(here + "/row")
    async def row(views: Views, trace_id: str, position: str) -> Response:
        logits = (await views.row(trace_id, whole_in("position", position))).astype("<f4")
        return Response(logits.tobytes(), media_type="application/octet-stream", headers=PRIVATE)

    @router.get(here + "/products/{token_id}")
    async def products(
        views: Views, trace_id: str, position: str, token_id: str, count: str = PRODUCTS
    ) -> dict[str, Any]:
        place, token = whole_in("position", position), whole_in("token_id", token_id)
        return asdict(await views.products(trace_id, place, token, whole_in("count", count)))

    @router.get(here + "/neurons/{token_id}")
    async def neurons(
        views: Views,
        trace_id: str,
        position: str,
        token_id: str,
        against: str | None = None,
        count: str = NEURONS,
        layer: str | None = None,
    ) -> dict[str, Any]:
        place, token = whole_in("position", position), whole_in("token_id", token_id)
        other = against if against in (None, MEAN) else whole_in("against", against)
        block = None if layer is None else whole_in("layer", layer)
        return asdict(await views.neurons(trace_id, place, token, other, whole_in("count", count), block))

    @router.get(here + "/pushed/{layer}/{neuron}")
    async def pushed(
        views: Views, trace_id: str, position: str, layer: str, neuron: str, count: str = PUSHED
    ) -> dict[str, Any]:
        chosen = whole_in("layer", layer), whole_in("neuron", neuron)
        return asdict(await views.pushed(trace_id, whole_in("position", position), *chosen, whole_in("count", count)))

    app_router.include_router(router)
