"""Answers how a model scores a given text: the log-probability of each token, and where the token stands in the text.

The places let two models be compared whose tokenisers divide the text differently. Knows the engine and tokenisers.
"""

import asyncio
import math
from typing import Annotated, Any

from fastapi import APIRouter, Body

from playground.engine.any_engine import AnyEngine
from playground.engine.request import check_text, checked_text
from playground.engine.scoring import Scores
from playground.errors import PlaygroundError
from playground.inside.tokens import pieces_of
from playground.models.languages import Pair
from playground.models.prompt_ids import PromptIds
from playground.traces.link import SIDES
from playground.values import Values
from playground.web.asked import Asked
from playground.web.routes.leaving import LeavingRoute
from playground.web.translation import source_prompt


def add_score_routes(app_router: APIRouter) -> None:
    """Adds `/scores` under the router's prefix."""
    router = APIRouter(route_class=LeavingRoute)

    @router.post("/scores")
    async def scores(engine: Asked, given: Annotated[Any, Body()]) -> dict[str, Any]:
        """Scores a text {text}. For an encoder–decoder, the text is what the decoder writes of a {source}.

        If the model has tokens for languages, {source_language, target_language} may name those of both texts. The
        decoder's text then begins with the target's token, or else with the one that the model forces.

        Returns:
            `tokens`: {token_id, start, end, logprob_nats} of each, where `start` and `end` count characters. A token
            that the tokeniser put in covers none. The first token's log-probability is null, because nothing predicts
            it, unless a decoder's start token does; later, null stands for minus infinity.
        """
        asked = Values("The request", given)
        text = checked_text("The text", asked.get("text"), engine.limits)
        prompt = await asyncio.to_thread(_beginning, engine, asked)
        ids = await asyncio.to_thread(engine.model.tokenizer.encode, text)
        pieces = await asyncio.to_thread((await pieces_of(engine)).of, text)
        if (place := engine.model.languages.place(ids)) is not None:  # the tokenizer puts the source's language there
            ids, pieces = (*ids[:place], *ids[place + 1 :]), [*pieces[:place], *pieces[place + 1 :]]
        check_text(text, prompt.ids + ids, engine.model, engine.limits, prompt.source_ids)
        if [piece.token_id for piece in pieces] != list(ids):
            raise PlaygroundError(
                f"The tokeniser of {engine.model.name} does not tell where the tokens of this text stand, so the text "
                "cannot be aligned with another model's. Try another text.",
                status=422,
            )
        scores = await engine.beside(Scores).of(prompt.ids + ids, prompt.source_ids)
        nats = [None, *(one.logprob_nats for one in scores)][len(prompt.ids) :]
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


def _beginning(engine: AnyEngine, asked: Values) -> PromptIds:
    """Returns what is read before the text: nothing, or a source and the decoder's start token, with its language.

    Raises:
        PlaygroundError: the model has an encoder and there is no source, or the other way round.
    """
    if "source" in asked:
        names = [f"{side}_language" for side in SIDES]
        languages = Pair(*(asked.get(name) if name in asked else None for name in names))
        return engine.model.before_given(source_prompt(engine, asked.get("source"), languages))
    if engine.model.takes_source:
        raise PlaygroundError(
            f"{engine.model.name} has an encoder, so that it scores a text as what its decoder writes of a source. "
            "Give the source.",
            status=422,
        )
    return PromptIds(())
