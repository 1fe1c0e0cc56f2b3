"""The routes of the pane Positions. Knows `inside.ordered`."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter

from playground import values
from playground.inside.ordered import ORDERS, Orders, positions_of
from playground.web.asked import AnyAsked, beside_any
from playground.web.routes.leaving import LeavingRoute


def add_position_routes(app_router: APIRouter) -> None:
    """Adds `/inside/positions.json`, and below `/traces/<id>/inside` the routes `order` and `entering`."""
    router = APIRouter(route_class=LeavingRoute)

    @router.get("/inside/positions.json")
    async def positions(engine: AnyAsked) -> dict[str, Any]:
        return asdict(await positions_of(engine))

    @router.get("/traces/{trace_id}/inside/order/{position}")
    async def order(
        orders: Annotated[Orders, beside_any(Orders)], trace_id: str, position: str, order: str = ORDERS[0]
    ) -> dict[str, Any]:
        place = values.whole_in("position", position)
        return await orders.at(trace_id, place, values.choice("order", order, ORDERS))

    @router.get("/traces/{trace_id}/inside/entering/{position}")
    async def entering(orders: Annotated[Orders, beside_any(Orders)], trace_id: str, position: str) -> dict[str, Any]:
        return await orders.entering(trace_id, values.whole_in("position", position))

    app_router.include_router(router)
