"""Makes the page itself arrive sooner: it is compressed, and its head names the files that it will load.

Gradio sends the page as it is, with the description of all components in it. It adds the page's head only once its own
scripts run, and they name one another in turns. Every other answer passes untouched, so streams stay streams.
"""

import re

from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BASE = re.compile(rb"<base [^>]*>")
"""The element to which the addresses in the head are relative."""
END = b"</head>"


class PackedPage:
    """Adds elements to the head of the answer at the root path, and compresses it.

    Args:
        app: the application that answers.
        head: elements for its beginning and its end, as HTML, with addresses relative to the page.
    """

    def __init__(self, app: ASGIApp, head: tuple[str, str]) -> None:
        self._app = app
        self._packed = GZipMiddleware(self._with_head)
        self._first, self._last = (elements.encode() for elements in head)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_page = scope["type"] == "http" and scope["path"] == "/"
        await (self._packed if is_page else self._app)(scope, receive, send)

    async def _with_head(self, scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        body = b""

        async def collect(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            elif message["type"] != "http.response.body":
                await send(message)
            else:
                body += message.get("body", b"")
                if not message.get("more_body", False):
                    whole = BASE.sub(lambda found: found[0] + self._first, body, count=1)
                    whole = whole.replace(END, self._last + END, 1)
                    MutableHeaders(scope=start)["Content-Length"] = str(len(whole))
                    await send(start)
                    await send({"type": "http.response.body", "body": whole})

        await self._app(scope, receive, collect)
