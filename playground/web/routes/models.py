"""Answers which models the server has, how far a model that is being loaded is, and what a loaded model is like."""

from typing import Any

from fastapi import APIRouter, Request

from playground.web.asked import AnyAsked, engines_of
from playground.web.messages.models import loading_message, model_message, models_message
from playground.web.routes.files import words_of


def add_model_routes(router: APIRouter) -> None:
    """Adds `/models.json`, `/model.json` and `/loading.json` under the router's prefix."""

    @router.get("/models.json")
    async def models(request: Request) -> list[dict[str, Any]]:
        engines = engines_of(request)
        for engine in engines.running():
            await words_of(engine)
        return models_message(engines)

    @router.get("/model.json")
    async def one(engine: AnyAsked, request: Request) -> dict[str, Any]:
        """Returns the model of the query. It is loaded first if it is not there."""
        engines = engines_of(request)
        await words_of(engine)
        return model_message(engines, engines.offer(engine.model.name))

    @router.get("/loading.json")
    async def loading(request: Request, model: str) -> dict[str, Any] | None:
        """Returns how far the model that is being loaded is; null if it is not being loaded."""
        progress = engines_of(request).progress(model)
        return None if progress is None else loading_message(progress)
