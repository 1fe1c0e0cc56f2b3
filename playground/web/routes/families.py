"""Answers what the model that a request names does with one sentence, for the view that shows all families.

Knows `web.one_sentence`. A refusal is a `PlaygroundError`, which the app answers with its status.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Body

from playground.values import Values
from playground.web import one_sentence
from playground.web.asked import AnyAsked
from playground.web.routes.leaving import LeavingRoute


def add_family_routes(app_router: APIRouter) -> None:
    """Adds `/families` under the router's prefix."""
    router = APIRouter(route_class=LeavingRoute)

    @router.post("/families")
    async def seen(worker: AnyAsked, given: Annotated[Any, Body()]) -> dict[str, Any]:
        """Answers `web.one_sentence.seen` for a sentence {text}."""
        return await one_sentence.seen(worker, Values("The request", given).get("text"))

    app_router.include_router(router)
