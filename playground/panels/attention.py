"""The Attention tab: which tokens each token's heads look at, in the text of the Decode tab or in one's own.

Opens the texts that the page's own JavaScript asks for; the weights it fetches itself. No mathematics here.
"""

from collections import defaultdict
from typing import Any

import gradio as gr

from playground.attention.views import open_text
from playground.engine import Engine
from playground.panels.messages import EVERY, sentence_of

MOUNT = """
import(new URL("playground/assets/attention/tab.js", document.baseURI))
    .then((module) => module.mount(element, props, (request) => trigger("texts", request), watch));
"""
KEPT = 2
"""Requests of a visitor whose texts are kept: what the page asked of the last but one may still be on its way."""


def build(page: gr.Blocks, engine: Engine) -> None:
    """Builds the tab on `page`."""
    with gr.Tab("Attention", id="attention"):
        view = gr.HTML(html_template="<div></div>", js_on_load=MOUNT, apply_default_css=False, elem_id="pg-attention")
    opened: defaultdict[str, dict[int, list[str]]] = defaultdict(dict)
    """The trace ids by Gradio's session hash, and by the number of the visitor's request."""

    async def show(event: gr.EventData, request: gr.Request) -> dict[str, Any]:
        asked = event._data["asked"]
        held = opened[request.session_hash]
        held[asked] = trace_ids = []
        try:
            for text in event._data["texts"]:
                trace_ids.append(await open_text(engine, text))
            return {"asked": asked, "texts": [_text(engine, trace_id) for trace_id in trace_ids]}
        except Exception as error:
            return {"asked": asked, "error": sentence_of(error)}
        finally:
            for older in sorted(held)[:-KEPT]:
                engine.store.drop(held.pop(older))

    def leave(request: gr.Request) -> None:
        for trace_ids in opened.pop(request.session_hash, {}).values():
            engine.store.drop(trace_ids)

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}
    view.texts(show, None, view, **quiet, **EVERY)
    page.unload(leave)


def _text(engine: Engine, trace_id: str) -> dict[str, Any]:
    return {"trace_id": trace_id, "ids": list(engine.store.get(trace_id).prompt_ids)}
