"""The tab Compare settings: prompts × settings × seeds, side by side, and what they measure.

Parses what the page asks for, runs grids, hands their news to the page's own JavaScript. No mathematics here.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from typing import Any

import gradio as gr

from playground.engine import Engine
from playground.errors import PlaygroundError
from playground.figures.grid_message import grid_message, opening_message
from playground.panels.messages import EVERY, told
from playground.panels.opened import Opened
from playground.panels.sidebar import EXAMPLE_PROMPT
from playground.request import Request
from playground.settings import Settings
from playground.strategies.comparison import Cell, Grid, prompt_ids, run, seeds_from
from playground.strategies.found import found

MOUNT = """
import(new URL("playground/assets/compare/tab.js", document.baseURI))
    .then((module) => module.mount(element, props, trigger, watch, ["grid_run", "grid_stop", "grid_open"]));
"""


@dataclass(eq=False)
class Session:
    """One visitor: whether a grid runs, the wish to stop it, and the texts that were opened."""

    running: bool = False
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    opened: Opened = field(default_factory=Opened)


def build(page: gr.Blocks, engine: Engine) -> None:
    """Builds the tab."""
    no_chat = None if engine.model.has_chat_template else f"{engine.model.name} has no chat template."
    opening = opening_message(EXAMPLE_PROMPT, engine.limits.new_tokens, no_chat)
    with gr.Tab("Compare settings", id="compare-settings"):
        view = gr.HTML(
            opening, html_template="<div></div>", js_on_load=MOUNT, apply_default_css=False, elem_id="pg-compare"
        )
    visitors: defaultdict[str, Session] = defaultdict(Session)

    async def run_grid(request: gr.Request, event: gr.EventData) -> AsyncGenerator[dict[str, Any]]:
        async with aclosing(told(_grid(engine, visitors[request.session_hash], event._data), _refused)) as messages:
            async for message in messages:
                yield message

    async def open_text(request: gr.Request, event: gr.EventData) -> AsyncGenerator[dict[str, Any]]:
        async with aclosing(told(_open(engine, visitors[request.session_hash], event._data), _refused)) as messages:
            async for message in messages:
                yield message

    async def stop(request: gr.Request) -> None:
        visitors[request.session_hash].stop.set()

    def leave(request: gr.Request) -> None:
        session = visitors.pop(request.session_hash, Session())
        session.stop.set()
        engine.store.release(session.opened.trace_ids)

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None} | EVERY
    view.grid_run(run_grid, None, view, **quiet)
    view.grid_open(open_text, None, view, **quiet)
    view.grid_stop(stop, None, None, queue=False, api_visibility="private")
    page.unload(leave)


async def _grid(engine: Engine, session: Session, asked: dict[str, Any]) -> AsyncGenerator[dict[str, Any]]:
    """A message when it starts, one for every text that is done, and all of it at the end."""
    if session.running:
        raise PlaygroundError("The grid before is still running. Press Stop first, or wait for its end.")
    grid = _parsed(engine, asked)
    session.running = True
    session.stop.clear()
    done: list[Cell] = []
    try:
        yield grid_message(grid, done, [], "running")
        async with aclosing(run(engine, grid)) as cells:
            while (cell := await _next(cells, session.stop)) is not None:
                done.append(cell)
                yield grid_message(grid, done, [cell], "running")
        complete = len(done) == len(grid.cells())
        session.running = False  # who reads of the end may run again at once
        yield grid_message(grid, done, done, "done" if complete else "stopped")
    finally:
        session.running = False


async def _next(cells: AsyncGenerator[Cell], stop: asyncio.Event) -> Cell | None:
    """The next cell, or None at the end or once the visitor asks to stop."""
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


def _parsed(engine: Engine, asked: dict[str, Any]) -> Grid:
    new_tokens = asked["new_tokens"]
    if isinstance(new_tokens, int) and new_tokens > engine.limits.new_tokens:
        raise PlaygroundError(
            f"max_new_tokens is {new_tokens:,}, and this server generates at most {engine.limits.new_tokens:,} at "
            "once. Ask for fewer, or start it with a higher --max-new-tokens."
        )
    first = Settings.from_dict({"seed": asked["first_seed"]}).seed
    rows = [Settings.from_dict(row | {"max_new_tokens": new_tokens}) for row in asked["rows"]]
    return Grid(tuple(asked["prompts"]), tuple(rows), seeds_from(first, asked["seeds"]), asked["chat"])


async def _open(engine: Engine, session: Session, asked: dict[str, Any]) -> AsyncGenerator[dict[str, Any]]:
    """Writes one text of the grid again, with its steps kept, so that it can be looked into."""
    settings = replace(Settings.from_dict(asked["settings"]), seed=asked["seed"])
    ids = await prompt_ids(engine, asked["prompt"], chat=asked["chat"])
    if settings.strategy == "beam":
        writing = found(engine, ids, settings, asked["token_ids"])
    else:
        writing = engine.trace(Request(ids, settings))
    yield await session.opened.write(engine, writing, asked["ticket"])


def _refused(sentence: str) -> dict[str, Any]:
    return {"kind": "error", "error": sentence}
