"""Makes the page itself arrive sooner: it is compressed, and a header names the files that it will load.

Gradio sends the page as it is, with the description of all components in it, and adds the page's head only once its own
scripts run. Every other answer passes untouched, so streams stay streams.
"""

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class PackedPage:
    """Compresses the answer at the root path, and adds a `Link` header to it.

    Args:
        app: the application that answers.
        links: the values of the header, with addresses relative to the page.
    """

    def __init__(self, app: ASGIApp, links: Sequence[str]) -> None:
        self._app = app
        self._packed = GZipMiddleware(app)
        self._links = ", ".join(links)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] != "/":
            return await self._app(scope, receive, send)

        async def send_with_links(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 200:
                MutableHeaders(scope=message)["Link"] = self._links
            await send(message)

        return await self._packed(scope, receive, send_with_links)
