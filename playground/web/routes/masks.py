"""Answers which tokens may follow a text under a constraint, or are green under a watermark. The model is not asked."""

import asyncio
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Body, Response

from playground.decoding.constraints.constraint import compiled
from playground.decoding.constraints.written import KINDS, checked, the_one
from playground.decoding.green_list import green_list
from playground.decoding.settings import RULES
from playground.engine.request import checked_ids
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.models.word_ids import words_of
from playground.values import Values
from playground.web.asked import Asked


def add_mask_routes(router: APIRouter) -> None:
    """Adds the route under the router's prefix."""

    @router.post("/mask")
    async def mask(engine: Asked, given: Annotated[Any, Body()]) -> Response:
        """Returns one bit for each token: that of token i is bit i % 8, from the lowest, of byte i // 8.

        The constraint is one of the settings `regex`, `json_schema`, `choices`, `grammar`, and the text is
        {completion_ids}. It depends on nothing else, so that any step of any text has its mask. With
        {watermark_ratio, watermark_key} the bits are those of the tokens that are green after the last id.
        """
        asked = Values("The request", given)
        if "watermark_key" in asked:
            return _bits(await asyncio.to_thread(_green, asked, engine.model))
        values = dict.fromkeys(KINDS) | {kind: checked(kind, asked.get(kind)) for kind in KINDS if kind in asked}
        kind = the_one(values)
        value = None if kind is None else values[kind]
        if kind is None or value is None:
            raise PlaygroundError(f"The request has no constraint. Give one of {', '.join(KINDS)}.")
        completion = checked_ids(asked.get("completion_ids"), engine.model)

        def packed() -> bytes:
            return compiled((kind, value), words_of(engine.model)).packed(completion)

        return _bits(await asyncio.to_thread(packed))


def _green(asked: Values, model: LanguageModel) -> bytes:
    """Returns the packed bits of the tokens that are green after the last id."""
    ratio, key = (RULES[name].check(name, asked.get(name)) for name in ("watermark_ratio", "watermark_key"))
    ids = checked_ids(asked.get("completion_ids"), model)
    if not ids:
        raise PlaygroundError("completion_ids is empty. Give the token before, which chooses those that are green.")
    return np.packbits(green_list(ids[-1], model.vocabulary_size, ratio, key), bitorder="little").tobytes()


def _bits(content: bytes) -> Response:
    return Response(content, media_type="application/octet-stream", headers={"Cache-Control": "private, no-store"})
