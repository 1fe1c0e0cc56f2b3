"""Answers what settings of another program are here, and what these settings are there, for the Decode tab.

Knows `web.settings_elsewhere`. A refusal is a `PlaygroundError`, which the app answers with its status.
"""

from typing import Annotated, Any

from fastapi import APIRouter, Body

from playground.values import Values
from playground.web.settings_elsewhere import copied, pasted


def add_settings_routes(router: APIRouter) -> None:
    """Adds the routes under the router's prefix."""

    @router.post("/settings/pasted")
    async def read(given: Annotated[Any, Body()]) -> dict[str, Any]:
        """Answers `settings_elsewhere.pasted` for a {text}."""
        return await pasted(Values("The request", given).get("text"))

    @router.post("/settings/copied")
    async def write(given: Annotated[Any, Body()]) -> dict[str, Any]:
        """Answers `settings_elsewhere.copied` for {settings, format}."""
        asked = Values("The request", given)
        return await copied(asked.get("settings"), asked.get("format"))
