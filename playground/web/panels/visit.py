"""What Gradio holds of a visit while it lasts, and nothing once it is over.

An open page keeps one connection to the server, Gradio's heartbeat. The stream of answers is open while something is
under way: a browser has six connections to a server, for all its tabs together, and with two a page the third tab
would get no answer. What is asked for just when Gradio closes the stream is heard all the same; see
`assets/common/connection.js`.

Of each session Gradio keeps a copy of all components with their last values, about 100 KB, for the latest 10,000
sessions; a call of the API is a session too. Of the latest 10,000 events it computes statistics anew after each event,
which nobody looks at.

A mailbox holds the messages for a session. Gradio keeps the latest 2,000, so that calls of the API would take those of
pages which are open for longer; and where one is missing, an error ends the task that starts everybody's events.
"""

import asyncio
from typing import Any

import gradio as gr

from playground.web.panels.events import EVENT

MAILBOXES = 2000
SESSIONS_KEPT = 300
"""Whose component values Gradio keeps. A visitor beyond them loses nothing: every event brings the values it needs."""


def build(page: gr.Blocks) -> None:
    """Connects the page's load and unload."""

    async def arrive(request: gr.Request) -> None:
        page._queue.pending_messages_per_session.pages.add(request.session_hash)

    async def leave(request: gr.Request) -> None:  # on the event loop, where Gradio goes through its sessions
        await page._queue.clean_events(session_hash=request.session_hash)
        page._queue.pending_event_ids_session.pop(request.session_hash, None)
        page._queue.pending_messages_per_session.leave(request.session_hash)
        page.state_holder.session_data.pop(request.session_hash, None)
        page.state_holder.time_last_used.pop(request.session_hash, None)

    page.load(arrive, None, None, **EVENT)
    page.unload(leave)


def keep_little(page: gr.Blocks) -> gr.Blocks:
    """Bounds what Gradio keeps of sessions and events. Call it once the page has its queue. Returns the page."""
    page.state_session_capacity = SESSIONS_KEPT
    page._queue.ANALYTICS_MAX_EVENTS = 0
    page._queue.pending_messages_per_session = Mailboxes()
    return page


def leave_heartbeat_to_page(page: gr.Blocks) -> None:
    """Keeps Gradio's client from opening the heartbeat: the page's own part of the connection does, and watches it."""
    page.config["connect_heartbeat"] = False


class Mailboxes(dict[str, asyncio.Queue[Any]]):
    """Messages by session, in Gradio's place for them. The first to go are those of sessions without a page.

    Attributes:
        pages: the sessions of open pages.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pages: set[str] = set()

    def leave(self, session: str) -> None:
        """A page is closed: its mailbox goes."""
        self.pages.discard(session)
        self.pop(session, None)

    def __setitem__(self, session: str, mailbox: asyncio.Queue[Any]) -> None:
        if session not in self and len(self) >= MAILBOXES:
            self.leave(next((other for other in self if other not in self.pages), next(iter(self))))
        super().__setitem__(session, mailbox)

    def __missing__(self, session: str) -> asyncio.Queue[Any]:
        """What is sent to somebody who has left is read by nobody."""
        return asyncio.Queue()

    def __delitem__(self, session: str) -> None:
        self.pop(session, None)
