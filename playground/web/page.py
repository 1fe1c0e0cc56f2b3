"""Builds the whole page: the sidebar, the model's line, the rows of tabs and the views."""

import json
from html import escape
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.components.api_component import Api

from playground.engine.any_engine import AnyEngine
from playground.engine.engines import Engines
from playground.engine.reader import Reader
from playground.web import reshaping, settings_elsewhere, watermarks
from playground.web.bundles import joined
from playground.web.endpoints import add_endpoints
from playground.web.head import HEAD
from playground.web.messages.models import details, models_message, note, size
from playground.web.panels import beams as beams_tab
from playground.web.panels import (
    compare_models,
    compare_settings,
    decode,
    families,
    fill,
    inside,
    kept,
    learn,
    prompts,
    sidebar,
    visit,
)
from playground.web.panels.example import example_prompt
from playground.web.panels.prompt import NOTHING_READ, prompt_read
from playground.web.theme import theme

EVENTS_AT_ONCE = 1000
"""Gradio runs at most this many events at once, even if they need no threads. An event counts only while it runs."""

TITLE = "<h1>Decoding playground</h1>"
TAB_ROWS = joined().loading("""
import(new URL("playground/assets/tab_rows.js", document.baseURI)).then((module) => module.mount(element));
""")
BESIDE_THE_MODEL = joined().loading("""
import(new URL("playground/assets/face/mount.js", document.baseURI)).then((module) => module.mount(element));
import(new URL("playground/assets/presenter/mount.js", document.baseURI)).then((module) => module.mount(element));
import(new URL("playground/assets/server_fold.js", document.baseURI)).then((module) => module.mount(element));
import(new URL("playground/assets/requests_fold.js", document.baseURI)).then((module) => module.mount(element));
import(new URL("playground/assets/models/picker.js", document.baseURI)).then((module) => module.mount(element));
""")

APPEARANCE: dict[str, Any] = {
    "theme": theme(),
    "head": HEAD,
    "footer_links": ["api"],
    "run_history": False,
}
"""The options that Gradio takes when it serves the page, not when the page is built."""


def appearance(engines: Engines) -> dict[str, Any]:
    """Returns `APPEARANCE` for a server: its page also knows the models as they are when it is built."""
    told = json.dumps(models_message(engines)).replace("<", "\\u003c")
    return APPEARANCE | {"head": f"{APPEARANCE['head']}\n<script>window.playgroundModels = {told};</script>"}


def build_page(engines: Engines) -> gr.Blocks:
    """Builds the page around running engines. It opens with the first model, which is loaded.

    The sidebar and the Decode tab begin with the first model that writes, which is loaded too. Without one they stay
    empty, and the page does not open them.
    """
    names = [offer.name for offer in engines.offers]
    first = engines.loaded(engines.first)
    writer = None if engines.writer is None else engines.loaded(engines.writer)
    assert first is not None, "the first model is loaded at the start"
    assert writer is None or isinstance(writer, AnyEngine), "a model that writes has an engine"
    with _Page(title="Decoding playground", analytics_enabled=False, fill_width=True) as page:
        shown = None if writer is None else example_prompt(writer)
        example = "" if shown is None else shown.text
        as_read = NOTHING_READ if writer is None or shown is None else prompt_read(shown.read_ids, writer.model)
        limits, model = (first.limits, None) if writer is None else (writer.limits, writer.model)
        controls = sidebar.build(names, limits, model, example, as_read)
        gr.HTML(_model_line(first), elem_id="pg-model", js_on_load=BESIDE_THE_MODEL)
        gr.HTML(TITLE, elem_id="pg-nav", js_on_load=TAB_ROWS, apply_default_css=False)
        with gr.Tabs(elem_id="pg-views", overflow_behavior="wrap"):  # the first one is open at first
            decode.build(page, engines, controls)
            fill.build(controls)
            prompts.build(page, engines, controls)
            compare_settings.build(page, engines, example)
            compare_models.build(page, engines, controls)
            families.build()
            beams_tab.build(page, engines, controls)
            inside.build(page, engines)
            learn.build()
        kept.keep(page, controls)
        add_endpoints(engines)
        reshaping.add_endpoints(engines)
        settings_elsewhere.add_endpoints()
        watermarks.add_endpoints(engines)
        visit.build(page)
    page.max_threads = EVENTS_AT_ONCE
    return visit.keep_little(page.queue(default_concurrency_limit=None))


class _Page(gr.Blocks):
    """A page with an API whose clients may leave out the last values of an endpoint that have a default."""

    def validate_inputs(self, block_fn: BlockFunction, inputs: list[Any]) -> None:
        """Adds the defaults that are missing, and then refuses a call without the other values as Gradio does."""
        left_out = block_fn.inputs[len(inputs) :]
        if all(isinstance(part, Api) and part.value is not None for part in left_out):
            inputs.extend(part.value for part in left_out if isinstance(part, Api))
        super().validate_inputs(block_fn, inputs)


def _model_line(engine: Reader[Any]) -> str:
    """Returns the first model's line as HTML. Where there are several, `assets/models/picker.js` makes it a list."""
    facts = engine.model.facts()
    told_beside = note(engine)
    beside = f"<p>{told_beside}</p>" if told_beside else ""
    name = escape(str(facts["model"]))
    runs_on = f"<span class='pg-runs-on'> · {facts['device']}, {facts['dtype']}</span>"
    told = f"{size(int(facts['parameters']))} parameters · {details(engine)}"
    return f"<p><strong>{name}</strong>{runs_on}<span class='pg-detail'> · {told}</span></p>{beside}"
