"""Builds the sidebar: the prompt, the settings that tabs share, and the buttons that run them.

Builds the components and those events between them that need no server. Does not know the engine, only its limits.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from random import randrange
from typing import Any

import gradio as gr

from playground.decoding.settings import BEAM_ONLY, MAX_SEED, PRESET_HELPS, PRESETS, Settings
from playground.decoding.stages import STAGES
from playground.engine.request import Limits
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.values import shown
from playground.web.bundles import joined

TITLE = joined().loading("""
import(new URL("playground/assets/sidebar.js", document.baseURI)).then((module) => module.mount(element, props));
""")
WITH_SLIDER = tuple(stage for stage in STAGES if stage.in_sidebar)
TOLD = ("strategy", *(stage.setting for stage in WITH_SLIDER))
"""The controls that say how a token is chosen."""
CONTROLS = joined().loading('import(new URL("playground/assets/common/controls.js", document.baseURI))')
NEW_SEEDS = min(1_000_000, MAX_SEED + 1)
"""A new seed is below this number, so that it is easy to read out and to type."""
NEW_SEED = f"Math.floor(Math.random() * {NEW_SEEDS})"
PRESSED = "() => (document.dispatchEvent(new CustomEvent('playground:preset', {{detail: {}}})), {})"
ASKED = "() => void document.dispatchEvent(new CustomEvent('playground:{}'))"
NO_WRITER = "No model of this server writes texts."
CONVERSATION = joined().loading("""
import(new URL("playground/assets/chat/editor.js", document.baseURI))
    .then((module) => module.mount(element, props, watch));
""")
REFUSAL = joined().loading("""
import(new URL("playground/assets/chat/editor.js", document.baseURI))
    .then((module) => module.mountRefusal(element, props, watch));
""")
CHOSEN = joined().loading("""
import(new URL("playground/assets/models/chosen.js", document.baseURI))
    .then((module) => module.mount(element, props, watch));
""")
SOURCE_OPTIONS = joined().loading("""
import(new URL("playground/assets/models/source_options.js", document.baseURI))
    .then((module) => module.mount(element, props, watch));
""")
AS_READ = joined().loading("""
import(new URL("playground/assets/chat/prompt_tokens.js", document.baseURI))
    .then((module) => module.mount(element, props, watch));
""")
FURTHER = joined().loading("""
import(new URL("playground/assets/further_line.js", document.baseURI))
    .then((module) => module.mount(element, props, () => trigger("settings"), watch));
""")
LOCK = joined().loading("""
import(new URL("playground/assets/seed_lock.js", document.baseURI))
    .then((module) => module.mount(element, props, watch));
""")


@dataclass(frozen=True, eq=False)
class Sidebar:
    """Holds the components that other parts read or listen to.

    `model` holds the name of the chosen model, which the picker beside the model's name changes. `conversation`
    holds what stands around the prompt when the chat template is on: {"earlier", "fields"}, as in `Written`.
    `languages` holds {"source", "target"}: the codes of the languages of a translation, "" for the usual ones.
    `refusal` says why the template refuses it, or which words the model does not know, and `as_read` shows the
    prompt's tokens. `controls` are the components whose value is a field of `Settings`, by the field's name. `further`
    holds the other settings of stages and their order, by name, unless they are at their start. `lock` is true if
    Generate uses the seed as it is, and does not choose a new one.
    """

    model: gr.HTML
    prompt: gr.Textbox
    chat: gr.Checkbox
    conversation: gr.HTML
    languages: gr.HTML
    refusal: gr.HTML
    as_read: gr.HTML
    controls: dict[str, Any]
    further: gr.HTML
    lock: gr.HTML
    generate: gr.Button
    step: gr.Button
    go_on: gr.Button
    stop: gr.Button
    score: gr.Button

    @property
    def inputs(self) -> set[Any]:
        """Returns all components that a request is made of, for an event whose function takes one dict of values."""
        return {self.model, self.prompt, self.chat, self.conversation, self.languages, *self.of_settings}

    @property
    def of_settings(self) -> list[Any]:
        """Returns the components that hold the settings."""
        return [*self.controls.values(), self.further]

    def let_page_move(self, listener: Callable[..., Any]) -> None:
        """Connects an event of a view's JavaScript that moves the controls; see `assets/common/controls.js`."""
        moved = {name: self.controls[name] for name in (*TOLD, "seed")} | {"lock": self.lock}
        components = list(moved.values())
        js = f"async (...values) => (await {CONTROLS}).moved({json.dumps(list(moved))}, values)"
        listener(None, components, components, js=js)

    def let_page_write(self, listener: Callable[..., Any]) -> None:
        """Connects an event of a view's JavaScript that writes the prompt; see `assets/common/controls.js`."""
        js = f"async () => (await {CONTROLS}).written()"
        listener(None, None, [self.prompt, self.chat, self.conversation], js=js)

    def suit(self, limits: Limits, model: LanguageModel, is_chat: bool) -> dict[Any, Any]:
        """Returns what changes in the components when another model is chosen. `is_chat`: whether the box is ticked."""
        tokenizer, tokens = model.tokenizer, self.controls["max_new_tokens"]
        chat = tokenizer.has_chat_template
        box = gr.Checkbox(is_chat and chat, info=tokenizer.no_chat or "", interactive=chat)
        label = gr.Textbox(label=_label(model))
        return {self.chat: box, tokens: gr.Slider(maximum=limits.new_tokens), self.prompt: label}

    def new_seed(self, values: dict[Any, Any]) -> dict[Any, Any]:
        """Returns the seed field's value for a new text: a new seed, or none if the values say that it is locked."""
        return {} if values[self.lock] is True else {self.controls["seed"]: randrange(NEW_SEEDS)}

    def settings(self, values: dict[Any, Any]) -> Settings:
        """Returns the settings in an event's dict of values.

        Raises:
            PlaygroundError: a value breaks the rule of its setting.
        """
        further = values[self.further]
        if not isinstance(further, Mapping):
            raise PlaygroundError(f"The further settings must be an object, but are {shown(further)}. Reload the page.")
        told = {name: values[control] for name, control in self.controls.items()}
        return Settings.from_dict({**further, **told})

    def holding(self, settings: Settings) -> dict[Any, Any]:
        """Returns the values of the components that hold these settings."""
        controls = {control: getattr(settings, name) for name, control in self.controls.items()}
        return controls | {self.further: self.further_of(settings)}

    def further_of(self, settings: Settings) -> dict[str, Any]:
        """Returns the settings for which there is no control, without those that are at their start."""
        start, others = Settings().to_dict(), {*self.controls, "stop_strings", *BEAM_ONLY}
        return {
            name: value for name, value in settings.to_dict().items() if name not in others and value != start[name]
        }


def example_settings(limits: Limits) -> Settings:
    """Returns the controls' first values."""
    return replace(PRESETS["Balanced"], max_new_tokens=min(40, limits.new_tokens), seed=5)


def build(
    models: Sequence[str], limits: Limits, model: LanguageModel | None, example: str, as_read: dict[str, Any]
) -> Sidebar:
    """Builds the sidebar with the example in it.

    Args:
        models: the names of the server's models, of which the first is chosen.
        limits: what the server generates at once with this model.
        model: the first model that writes, which says whether there is a chat template, and what the prompt is; None
            if none writes.
        example: the prompt of the example.
        as_read: the message about the example's tokens.
    """
    no_chat = NO_WRITER if model is None else model.tokenizer.no_chat
    with gr.Sidebar(width=340):
        _part("", TITLE, elem_id="pg-sheet", presets=PRESET_HELPS)
        chosen = _part(models[0], CHOSEN, elem_id="pg-chosen", names=list(models))
        conversation = _part(
            {"earlier": [], "fields": {}},
            CONVERSATION,
            elem_id="pg-conversation",
        )
        prompt = gr.Textbox(example, label=_label(model), lines=3, max_lines=8, elem_id="pg-prompt")
        languages = _part({"source": "", "target": ""}, SOURCE_OPTIONS, elem_id="pg-source-options")
        with gr.Row(elem_id="pg-buttons"):
            generate = gr.Button("Generate", variant="primary", size="sm", min_width=80, elem_id="pg-generate")
            step = gr.Button("Step", size="sm", min_width=50, elem_id="pg-step")
            go_on = gr.Button("Go on", size="sm", min_width=60, elem_id="pg-go-on")
            stop = gr.Button("Stop", size="sm", min_width=60, elem_id="pg-stop")
        with gr.Row(elem_id="pg-reading-row"):
            chat = gr.Checkbox(
                False,
                label="Chat template",
                info=no_chat,
                interactive=no_chat is None,
                min_width=120,
                elem_id="pg-chat",
                elem_classes="pg-compact",
            )
            score = gr.Button("Score this text", size="sm", min_width=120, elem_id="pg-score")
        refusal = _part("", REFUSAL, elem_id="pg-refusal")
        with gr.Accordion("The prompt as the model reads it", open=False, elem_id="pg-templated"):
            as_read_part = _part(as_read, AS_READ)
        presets = _presets()
        controls, lock = _controls(limits)
        further = _part({}, FURTHER, elem_id="pg-further")
    step.click(None, None, None, js=ASKED.format("step"))
    go_on.click(None, None, None, js=ASKED.format("go-on"))
    sidebar = Sidebar(
        chosen,
        prompt,
        chat,
        conversation,
        languages,
        refusal,
        as_read_part,
        controls,
        further,
        lock,
        generate,
        step,
        go_on,
        stop,
        score,
    )
    _connect(presets, sidebar)
    return sidebar


def _label(model: LanguageModel | None) -> str:
    return "Text for the encoder to read" if model is not None and model.takes_source else "Prompt"


def _part(value: Any, js_on_load: str, **others: Any) -> gr.HTML:
    """Builds a part of the sidebar that the page's JavaScript draws."""
    return gr.HTML(value, html_template="<div></div>", js_on_load=js_on_load, apply_default_css=False, **others)


def _presets() -> dict[str, gr.Button]:
    with gr.Row(elem_id="pg-presets"):
        return {n: gr.Button(n, size="sm", min_width=0, elem_id=f"pg-preset-{i}") for i, n in enumerate(PRESETS)}


def _controls(limits: Limits) -> tuple[dict[str, Any], gr.HTML]:
    shown = example_settings(limits)

    def slider(name: str, label: str, low: float, high: float, step: float) -> gr.Slider:
        value, mark = getattr(shown, name), f"pg-control-{name}"
        return gr.Slider(low, high, value, step=step, label=label, elem_id=mark, elem_classes="pg-compact")

    controls = {
        "strategy": gr.Radio(
            [("Sample", "sample"), ("Greedy", "greedy")],
            value=shown.strategy,
            label="Strategy",
            elem_id="pg-control-strategy",
            elem_classes=["pg-compact", "pg-inline"],
        ),
        **{
            one.setting: slider(one.setting, one.label.capitalize(), *astuple(one.slider))
            for one in WITH_SLIDER
            if one.slider
        },
        "max_new_tokens": slider("max_new_tokens", "Max new tokens", 1, limits.new_tokens, 1),
    }
    with gr.Row(elem_id="pg-seed"):
        controls["seed"] = gr.Number(
            shown.seed,
            label="Seed",
            precision=0,
            minimum=0,
            maximum=MAX_SEED,
            min_width=120,
            elem_classes=["pg-compact", "pg-inline"],
        )
        lock = _part(False, LOCK, min_width=60, elem_id="pg-lock")
        dice = gr.Button("⚄ New", size="sm", min_width=60, elem_id="pg-dice")
    # A seed that the reader chooses is meant to be used, so it is locked.
    dice.click(None, None, [controls["seed"], lock], js=f"() => [{NEW_SEED}, true]")
    controls["seed"].input(None, None, lock, js="() => true")
    return controls, lock


def _connect(presets: dict[str, gr.Button], sidebar: Sidebar) -> None:
    """Connects events that stay in the browser: presets move the controls, controls tell the page's JavaScript.

    A preset sets all that says how a token is chosen: the further settings too, of which most go to their start.
    """
    controls = [sidebar.controls[name] for name in TOLD]
    for name, button in presets.items():
        said = {setting: getattr(PRESETS[name], setting) for setting in TOLD}
        further = sidebar.further_of(PRESETS[name])
        values = [*said.values(), further]
        js = PRESSED.format(json.dumps(said | further), json.dumps(values))
        button.click(None, None, [*controls, sidebar.further], js=js)
    told = f"(...values) => window.playgroundTell({json.dumps(TOLD)}, values)"
    gr.on([control.change for control in controls], None, controls, None, js=told)
