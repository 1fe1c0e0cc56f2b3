"""Bounds what Gradio holds of a visit while it lasts, and removes all of it when the visit is over.

An open page keeps one connection to the server, Gradio's heartbeat. The stream of answers is open only while something
is under way: a browser has six connections to a server for all its tabs together, so that with two for each page the
third tab would get no answer. A request that comes just when Gradio closes the stream is answered all the same; see
`assets/common/connection.js`.

By default, Gradio keeps a copy of all components with their last values, about 100 KB, for each of the latest 10,000
sessions. A call of the API is a session too. After each event Gradio computes statistics of the latest 10,000 events
anew, and nobody looks at them.

A mailbox holds the messages for a session. By default, Gradio keeps the latest 2,000 mailboxes, so that calls of the
API would push out those of pages that are open for longer. Where a mailbox is missing, an error ends the task that
starts everybody's events.
"""

import asyncio
from typing import Any

import gradio as gr

from playground.web.panels.events import EVENT, noted, session_hash

MAILBOXES = 2000
SESSIONS_KEPT = 300
"""The number of sessions whose component values Gradio keeps. A visitor beyond them loses nothing, because every event
brings the values that it needs."""


def build(page: gr.Blocks) -> None:
    """Connects the page's load and unload."""

    async def arrive(request: gr.Request) -> None:
        with noted(request):
            _mailboxes(page).pages.add(session_hash(request))

    async def leave(request: gr.Request) -> None:  # async: on the event loop, where Gradio reads its sessions
        session = session_hash(request)
        await page._queue.clean_events(session_hash=session)
        page._queue.pending_event_ids_session.pop(session, None)
        _mailboxes(page).leave(session)
        page.state_holder.session_data.pop(session, None)
        page.state_holder.time_last_used.pop(session, None)

    page.load(arrive, None, None, **EVENT)
    page.unload(leave)


def keep_little(page: gr.Blocks) -> gr.Blocks:
    """Bounds what Gradio keeps of sessions and events. Call it after the page has its queue. Returns the page."""
    page.state_session_capacity = SESSIONS_KEPT
    page._queue.ANALYTICS_MAX_EVENTS = 0
    page._queue.pending_messages_per_session = Mailboxes()  # pyright: ignore[reportAttributeAccessIssue]  # any dict serves
    return page


def _mailboxes(page: gr.Blocks) -> "Mailboxes":
    held = page._queue.pending_messages_per_session
    assert isinstance(held, Mailboxes), "`keep_little` has put them there"
    return held


def leave_heartbeat_to_page(page: gr.Blocks) -> None:
    """Keeps Gradio's client from opening the heartbeat. The page's own JavaScript opens it instead, and watches it."""
    page.config["connect_heartbeat"] = False


class Mailboxes(dict[str, asyncio.Queue[Any]]):
    """Holds mailboxes by session, in place of Gradio's own. Sessions without a page are the first to lose theirs.

    Attributes:
        pages: the sessions of open pages.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pages: set[str] = set()

    def leave(self, session: str) -> None:
        """Removes the mailbox of a session whose page is closed."""
        self.pages.discard(session)
        self.pop(session, None)

    def __setitem__(self, session: str, mailbox: asyncio.Queue[Any]) -> None:
        if session not in self and len(self) >= MAILBOXES:
            self.leave(next((other for other in self if other not in self.pages), next(iter(self))))
        super().__setitem__(session, mailbox)

    def __missing__(self, session: str) -> asyncio.Queue[Any]:
        """Returns a mailbox that nobody reads, for messages to a session that has left."""
        return asyncio.Queue()

    def __delitem__(self, session: str) -> None:
        self.pop(session, None)
