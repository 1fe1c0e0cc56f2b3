"""Fills the sidebar with what a run of Decode begins with: its new seed, or what a link holds.

The values go to the page within the messages for the view, and the page's JavaScript puts them into the components; see
`assets/common/controls.js`. They are not further outputs of the event, because Gradio makes each output anew for each
message, also those that the message leaves as they are. This takes about as much time as all else that a message needs.
"""

import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any

from playground.web.panels.sidebar import CONTROLS, Sidebar


def let_page_fill(sidebar: Sidebar, listener: Callable[..., Any]) -> None:
    """Connects the event of the view's JavaScript that puts the values into the components."""
    parts = _parts(sidebar)
    listener(None, None, list(parts.values()), js=f"async () => (await {CONTROLS}).filled({json.dumps(list(parts))})")


async def with_fills(
    messages: AsyncGenerator[dict[str, Any]], sidebar: Sidebar, values: dict[Any, Any]
) -> AsyncGenerator[dict[str, Any]]:
    """Yields the messages, each with `fills`: the values by the names of their components. A refused run fills nothing.

    The page fills them once for each text. All messages have them, because the page may get the second message before
    it has read the first one. Gradio sends only what is new in a message.
    """
    names = {component: name for name, component in _parts(sidebar).items()}
    fills = {"fills": {names[component]: value for component, value in values.items()}} if values else {}
    async with aclosing(messages):
        async for message in messages:
            yield message | fills


def _parts(sidebar: Sidebar) -> dict[str, Any]:
    """Returns the components that can be filled, by name."""
    around = ("model", "prompt", "chat", "conversation", "languages", "lock", "further")
    return {name: getattr(sidebar, name) for name in around} | sidebar.controls
