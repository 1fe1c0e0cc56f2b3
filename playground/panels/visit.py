"""What Gradio holds of a visit: the event stream open for as long as it lasts, and nothing once it is over.

Gradio closes a visitor's event stream when no event of theirs is pending. What the visitor asks for at that very moment
is never answered: the page believes that the stream is open, and Generate hangs until the page is reloaded. So each
visit registers one name among its pending events which never completes. It is a name in a set and not an event: an
event would hold one of the `max_threads` places that all visitors share.

Of each session Gradio keeps a copy of all components with their last values, about 100 KB, for the latest 10,000
sessions; a call of the API is a session too. Of the latest 10,000 events it computes statistics anew after each event,
which nobody looks at.
"""

import gradio as gr

from playground.panels.events import EVENT

PRESENT = "present"
SESSIONS_KEPT = 300
"""Whose component values Gradio keeps. A visitor beyond them loses nothing: every event brings the values it needs."""


def build(page: gr.Blocks) -> None:
    """Connects the page's load and unload."""

    async def arrive(request: gr.Request) -> None:
        page._queue.pending_event_ids_session.setdefault(request.session_hash, set()).add(PRESENT)

    async def leave(request: gr.Request) -> None:  # on the event loop, where Gradio goes through its sessions
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
    return page
