"""The Compare prompts tab: zero, one and few shots side by side, run in one batch.

Parses what the page's own JavaScript sends, asks the engine, hands its news back. No mathematics here.
"""

import asyncio
import base64
from collections import defaultdict
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

import gradio as gr

from playground.engine import Engine
from playground.errors import PlaygroundError
from playground.figures.trace_message import trace_message
from playground.panels import evaluation, prompts_link
from playground.panels.messages import EVERY, answered, sentence_of, told
from playground.panels.sidebar import Sidebar
from playground.prompts.columns import MOST_COLUMNS, Columns, label_words, task_json
from playground.prompts.labelled_csv import read_examples
from playground.prompts.labels import Scorer
from playground.prompts.tasks import TASKS
from playground.request import Request, check
from playground.run import Run
from playground.settings import Settings
from playground.traces.trace import Step

MOUNT = """
// events: "run", "stop", "fill"
import(new URL("playground/assets/prompts/tab.js", document.baseURI))
    .then((module) => module.mount(element, props, trigger, watch, server));
"""
CONTROLS = "(...values) => { window.playgroundControls = values; }"
ROOM = """(value) => {
    window.playgroundRoom = value;
    document.dispatchEvent(new Event("playground:room"));
}"""


@dataclass(eq=False)
class Session:
    """One visitor's traces here; who holds `turn` runs them."""

    trace_ids: list[str] = field(default_factory=list)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


def build(page: gr.Blocks, engine: Engine, scorer: Scorer, sidebar: Sidebar) -> None:
    """Builds the tab on `page`."""
    columns = Columns(engine.model, engine.limits)
    visitors: defaultdict[str, Session] = defaultdict(Session)

    async def build_columns(asked: dict) -> dict:
        return await answered(asyncio.to_thread(columns.show, asked))

    async def ask_labels(asked: dict) -> dict:
        return await answered(label_words(scorer, asked))

    async def read_csv(asked: dict) -> dict:
        return await answered(asyncio.to_thread(_read, asked))

    async def read_texts(asked: dict) -> dict:
        return await answered(asyncio.to_thread(lambda: [engine.model.decode(ids) for ids in asked["ids"]]))

    async def read_link(state: dict) -> dict:
        return await answered(asyncio.to_thread(prompts_link.read, state, engine.model, sidebar))

    start = {
        "model": engine.model.name,
        "tasks": [task_json(task) for task in TASKS],
        "has_chat": engine.model.has_chat_template,
        "settings": {name: control.value for name, control in sidebar.controls.items()},
    }
    with gr.Tab("Compare prompts", id="prompts"):
        view = gr.HTML(
            None,
            start=start,
            html_template="<div></div>",
            js_on_load=MOUNT,
            apply_default_css=False,
            elem_id="pg-prompts",
            server_functions=[build_columns, ask_labels, read_csv, read_texts, read_link],
        )

        evaluation.build(page, columns, scorer, read_csv)

    async def run(values: dict[Any, Any], event: gr.EventData, request: gr.Request) -> AsyncGenerator[dict[str, Any]]:
        asked = event._data
        news = _run(engine, sidebar, visitors[request.session_hash], values, asked)
        messages = told(news, lambda sentence: {"error": sentence})
        async with aclosing(messages):
            async for message in messages:
                yield {"run": asked["run"], **message}

    def stop(request: gr.Request) -> None:
        for trace_id in visitors[request.session_hash].trace_ids:
            engine.stop(trace_id)

    def leave(request: gr.Request) -> None:
        engine.store.release(visitors.pop(request.session_hash, Session()).trace_ids)

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    view.run(run, sidebar.inputs, view, concurrency_limit=None, **quiet, **EVERY)
    view.stop(stop, None, None, queue=False, **quiet)
    prompts_link.fill_sidebar(view, sidebar)
    controls = list(sidebar.controls.values())
    gr.on([control.change for control in controls], None, controls, None, js=CONTROLS)
    sidebar.controls["max_new_tokens"].change(None, [sidebar.controls["max_new_tokens"]], None, js=ROOM)
    page.unload(leave)


def _read(asked: dict[str, Any]) -> dict[str, Any]:
    table = read_examples(base64.b64decode(asked["bytes"]), int(asked["most"]))
    return {"rows": [{"input": row.input, "answer": row.answer} for row in table.rows], "note": table.note}


async def _run(
    engine: Engine, sidebar: Sidebar, session: Session, values: dict[Any, Any], asked: dict[str, Any]
) -> AsyncGenerator[dict[str, Any]]:
    """News of every column, by its number: all that has come since the news before. A run before it is stopped."""
    for trace_id in session.trace_ids:
        engine.stop(trace_id)
    async with session.turn:
        runs = await _begin(engine, sidebar, session, values, asked)
        news: asyncio.Queue[tuple[int, Any]] = asyncio.Queue()
        pumps = [asyncio.create_task(_pump(number, run, news)) for number, run in enumerate(runs)]
        try:
            yield _news({number: _message(engine, run, []) for number, run in enumerate(runs)})
            ended = 0
            while ended < len(runs):
                fresh: defaultdict[int, list[Step]] = defaultdict(list)
                failed: dict[int, dict[str, Any]] = {}
                for number, item in [await news.get(), *(news.get_nowait() for _ in range(news.qsize()))]:
                    if isinstance(item, Step):
                        fresh[number].append(item)
                        continue
                    ended += 1
                    fresh[number] += []
                    if item is not None:
                        failed[number] = {"error": item}
                yield _news({number: _message(engine, runs[number], steps) for number, steps in fresh.items()} | failed)
        finally:
            for pump in pumps:
                pump.cancel()
            for run in runs:
                run.close()


async def _begin(
    engine: Engine, sidebar: Sidebar, session: Session, values: dict[Any, Any], asked: dict[str, Any]
) -> list[Run]:
    """Starts all columns or none: what a limit refuses is refused before the first is under way."""
    linked = asked.get("settings")  # of a link that is followed: the sidebar has them a moment later
    settings = sidebar.settings(values) if linked is None else Settings.from_dict(linked)
    if asked["stop"]:
        settings = replace(settings, stop_strings=(asked["stop"],))
    if not 1 <= len(asked["prompts"]) <= MOST_COLUMNS:
        raise PlaygroundError(f"There are {len(asked['prompts'])} prompts. Run 1 to {MOST_COLUMNS}.")
    requests = []
    for prompt in asked["prompts"]:
        ids = await asyncio.to_thread(engine.model.encode, prompt["text"], templated=bool(prompt["templated"]))
        requests.append(Request(ids, settings))
        check(requests[-1], engine.model, engine.limits)
    engine.store.release(session.trace_ids)  # the page may be about to open one on the Decode tab
    session.trace_ids = []
    runs: list[Run] = []
    try:
        for request in requests:
            runs.append(engine.trace(request))
            session.trace_ids.append(runs[-1].trace_id)
    except PlaygroundError:
        for run in runs:
            run.close()
        raise
    return runs


async def _pump(number: int, run: Run, news: asyncio.Queue[tuple[int, Any]]) -> None:
    """Every step of one run, then None or the sentence it ended with."""
    end: str | None = None
    try:
        async for item in run:
            if isinstance(item, Step):
                news.put_nowait((number, item))
    except Exception as error:
        end = sentence_of(error)
    news.put_nowait((number, end))


def _news(columns: dict[int, dict[str, Any]]) -> dict[str, Any]:
    return {"columns": {str(number): message for number, message in columns.items()}}


def _message(engine: Engine, run: Run, steps: list[Step]) -> dict[str, Any]:
    trace, model = engine.store.get(run.trace_id), engine.model
    notes = model.describe_extras(len(trace.prompt_ids))
    return trace_message(run.trace_id, trace, steps, model.vocabulary_size, notes)
