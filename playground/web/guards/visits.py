"""Counts the open pages. Each page keeps one stream of Gradio's, the heartbeat, open; these streams are counted."""

from starlette.types import ASGIApp, Receive, Scope, Send

HEARTBEAT = "/gradio_api/heartbeat/"


class Visits:
    """Counts the pages that are open now.

    Attributes:
        count: the streams that have begun and not ended.
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
