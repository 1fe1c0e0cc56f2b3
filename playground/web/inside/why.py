"""Answers what the page and the documented API ask of why a token is likely: attributions and patching.

Knows `inside.why`. A trace's id cannot be guessed, so whoever knows it may read the trace.
"""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, cast

from fastapi import APIRouter, Body, Response

from playground import values
from playground.engine.any_engine import AnyEngine
from playground.engine.reader import Reader
from playground.engine.request import checked_id
from playground.errors import PlaygroundError
from playground.inside.attribution import HOW, METHODS, SCALES, STEPS, Attribution, Target
from playground.inside.patching import Patches
from playground.inside.whole_why import WholeWhy
from playground.inside.why import (
    PATCHING_TOKENS,
    Question,
    Why,
    attributed,
    check_pair,
    mended,
    pair,
    parts_of,
    patched,
)
from playground.models.masked_model import MaskedModel
from playground.models.prompt_ids import PromptIds
from playground.values import Values, whole_in
from playground.web.asked import Asked, beside, beside_any
from playground.web.inside.asked_texts import asked_texts, patched_target, tokens_of
from playground.web.inside.told_lines import told_lines
from playground.web.routes.leaving import LeavingRoute


def why_of(reader: Reader[Any]) -> Why | WholeWhy:
    """Returns what answers for a model of any family."""
    return WholeWhy(reader) if isinstance(reader.model, MaskedModel) else Why(cast(AnyEngine, reader))


Whys = Annotated[Why, beside(why_of)]
AnyWhys = Annotated[Why | WholeWhy, beside_any(why_of)]
PARTS = ("tokens", "words")
FEWEST_STEPS, MOST_STEPS = 2, 500
DECIMALS = 6


def add_why_routes(app_router: APIRouter) -> None:
    """Adds the routes under `/traces/<id>/inside/attribution` and `/inside/patching`."""
    router = APIRouter(route_class=LeavingRoute)

    @router.get("/traces/{trace_id}/inside/attribution/{position}/candidates.json")
    async def candidates(why: AnyWhys, trace_id: str, position: str) -> dict[str, Any]:
        return await why.candidates(trace_id, whole_in("position", position))

    app_router.include_router(router)

    @app_router.get("/traces/{trace_id}/inside/attribution/{position}")
    async def attribution(
        why: AnyWhys,
        trace_id: str,
        position: str,
        token_id: str,
        method: str,
        against: str | None = None,
        scale: str = "log_probability",
        parts: str = "tokens",
        steps: str = str(STEPS),
        how: str = "delete",
    ) -> Response:
        """Tells how far it is; see `told_lines`. The result has `spans`, the parts of the text as [start, stop], and
        `source_spans`, those of the source."""
        place = whole_in("position", position)
        question = question_of(why, token_id, method, against, scale, parts, steps, how)
        why.parts(trace_id, place, question)  # refuses before the answer begins
        return told_lines(partial(attribution_told, why, trace_id, place, question))

    @app_router.post("/inside/patching/tokens.json")
    async def tokens(engine: Asked, given: Annotated[Any, Body()]) -> dict[str, Any]:
        """Returns the ids of two texts as they are typed, and texts with equally many tokens if theirs differ.

        Texts that are empty or too long to patch are told too, with the limit, because a writer may go on.
        """
        texts, encode = _pair(given), engine.model.tokenizer.encode
        clean, corrupted = [await asyncio.to_thread(encode, text) if text else () for text in texts]
        mend = None
        if len(clean) != len(corrupted) and min(len(clean), len(corrupted)) > 0:
            mend = await mended(engine, *texts) if max(len(clean), len(corrupted)) <= PATCHING_TOKENS else None
        target = await patched_target(engine, _target_of(given))
        return {"clean": clean, "corrupted": corrupted, "target": target, "mended": mend, "most": PATCHING_TOKENS}

    @app_router.post("/inside/patching")
    async def patching(why: Whys, engine: Asked, given: Annotated[Any, Body()]) -> Response:
        """Tells how far it is. The answer's token is the clean text's most probable one if `token_id` is null."""
        ids, asked = await pair(engine, *_pair(given)), Values("The request", given)
        answer = checked_id(asked.get("token_id"), engine.model) if "token_id" in asked else None
        check_pair(engine, *ids)
        target = await patched_target(engine, _target_of(given))

        async def work(told: Any) -> dict[str, Any]:
            found = await why.patches(*ids, answer, told, target)
            return {
                "ids": ids,
                "target": target,
                "answer": found.answer,
                "clean": found.clean,
                "corrupted": found.corrupted,
                **_patches(found),
            }

        return told_lines(work)


def question_of(
    why: Why | WholeWhy,
    token_id: str,
    method: str,
    against: str | None = None,
    scale: str = "log_probability",
    parts: str = "tokens",
    steps: str = str(STEPS),
    how: str = "delete",
) -> Question:
    """Returns what an address asks. Raises PlaygroundError for a value of the wrong kind or out of range."""
    other = None if against is None else whole_in("against", against)
    return Question(
        _target(why.checked_target, whole_in("token_id", token_id), other, scale),
        values.choice("method", method, METHODS),
        values.choice("parts", parts, PARTS),
        values.whole("steps", whole_in("steps", steps), FEWEST_STEPS, MOST_STEPS),
        values.choice("how", how, HOW),
    )


async def attribution_told(
    why: Why | WholeWhy, trace_id: str, position: int, question: Question, told: Callable[[int, int], None]
) -> dict[str, Any]:
    """Returns the result that the page gets. `told` hears how far it is."""
    parts, found = await why.attribution(trace_id, position, question, told)
    return {**parts._asdict(), **_attribution(found)}


async def attribution(
    engine: AnyEngine,
    text: str,
    position: int,
    token_id: int,
    against: int | None,
    method: str,
    target: str | None = None,
) -> dict[str, Any]:
    """Returns how much each token of a text added to the logit of a token that may follow a position.

    Args:
        text: an encoder reads it, if the model has one.
        position: of the token whose logits predict it; below 0 counted from the end. It counts the target's tokens, if
            there are.
        against: a token whose logit is subtracted; None for none.
        method: "gradient_x_input", "integrated_gradients" or "leave_one_out".
        target: what the decoder of a model with an encoder has written; None for nothing yet.

    Returns:
        `{tokens, scores, baseline, completeness_error}`; a token after the position has the score 0. For a model with
        an encoder also `target_tokens` and `target_scores`, where the start token, which is no part, has the score 0.

    Raises:
        PlaygroundError: a value of the wrong type or out of range.
    """
    question = Question(
        _target(partial(checked_id, model=engine.model), token_id, against, "logit"),
        values.choice("method", method, METHODS),
    )
    read = await asked_texts(engine, text, target)
    ids, source = read
    place = values.whole("position", position, -len(ids), len(ids) - 1) % len(ids)
    parts = parts_of(engine, ids, place, question, source)
    found = await attributed(engine, ids[: place + 1], parts, question, source=source)
    own = [*[0.0] * (place + 1 - len(parts.spans)), *_rounded(found.scores), *[0.0] * (len(ids) - place - 1)]
    return {
        **tokens_of(engine, read),
        **({"scores": _rounded(found.source_scores), "target_scores": own} if source else {"scores": own}),
        "baseline": found.baseline,
        "completeness_error": found.completeness_error,
    }


async def patching(
    engine: AnyEngine, clean: str, corrupted: str, token_id: int, target: str | None = None
) -> dict[str, Any]:
    """Returns how much of a token's log-probability comes back when one vector of a text is copied into another.

    Args:
        clean, corrupted: texts with equally many tokens, at most 64. An encoder reads them, if the model has one.
        target: what the decoder of a model with an encoder has written after both; None for nothing yet.

    Returns:
        `{tokens, layers, recovered}`: `tokens` of the corrupted text, and `recovered[layer][position]`. For a model
        with an encoder, `recovered` is about the decoder's blocks and the positions of `target_tokens`, and
        `source_recovered` about the encoder's blocks and the positions of `tokens`.

    Raises:
        PlaygroundError: a value of the wrong type, or texts that cannot be patched.
    """
    answer = checked_id(token_id, engine.model)
    ids = await pair(engine, clean, corrupted)
    read = await patched_target(engine, target)
    found = await patched(engine, *ids, answer, target=read)
    texts = tokens_of(engine, PromptIds(read, ids[1]) if read else PromptIds(ids[1]))
    return {**texts, "layers": len(found.logprobs), **_patches(found)}


def _target(checked: Callable[[Any], int], token_id: object, against: object, scale: object) -> Target:
    token = checked(token_id)
    other = None if against is None else checked(against)
    if token == other:
        raise PlaygroundError(f"against is {other}, which is the token itself. Choose another token, or none.")
    return Target(token, other, values.choice("scale", scale, SCALES))


def _pair(given: object) -> tuple[str, str]:
    asked = Values("The request", given)
    most = PATCHING_TOKENS * values.CHARACTERS_A_TOKEN
    return asked.text("clean", most), asked.text("corrupted", most)


def _target_of(given: object) -> str:
    asked = Values("The request", given)
    return asked.text("target", PATCHING_TOKENS * values.CHARACTERS_A_TOKEN) if "target" in asked else ""


def _attribution(found: Attribution) -> dict[str, Any]:
    return {
        "scores": _rounded(found.scores),
        "source_scores": _rounded(found.source_scores),
        "value": found.value,
        "baseline": found.baseline,
        "baseline_value": found.baseline_value,
        "completeness_error": found.completeness_error,
    }


def _patches(found: Patches) -> dict[str, Any]:
    rounded = {"recovered": [_rounded(row) for row in found.recovered]}
    if not found.source_logprobs:
        return rounded
    return rounded | {"source_recovered": [_rounded(row) for row in found.source_recovered]}


def _rounded(numbers: Any) -> list[float]:
    return [round(number, DECIMALS) for number in numbers]
