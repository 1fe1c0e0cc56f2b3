"""Follows a link: puts its values into the sidebar with the seed locked, and makes the text as Generate would.

Parses the link and passes it on. Does not know how a text is made.
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import gradio as gr

from playground.engine.any_engine import AnyEngine
from playground.engine.engines import Engines
from playground.errors import PlaygroundError
from playground.traces.link import Link, parse
from playground.values import Values, shown
from playground.web.messages.trace import error_message
from playground.web.panels.events import Call, stream
from playground.web.panels.fills import with_fills
from playground.web.panels.sidebar import Sidebar

Generate = Callable[..., AsyncGenerator[dict[str, Any]]]


def follow_links(view: gr.HTML, engines: Engines, sidebar: Sidebar, generate: Generate) -> None:
    """Connects the event "link", whose data is {fragment}.

    `generate(engine, call, forced_ids=..., search=...)` does what the button does. `search` holds the settings of the
    search that found the ids, and is None if no search did.
    """

    async def follow(call: Call) -> AsyncGenerator[dict[str, Any]]:
        link = parse(Values("The link", call.asked).get("fragment"))
        check_model(engines, link.model, "text", ", or ask for the trace as a file.")
        async with engines.using(link.model) as engine:
            _check(engine, link)
            values, search = _values(sidebar, link, engine), link.settings if _is_search(link) else None
            messages = generate(engine, replace(call, values=values), forced_ids=link.forced_ids, search=search)
            async with aclosing(with_fills(messages, sidebar, values)) as news:
                async for message in news:
                    yield message

    stream(view.link, follow, view, error_message)


def check_model(engines: Engines, model: str, other: str, remedy: str) -> None:
    """Refuses a link to a model that this server does not have. `other` says what its own models give: "text"."""
    names = [offer.name for offer in engines.offers]
    if model in names:
        return
    runs, give = " and ".join(names), "gives another" if len(names) == 1 else "give another"
    raise PlaygroundError(
        f"This link was made with the model {model[:80]!r}, and this page runs {runs}, which {give} {other}. Start the "
        f"playground with that model (--model){remedy}",
        status=422,
    )


def _check(engine: AnyEngine, link: Link) -> None:
    if max(link.forced_ids, default=0) >= engine.model.vocabulary_size:
        raise PlaygroundError(
            f"This link asks for token {max(link.forced_ids)}, and {engine.model.name} has no such token."
        )
    for side, code in link.languages.items():
        if code and not engine.model.languages.ids:
            raise PlaygroundError(
                f"This link asks for the language {shown(code)}, and {engine.model.name} has no tokens for languages."
            )
        if code:
            if side == "source":
                engine.model.languages.check_source("the link's source_language")
            engine.model.languages.id_of(f"This link's {side}_language", code)
    if link.chat and not engine.model.tokenizer.has_chat_template:
        raise PlaygroundError(f"This link asks for a chat template, and {engine.model.name} has none.")


def _values(sidebar: Sidebar, link: Link, engine: AnyEngine) -> dict[Any, Any]:
    """Returns the values for the sidebar. A search fills only the prompt and its chat: the sidebar has no beams.

    A link to a plain prompt leaves what was written for a conversation as it is.
    """
    prompt: dict[Any, Any] = {sidebar.model: link.model, sidebar.prompt: link.prompt, sidebar.chat: link.chat}
    if link.chat:
        earlier = [message.to_dict() for message in link.earlier]
        prompt[sidebar.conversation] = {"earlier": earlier, "fields": dict(link.fields)}
    if engine.model.takes_source:
        prompt[sidebar.languages] = dict(link.languages)
    if _is_search(link):
        return prompt
    return prompt | {sidebar.lock: True} | sidebar.holding(link.settings)


def _is_search(link: Link) -> bool:
    return link.settings.strategy == "beam"
