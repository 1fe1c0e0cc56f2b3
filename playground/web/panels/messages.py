"""Turns what Python answers into what reaches the page: messages, and a sentence in place of an error.

What was in view stays there. A fault of the playground itself is written to the log.
"""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeVar

from playground.errors import PlaygroundError

log = logging.getLogger(__name__)

BROKEN = "The playground failed with an internal error. The server's log describes it. Please try again."

Message = TypeVar("Message")


def refuse_second(is_running: bool, what: str) -> None:
    """Raises a `PlaygroundError` with status 409 if a visitor's run is still under way. `what` begins its sentence."""
    if is_running:
        raise PlaygroundError(f"{what}. Press Stop first, or wait until it ends.", status=409)


def refused(sentence: str) -> dict[str, Any]:
    """Builds the message for a tab whose run was refused, or ended with an error."""
    return {"kind": "error", "error": sentence}


def sentence_of(error: Exception) -> str:
    """Returns what the page says about an error. Call it in the `except` block, so that the log gets the traceback."""
    if isinstance(error, PlaygroundError):
        return str(error)
    log.exception("something failed behind the page")
    return BROKEN


async def with_refusal(messages: AsyncGenerator[Message], refused: Callable[[str], Message]) -> AsyncGenerator[Message]:
    """Yields the messages. If they end with an error, `refused(sentence)` is the last one."""
    try:
        async with aclosing(messages):
            async for message in messages:
                yield message
    except Exception as error:
        yield refused(sentence_of(error))


async def marked(messages: AsyncGenerator[dict[str, Any]], **mark: Any) -> AsyncGenerator[dict[str, Any]]:
    """Yields the messages, {"error": sentence} for an error, each with a mark that tells the page what is answered."""
    async with aclosing(with_refusal(messages, lambda sentence: {"error": sentence})) as news:
        async for message in news:
            yield mark | message


async def answered(work: Awaitable[Any]) -> dict[str, Any]:
    """Returns {"answer": ...} or {"error": sentence}. A server function's error reaches the page in no other way."""
    try:
        return {"answer": await work}
    except Exception as error:
        return {"error": sentence_of(error)}
