"""The Decode tab: one text, every token of it, and how each was chosen.

Parses the sidebar, asks the engine, hands its news to the page's own JavaScript. No mathematics here.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import Any

import gradio as gr

from playground.engine import Engine
from playground.errors import PlaygroundError
from playground.figures.trace_message import error_message, trace_message
from playground.panels.sidebar import EXAMPLE_PROMPT, Sidebar, example_settings
from playground.request import Request, Waiting, check_text
from playground.run import Run
from playground.trace import Step, Trace

log = logging.getLogger(__name__)

MOUNT = """
import(new URL("playground/assets/decode/tab.js", document.baseURI))
    .then((module) => module.mount(element, props, trigger, watch));
"""


@dataclass(eq=False)
class Session:
    """One visitor's traces: all of them, the one in view, and whether a run is under way.

    Kept by Gradio's session hash and not in a `gr.State`, which outlives a closed tab by an hour.
    """

    trace_ids: list[str] = field(default_factory=list)
    in_view: str | None = None
    running: bool = False


def build(page: gr.Blocks, engine: Engine, sidebar: Sidebar) -> None:
    """Builds the tab on `page` with the example in view, which it generates: nobody meets an empty page."""
    example = asyncio.run(_example(engine))
    with gr.Tab("Decode", id="decode"):
        view = gr.HTML(
            example, html_template="<div></div>", js_on_load=MOUNT, apply_default_css=False, elem_id="pg-decode"
        )
    visitors: defaultdict[str, Session] = defaultdict(Session)

    def running(*, one_step: bool) -> Callable[..., AsyncGenerator[dict[str, Any]]]:
        async def run(values: dict[Any, Any], request: gr.Request) -> AsyncGenerator[dict[str, Any]]:
            visitor = visitors[request.session_hash]
            messages = _told(_generate(engine, sidebar, visitor, values, one_step=one_step))
            async with aclosing(messages):
                async for message in messages:
                    yield message

        return run

    async def score(values: dict[Any, Any], request: gr.Request) -> AsyncGenerator[dict[str, Any]]:
        visitor = visitors[request.session_hash]
        async with aclosing(_told(_score(engine, sidebar, visitor, values))) as messages:
            async for message in messages:
                yield message

    def stop(request: gr.Request) -> None:
        in_view = visitors[request.session_hash].in_view
        if in_view is not None:
            engine.stop(in_view)

    def leave(request: gr.Request) -> None:
        engine.store.release(visitors.pop(request.session_hash, Session()).trace_ids)

    async def show_templated(prompt: str, chat: bool) -> dict[str, Any]:
        return gr.update(value=engine.model.chat_prompt(prompt) if chat else "", visible=chat)

    quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden", "concurrency_limit": None}
    sidebar.generate.click(running(one_step=False), sidebar.inputs, view, **quiet)
    sidebar.step.click(running(one_step=True), sidebar.inputs, view, **quiet)
    sidebar.score.click(score, sidebar.inputs, view, **quiet)
    sidebar.stop.click(stop, None, None, queue=False, api_visibility="private")
    page.unload(leave)
    gr.on(
        [sidebar.chat.change, sidebar.prompt.change],
        show_templated,
        [sidebar.prompt, sidebar.chat],
        sidebar.templated,
        trigger_mode="always_last",
        **quiet,
    )


async def _example(engine: Engine) -> dict[str, Any]:
    """The finished trace of the sidebar's first values, kept for every visitor."""
    request = Request(engine.model.encode(EXAMPLE_PROMPT), example_settings(engine.limits))
    run = engine.trace(request)
    async for _ in run:
        pass
    engine.store.pin(run.trace_id)
    return _message(engine, run.trace_id, None)


async def _generate(
    engine: Engine, sidebar: Sidebar, session: Session, values: dict[Any, Any], *, one_step: bool
) -> AsyncGenerator[dict[str, Any]]:
    if session.running:
        raise PlaygroundError("The text before is still being generated. Press Stop first, or wait for its end.")
    session.running = True
    try:
        run = await _begin(engine, sidebar, session, values, one_step=one_step)
        try:
            async with aclosing(_follow(engine, run)) as messages:
                async for message in messages:
                    yield message
        finally:
            run.close()
    finally:
        session.running = False


async def _score(
    engine: Engine, sidebar: Sidebar, session: Session, values: dict[Any, Any]
) -> AsyncGenerator[dict[str, Any]]:
    """One message: a trace without steps. The page asks for the numbers of its prompt as it does for any trace."""
    if session.running:
        raise PlaygroundError("A text is still being generated. Press Stop first, or wait for its end.")
    text, prompt_ids = await _prompt(engine, sidebar, values)
    check_text(text, prompt_ids, engine.model, engine.limits)
    trace_id = engine.store.open(Trace(engine.model.name, prompt_ids, sidebar.settings(values), (), "scored"))
    _show(engine, session, trace_id)
    yield _message(engine, trace_id, None)


async def _prompt(engine: Engine, sidebar: Sidebar, values: dict[Any, Any]) -> tuple[str, tuple[int, ...]]:
    """The prompt as the model reads it, and its ids."""
    text, templated = values[sidebar.prompt] or "", bool(values[sidebar.chat])
    if templated:
        text = engine.model.chat_prompt(text)
    return text, await asyncio.to_thread(engine.model.encode, text, templated=templated)


def _show(engine: Engine, session: Session, trace_id: str) -> None:
    """The trace in view gives way to another."""
    engine.store.drop(session.trace_ids)
    session.trace_ids = [trace_id]
    session.in_view = trace_id


async def _begin(engine: Engine, sidebar: Sidebar, session: Session, values: dict[Any, Any], *, one_step: bool) -> Run:
    """Starts the run that the sidebar's values ask for; only then the trace in view gives way."""
    settings = sidebar.settings(values)
    _, prompt_ids = await _prompt(engine, sidebar, values)
    request = Request(prompt_ids, settings, max_steps=1 if one_step else None)
    onto = _goes_on_with(engine, session, request) if one_step else None
    if onto is not None:
        return engine.trace(replace(request, completion_ids=engine.store.get(onto).token_ids), onto)
    run = engine.trace(request)
    _show(engine, session, run.trace_id)
    return run


def _goes_on_with(engine: Engine, session: Session, request: Request) -> str | None:
    """The trace in view, if one more step belongs to it: same prompt and settings, and it was only paused."""
    if session.in_view is None or not engine.store.holds(session.in_view):
        return None
    trace = engine.store.get(session.in_view)
    same = (trace.prompt_ids, trace.settings) == (request.prompt_ids, request.settings)
    return session.in_view if same and trace.stop_reason == "stopped" else None


async def _follow(engine: Engine, run: Run) -> AsyncGenerator[dict[str, Any]]:
    """A message when it starts, one for every token, and one at the end."""
    yield _message(engine, run.trace_id, [])
    async for news in run:
        if isinstance(news, Waiting):
            yield _message(engine, run.trace_id, [], news.place)
        else:
            yield _message(engine, run.trace_id, [news])
    yield _message(engine, run.trace_id, [])


def _message(engine: Engine, trace_id: str, steps: list[Step] | None, waiting: int | None = None) -> dict[str, Any]:
    trace, model = engine.store.get(trace_id), engine.model
    notes = model.describe_extras(len(trace.prompt_ids))
    return trace_message(trace_id, trace, steps, model.vocabulary_size, notes, waiting)


async def _told(messages: AsyncGenerator[dict[str, Any]]) -> AsyncGenerator[dict[str, Any]]:
    """The messages, and a sentence in place of an error; what was in view stays."""
    try:
        async with aclosing(messages):
            async for message in messages:
                yield message
    except PlaygroundError as refusal:
        yield error_message(str(refusal))
    except Exception:
        log.exception("a run in the Decode tab failed")
        yield error_message("Something went wrong inside the playground. Its log says what; please try again.")
