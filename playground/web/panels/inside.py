"""Builds the panes of "Inside the model", which all look at the same text: the Decode tab's, a preset or one's own.

Opens the texts that the page's JavaScript asks for; the JavaScript fetches what a pane shows itself. No mathematics is
done here.
"""

from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any

import gradio as gr

from playground.engine.engines import Engines
from playground.engine.reader import Reader
from playground.errors import PlaygroundError
from playground.values import MOST_NUMBER, Values
from playground.web.bundles import joined
from playground.web.inside import opening
from playground.web.inside.open_texts import OpenTexts
from playground.web.panels.chosen import chosen_of_any_family, streamed
from playground.web.panels.events import Call, session_hash, stream
from playground.web.panels.messages import marked
from playground.web.panels.view import view_tab

PANES = {
    "picture": "inside/picture/mount.js",
    "tokens": "inside/tokens/mount.js",
    "embeddings": "inside/embeddings/mount.js",
    "positions": "inside/positions/mount.js",
    "attention": "attention/mount.js",
    "layers": "inside/layers/mount.js",
    "word": "inside/word/mount.js",
    "why": "inside/why/mount.js",
}
"""The source that puts each pane on the page. The pane's view is `inside/<pane>`, its element `pg-<pane>`."""
MOUNT = """
import(new URL("playground/assets/{source}", document.baseURI))
    .then(
        (module) => module.mount(element, props, (request) => trigger("texts", request), watch),
        () => playgroundMissing(element),
    );
"""
MOST_TEXTS = 2
KEPT = 2
"""The number of a visitor's requests whose texts are kept. The page may still fetch something about the last request
but one."""


def mounts() -> dict[str, str]:
    """Returns the script that puts each pane on the page, by the pane's name."""
    return {pane: joined().loading(MOUNT.replace("{source}", source)) for pane, source in PANES.items()}


def build(page: gr.Blocks, engines: Engines) -> None:
    """Builds the panes on `page`."""
    opened: defaultdict[str, dict[int, list[str]]] = defaultdict(dict)
    """Holds trace ids by Gradio's session hash and by the number of the visitor's request."""

    texts = OpenTexts(engines.store)

    async def show(engine: Reader[Any], call: Call) -> AsyncGenerator[dict[str, Any]]:
        asked = Values("The request", call.asked)
        number, held = asked.whole("asked", 0, MOST_NUMBER), opened[call.session]
        wanted = asked.items("texts", MOST_TEXTS)
        if call.why_paused is not None and not all(_is_open(texts, engine, text) for text in wanted):
            raise PlaygroundError(call.why_paused, status=409)
        held[number] = trace_ids = []
        try:
            async with aclosing(marked(_opened(texts, engine, wanted, trace_ids), asked=number)) as news:
                async for message in news:
                    yield message
        finally:
            for older in sorted(held)[:-KEPT]:
                engines.store.drop(held.pop(older))

    def leave(request: gr.Request) -> None:
        for trace_ids in opened.pop(session_hash(request), {}).values():
            engines.store.drop(trace_ids)

    for pane, mount in mounts().items():
        with view_tab(f"inside/{pane}"):
            view = gr.HTML(html_template="<div></div>", js_on_load=mount, apply_default_css=False, elem_id=f"pg-{pane}")
        stream(view.texts, streamed(chosen_of_any_family(engines), show), view, _refused, is_look=True)
    page.unload(leave)


def _refused(sentence: str) -> dict[str, Any]:
    return {"error": sentence}


async def _opened(
    texts: OpenTexts, engine: Reader[Any], wanted: Sequence[Any], trace_ids: list[str]
) -> AsyncGenerator[dict[str, Any]]:
    """Yields one message with all texts. If one is refused, the ids of those before it are in `trace_ids`."""
    for text in wanted:
        make = partial(opening.open_text, engine, text)
        is_text = isinstance(text, str)  # anything else is refused
        trace_ids.append(await (texts.open((engine.model.name, text), make) if is_text else make()))
    yield {"texts": [opening.text_message(engine, trace_id) for trace_id in trace_ids]}


def _is_open(texts: OpenTexts, engine: Reader[Any], text: Any) -> bool:
    return isinstance(text, str) and texts.has((engine.model.name, text))
