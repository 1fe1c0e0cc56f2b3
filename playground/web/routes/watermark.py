"""Answers which tokens of a text are green under a watermark. The model is not asked."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Body

from playground.decoding.green_list import detected
from playground.decoding.settings import RULES
from playground.engine.request import checked_ids
from playground.values import Values
from playground.web.asked import Asked


def add_watermark_routes(router: APIRouter) -> None:
    """Adds the route under the router's prefix."""

    @router.post("/watermark")
    async def watermark(engine: Asked, given: Annotated[Any, Body()]) -> dict[str, Any]:
        """Returns {is_green, z_score, p_value}.

        `is_green` has a truth value for each of {ids} but the first, which has no token before it. The other values of
        the request are {watermark_ratio, watermark_key}.
        """
        asked, model = Values("The request", given), engine.model
        ratio, key = (RULES[name].check(name, asked.get(name)) for name in ("watermark_ratio", "watermark_key"))
        ids = checked_ids(asked.get("ids"), model)
        told = await asyncio.to_thread(detected, ids, 1, model.vocabulary_size, ratio, int(key))
        return told._asdict()
