"""Provides routes whose work ends when the client has left or the server ends. Knows nothing of what they answer."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from playground.engine.errands import SHUTTING_DOWN
from playground.errors import PlaygroundError

CLIENT_CLOSED_REQUEST = 499
"""nginx's status for a request whose client has left. Nobody receives it."""


class LeavingRoute(APIRoute):
    """A route that cancels its handler as soon as the client closes the connection.

    Starlette itself lets a handler run to its end, even when nobody waits for the answer any more. When the server
    ends, uvicorn cancels the route; the client then gets a sentence, and the log no traceback.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Returns the function that FastAPI calls with each request."""
        answer = super().get_route_handler()

        async def answer_who_stays(request: Request) -> Response:
            if request.method == "POST":
                try:
                    await request.body()  # the request keeps it; what comes after it is that the client has left
                except ClientDisconnect:  # before the whole body was read, which a busy server reads late
                    return Response(status_code=CLIENT_CLOSED_REQUEST)
            answering = asyncio.ensure_future(answer(request))
            leaving = asyncio.ensure_future(_left(request))
            try:
                await asyncio.wait((answering, leaving), return_when=asyncio.FIRST_COMPLETED)
                return answering.result() if answering.done() else Response(status_code=CLIENT_CLOSED_REQUEST)
            except asyncio.CancelledError:
                raise PlaygroundError(SHUTTING_DOWN, status=503) from None
            finally:
                await _cancelled(answering, leaving)

        return answer_who_stays


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _cancelled(*tasks: asyncio.Future[Any]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
