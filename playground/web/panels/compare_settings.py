"""Builds the Compare settings tab: prompts × settings × seeds, side by side, and the measures of their texts.

Parses what the page asks for, runs grids, and sends their messages to the page's JavaScript. No mathematics is done
here.
"""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from playground.decoding.settings import Settings
from playground.engine.any_engine import AnyEngine
from playground.engine.engines import Engines
from playground.engine.request import check_new_tokens, checked_text
from playground.errors import PlaygroundError
from playground.models.prompt_ids import PromptIds
from playground.sharing.written import Written
from playground.strategies.comparison import Cell, Grid, run, seeds_from
from playground.strategies.summary import Table
from playground.values import Values, mapping
from playground.web.bundles import joined
from playground.web.messages.grid import grid_message, opening_message
from playground.web.panels.chosen import chosen, streamed
from playground.web.panels.events import Call, once, session_hash, stream
from playground.web.panels.messages import refuse_second, refused
from playground.web.panels.opened import Opened, not_opened
from playground.web.panels.prompt import encoded
from playground.web.panels.view import view_tab

MOUNT = joined().loading("""
const events = ["grid_run", "grid_stop", "grid_open"];
import(new URL("playground/assets/compare/tab.js", document.baseURI))
    .then((module) => module.mount(element, props, trigger, watch, events), () => playgroundMissing(element));
""")
MOST = 1000
"""More prompts, rows or seeds than this are refused before they are looked at. `Grid` has the real limits."""


@dataclass(eq=False)
class Session:
    """Holds of one visitor: whether a grid runs, whether to stop it, and the opened texts."""

    running: bool = False
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    opened: Opened = field(default_factory=Opened)


def build(page: gr.Blocks, engines: Engines, prompt: str) -> None:
    """Builds the tab. `prompt` is the first one that its grid has."""
    opening = opening_message(prompt)
    with view_tab("compare/settings"):
        view = gr.HTML(
            opening, html_template="<div></div>", js_on_load=MOUNT, apply_default_css=False, elem_id="pg-compare"
        )
    visitors: defaultdict[str, Session] = defaultdict(Session)

    def run_grid(engine: AnyEngine, call: Call) -> AsyncGenerator[dict[str, Any]]:
        return _grid(engine, visitors[call.session], call.asked)

    def open_text(engine: AnyEngine, call: Call) -> AsyncGenerator[dict[str, Any]]:
        return _open(engine, visitors[call.session], call.asked)

    async def stop(call: Call) -> None:
        visitors[call.session].stop.set()

    def leave(request: gr.Request) -> None:
        session = visitors.pop(session_hash(request), Session())
        session.stop.set()
        engines.store.release(session.opened.trace_ids)

    of_model = chosen(engines)
    stream(view.grid_run, streamed(of_model, run_grid), view, refused)
    stream(view.grid_open, streamed(of_model, open_text), view, not_opened)
    once(view.grid_stop, stop)
    page.unload(leave)


async def _grid(engine: AnyEngine, session: Session, given: Any) -> AsyncGenerator[dict[str, Any]]:
    """Yields a message at the start, one for every text that is done, and one with all of them at the end."""
    refuse_second(session.running, "Another grid is still running")
    grid = _parsed(engine, given)
    session.running = True
    session.stop.clear()
    done: list[Cell] = []
    table, name = Table(grid), {"grid": secrets.token_urlsafe(18), "model": engine.model.name}
    try:
        yield grid_message(grid, table, [], "running") | name
        async with aclosing(run(engine, grid)) as cells:
            while (cell := await _next(cells, session.stop)) is not None:
                done.append(cell)
                table.add(cell)
                yield grid_message(grid, table, [cell], "running") | name
        complete = len(done) == len(grid.cells())
        session.running = False  # before the last message, so that a new grid can start at once
        yield grid_message(grid, table, done, "done" if complete else "stopped") | name
    finally:
        session.running = False


async def _next(cells: AsyncGenerator[Cell], stop: asyncio.Event) -> Cell | None:
    """Returns the next cell, or None at the end or once the visitor asks to stop."""
    cell, stopped = asyncio.ensure_future(anext(cells, None)), asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait([cell, stopped], return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            return None
        return cell.result()
    finally:
        for task in (cell, stopped):
            task.cancel()
        with suppress(asyncio.CancelledError, PlaygroundError):
            await cell


def _parsed(engine: AnyEngine, given: Any) -> Grid:
    asked = Values("The grid", given)
    same = Settings.from_dict({"max_new_tokens": asked.get("new_tokens"), "seed": asked.get("first_seed")})
    check_new_tokens(same.max_new_tokens, engine.limits)
    prompts = tuple(checked_text("A prompt of the grid", one, engine.limits) for one in asked.items("prompts", MOST))
    rows = [mapping("A row of the grid", row) for row in asked.items("rows", MOST)]
    settings = tuple(Settings.from_dict(row | {"max_new_tokens": same.max_new_tokens}) for row in rows)
    seeds = seeds_from(same.seed, asked.whole("seeds", 1, MOST))
    return Grid(prompts, settings, seeds, asked.boolean("chat"), engine.model.languages.chosen_in(asked))


async def _open(engine: AnyEngine, session: Session, given: Any) -> AsyncGenerator[dict[str, Any]]:
    """Writes one text of the grid again and keeps its steps, so that the visitor can look at them."""
    asked = Values("The text to open", given)
    settings = Settings.from_dict(asked.mapping("settings") | {"seed": asked.get("seed")})
    written = Written(checked_text("The prompt", asked.get("prompt"), engine.limits), asked.boolean("chat"))
    prompt = await encoded(engine, written, engine.model.languages.chosen_in(asked))
    read = PromptIds(prompt.ids, prompt.source_ids)
    yield await session.opened.write(engine, asked, read, settings, prompt.conversation)
