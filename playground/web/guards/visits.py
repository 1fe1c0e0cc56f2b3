"""Counts the open pages, and notices visits that are over without Gradio telling so.

Each page keeps one stream of Gradio's, the heartbeat, open; these streams are counted. Gradio tells the end of a visit
when it cancels the stream. It tells nothing if an event comes after that, or if the visitor left before the stream
began, as happens on a busy server. What such an event made would be held for ever.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

HEARTBEAT = "/gradio_api/heartbeat/"
ANSWERS = "/gradio_api/queue/data"
"""The stream of answers of a page, which is open while something is under way."""
VISITS = "playground.visits"
"""The name in a request's scope under which the `Visits` of the server are."""
ABSENT_SECONDS = 60
"""After its last event a session has this long to open its heartbeat. Then its visit is over."""


class Visits:
    """Counts the pages that are open now, and the events of each session that are under way."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._events: Counter[str] = Counter()
        self._ending: dict[str, asyncio.TimerHandle] = {}
        self._leaving: set[asyncio.Future[None]] = set()

    @property
    def count(self) -> int:
        """The number of streams that have begun and not ended."""
        return self._open.total()

    def counting(self, app: ASGIApp) -> ASGIApp:
        """Wraps an application so that its visits are counted here."""

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http":
                scope[VISITS] = self
            if scope["type"] == "http" and scope["path"] == ANSWERS:
                return await _until_visit_ends(app, scope, receive, send)
            if scope["type"] != "http" or not scope["path"].startswith(HEARTBEAT):
                return await app(scope, receive, send)
            with _one_more(self._open, scope["path"].removeprefix(HEARTBEAT)):
                return await app(scope, receive, send)

        return counted

    @contextmanager
    def event(self, session: str, leave: Callable[[], Awaitable[None]]) -> Iterator[None]:
        """Notes an event of a session. If no page of the session is open a while after it, `leave` is called."""
        if (ending := self._ending.pop(session, None)) is not None:
            ending.cancel()
        try:
            with _one_more(self._events, session):
                yield
        finally:
            if session not in self._events:
                end = asyncio.get_running_loop().call_later(ABSENT_SECONDS, self._end, session, leave)
                self._ending[session] = end

    def _end(self, session: str, leave: Callable[[], Awaitable[None]]) -> None:
        del self._ending[session]
        if session not in self._open:
            leaving = asyncio.ensure_future(leave())
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)


async def _until_visit_ends(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Ends a stream of answers quietly if its visit ends first: a browser closes a page's connections in any order.

    Gradio then says that it does not know the session, in the middle of the answer, which is an error of the server.
    """
    try:
        await app(scope, receive, send)
    except RuntimeError as error:
        if not isinstance(error.__cause__, HTTPException) or error.__cause__.status_code != HTTPStatus.NOT_FOUND:
            raise
        await send({"type": "http.response.body", "body": b""})


@contextmanager
def _one_more(counts: Counter[str], session: str) -> Iterator[None]:
    counts[session] += 1
    try:
        yield
    finally:
        counts[session] -= 1
        if not counts[session]:
            del counts[session]
