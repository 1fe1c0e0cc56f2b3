"""What reaches the page when something is asked of Python: answers, or a sentence in place of an error.

What was in view stays there; a fault of ours is written to the log.
"""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Any, TypeVar

from playground.errors import PlaygroundError

log = logging.getLogger(__name__)

BROKEN = "Something went wrong inside the playground. Its log says what; please try again."

Message = TypeVar("Message")


def sentence_of(error: Exception) -> str:
    """What the page says of an error. Call it while the error is handled: the log gets its traceback."""
    if isinstance(error, PlaygroundError):
        return str(error)
    log.exception("something failed behind the page")
    return BROKEN


async def told(messages: AsyncGenerator[Message], refused: Callable[[str], Message]) -> AsyncGenerator[Message]:
    """The messages; should they end with an error, `refused(sentence)` is the last one."""
    try:
        async with aclosing(messages):
            async for message in messages:
                yield message
    except Exception as error:
        yield refused(sentence_of(error))


async def marked(messages: AsyncGenerator[dict[str, Any]], **mark: Any) -> AsyncGenerator[dict[str, Any]]:
    """The messages, {"error": sentence} for an error, each with the mark by which the page knows what it answers."""
    async with aclosing(told(messages, lambda sentence: {"error": sentence})) as news:
        async for message in news:
            yield mark | message


async def answered(work: Awaitable[Any]) -> dict[str, Any]:
    """{"answer": ...} or {"error": sentence}: an error of a server function reaches the page no other way."""
    try:
        return {"answer": await work}
    except Exception as error:
        return {"error": sentence_of(error)}
