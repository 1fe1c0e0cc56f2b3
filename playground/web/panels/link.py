"""Follows a link: puts its values into the sidebar with the seed locked, and makes the text as Generate would.

Parses the link and passes it on. Does not know how a text is made.
"""

from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import Any

import gradio as gr

from playground.engine.engine import Engine
from playground.errors import PlaygroundError
from playground.traces.link import Link, parse
from playground.values import Values
from playground.web.messages.trace import error_message
from playground.web.panels.events import Call, stream
from playground.web.panels.messages import with_first
from playground.web.panels.sidebar import Sidebar

Generate = Callable[..., AsyncGenerator[dict[str, Any]]]


def follow_links(view: gr.HTML, engine: Engine, sidebar: Sidebar, generate: Generate) -> None:
    """Connects the event "link", whose data is {fragment}.

    `generate(call, forced_ids=..., search=...)` does what the button does. `search` holds the settings of the search
    that found the ids, and is None if no search did.
    """

    def follow(call: Call) -> AsyncGenerator[dict[Any, Any]]:
        link = _parse(engine, Values("The link", call.asked).get("fragment"))
        values, search = _values(sidebar, link), link.settings if _is_search(link) else None
        messages = generate(replace(call, values=values), forced_ids=link.forced_ids, search=search)
        return with_first(messages, view, values)

    filled = [sidebar.prompt, sidebar.chat, sidebar.conversation, sidebar.lock, *sidebar.controls.values()]
    stream(view.link, follow, [view, *filled], lambda sentence: {view: error_message(sentence)})


def _parse(engine: Engine, fragment: Any) -> Link:
    link = parse(fragment)
    if link.model != engine.model.name:
        raise PlaygroundError(
            f"This link was made with the model {link.model[:80]!r}, and this page runs {engine.model.name}, which "
            "gives another text. Start the playground with that model (--model), or ask for the trace as a file.",
            status=422,
        )
    if max(link.forced_ids, default=0) >= engine.model.vocabulary_size:
        raise PlaygroundError(
            f"This link asks for token {max(link.forced_ids)}, and {engine.model.name} has no such token."
        )
    if link.chat and not engine.model.tokenizer.has_chat_template:
        raise PlaygroundError(f"This link asks for a chat template, and {engine.model.name} has none.")
    return link


def _values(sidebar: Sidebar, link: Link) -> dict[Any, Any]:
    """Returns the values for the sidebar. A search fills only the prompt and its chat: the sidebar has no beams.

    A link to a plain prompt leaves what was written for a conversation as it is.
    """
    prompt: dict[Any, Any] = {sidebar.prompt: link.prompt, sidebar.chat: link.chat}
    if link.chat:
        earlier = [message.to_dict() for message in link.earlier]
        prompt[sidebar.conversation] = {"earlier": earlier, "fields": dict(link.fields)}
    if _is_search(link):
        return prompt
    controls = {control: getattr(link.settings, name) for name, control in sidebar.controls.items()}
    return prompt | {sidebar.lock: True} | controls


def _is_search(link: Link) -> bool:
    return link.settings.strategy == "beam"
