"""Answers how a model scores a given text: the log-probability of each token, and where the token stands in the text.

The places let two models be compared whose tokenisers divide the text differently. Knows the engine and tokenisers.
"""

import asyncio
import math
from typing import Annotated, Any

from fastapi import APIRouter, Body

from playground.engine.request import check_text, checked_text
from playground.engine.scoring import Scores
from playground.errors import PlaygroundError
from playground.inside.tokens import pieces_of
from playground.values import Values
from playground.web.asked import Asked
from playground.web.routes.leaving import LeavingRoute


def add_score_routes(app_router: APIRouter) -> None:
    """Adds `/scores` under the router's prefix."""
    router = APIRouter(route_class=LeavingRoute)

    @router.post("/scores")
    async def scores(engine: Asked, given: Annotated[Any, Body()]) -> dict[str, Any]:
        """Scores a text {text}.

        Returns:
            `tokens`: {token_id, start, end, logprob_nats} of each, where `start` and `end` count characters. A token
            that the tokeniser put in covers none. The first token's log-probability is null, because nothing predicts
            it; later, null stands for minus infinity.
        """
        text = checked_text("The text", Values("The request", given).get("text"), engine.limits)
        ids = await asyncio.to_thread(engine.model.tokenizer.encode, text)
        check_text(text, ids, engine.model, engine.limits)
        pieces = await asyncio.to_thread((await pieces_of(engine)).of, text)
        if [piece.token_id for piece in pieces] != list(ids):
            raise PlaygroundError(
                f"The tokeniser of {engine.model.name} does not tell where the tokens of this text stand, so the text "
                "cannot be aligned with another model's. Try another text.",
                status=422,
            )
        nats = [None, *(one.logprob_nats for one in await engine.beside(Scores).of(ids))]
        return {
            "model": engine.model.name,
            "tokens": [
                {
                    "token_id": piece.token_id,
                    "start": piece.start,
                    "end": piece.end,
                    "logprob_nats": logprob if logprob is not None and math.isfinite(logprob) else None,
                }
                for piece, logprob in zip(pieces, nats, strict=True)
            ],
        }

    app_router.include_router(router)
