"""Follows a link to the Compare prompts tab: checks what it asks for, and puts its settings into the sidebar.

The tab's JavaScript unpacks the link, and fills the tab with what is answered here.
"""

from typing import Any

import gradio as gr

from playground.decoding.settings import Settings
from playground.engine.engines import Engines
from playground.errors import PlaygroundError
from playground.prompts.columns import task_json
from playground.prompts.link import parse
from playground.traces.link import SIDES
from playground.values import Values
from playground.web.panels.events import Call, once
from playground.web.panels.link import check_model
from playground.web.panels.models_link import LONGEST_NAME
from playground.web.panels.sidebar import Sidebar


async def read(state: Any, engines: Engines, sidebar: Sidebar) -> dict[str, Any]:
    """Returns what a link asks for, in the form that the page uses.

    Raises:
        PlaygroundError: the link cannot be followed here.
    """
    link = parse(state)
    check_model(engines, link.model, "answer", ". Nothing on the page was changed.")
    async with engines.using(link.model) as engine:
        if link.form != "plain" and not engine.model.tokenizer.has_chat_template:
            raise PlaygroundError(f"This link asks for a chat template, and {link.model} has none.")
        engine.model.languages.chosen(link.languages)
    return {
        "model": link.model,
        "task": task_json(link.task),
        "form": link.form,
        "columns": [{"free": kind} if isinstance(kind, str) else {"shots": kind} for kind in link.columns],
        "spelling": link.spelling,
        "calibrates": link.calibrates,
        "settings": {name: getattr(link.settings, name) for name in sidebar.controls}
        | sidebar.further_of(link.settings),
        "languages": dict(link.languages),
    }


def fill_sidebar(view: gr.HTML, engines: Engines, sidebar: Sidebar) -> None:
    """Connects the event "fill", whose data is {settings, model, languages}."""

    async def fill(call: Call) -> dict[Any, Any]:
        asked = Values("The link", call.asked)
        settings = Settings.from_dict(asked.get("settings"))
        filled = sidebar.holding(settings)
        languages = Values("The link's languages", asked.get("languages"))
        filled |= {sidebar.languages: {side: languages.text(side, LONGEST_NAME) for side in SIDES}}
        return filled | {sidebar.lock: True, sidebar.model: engines.offer(asked.get("model")).name}

    once(view.fill, fill, [*sidebar.of_settings, sidebar.languages, sidebar.lock, sidebar.model])
