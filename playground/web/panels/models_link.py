"""Follows a link to the Compare models tab: checks what it asks for, and puts its prompt and settings into the sidebar.

The tab's JavaScript unpacks the link. A link may come from anywhere, so every value in it is checked.
"""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from playground.conversation import checked_fields, typed_messages
from playground.decoding.settings import Settings
from playground.engine.engines import Engines
from playground.errors import PlaygroundError
from playground.sharing.written import Written
from playground.traces.link import MOST_CHARACTERS, NOTHING_CHANGED, SIDES, broken, unpacked
from playground.values import Values, shown
from playground.web.panels.events import Call, once
from playground.web.panels.sidebar import Sidebar

VERSION = 1
FEWEST_MODELS, MOST_MODELS = 2, 4
LONGEST_NAME = 1000


@dataclass(frozen=True)
class ModelsLink:
    """The contents of a link: the names of the models, their prompt, and their settings with the stop strings."""

    models: tuple[str, ...]
    written: Written
    settings: Settings

    def values(self, sidebar: Sidebar) -> dict[Any, Any]:
        """Returns what the sidebar holds when the link is followed, but for the model and the lock of the seed.

        A plain prompt leaves what was written for a conversation as it is.
        """
        told = self.written.to_dict()
        prompt = {sidebar.prompt: told["prompt"], sidebar.chat: told["chat"]}
        around = {sidebar.conversation: {"earlier": told["earlier"], "fields": told["fields"]}} if told["chat"] else {}
        prompt |= {sidebar.languages: told["languages"]} if told["languages"] else {}
        return prompt | around | sidebar.holding(self.settings)


def parse(content: object) -> ModelsLink:
    """Checks the unpacked content of a link and returns it.

    Raises:
        PlaygroundError: this is not a link of this playground, or a value cannot be used.
    """
    told = Values("The link", unpacked(content, VERSION))
    try:
        link = _checked(told)
    except PlaygroundError as refusal:
        raise PlaygroundError(f"This link cannot be followed. {refusal} {NOTHING_CHANGED}") from None
    if len(link.models) < FEWEST_MODELS or len(set(link.models)) < len(link.models):
        raise broken(f"it should name {FEWEST_MODELS} to {MOST_MODELS} different models")
    return link


def _checked(content: Values) -> ModelsLink:
    typed = Values("The link's prompt", content.get("written"))
    written = Written(
        typed.text("prompt", MOST_CHARACTERS),
        typed.boolean("chat"),
        typed_messages(typed.get("earlier"), MOST_CHARACTERS),
        checked_fields(typed.get("fields"), MOST_CHARACTERS),
        _languages(typed),
    )
    settings = Settings.from_dict(content.get("settings"))
    if settings.strategy == "beam":
        raise PlaygroundError("strategy is 'beam', which gives a tree and not a column. Choose greedy or sample.")
    return ModelsLink(content.texts("models", MOST_MODELS, LONGEST_NAME), written, settings)


def _languages(typed: Values) -> dict[str, str]:
    """Returns the languages of a link; none for a link of an earlier version or for models without an encoder."""
    if "languages" not in typed:
        return {}
    given = Values("The link's languages", typed.get("languages"))
    return {side: given.text(side, LONGEST_NAME) for side in SIDES if side in given}


def read(content: object, engines: Engines) -> dict[str, Any]:
    """Returns {models, missing}: the link's models that this server offers, and a sentence about the others or "".

    Raises:
        PlaygroundError: the link cannot be followed here.
    """
    link = parse(content)
    names = {offer.name for offer in engines.offers}
    others = [shown(name) for name in link.models if name not in names]
    missing = (
        f"The link also names {' and '.join(others)}, which this server does not offer. Everything else of the link is "
        "here. To add a model, start the playground with one more --model."
    )
    return {"models": [name for name in link.models if name in names], "missing": missing if others else ""}


def fill_sidebar(view: gr.HTML, engines: Engines, sidebar: Sidebar) -> None:
    """Connects the event "models_fill", whose data is the content of a link. The first model it names is chosen."""

    async def fill(call: Call) -> dict[Any, Any]:
        offered = read(call.asked, engines)["models"]
        chosen = {sidebar.model: offered[0]} if offered else {}
        return parse(call.asked).values(sidebar) | {sidebar.lock: True} | chosen

    controls = [*sidebar.of_settings, sidebar.prompt, sidebar.chat, sidebar.conversation, sidebar.languages]
    once(view.models_fill, fill, [*controls, sidebar.lock, sidebar.model])
