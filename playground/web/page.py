"""Builds the whole page: the sidebar, the model's line, the rows of tabs, the views, and the API's endpoints."""

import json
from html import escape
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.components.api_component import Api
from gradio.events import api as add_endpoint

from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.prompts.labels import Scorer
from playground.web import api
from playground.web.bundles import joined
from playground.web.head import HEAD
from playground.web.inside import embeddings, layers, why
from playground.web.inside import tokens as inside_tokens
from playground.web.messages.models import details, models_message, note, size
from playground.web.panels import beams as beams_tab
from playground.web.panels import compare_models, compare_settings, decode, inside, kept, prompts, sidebar, visit
from playground.web.panels.events import endpoint
from playground.web.panels.prompt import prompt_read
from playground.web.theme import theme

EVENTS_AT_ONCE = 1000
"""Gradio runs at most this many events at once, even if they need no threads. An event counts only while it runs."""

TITLE = "<h1>Decoding playground</h1>"
TAB_ROWS = joined().loading("""
import(new URL("playground/assets/tab_rows.js", document.baseURI)).then((module) => module.mount(element));
""")
BESIDE_THE_MODEL = joined().loading("""
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
    """Builds the page around running engines. It opens with the first model, which is loaded."""
    names = [offer.name for offer in engines.offers]
    engine = engines.loaded(engines.first)
    assert engine is not None, "the first model is loaded at the start"
    with _Page(title="Decoding playground", analytics_enabled=False, fill_width=True) as page:
        controls = sidebar.build(names, engine.limits, engine.model.tokenizer, _example_read(engine))
        gr.HTML(_model_line(engine), elem_id="pg-model", js_on_load=BESIDE_THE_MODEL)
        gr.HTML(TITLE, elem_id="pg-nav", js_on_load=TAB_ROWS, apply_default_css=False)
        with gr.Tabs(elem_id="pg-views", overflow_behavior="wrap"):  # the first one is open at first
            decode.build(page, engines, controls)
            prompts.build(page, engines, controls)
            compare_settings.build(page, engines)
            compare_models.build(page, engines, controls)
            beams_tab.build(page, engines, controls)
            inside.build(page, engines)
        kept.keep(page, controls)
        _add_api(engines)
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


def _example_read(engine: Engine) -> dict[str, Any]:
    return prompt_read(engine.model.tokenizer.encode(sidebar.EXAMPLE_PROMPT), engine.model)


def _model_line(engine: Engine) -> str:
    """Returns the first model's line as HTML. Where there are several, `assets/models/picker.js` makes it a list."""
    facts = engine.model.facts()
    told_beside = note(engine)
    beside = f"<p>{told_beside}</p>" if told_beside else ""
    name, runs_on = escape(str(facts["model"])), f"{facts['device']}, {facts['dtype']}"
    told = f"{size(int(facts['parameters']))} parameters · {details(engine)}"
    return f"<p><strong>{name}</strong> · {runs_on}<span class='pg-detail'> · {told}</span></p>{beside}"


def _add_api(engines: Engines) -> None:
    async def trace(prompt: str, settings: dict, request: gr.Request) -> dict:
        """Generates a completion and tells how every token of it was chosen.

        Args:
            prompt: the text to continue, as it is, without a chat template
            settings: such as {"strategy": "greedy", "max_new_tokens": 20} or {"temperature": 0.7, "seed": 1}
        """
        async with api.named(engines, settings) as (engine, others):
            return await api.trace(engine, prompt, others)

    async def attention(text: str, layer: int, head: int, request: gr.Request, model: str = "") -> dict:
        """How much one head looks at each earlier token, for every token of a text.

        Args:
            text: as it is, without a chat template; not empty, at most 512 tokens
            layer: counted from 0
            head: counted from 0
            model: a name that the tool models returns; empty for the first one
        """
        async with engines.using(model or None) as engine:
            return await api.attention(engine, text, layer, head)

    async def neighbours(token_id: int, count: int, space: str, request: gr.Request, model: str = "") -> list:
        """The tokens whose vectors in an embedding matrix point most nearly where a token's vector points.

        Args:
            token_id: a token of the vocabulary
            count: how many tokens to return, 1 to 100
            space: "input" for the embedding of tokens that are read, "output" for that of tokens that are predicted
            model: a name that the tool models returns; empty for the first one
        """
        async with engines.using(model or None) as engine:
            return await embeddings.neighbours(engine, token_id, count, space)

    async def beams(prompt: str, settings: dict, request: gr.Request) -> dict:
        """The sequences that beam search finds, best first, with their scores.

        Args:
            prompt: the text to continue, as it is, without a chat template
            settings: such as {"num_beams": 4, "max_new_tokens": 20, "length_penalty": 1}
        """
        async with api.named(engines, settings) as (engine, others):
            return await api.beams(engine, prompt, others)

    async def grid(prompts: list[str], rows: list[dict], seeds: list[int], request: gr.Request) -> dict:
        """A table of measures, a row of settings each, over the texts of all prompts and seeds.

        Args:
            prompts: the texts to continue
            rows: settings, such as [{"strategy": "greedy"}, {"temperature": 0.7}]
            seeds: whole numbers; each sampled row writes one text for each
        """
        return await api.grid(engines, prompts, rows, seeds)

    async def tokens(text: str, request: gr.Request, model: str = "") -> dict:
        """The tokens of a text with their ids, bytes and places, and the merges that led to them.

        Args:
            text: as it is
            model: a name that the tool models returns; empty for the first one
        """
        async with engines.using(model or None) as engine:
            return await inside_tokens.tokens(engine, text)

    async def model(request: gr.Request, model: str = "") -> dict:
        """The model's name, size, window, device and dtype.

        Args:
            model: a name that the tool models returns; empty for the first one
        """
        async with engines.using(model or None) as engine:
            return api.facts(engine)

    async def models(request: gr.Request) -> list:
        """The server's models: name, family, parameters, dtype, and whether each is loaded."""
        return api.models(engines)

    async def label_probabilities(prompt: str, labels: list, request: gr.Request, model: str = "") -> dict:
        """The exact probability of each label's whole token sequence after a prompt.

        Args:
            prompt: the text that a label follows
            labels: texts, such as [" positive", " negative"]; a leading space counts
            model: a name that the tool models returns; empty for the first one
        """
        async with engines.using(model or None) as engine:
            return await api.label_probabilities(engine.beside(Scorer), prompt, labels)

    async def compare_prompts(prompts: list, settings: dict, request: gr.Request) -> list:
        """What /trace returns for each of several prompts, made together with one seed.

        Args:
            prompts: 1 to 16 texts to continue
            settings: such as {"strategy": "greedy", "max_new_tokens": 20} or {"temperature": 0.7, "seed": 1}
        """
        async with api.named(engines, settings) as (engine, others):
            return await api.compare_prompts(engine, prompts, others)

    async def lens(text: str, position: int, count: int, request: gr.Request, model: str = "") -> dict:
        """The most probable tokens after the embedding and each block, by the model's own norm and output matrix.

        Args:
            text: as it is, without a chat template; not empty, at most 512 tokens
            position: the index of the token that reads, from 0; below 0 from the end
            count: the number of tokens for each layer
            model: a name that the tool models returns; empty for the first one
        """
        async with engines.using(model or None) as engine:
            return await layers.lens(engine, text, position, count)

    async def contributions(
        text: str, position: int, token_id: int, against: int | None, request: gr.Request, model: str = ""
    ) -> dict:
        """A token's logit as a sum over what each attention, head and feed-forward wrote, all norms frozen.

        Args:
            text: as it is, without a chat template; not empty, at most 512 tokens
            position: the index of the token that reads, from 0; below 0 from the end
            token_id: the token whose logit after that position is taken apart
            against: a token whose logit is subtracted, or null
            model: a name that the tool models returns; empty for the first one
        """
        async with engines.using(model or None) as engine:
            return await layers.contributions(engine, text, position, token_id, against)

    async def attribution(
        text: str,
        position: int,
        token_id: int,
        against: int | None,
        method: str,
        request: gr.Request,
        model: str = "",
    ) -> dict:
        """How much each token of a text added to the logit of a token after a position.

        Args:
            text: as it is, without a chat template; not empty, at most 512 tokens
            position: the index of the token that reads, from 0; below 0 from the end
            token_id: the token whose logit after that position is explained
            against: a token whose logit is subtracted, or null
            method: "gradient_x_input", "integrated_gradients" or "leave_one_out"
            model: a name that the tool models returns; empty for the first one
        """
        async with engines.using(model or None) as engine:
            return await why.attribution(engine, text, position, token_id, against, method)

    async def patching(clean: str, corrupted: str, token_id: int, request: gr.Request, model: str = "") -> dict:
        """How much of a token's log-probability each vector of the clean text brings back in the corrupted one.

        Args:
            clean: a text of at most 64 tokens
            corrupted: a text with as many tokens as the clean one
            token_id: the token that may follow
            model: a name that the tool models returns; empty for the first one
        """
        async with engines.using(model or None) as engine:
            return await why.patching(engine, clean, corrupted, token_id)

    of_texts = (label_probabilities, compare_prompts, trace, beams, grid, model, models)
    of_the_inside = (attention, tokens, neighbours, lens, contributions, attribution, patching)
    for answer in (*of_texts, *of_the_inside):
        add_endpoint(endpoint(answer), api_name=answer.__name__, concurrency_limit=None)
