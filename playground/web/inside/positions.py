"""The routes of the pane Positions. Knows `inside.ordered`."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter

from playground import values
from playground.inside.ordered import ORDERS, Orders, positions_of
from playground.web.asked import Asked, beside
from playground.web.routes.leaving import LeavingRoute


def add_position_routes(app_router: APIRouter) -> None:
    """Adds `/inside/positions.json` and `/traces/<id>/inside/order/<position>`."""
    router = APIRouter(route_class=LeavingRoute)

    @router.get("/inside/positions.json")
    async def positions(engine: Asked) -> dict[str, Any]:
        return asdict(await positions_of(engine))

    @router.get("/traces/{trace_id}/inside/order/{position}")
    async def order(
        orders: Annotated[Orders, beside(Orders)], trace_id: str, position: str, order: str = ORDERS[0]
    ) -> dict[str, Any]:
        place = values.whole_in("position", position)
        return await orders.at(trace_id, place, values.choice("order", order, ORDERS))

    app_router.include_router(router)
