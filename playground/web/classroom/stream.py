"""Answers with the news of the class, as server-sent events, until the reader leaves or the class ends.

A stream that stands in for its page's heartbeat stays open after the end of the class. Knows the format of the stream.
Does not know what the news say.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import TypeVar

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from playground.classroom.news import Message, Reader

PING_SECONDS = 15.0
"""After this time without news a comment is sent, so that a proxy does not take the stream for dead."""
PING = b": ping\n\n"
Found = TypeVar("Found")
HEADERS = {
    "Content-Type": "text/event-stream; charset=utf-8",
    "Cache-Control": "no-store",
}


class NewsStream(Response):
    """The stream of one reader.

    Args:
        reader: the reader, which is registered as long as the stream lasts.
        presence: what else lasts as long as the stream.
        stays_until: with it, the stream lasts until this is set or the reader leaves, although the news have ended.
    """

    def __init__(
        self,
        reader: Reader,
        presence: Callable[[], AbstractContextManager[object]],
        stays_until: asyncio.Event | None = None,
    ) -> None:
        super().__init__(headers=HEADERS)
        del self.headers["Content-Length"]
        self._reader, self._presence, self._stays_until = reader, presence, stays_until

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the news, and stops as soon as the reader has left."""
        with self._reader, self._presence():
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            sending, leaving = asyncio.ensure_future(self._send(send)), asyncio.ensure_future(_left(receive))
            try:
                await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
                if sending.done():
                    sending.result()
            except asyncio.CancelledError:  # uvicorn cancels what is open when the server ends, and logs what it raises
                pass
            finally:
                for task in (sending, leaving):
                    task.cancel()
                await asyncio.gather(sending, leaving, return_exceptions=True)

    async def _send(self, send: Send) -> None:
        while (message := await _or_ping(self._reader.next, send)) is not None:
            await send({"type": "http.response.body", "body": event(message), "more_body": True})
        if self._stays_until is not None:
            await _or_ping(self._stays_until.wait, send)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _or_ping(find: Callable[[], Awaitable[Found]], send: Send) -> Found:
    """Returns what is waited for, and sends a comment from time to time until it is there."""
    while True:
        try:
            async with asyncio.timeout(PING_SECONDS):
                return await find()
        except TimeoutError:
            await send({"type": "http.response.body", "body": PING, "more_body": True})


def event(message: Message) -> bytes:
    """Returns a message as an event. JSON holds no line break, so that one line carries it."""
    named = b"event: desk\n" if message.kind == "desk" else b""
    return b"%bdata: %b\n\n" % (named, message.content)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
