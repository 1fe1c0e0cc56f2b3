"""Builds the Attention tab: which tokens each token's heads look at, in the Decode tab's text or in one's own.

Opens the texts that the page's JavaScript asks for; the JavaScript fetches the weights itself. No mathematics is done
here.
"""

from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

import gradio as gr

from playground.attention.views import open_text
from playground.engine.engine import Engine
from playground.values import MOST_NUMBER, Values
from playground.web.bundles import joined
from playground.web.panels.events import Call, session_hash, stream
from playground.web.panels.messages import marked
from playground.web.panels.view import view_tab

MOUNT = joined().loading("""
import(new URL("playground/assets/attention/mount.js", document.baseURI))
    .then(
        (module) => module.mount(element, props, (request) => trigger("texts", request), watch),
        () => playgroundMissing(element),
    );
""")
MOST_TEXTS = 2
KEPT = 2
"""The number of a visitor's requests whose texts are kept. The page may still fetch something about the last request
but one."""


def build(page: gr.Blocks, engine: Engine) -> None:
    """Builds the tab on `page`."""
    with view_tab("inside/attention"):
        view = gr.HTML(html_template="<div></div>", js_on_load=MOUNT, apply_default_css=False, elem_id="pg-attention")
    opened: defaultdict[str, dict[int, list[str]]] = defaultdict(dict)
    """Holds trace ids by Gradio's session hash and by the number of the visitor's request."""

    async def show(call: Call) -> AsyncGenerator[dict[str, Any]]:
        asked = Values("The request", call.asked)
        number, held = asked.whole("asked", 0, MOST_NUMBER), opened[call.session]
        held[number] = trace_ids = []
        try:
            async with aclosing(
                marked(_opened(engine, asked.items("texts", MOST_TEXTS), trace_ids), asked=number)
            ) as news:
                async for message in news:
                    yield message
        finally:
            for older in sorted(held)[:-KEPT]:
                engine.store.drop(held.pop(older))

    def leave(request: gr.Request) -> None:
        for trace_ids in opened.pop(session_hash(request), {}).values():
            engine.store.drop(trace_ids)

    stream(view.texts, show, view, lambda sentence: {"error": sentence})
    page.unload(leave)


async def _opened(engine: Engine, texts: Sequence[Any], trace_ids: list[str]) -> AsyncGenerator[dict[str, Any]]:
    """Yields one message with all texts. If one is refused, the ids of those before it are in `trace_ids`."""
    for text in texts:
        trace_ids.append(await open_text(engine, text))
    yield {"texts": [_text(engine, trace_id) for trace_id in trace_ids]}


def _text(engine: Engine, trace_id: str) -> dict[str, Any]:
    return {"trace_id": trace_id, "ids": list(engine.store.get(trace_id).prompt_ids)}
