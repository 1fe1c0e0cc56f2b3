"""Writes one line into the log for each request, at INFO: method, path, status, seconds and address.

A line gives its reader no access: ids of traces and sessions are shortened, and query strings are left out.
"""

import logging
import re
import time
from urllib.parse import quote

from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

NAMED = re.compile(r"(?<=/)(traces|heartbeat|stream|call/[^/]+)/([^/]{6})[^/]+")
"""Finds an id in a path. The first six characters of ids are enough to tell two of them apart."""


class AccessLog:
    """Writes the line when the answer has been sent. The line of a stream comes at the stream's end."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not log.isEnabledFor(logging.INFO):
            return await self._app(scope, receive, send)
        began, status = time.perf_counter(), 0

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            return await self._app(scope, receive, send_and_note)
        finally:
            address = scope["client"][0] if scope.get("client") else "-"
            seconds = time.perf_counter() - began
            log.info("%s %s %s %.3f s %s", scope["method"], shortened(scope["path"]), status or "-", seconds, address)


def shortened(path: str) -> str:
    """Returns the path on one line, with its ids cut. Anybody may send a path, so it is quoted and bounded."""
    return quote(NAMED.sub(r"\1/\2...", path)[:200], safe="/=.~")
