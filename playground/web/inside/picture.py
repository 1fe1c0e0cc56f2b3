"""The routes of the pane Picture. Knows `inside.picture`."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter

from playground.inside.picture import Lengths, drawing_of
from playground.values import whole_in
from playground.web.asked import AnyAsked, beside_any
from playground.web.routes.leaving import LeavingRoute


def add_picture_routes(app_router: APIRouter) -> None:
    """Adds `/inside/drawing.json` and `/traces/<id>/inside/lengths/<position>`."""
    router = APIRouter(route_class=LeavingRoute)

    @router.get("/inside/drawing.json")
    async def drawing(engine: AnyAsked) -> dict[str, Any]:
        return asdict(await drawing_of(engine))

    @router.get("/traces/{trace_id}/inside/lengths/{position}")
    async def lengths(
        measured: Annotated[Lengths, beside_any(Lengths)], trace_id: str, position: str
    ) -> dict[str, Any]:
        return {"lengths": await measured.at(trace_id, whole_in("position", position))}

    app_router.include_router(router)
