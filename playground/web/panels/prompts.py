"""Builds the Compare prompts tab: zero, one and few shots side by side, run in one batch.

Parses what the page's JavaScript sends, asks the engine, and sends its news back. No mathematics is done here.
"""

import asyncio
import base64
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import gradio as gr

from playground.decoding.settings import LONGEST_STOP_STRING, Settings
from playground.engine.any_engine import AnyEngine
from playground.engine.engines import Engines
from playground.engine.request import Request, check, checked_ids, checked_text
from playground.engine.run import Run
from playground.errors import PlaygroundError
from playground.prompts.columns import MOST_COLUMNS, Columns, task_json
from playground.prompts.evaluation import MOST_ITEMS
from playground.prompts.label_words import label_words
from playground.prompts.labelled_csv import LARGEST_BYTES, read_examples
from playground.prompts.labels import Scorer
from playground.prompts.tasks import TASKS
from playground.traces.trace import Step
from playground.values import MOST_NUMBER, Values
from playground.web.bundles import joined
from playground.web.messages.trace import trace_message
from playground.web.panels import evaluation, prompts_link
from playground.web.panels.chosen import answered, chosen, streamed
from playground.web.panels.events import Call, once, server_function, session_hash, stream
from playground.web.panels.messages import marked, sentence_of
from playground.web.panels.sidebar import Sidebar
from playground.web.panels.view import view_tab

MOUNT = joined().loading("""
// events: "run", "stop", "fill", "write"
import(new URL("playground/assets/prompts/mount.js", document.baseURI))
    .then((module) => module.mount(element, props, trigger, watch, server), () => playgroundMissing(element));
""")
CONTROLS = "(...values) => { window.playgroundControls = values; }"
ROOM = """(value) => {
    window.playgroundRoom = value;
    document.dispatchEvent(new Event("playground:room"));
}"""


@dataclass(eq=False)
class Session:
    """Holds one visitor's traces of this tab, and the page's numbers of the newest run and of the newest stopped one.

    The numbers grow with every run. Whoever holds `turn` runs.
    """

    trace_ids: list[str] = field(default_factory=list)
    newest: int = 0
    stopped: int = -1
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


def build(page: gr.Blocks, engines: Engines, sidebar: Sidebar) -> None:
    """Builds the tab on `page`."""
    visitors: defaultdict[str, Session] = defaultdict(Session)

    async def build_columns(engine: AnyEngine, call: Call) -> dict[str, Any]:
        languages = engine.model.languages.chosen_in(Values("The request", call.asked))
        columns = Columns(engine.model, engine.limits, languages)
        return await asyncio.to_thread(columns.show, call.asked) | {"is_busy": engine.busy}

    async def ask_labels(engine: AnyEngine, call: Call) -> list[dict[str, Any]]:
        return await label_words(engine.beside(Scorer), call.asked)

    async def read_csv(call: Call) -> dict[str, Any]:
        return await asyncio.to_thread(_read, call.asked)

    async def read_texts(engine: AnyEngine, call: Call) -> list[str]:
        given = Values("The request", call.asked).items("ids", MOST_COLUMNS)
        texts = [checked_ids(ids, engine.model) for ids in given]
        return await asyncio.to_thread(lambda: [engine.model.tokenizer.decode(ids) for ids in texts])

    async def read_link(call: Call) -> dict[str, Any]:
        return await prompts_link.read(call.asked, engines, sidebar)

    of_model = chosen(engines, sidebar.model)
    asked_by_the_page = {
        "build_columns": answered(of_model, build_columns),
        "ask_labels": answered(of_model, ask_labels),
        "read_csv": read_csv,
        "read_texts": answered(of_model, read_texts),
        "read_link": read_link,
    }
    start = {
        "tasks": [task_json(task) for task in TASKS],
        "settings": {name: control.value for name, control in sidebar.controls.items()},
    }
    with view_tab("compare/prompts"):
        view = gr.HTML(
            None,
            start=start,
            html_template="<div></div>",
            js_on_load=MOUNT,
            apply_default_css=False,
            elem_id="pg-prompts",
            server_functions=[
                server_function(name, answer, is_look=name != "ask_labels")
                for name, answer in asked_by_the_page.items()
            ],
        )

        evaluation.build(page, engines, server_function("read_csv", read_csv))

    def run(engine: AnyEngine, call: Call) -> AsyncGenerator[dict[str, Any]]:
        number = Values("The request", call.asked).whole("run", 0, MOST_NUMBER)
        return marked(_run(engine, sidebar, visitors[call.session], call, number), run=number)

    async def stop(call: Call) -> None:
        session = visitors[call.session]
        session.stopped = Values("The request", call.asked).whole("run", 0, MOST_NUMBER)
        _stop(engines, session)

    def leave(request: gr.Request) -> None:
        engines.store.release(visitors.pop(session_hash(request), Session()).trace_ids)

    stream(view.run, streamed(of_model, run), view, lambda sentence: {"error": sentence}, sidebar.inputs)
    once(view.stop, stop)
    prompts_link.fill_sidebar(view, engines, sidebar)
    sidebar.let_page_write(view.write)
    controls = list(sidebar.controls.values())
    gr.on([control.change for control in controls], None, controls, None, js=CONTROLS)
    sidebar.controls["max_new_tokens"].change(None, [sidebar.controls["max_new_tokens"]], None, js=ROOM)
    page.unload(leave)


def _read(given: Any) -> dict[str, Any]:
    asked = Values("The file", given)
    most = asked.whole("most", 1, MOST_ITEMS)
    try:
        content = base64.b64decode(asked.text("bytes", LARGEST_BYTES * 4 // 3 + 4), validate=True)
    except ValueError:
        raise PlaygroundError("The file's bytes did not arrive as base64. Choose the file again.") from None
    table = read_examples(content, most)
    return {"rows": [{"input": row.input, "answer": row.answer} for row in table.rows], "note": table.note}


def _stop(engines: Engines | AnyEngine, session: Session) -> None:
    for trace_id in session.trace_ids:
        engines.stop(trace_id)


async def _run(
    engine: AnyEngine, sidebar: Sidebar, session: Session, call: Call, number_asked: int
) -> AsyncGenerator[dict[str, Any]]:
    """Stops the run before, and yields news of the columns by their numbers: all that came since the last message.

    A run that has not begun when another one is asked for yields nothing, because the page waits for the newest. A run
    that is stopped before it has begun ends with its first step. The last message has the end of every column again,
    because the page may not see each of many messages.
    """
    session.newest = number_asked
    _stop(engine, session)
    async with session.turn:
        requests = await _requests(engine, sidebar, call)
        if number_asked != session.newest:
            return
        runs = await _begin(engine, session, requests)
        if number_asked <= session.stopped:
            _stop(engine, session)
        news: asyncio.Queue[tuple[int, Any]] = asyncio.Queue()
        pumps = [asyncio.create_task(_pump(number, run, news)) for number, run in enumerate(runs)]
        try:
            yield _news({number: _message(engine, run, []) for number, run in enumerate(runs)})
            ended, failed = 0, {}
            while ended < len(runs):
                fresh: defaultdict[int, list[Step]] = defaultdict(list)
                for number, item in [await news.get(), *(news.get_nowait() for _ in range(news.qsize()))]:
                    if isinstance(item, Step):
                        fresh[number].append(item)
                        continue
                    ended += 1
                    fresh[number] += []
                    if item is not None:
                        failed[number] = {"error": item}
                told = {number: _message(engine, runs[number], steps) for number, steps in fresh.items()}
                yield _news(told | failed)
            yield _news({number: _message(engine, run, []) for number, run in enumerate(runs)} | failed)
        finally:
            for pump in pumps:
                pump.cancel()
            for run in runs:
                run.close()


async def _requests(engine: AnyEngine, sidebar: Sidebar, call: Call) -> list[Request]:
    """Returns the requests that are asked for, one for each column, all within the limits."""
    asked = Values("The request", call.asked)
    linked = "settings" in asked  # they come with a link; the sidebar has them a moment later
    settings = Settings.from_dict(asked.get("settings")) if linked else sidebar.settings(call.values)
    stop = asked.text("stop", LONGEST_STOP_STRING)
    if stop:
        settings = replace(settings, stop_strings=(stop,))
    prompts = asked.items("prompts", MOST_COLUMNS)
    if not prompts:
        raise PlaygroundError(f"There are no prompts. Run 1 to {MOST_COLUMNS}.")
    requests, languages = [], engine.model.languages.chosen_in(asked)
    for prompt in map(partial(Values, "A prompt"), prompts):
        text, templated = checked_text("The prompt", prompt.get("text"), engine.limits), prompt.boolean("templated")
        read = await asyncio.to_thread(engine.model.encode_prompt, text, templated=templated, languages=languages)
        requests.append(Request(read.ids, settings, source_ids=read.source_ids))
        check(requests[-1], engine.model, engine.limits)
    return requests


async def _begin(engine: AnyEngine, session: Session, requests: Sequence[Request]) -> list[Run]:
    """Starts the runs of all columns or of none: if the engine refuses one, those before it are closed."""
    engine.store.release(session.trace_ids)  # and does not drop: the page may open one on the Decode tab
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
    """Puts every step of one run into `news`, then None or the sentence with which the run ended."""
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


def _message(engine: AnyEngine, run: Run, steps: list[Step]) -> dict[str, Any]:
    trace, model = engine.store.get(run.trace_id), engine.model
    return trace_message(run.trace_id, trace, steps, model.vocabulary_size, model.extra_names)
