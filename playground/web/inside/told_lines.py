"""Answers with how far a long computation is, and with its result at last: a line of JSON for each piece of news.

The lines are `{"done": 3, "of": 30}` …, and then `{"result": …}` or `{"error": sentence}`. A client that leaves stops
the work. Knows nothing of what is computed.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextvars import Context, copy_context
from typing import Any

from fastapi.responses import StreamingResponse

from playground.errors import PlaygroundError

Told = Callable[[int, int], None]
Work = Callable[[Told], Awaitable[Any]]


def told_lines(work: Work) -> StreamingResponse:
    """Returns the answer that does the work: `work(told)` returns plain JSON values and calls `told(done, of)` from any
    thread."""
    headers = {"Cache-Control": "private, no-store"}
    return StreamingResponse(_lines(work, copy_context()), media_type="application/jsonl", headers=headers)


async def _lines(work: Work, context: Context) -> AsyncGenerator[str]:
    """Does the work in the context of the request, which names the visitor."""
    loop = asyncio.get_running_loop()
    news: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

    def told(done: int, of: int) -> None:
        loop.call_soon_threadsafe(news.put_nowait, {"done": done, "of": of})

    async def do() -> Any:
        return await work(told)

    doing = asyncio.create_task(do(), context=context)
    doing.add_done_callback(lambda _: news.put_nowait(None))
    try:
        while (line := await news.get()) is not None:
            yield f"{json.dumps(line)}\n"
        yield f"{json.dumps(_outcome(doing))}\n"
    finally:
        doing.cancel()
        await asyncio.gather(doing, return_exceptions=True)


def _outcome(doing: asyncio.Task[Any]) -> dict[str, Any]:
    try:
        return {"result": doing.result()}
    except PlaygroundError as refusal:
        return {"error": str(refusal)}
