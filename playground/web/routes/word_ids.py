"""Answers what the words of a setting are as tokens of a model, which the page's stages work with."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request

from playground.decoding.processors import END_IDS, ids_of_setting
from playground.models.word_ids import words_of
from playground.values import Values
from playground.web.asked import engines_of


def add_word_id_routes(router: APIRouter) -> None:
    """Adds `/word_ids.json` under the router's prefix."""

    @router.post("/word_ids.json")
    async def word_ids(told: Annotated[Any, Body()], request: Request) -> dict[str, Any]:
        """Returns a setting's value with ids in place of its words, or the tokens that end a text for "end_ids"."""
        asked = Values("The question", told)
        setting = asked.text("setting", 100)
        value = None if setting == END_IDS else asked.get("value")
        model = asked.text("model", 1000) if "model" in asked else None
        async with engines_of(request).using_any(model) as engine:
            return {"ids": await asyncio.to_thread(ids_of_setting, setting, value, words_of(engine.model))}
