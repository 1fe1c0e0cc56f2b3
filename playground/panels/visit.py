"""Keeps Gradio's event stream open for as long as a visit lasts, at no cost once the visit is over.

Gradio closes a visitor's event stream when no event of theirs is pending. What the visitor asks for at that very moment
is never answered: the page believes that the stream is open, and Generate hangs until the page is reloaded. So each
visit registers one name among its pending events which never completes. It is a name in a set and not an event: an
event would hold one of the `max_threads` places that all visitors share.
"""

import gradio as gr

from playground.panels.events import EVENT

PRESENT = "present"


def build(page: gr.Blocks) -> None:
    """Connects the page's load and unload."""

    async def arrive(request: gr.Request) -> None:
        page._queue.pending_event_ids_session.setdefault(request.session_hash, set()).add(PRESENT)

    def leave(request: gr.Request) -> None:
        page._queue.pending_event_ids_session.pop(request.session_hash, None)
        page._queue.pending_messages_per_session.pop(request.session_hash, None)

    page.load(arrive, None, None, **EVENT)
    page.unload(leave)
