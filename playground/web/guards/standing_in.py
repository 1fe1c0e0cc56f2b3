"""Lets another stream of a page stand in for its heartbeat, so that the page needs one connection less.

A browser has six connections to a server for all its windows together. Gradio gets a heartbeat that lasts as long as
the other stream does, and that no browser reads.
"""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.requests import Request

from playground.errors import PlaygroundError
from playground.web.guards.visits import HEARTBEAT, VISITS

HEARTBEAT_HEADER = "X-Playground-Heartbeat"
"""In this header a page names the visit, by Gradio's session hash, whose heartbeat the stream stands in for."""
NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
FROM_THE_REQUEST = ("type", "asgi", "http_version", "scheme", "server", "client", "headers", "root_path", VISITS)

_beating: set[asyncio.Future[None]] = set()  # asyncio itself keeps no task alive


def visit_of(request: Request) -> str | None:
    """Returns the visit that a page names; None if it names none.

    Raises:
        PlaygroundError: no visit has such a name.
    """
    name = request.headers.get(HEARTBEAT_HEADER)
    if name is not None and not NAME.fullmatch(name):
        raise PlaygroundError(
            f"{HEARTBEAT_HEADER} must be 1 to 64 letters, digits, hyphens or underscores.", status=400
        )
    return name


@contextmanager
def standing_in(request: Request, visit: str) -> Iterator[None]:
    """Shows Gradio a heartbeat of a visit as long as the context lasts. At its end, Gradio ends the visit."""
    left = asyncio.Event()

    async def receive() -> dict[str, Any]:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(_: Any) -> None:
        pass

    path = HEARTBEAT + visit
    scope = {name: request.scope[name] for name in FROM_THE_REQUEST if name in request.scope}
    scope |= {"method": "GET", "path": path, "raw_path": path.encode(), "query_string": b""}
    beat = asyncio.ensure_future(request.scope[VISITS].counting(request.app)(scope, receive, send))
    _beating.add(beat)
    beat.add_done_callback(_beating.discard)
    try:
        yield
    finally:
        left.set()
