"""Builds the Compare models tab: one prompt, one set of settings and one seed on several models, side by side.

Parses what the page's JavaScript sends, asks the engine of each model, and sends their news back. No mathematics is
done here. A model that has to be loaded, or that refuses the prompt, holds no other one up.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import gradio as gr

from playground.decoding.settings import LONGEST_STOP_STRING, Settings
from playground.engine.any_engine import AnyEngine
from playground.engine.engines import Engines
from playground.engine.request import Request
from playground.engine.run import Run
from playground.errors import PlaygroundError
from playground.traces.trace import Step
from playground.values import MOST_NUMBER, Values, shown
from playground.web.bundles import joined
from playground.web.messages.trace import trace_message
from playground.web.panels import models_link
from playground.web.panels.events import Call, once, server_function, session_hash, stream
from playground.web.panels.messages import marked, sentence_of
from playground.web.panels.models_link import LONGEST_NAME, MOST_MODELS
from playground.web.panels.prompt import read
from playground.web.panels.sidebar import Sidebar
from playground.web.panels.view import view_tab

MOUNT = joined().loading("""
const events = ["models_run", "models_stop", "models_fill"];
import(new URL("playground/assets/compare_models/mount.js", document.baseURI))
    .then((module) => module.mount(element, props, trigger, watch, server, events), () => playgroundMissing(element));
""")

News = asyncio.Queue[tuple[int, dict[str, Any] | None]]
"""A column's number with a message about it, or with None at its end."""


@dataclass(eq=False)
class Session:
    """Holds one visitor's traces of this tab, and the page's numbers of the newest run and of the newest stopped one.

    The numbers grow with every run. Whoever holds `turn` runs. `waiting` has the columns whose model is being loaded.
    """

    trace_ids: list[str] = field(default_factory=list)
    waiting: set[asyncio.Task[Any]] = field(default_factory=set)
    newest: int = 0
    stopped: int = -1
    has_left: bool = False
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def stop(self, engines: Engines) -> None:
        """Ends the texts that are being written, and waits for no model any more."""
        for trace_id in self.trace_ids:
            engines.stop(trace_id)
        for column in self.waiting:
            column.cancel()


def build(page: gr.Blocks, engines: Engines, sidebar: Sidebar) -> None:
    """Builds the tab on `page`."""
    visitors: defaultdict[str, Session] = defaultdict(Session)

    async def read_link(call: Call) -> dict[str, Any]:
        return models_link.read(call.asked, engines)

    with view_tab("compare/models"):
        view = gr.HTML(
            None,
            html_template="<div></div>",
            js_on_load=MOUNT,
            apply_default_css=False,
            elem_id="pg-compare-models",
            server_functions=[server_function("read_link", read_link)],
        )

    def run(call: Call) -> AsyncGenerator[dict[str, Any]]:
        number = Values("The request", call.asked).whole("run", 0, MOST_NUMBER)
        return marked(_run(engines, sidebar, visitors[call.session], call, number), run=number)

    async def stop(call: Call) -> None:
        session = visitors[call.session]
        session.stopped = Values("The request", call.asked).whole("run", 0, MOST_NUMBER)
        session.stop(engines)

    def leave(request: gr.Request) -> None:
        session = visitors.pop(session_hash(request), Session())
        session.has_left = True
        session.stop(engines)
        engines.store.release(session.trace_ids)

    stream(view.models_run, run, view, lambda sentence: {"error": sentence}, sidebar.inputs)
    once(view.models_stop, stop)
    models_link.fill_sidebar(view, engines, sidebar)
    page.unload(leave)


async def _run(
    engines: Engines, sidebar: Sidebar, session: Session, call: Call, number: int
) -> AsyncGenerator[dict[str, Any]]:
    """Stops the run before, and yields news of the columns by their numbers: all that came since the last message.

    A run that has not begun when another one is asked for yields nothing, because the page waits for the newest. The
    last message has the end of every column again, because the page may not see each of many messages.
    """
    session.newest = number
    session.stop(engines)
    async with session.turn:
        if number != session.newest:
            return
        names, (values, settings) = _names(call.asked), _asked(sidebar, call)
        engines.store.release(session.trace_ids)  # and does not drop: the page may open one on the Decode tab
        session.trace_ids = []
        if number <= session.stopped:
            raise PlaygroundError("The run was stopped before it began. Press Run to begin it again.")
        news: News = asyncio.Queue()
        shared = _Column(engines, sidebar, session, number, values, settings)
        columns = [asyncio.create_task(_column(shared, place, name, news)) for place, name in enumerate(names)]
        session.waiting = set(columns)
        try:
            ended, latest = 0, {}
            while ended < len(columns):
                fresh: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
                for place, message in [await news.get(), *(news.get_nowait() for _ in range(news.qsize()))]:
                    if message is None:
                        ended += 1
                    else:
                        fresh[str(place)].append(message)
                        latest[str(place)] = [message]
                if fresh:
                    yield {"columns": dict(fresh)}
            yield {"columns": latest}
        finally:
            session.waiting = set()
            for column in columns:
                column.cancel()
            await asyncio.gather(*columns, return_exceptions=True)


@dataclass(frozen=True, eq=False)
class _Column:
    """What all columns of a run share."""

    engines: Engines
    sidebar: Sidebar
    session: Session
    number: int
    values: dict[Any, Any]
    settings: Settings


async def _column(shared: _Column, place: int, name: str, news: News) -> None:
    """Writes the text of one model, and puts a message about each step into `news`, then None.

    A refusal is a message of its own. The model is in use only while its own text is written, so that it can make room
    for another one of the run.
    """
    session, task = shared.session, asyncio.current_task()
    assert task is not None
    try:
        async with shared.engines.using(name) as engine:
            session.waiting.discard(task)
            prompt = await read(engine, shared.sidebar, shared.values)
            asked = Request(prompt.ids, shared.settings, conversation=prompt.conversation, source_ids=prompt.source_ids)
            run = engine.trace(asked)
            if session.has_left:  # while the prompt was read
                run.close()
                engine.store.release([run.trace_id])
                return
            session.trace_ids.append(run.trace_id)
            if shared.number <= session.stopped or shared.number != session.newest:
                engine.stop(run.trace_id)
            await _follow(engine, run, place, news)
    except asyncio.CancelledError:
        news.put_nowait((place, {"error": f"You pressed Stop before {name} was loaded."}))
        raise
    except Exception as error:
        news.put_nowait((place, {"error": sentence_of(error)}))
    finally:
        news.put_nowait((place, None))


async def _follow(engine: AnyEngine, run: Run, place: int, news: News) -> None:
    """Puts a message about each step of a run, and about its end, into `news`."""

    def tell(steps: list[Step]) -> None:
        trace, model = engine.store.get(run.trace_id), engine.model
        message = trace_message(run.trace_id, trace, steps, model.vocabulary_size, model.extra_names)
        news.put_nowait((place, message))

    try:
        tell([])
        async for item in run:
            if isinstance(item, Step):
                tell([item])
        tell([])
    finally:
        run.close()


def _asked(sidebar: Sidebar, call: Call) -> tuple[dict[Any, Any], Settings]:
    """Returns the values of the sidebar and the settings of a run, or those of the link that is followed with it."""
    asked = Values("The request", call.asked)
    if "link" in asked:  # the sidebar has its values a moment later
        link = models_link.parse(asked.get("link"))
        return {**call.values, **link.values(sidebar)}, link.settings
    stop = asked.text("stop", LONGEST_STOP_STRING) if "stop" in asked else ""
    settings = sidebar.settings(call.values)
    return call.values, replace(settings, stop_strings=(stop,)) if stop else settings


def _names(asked: Mapping[str, Any]) -> list[str]:
    """Returns the names of the models that are asked for. Whether a model is there is said in its column."""
    given = Values("The request", asked).texts("models", MOST_MODELS, LONGEST_NAME)
    if not given:
        raise PlaygroundError(f"No model is chosen. Choose 2 to {MOST_MODELS}.")
    if len(set(given)) < len(given):
        raise PlaygroundError(f"A model is chosen twice in {shown(list(given))}. Choose each once.")
    return list(given)
