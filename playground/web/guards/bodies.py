"""Limits the body that one request may send. Knows HTTP only."""

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.web.addresses import CLASS
from playground.web.guards.answers import refusal

LARGEST_BYTES = 8 * 2**20
"""The largest body that the page sends is a CSV file of 5 MB, which is 6.7 MB in base64.

A trace file that somebody opens is read in the page and is never sent."""
LARGEST_OF_CLASS = 64 * 2**10
"""The largest body that the class's routes take. A scene has at most 20 kB."""


class BoundedBodies:
    """Answers 413 to a body that is too long: at once if its length is announced, else when the limit is passed."""

    def __init__(self, app: ASGIApp, most: int = LARGEST_BYTES) -> None:
        self._app = app
        self._most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        most = min(self._most, LARGEST_OF_CLASS) if scope["path"].startswith(f"{CLASS}/") else self._most
        sentence = f"This request has more than {most:,} bytes, which is the limit. Send less at a time."
        refuse = refusal(413, sentence, Connection="close")  # the rest is not read
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or int(announced) > most:
            return await refuse(scope, receive, send)
        received, is_answered, is_refused = 0, False, False

        async def receive_bounded() -> Message:
            nonlocal received, is_refused
            if is_refused:
                return {"type": "http.disconnect"}
            message = await receive()
            received += len(message.get("body", b""))
            if received <= most:
                return message
            is_refused = True
            if not is_answered:
                await refuse(scope, receive, send)
            return {"type": "http.disconnect"}

        async def send_unless_refused(message: Message) -> None:
            nonlocal is_answered
            if not is_refused:
                is_answered = True
                await send(message)

        try:
            return await self._app(scope, receive_bounded, send_unless_refused)
        except ClientDisconnect:
            if not is_refused:
                raise
