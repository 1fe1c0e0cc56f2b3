"""Builds the Beams tab: a beam search as a tree, a greedy and a sampled path in it, and the whole tree of a few tokens.

Parses the controls, runs searches, and sends their messages to the page's JavaScript. No mathematics is done here.
"""

import secrets
import time
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from playground.decoding.settings import Settings
from playground.engine.any_engine import AnyEngine
from playground.engine.engines import Engines
from playground.engine.request import checked_ids
from playground.models.prompt_ids import PromptIds
from playground.strategies.beams import beside, path, search
from playground.strategies.best_first import MOST_TOKENS as MOST_HORIZON
from playground.strategies.best_first import whole_tree
from playground.values import Values, mapping
from playground.web.bundles import joined
from playground.web.messages.beams import beam_message, whole_message
from playground.web.panels.chosen import chosen, streamed
from playground.web.panels.events import Call, once, session_hash, stream
from playground.web.panels.messages import refuse_second, refused
from playground.web.panels.opened import Opened, not_opened
from playground.web.panels.prompt import Prompt, read
from playground.web.panels.sidebar import Sidebar
from playground.web.panels.view import view_tab

MOUNT = joined().loading("""
const events = ["beams_run", "beams_stop", "beams_whole", "beams_open"];
import(new URL("playground/assets/beams/tab.js", document.baseURI))
    .then((module) => module.mount(element, props, trigger, watch, events), () => playgroundMissing(element));
""")
PAUSE_SECONDS = 0.25
"""The shortest time between two messages about a growing tree."""
MOST_BEAMS, MOST_TOKENS = 8, 64
"""A larger search cannot be read as a tree. The API takes more."""


@dataclass(eq=False)
class Session:
    """Holds of one visitor: whether a search runs, whether to stop it, its prompt, and the opened texts."""

    running: bool = False
    stopped: bool = False
    prompt: Prompt | None = None
    opened: Opened = field(default_factory=Opened)


def build(page: gr.Blocks, engines: Engines, sidebar: Sidebar) -> None:
    """Builds the tab, whose prompt is the sidebar's."""
    opening = {"kind": "opening", "most_beams": MOST_BEAMS, "most_tokens": MOST_TOKENS}
    with view_tab("beams"):
        view = gr.HTML(
            opening, html_template="<div></div>", js_on_load=MOUNT, apply_default_css=False, elem_id="pg-beams"
        )
    visitors: defaultdict[str, Session] = defaultdict(Session)

    def run(engine: AnyEngine, call: Call) -> AsyncGenerator[dict[str, Any]]:
        return _search(engine, sidebar, visitors[call.session], call)

    def whole(engine: AnyEngine, call: Call) -> AsyncGenerator[dict[str, Any]]:
        return _whole(engine, sidebar, visitors[call.session], call)

    def open_text(engine: AnyEngine, call: Call) -> AsyncGenerator[dict[str, Any]]:
        return _open(engine, visitors[call.session], call.asked)

    async def stop(call: Call) -> None:
        visitors[call.session].stopped = True

    def leave(request: gr.Request) -> None:
        session = visitors.pop(session_hash(request), Session())
        session.stopped = True
        engines.store.release(session.opened.trace_ids)

    of_model = chosen(engines, sidebar.model)
    stream(view.beams_run, streamed(of_model, run), view, refused, sidebar.inputs)
    stream(view.beams_whole, streamed(of_model, whole), view, refused, sidebar.inputs)
    stream(view.beams_open, streamed(of_model, open_text), view, not_opened)
    once(view.beams_stop, stop)
    page.unload(leave)


async def _search(engine: AnyEngine, sidebar: Sidebar, session: Session, call: Call) -> AsyncGenerator[dict[str, Any]]:
    """Yields the tree as it grows.

    The last message adds greedy's path and one that is sampled under the sidebar's settings, unless the visitor stopped
    the search.
    """
    refuse_second(session.running, "Another search is still running")
    settings = Settings.from_dict(mapping("The search", call.asked) | {"strategy": "beam"})
    session.prompt = await read(engine, sidebar, call.values)
    ids, source = session.prompt.ids, session.prompt.source_ids
    session.running, session.stopped = True, False
    name = {"search": secrets.token_urlsafe(18), "model": engine.model.name}
    tree, told = None, 0.0
    try:
        async with aclosing(search(engine, ids, settings, source)) as trees:
            async for tree in trees:
                if session.stopped:
                    break
                if tree.done or time.monotonic() - told > PAUSE_SECONDS:
                    told = time.monotonic()
                    yield beam_message(tree, [], "running") | name
        sampling, prompt = sidebar.settings(call.values), PromptIds(ids, source)
        paths = [] if session.stopped else await beside(engine, prompt, settings, sampling)
        assert tree is not None, "a search makes at least one step"
        session.running = False  # before the last message, so that a new search can start at once
        yield beam_message(tree, paths, "done" if tree.done else "stopped") | name
    finally:
        session.running = False


async def _whole(engine: AnyEngine, sidebar: Sidebar, session: Session, call: Call) -> AsyncGenerator[dict[str, Any]]:
    """Yields what the search of the whole tree knows from time to time, and when it ends or is stopped."""
    refuse_second(session.running, "Another search is still running")
    horizon = Values("The search", call.asked).whole("horizon", 1, MOST_HORIZON)
    session.prompt = await read(engine, sidebar, call.values)
    ids, source = session.prompt.ids, session.prompt.source_ids
    session.running, session.stopped = True, False
    name = {"model": engine.model.name}
    tree, told = None, 0.0
    try:
        as_greedy = Settings(strategy="greedy", max_new_tokens=horizon)
        greedy = await path(engine, ids, as_greedy, "greedy", source)
        async with aclosing(whole_tree(engine, ids, horizon, source_ids=source)) as trees:
            async for tree in trees:
                if session.stopped or tree.done:
                    break
                if time.monotonic() - told > PAUSE_SECONDS:
                    told = time.monotonic()
                    yield whole_message(tree, greedy, "running") | name
        assert tree is not None, "a search makes at least one step"
        session.running = False
        yield whole_message(tree, greedy, "done" if tree.done else "stopped") | name
    finally:
        session.running = False


async def _open(engine: AnyEngine, session: Session, given: Any) -> AsyncGenerator[dict[str, Any]]:
    """Writes a text of the tree, or the greedy or sampled one beside it, and keeps its steps."""
    asked = Values("The text to open", given)
    source_ids = checked_ids(asked.get("source_ids"), engine.model) if "source_ids" in asked else ()
    prompt = PromptIds(checked_ids(asked.get("prompt_ids"), engine.model), source_ids)
    searched = session.prompt  # that of the newest search, while the page may still show the tree of another prompt
    is_same = searched is not None and (searched.ids, searched.source_ids) == prompt
    told = searched.conversation if searched is not None and is_same else None
    yield await session.opened.write(engine, asked, prompt, Settings.from_dict(asked.get("settings")), told)
