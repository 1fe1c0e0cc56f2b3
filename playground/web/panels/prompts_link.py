"""Follows a link to the Compare prompts tab: checks what it asks for, and puts its settings into the sidebar.

The tab's JavaScript unpacks the link, and fills the tab with what is answered here.
"""

from typing import Any

import gradio as gr

from playground.decoding.settings import Settings
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.prompts.columns import task_json
from playground.prompts.link import parse
from playground.values import Values
from playground.web.panels.events import Call, once
from playground.web.panels.sidebar import Sidebar


def read(state: Any, model: LanguageModel, sidebar: Sidebar) -> dict[str, Any]:
    """Returns what a link asks for, in the form that the page uses.

    Raises:
        PlaygroundError: the link cannot be followed here.
    """
    link = parse(state)
    if link.model != model.name:
        raise PlaygroundError(
            f"This link was made with the model {link.model[:80]!r}, and this page runs {model.name}, which gives "
            "other answers. Start the playground with that model (--model). Nothing on the page was changed."
        )
    if link.form != "plain" and not model.tokenizer.has_chat_template:
        raise PlaygroundError(f"This link asks for a chat template, and {model.name} has none.")
    return {
        "task": task_json(link.task),
        "form": link.form,
        "columns": [{"free": kind} if isinstance(kind, str) else {"shots": kind} for kind in link.columns],
        "spelling": link.spelling,
        "calibrates": link.calibrates,
        "settings": {name: getattr(link.settings, name) for name in sidebar.controls},
    }


def fill_sidebar(view: gr.HTML, sidebar: Sidebar) -> None:
    """Connects the event "fill", whose data is {settings}."""

    async def fill(call: Call) -> dict[Any, Any]:
        settings = Settings.from_dict(Values("The link", call.asked).get("settings"))
        return {control: getattr(settings, name) for name, control in sidebar.controls.items()} | {sidebar.lock: True}

    once(view.fill, fill, [*sidebar.controls.values(), sidebar.lock])
