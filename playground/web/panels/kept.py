"""Lets the browser keep what the sidebar holds: saved when a control changes, and filled in when the page is loaded.

Both happen in the browser, without the server. Does not know where the values are kept.
"""

import json
from typing import Any

import gradio as gr

from playground.web.bundles import joined
from playground.web.panels.sidebar import Sidebar

MODULE = joined().loading('import(new URL("playground/assets/common/kept_controls.js", document.baseURI))')


def keep(page: gr.Blocks, sidebar: Sidebar) -> None:
    """Connects the sidebar's prompt and controls to `assets/common/kept_controls.js`."""
    held = {
        "model": sidebar.model,
        "prompt": sidebar.prompt,
        "chat": sidebar.chat,
        "conversation": sidebar.conversation,
        "languages": sidebar.languages,
        "lock": sidebar.lock,
    }
    held |= sidebar.controls | {"further": sidebar.further}
    components, rules = list(held.values()), {name: _rule(component) for name, component in held.items()}
    filled = f"async () => (await {MODULE}).keptControls({json.dumps(rules)})"
    page.load(None, None, components, js=filled)
    told = f"async (...values) => (await {MODULE}).keepControls({json.dumps(list(held))}, values)"
    gr.on([component.change for component in components], None, components, None, js=told)


def _rule(component: Any) -> dict[str, Any]:
    """Returns what a component may hold, so that values kept from a server with other limits do no harm."""
    match component:
        case gr.Textbox():
            return {"kind": "text"}
        case gr.Checkbox():
            return {"kind": "truth"} if component.interactive else {"kind": "choice", "choices": [False]}
        case gr.HTML() if "names" in component.props:
            return {"kind": "choice", "choices": component.props["names"]}
        case gr.HTML():  # the lock, the conversation, the languages or the further settings
            return {"kind": "truth" if isinstance(component.value, bool) else "object"}
        case gr.Radio():
            return {"kind": "choice", "choices": [value for _, value in component.choices]}
        case _:
            return {"kind": "number", "low": component.minimum, "high": component.maximum}
