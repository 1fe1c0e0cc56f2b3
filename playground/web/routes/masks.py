"""Answers which tokens may follow a text under a constraint. The model is not asked, only its tokenizer."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Body, Response

from playground.decoding.constraints.constraint import compiled
from playground.decoding.constraints.written import KINDS, checked, the_one
from playground.engine.request import checked_ids
from playground.errors import PlaygroundError
from playground.models.word_ids import words_of
from playground.values import Values
from playground.web.asked import Asked


def add_mask_routes(router: APIRouter) -> None:
    """Adds the route under the router's prefix."""

    @router.post("/mask")
    async def mask(engine: Asked, given: Annotated[Any, Body()]) -> Response:
        """Returns one bit for each token: that of token i is bit i % 8, from the lowest, of byte i // 8.

        The constraint is one of the settings `regex`, `json_schema`, `choices`, `grammar`, and the text is
        {completion_ids}. It depends on nothing else, so that any step of any text has its mask.
        """
        asked = Values("The request", given)
        values = dict.fromkeys(KINDS) | {kind: checked(kind, asked.get(kind)) for kind in KINDS if kind in asked}
        kind = the_one(values)
        value = None if kind is None else values[kind]
        if kind is None or value is None:
            raise PlaygroundError(f"The request has no constraint. Give one of {', '.join(KINDS)}.")
        completion = checked_ids(asked.get("completion_ids"), engine.model)

        def packed() -> bytes:
            return compiled((kind, value), words_of(engine.model)).packed(completion)

        content = await asyncio.to_thread(packed)
        return Response(content, media_type="application/octet-stream", headers={"Cache-Control": "private, no-store"})
