"""Counts the open pages. Each keeps one stream of Gradio's open for as long as it is there, and this counts them."""

from starlette.types import ASGIApp, Receive, Scope, Send

HEARTBEAT = "/gradio_api/heartbeat/"


class Visits:
    """How many pages are open now.

    Attributes:
        count: streams that have begun and not ended.
    """

    def __init__(self) -> None:
        self.count = 0

    def counting(self, app: ASGIApp) -> ASGIApp:
        """Wraps an application so that its visits are counted here."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or not scope["path"].startswith(HEARTBEAT):
                return await app(scope, receive, send)
            self.count += 1
            try:
                return await app(scope, receive, send)
            finally:
                self.count -= 1

        return counted
