"""Adds the headers that tell a browser what a page of this server may do: it may ask this server and no other.

Gradio's page needs inline scripts and `eval` (it compiles `js_on_load`), and images from `blob:` and `data:` URLs.
An answer that has a policy of its own, such as BertViz's page, keeps it. Scripts and styles are no pages: a policy
would only make each of them longer.
"""

from collections.abc import Sequence

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

PAGE_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' data: blob:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "frame-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
    )
)
POLICY = "Content-Security-Policy"
NO_PAGES = ("text/javascript", "text/css")


class SafeHeaders:
    """Adds the headers to every answer.

    Args:
        app: the application that answers.
        frames: the origins whose pages may show this one in a frame, beside its own.
    """

    def __init__(self, app: ASGIApp, frames: Sequence[str] = ()) -> None:
        self._app = app
        self._ancestors = " ".join(("frame-ancestors 'self'", *frames))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                if not headers.get("Content-Type", "").startswith(NO_PAGES):
                    headers[POLICY] = f"{headers.get(POLICY, PAGE_POLICY)}; {self._ancestors}"
            await send(message)

        return await self._app(scope, receive, send_with_headers)
