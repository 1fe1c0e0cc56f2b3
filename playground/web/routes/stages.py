"""Answers each stage's example, and what a stage makes of scores, for a page that has no JavaScript of the stage.

Knows stages and settings. No model is asked: the page sends the scores and the text so far.
"""

import asyncio
import math
from dataclasses import asdict, replace
from typing import Annotated, Any

from fastapi import APIRouter, Body, Response

from playground import values
from playground.decoding.processors import values_of
from playground.decoding.stages import BY_NAME, STAGES
from playground.decoding.vocabulary import NoWords
from playground.errors import PlaygroundError
from playground.models import default_model
from playground.models.threads import one_thread
from playground.values import Values, shown
from playground.web.reshaping import MOST_TOKENS, Asked
from playground.web.routes.leaving import LeavingRoute


def add_stage_routes(app_router: APIRouter) -> None:
    """Adds `/stages/examples.json` and `/stages/{stage}` under the router's prefix."""
    router = APIRouter(route_class=LeavingRoute)

    @router.get("/stages/examples.json")
    async def examples() -> dict[str, Any]:
        """Answers the name of the model that the examples tell of, and each stage's example by the stage's name.

        They are not in the page's script, because few visitors ask for them.
        """
        found = {stage.name: asdict(stage.example) for stage in STAGES if stage.example}
        return {"model": default_model.NAME, "examples": found}

    @router.post("/stages/{stage}")
    async def scores_after(stage: str, given: Annotated[Any, Body()]) -> Response:
        """Answers the scores after a stage as little-endian float32, (vocab,).

        The request holds the `logits` that enter it, with -inf where a token is removed, its settings' `values`, and of
        the text so far `ids`, `prompt_length`, `source_ids`, `surprises` and the `seed`.
        """
        content = await asyncio.to_thread(_scores_after, stage, Values("The request", given))
        return Response(content, media_type="application/octet-stream")

    app_router.include_router(router)


def _scores_after(name: str, asked: Values) -> bytes:
    stage = BY_NAME.get(name)
    if stage is None:
        raise PlaygroundError(f"{shown(name)} is no stage of this server. Load the page again.", status=404)
    settings = asked.mapping("values") | {"seed": asked.get("seed")}
    given = Asked.of(asked.get("logits"), asked.get("ids"), settings, prompt_length=asked.get("prompt_length"))
    source_ids = [values.whole("source_ids", one, 0, MOST_TOKENS) for one in asked.items("source_ids", MOST_TOKENS)]
    surprises = [_surprise(one) for one in asked.items("surprises", MOST_TOKENS)]
    moment = replace(given.moment, source_ids=source_ids, surprises=surprises)
    with one_thread():  # a row is short, and several threads would wait for each other longer than they compute
        apply = stage.make(values_of(stage, given.settings, NoWords(len(given.row))))
        return apply(moment, given.row[None])[0].numpy().astype("<f4").tobytes()


def _surprise(told: Any) -> float:
    """Returns bits. JSON has no infinity, and a token that the settings in view remove has that surprise."""
    if told is None:
        return math.inf
    if isinstance(told, bool) or not isinstance(told, int | float):
        raise PlaygroundError(f"surprises holds {shown(told)}. Give numbers of bits, or null for infinity.")
    return float(told)
