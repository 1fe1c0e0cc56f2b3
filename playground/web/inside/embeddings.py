"""Answers what the page and the API ask about the embedding matrices and about a word's vectors in its texts.

Knows `playground.inside`. The comparison of texts is a stream of lines, each one JSON value: `{"done": 3, "of": 8}`
while it reads, and then `{"pairs": …}`, or `{"error": …}` with a sentence.
"""

import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Body
from fastapi.responses import StreamingResponse

from playground import values
from playground.engine.reader import Reader
from playground.engine.request import checked_ids, checked_text
from playground.errors import PlaygroundError
from playground.inside import embeddings
from playground.inside.contexts import Place, Progress, check_place, compared
from playground.inside.embeddings import MOST_BESIDE, MOST_NEIGHBOURS, MOST_TERMS, MOST_WORDS
from playground.inside.matrices import SPACES
from playground.values import Values, whole_in
from playground.web.asked import AnyAsked
from playground.web.inside import opening
from playground.web.routes.leaving import LeavingRoute

LONGEST_WORD = 60
MOST_TEXTS = 3
LONGEST_TEXT = 20_000
"""The characters of a text to compare. 512 tokens, the most that are compared, are seldom longer."""
PRIVATE = {"Cache-Control": "private, no-store"}


def add_embedding_routes(app_router: APIRouter) -> None:
    """Adds `/inside/embeddings.json` and everything under `/inside/embeddings`."""
    router = APIRouter(route_class=LeavingRoute)
    here = "/inside/embeddings"

    @router.get(here + ".json")
    async def facts(engine: AnyAsked) -> dict[str, Any]:
        return await embeddings.facts(engine)

    @router.get(here + "/neighbours/{token_id}")
    async def near(engine: AnyAsked, token_id: str, count: str, space: str) -> list[dict[str, Any]]:
        asked = whole_in("token_id", token_id), whole_in("count", count)
        return await _neighbours(engine, *asked, space)

    @router.post(here + "/points")
    async def points(engine: AnyAsked, given: Annotated[Any, Body()]) -> dict[str, Any]:
        asked = Values("The request", given)
        words = asked.texts("words", MOST_WORDS, LONGEST_WORD)
        return await embeddings.points(
            engine, words, asked.whole("beside", 0, MOST_BESIDE), asked.choice("space", SPACES)
        )

    @router.post(here + "/sum")
    async def total(engine: AnyAsked, given: Annotated[Any, Body()]) -> dict[str, Any]:
        asked = Values("The request", given)
        plus, minus = (asked.texts(name, MOST_TERMS, LONGEST_WORD) for name in ("plus", "minus"))
        if not plus and not minus:
            raise PlaygroundError("The sum has no words. Give at least one.")
        return await embeddings.total(engine, plus, minus, asked.choice("space", SPACES))

    @router.post(here + "/read")
    async def read(engine: AnyAsked, given: Annotated[Any, Body()]) -> dict[str, Any]:
        """Returns the token ids of texts to compare, so that the page can show their tokens."""
        texts = Values("The request", given).texts("texts", MOST_TEXTS, LONGEST_TEXT)
        return {"ids": [list(await _read(engine, text)) for text in texts]}

    @router.post(here + "/layers")
    async def layers(engine: AnyAsked, given: Annotated[Any, Body()]) -> StreamingResponse:
        asked = [Values("A place", one) for one in Values("The request", given).items("places", MOST_TEXTS)]
        if len(asked) < 2:
            raise PlaygroundError("There is nothing to compare with. Give two or three places.")
        places = [
            check_place(engine, checked_ids(one.get("ids"), engine.model), one.whole("position", 0, values.MOST_NUMBER))
            for one in asked
        ]
        return StreamingResponse(_lines(engine, places), media_type="application/x-ndjson", headers=PRIVATE)

    app_router.include_router(router)


async def neighbours(engine: Reader[Any], token_id: int, count: int, space: str) -> list[dict[str, Any]]:
    """Returns the tokens whose rows in an embedding matrix have the largest cosine with a token's row.

    Args:
        token_id: a token of the vocabulary.
        count: how many tokens to return, 1 to 100.
        space: "input" for the embedding of tokens that are read, "output" for that of tokens that are predicted.

    Returns:
        `[{token_id, token, cosine}]` by descending cosine, without the token itself.

    Raises:
        PlaygroundError: a value of the wrong type or out of range.
    """
    values.whole("token_id", token_id, -values.MOST_NUMBER, values.MOST_NUMBER)
    found = await _neighbours(engine, token_id, count, space)
    decode = engine.model.tokenizer.decode
    return [{"token_id": one["token_id"], "token": decode([one["token_id"]]), "cosine": one["cosine"]} for one in found]


async def _neighbours(engine: Reader[Any], token_id: int, count: object, space: object) -> list[dict[str, Any]]:
    wanted = values.whole("count", count, 1, MOST_NEIGHBOURS)
    return await embeddings.neighbours(engine, token_id, wanted, values.choice("space", space, SPACES))


async def _read(engine: Reader[Any], text: str) -> tuple[int, ...]:
    if not checked_text("text", text, engine.limits).strip():
        raise PlaygroundError("A text is empty. Write a sentence.")
    ids = await opening.text_ids(engine, text)
    check_place(engine, ids, 0)
    return ids


async def _lines(engine: Reader[Any], places: list[Place]) -> AsyncIterator[str]:
    try:
        async with aclosing(compared(engine, places)) as told:
            async for news in told:
                yield _line({"done": news.done, "of": news.of} if isinstance(news, Progress) else {"pairs": news})
    except PlaygroundError as error:  # the status has been sent
        yield _line({"error": str(error)})


def _line(message: dict[str, Any]) -> str:
    return f"{json.dumps(message)}\n"
