"""The routes and the documented API of the pane Tokens. Knows `inside.tokens` and the visitors' own files."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request

from playground import values
from playground.engine.worker import Worker
from playground.inside.tokenizer_files import TokenizerFiles
from playground.inside.tokens import after_space, checked, messages, pieces_of
from playground.values import Values
from playground.web.asked import AnyAsked, Asked
from playground.web.routes.leaving import LeavingRoute

MOST_TEXTS = 24


def add_tokens_routes(app_router: APIRouter) -> None:
    """Adds `/inside/tokens` and what is under it."""
    router = APIRouter(prefix="/inside/tokens", route_class=LeavingRoute)
    files = TokenizerFiles()

    @router.post("")
    async def tokens(engine: AnyAsked, given: Annotated[Any, Body()]) -> dict[str, Any]:
        """Takes texts apart {texts, file}, with the model's tokeniser or with that of a file that was sent."""
        asked = Values("The request", given)
        texts = [checked("The text", text) for text in values.items("texts", asked.get("texts"), MOST_TEXTS)]
        if "file" in asked:
            file_id = values.trace_id("The file's id", asked.get("file"))
            return {"answers": await files.messages(file_id, texts)}
        return {"answers": await messages(engine, texts)}

    @router.post("/files")
    async def file(request: Request) -> dict[str, Any]:
        """Reads a `tokenizer.json` that the page compressed with gzip."""
        return await files.open(await request.body())

    @router.post("/space")
    async def space(engine: Asked, given: Annotated[Any, Body()]) -> dict[str, Any]:
        """Compares the next token after a text {text} that ends in a space with the one without that space."""
        return await after_space(engine, checked("The text", Values("The request", given).get("text")))

    app_router.include_router(router)


async def tokens(engine: Worker[Any], text: str) -> dict[str, Any]:
    """Returns the tokens of a text, and the merges that led to them.

    Args:
        text: the text as it is; at most 4,000 characters.

    Returns:
        `tokens`: {token_id, token, bytes, start, end, special} of each, where `bytes` is a list of numbers, and `start`
        and `end` count characters; `merges`: [left, right, rank] in the order in which they are made, word by word,
        spelt as in the tokeniser's vocabulary, or null if the tokeniser does not merge or cannot be followed.

    Raises:
        PlaygroundError: the text is too long or not valid Unicode.
    """
    taken, pieces = checked("text", text), await pieces_of(engine)
    decode = engine.model.tokenizer.decode

    def answer() -> dict[str, Any]:
        own = pieces.of(taken)
        words = pieces.words(taken, own)
        merges = None if words is None else pieces.merges(words)
        return {
            "tokens": [
                {
                    "token_id": piece.token_id,
                    "token": decode([piece.token_id]),
                    "bytes": list(piece.bytes),
                    "start": piece.start,
                    "end": piece.end,
                    "special": piece.special,
                }
                for piece in own
            ],
            "merges": None if merges is None else [list(merge) for merge in merges],
        }

    return await asyncio.to_thread(answer)
