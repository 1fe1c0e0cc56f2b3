"""What Gradio holds of a visit: the event stream open for as long as it lasts, and nothing once it is over.

Gradio closes a visitor's event stream when no event of theirs is pending. What the visitor asks for at that very moment
is never answered: the page believes that the stream is open, and Generate hangs until the page is reloaded. So each
visit registers one name among its pending events which never completes. It is a name in a set and not an event: an
event would hold one of the `max_threads` places that all visitors share.

Of each session Gradio keeps a copy of all components with their last values, about 100 KB, for the latest 10,000
sessions; a call of the API is a session too. Of the latest 10,000 events it computes statistics anew after each event,
which nobody looks at.

A mailbox holds the messages for a session. Gradio keeps the latest 2,000, so that calls of the API would take those of
pages which are open for longer; and where one is missing, an error ends the task that starts everybody's events.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import gradio as gr

from playground.panels.events import EVENT

PRESENT = "present"
MAILBOXES = 2000
SESSIONS_KEPT = 300
"""Whose component values Gradio keeps. A visitor beyond them loses nothing: every event brings the values it needs."""


def build(page: gr.Blocks) -> None:
    """Connects the page's load and unload."""

    async def arrive(request: gr.Request) -> None:
        page._queue.pending_event_ids_session.setdefault(request.session_hash, set()).add(PRESENT)

    async def leave(request: gr.Request) -> None:  # on the event loop, where Gradio goes through its sessions
        await page._queue.clean_events(session_hash=request.session_hash)
        page._queue.pending_event_ids_session.pop(request.session_hash, None)
        page._queue.pending_messages_per_session.pop(request.session_hash, None)
        page.state_holder.session_data.pop(request.session_hash, None)
        page.state_holder.time_last_used.pop(request.session_hash, None)

    page.load(arrive, None, None, **EVENT)
    page.unload(leave)


def keep_little(page: gr.Blocks) -> gr.Blocks:
    """Bounds what Gradio keeps of sessions and events. Call it once the page has its queue. Returns the page."""
    page.state_session_capacity = SESSIONS_KEPT
    page._queue.ANALYTICS_MAX_EVENTS = 0
    names = page._queue.pending_event_ids_session
    page._queue.pending_messages_per_session = Mailboxes(lambda session: PRESENT in names.get(session, ()))
    return page


class Mailboxes(dict[str, asyncio.Queue[Any]]):
    """Messages by session, in Gradio's place for them: each page keeps its mailbox, other sessions the latest ones.

    Args:
        is_page: whether a session is that of an open page.
    """

    def __init__(self, is_page: Callable[[str], bool]) -> None:
        super().__init__()
        self._is_page = is_page

    def __setitem__(self, session: str, mailbox: asyncio.Queue[Any]) -> None:
        if session not in self and len(self) >= MAILBOXES:
            oldest = next((other for other in self if not self._is_page(other)), None)
            self.pop(oldest, None)
        super().__setitem__(session, mailbox)

    def __missing__(self, session: str) -> asyncio.Queue[Any]:
        """What is sent to somebody who has left is read by nobody."""
        return asyncio.Queue()

    def __delitem__(self, session: str) -> None:
        self.pop(session, None)
