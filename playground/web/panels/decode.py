"""Builds the Decode tab: one text, every token of it, and how each token was chosen.

Parses the sidebar, asks the engine, and sends its news to the page's JavaScript. No mathematics is done here.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import gradio as gr

from playground.decoding.settings import Settings
from playground.engine.any_engine import AnyEngine
from playground.engine.engines import Engines
from playground.engine.fork import fork, write_again
from playground.engine.found import found
from playground.engine.further import write_further
from playground.engine.news import News
from playground.engine.request import Request, check_text, checked_id, checked_text
from playground.engine.run import Run
from playground.traces.store import TraceStore
from playground.traces.trace import Origin, Step, Trace
from playground.values import MOST_NUMBER, Values, trace_id
from playground.web.bundles import joined
from playground.web.messages.trace import error_message, trace_message
from playground.web.panels.chosen import answered_if_it_writes, chosen, of_last, streamed
from playground.web.panels.events import Call, once, session_hash, stream
from playground.web.panels.example import written_example
from playground.web.panels.fills import let_page_fill, with_fills
from playground.web.panels.link import follow_links
from playground.web.panels.messages import refuse_second
from playground.web.panels.prompt import as_read, read
from playground.web.panels.sidebar import Sidebar
from playground.web.panels.view import view_tab

MOUNT = joined().loading("""
const tell = {
    fork: (data) => trigger("fork", data),
    look: (data) => trigger("look", data),
    forget: (data) => trigger("forget", data),
    link: (data) => trigger("link", data),
    further: (data) => trigger("further", data),
    again: (data) => trigger("again", data),
    settings: () => trigger("settings"),
    converse: () => trigger("converse"),
    fill: () => trigger("fill"),
};
import(new URL("playground/assets/decode/mount.js", document.baseURI))
    .then((module) => module.mount(element, props, tell, watch));
""")


MOST_FORGOTTEN = 1000
STILL_GENERATED = "Another text is still being generated"
TRACES_KEPT = 100
"""The most traces of one visitor. The page drops traces that its list and its history do not hold, so only a faulty
page reaches this number."""


@dataclass(eq=False)
class Session:
    """Holds one visitor's traces of this tab.

    These are all traces that the visitor holds, and the newest. The session also says whether a text is under way, and
    whether the visitor has left. Whoever holds `turn` may write, so that steps which are asked for quickly wait for
    each other.

    The page alone knows which text is in view, how the traces descend from each other, what they are called and what
    can be undone. Sessions are kept by Gradio's session hash and not in a `gr.State`, which stays for an hour after its
    tab was closed.
    """

    trace_ids: list[str] = field(default_factory=list)
    newest: str | None = None
    running: bool = False
    has_left: bool = False
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


def build(page: gr.Blocks, engines: Engines, sidebar: Sidebar) -> None:
    """Builds the tab on `page`. It opens with a finished example of the first model that writes, which is made here."""
    example = None if engines.writer is None else asyncio.run(written_example(engines))
    with view_tab("decode"):
        view = gr.HTML(
            example, html_template="<div></div>", js_on_load=MOUNT, apply_default_css=False, elem_id="pg-decode"
        )
    visitors: defaultdict[str, Session] = defaultdict(Session)

    def generate(
        engine: AnyEngine, call: Call, *, forced_ids: tuple[int, ...] = (), search: Settings | None = None
    ) -> AsyncGenerator[dict[str, Any]]:
        begin = partial(_begin, engine, sidebar, call.values, forced_ids=forced_ids, search=search)
        return _run(engine, visitors[call.session], begin)

    def generate_anew(engine: AnyEngine, call: Call) -> AsyncGenerator[dict[str, Any]]:
        new = sidebar.new_seed(call.values)
        return with_fills(generate(engine, replace(call, values=call.values | new)), sidebar, new)

    def further(engine: AnyEngine, call: Call) -> AsyncGenerator[dict[str, Any]]:
        visitor, asked = visitors[call.session], Values("The text to write further", call.asked)
        one_step = asked.boolean("one_step")
        begin = partial(_begin_further, engine, sidebar, visitor, call.values, asked, one_step=one_step)
        return _run(engine, visitor, begin, one_step=one_step)

    def again(engine: AnyEngine, call: Call) -> AsyncGenerator[dict[str, Any]]:
        trace_id = Values("The text to write again", call.asked).trace_id("trace_id")
        values = {sidebar.controls["seed"]: engine.store.get(trace_id).settings.seed}

        async def begin() -> Run:
            return write_again(engine, trace_id, sidebar.settings(call.values))

        return with_fills(_run(engine, visitors[call.session], begin), sidebar, values)

    def score(engine: AnyEngine, call: Call) -> AsyncGenerator[dict[str, Any]]:
        return _score(engine, sidebar, visitors[call.session], call.values)

    def fork_(engine: AnyEngine, call: Call) -> AsyncGenerator[dict[str, Any]]:
        new_tokens = call.values[sidebar.controls["max_new_tokens"]]
        return _run(engine, visitors[call.session], partial(_begin_fork, engine, call.asked, new_tokens))

    async def look_at(call: Call) -> None:
        _look(engines.store, visitors[call.session], Values("The choice", call.asked).trace_id("trace_id"))

    async def forget(call: Call) -> None:
        given = Values("The choice", call.asked).items("trace_ids", MOST_FORGOTTEN)
        _forget(engines.store, visitors[call.session], [trace_id("A text to forget", one) for one in given])

    async def stop(call: Call) -> None:
        newest = visitors[call.session].newest
        if newest is not None:
            engines.stop(newest)

    def leave(request: gr.Request) -> None:
        session = visitors.pop(session_hash(request), Session())
        session.has_left = True
        engines.store.release(session.trace_ids)

    async def show_prompt(engine: AnyEngine, call: Call) -> dict[Any, Any]:
        return await as_read(engine, sidebar, call.values)

    of_model = chosen(engines, sidebar.model)
    anew = streamed(of_model, generate_anew)
    stream(sidebar.generate.click, anew, view, error_message, sidebar.inputs | {sidebar.lock})
    stream(view.further, streamed(of_model, further), view, error_message, sidebar.inputs)
    stream(view.again, streamed(of_model, again), view, error_message, sidebar.inputs)
    stream(sidebar.score.click, streamed(of_model, score), view, error_message, sidebar.inputs)
    once(sidebar.stop.click, stop)
    stream(view.fork, streamed(of_model, fork_), view, error_message, [sidebar.controls["max_new_tokens"]])
    once(view.look, look_at)
    once(view.forget, forget)
    sidebar.let_page_move(view.settings)
    sidebar.let_page_move(sidebar.further.settings)
    sidebar.let_page_write(view.converse)
    let_page_fill(sidebar, view.fill)
    follow_links(view, engines, sidebar, generate)
    suited = [sidebar.chat, sidebar.controls["max_new_tokens"], sidebar.prompt]
    of_writer = partial(answered_if_it_writes, engines, sidebar.model)
    suit = of_last(sidebar.model, of_writer(partial(_suit, sidebar)))
    once(sidebar.model.change, suit, suited, [sidebar.model, sidebar.chat])
    page.unload(leave)
    typed = [sidebar.prompt, sidebar.chat, sidebar.conversation, sidebar.languages, sidebar.model]
    changed = partial(gr.on, [component.change for component in typed])
    once(changed, of_writer(show_prompt), [sidebar.as_read, sidebar.refusal], typed, trigger_mode="always_last")


async def _suit(sidebar: Sidebar, engine: AnyEngine, call: Call) -> dict[Any, Any]:
    return sidebar.suit(engine.limits, engine.model, call.values.get(sidebar.chat) is True)


async def _run(
    engine: AnyEngine, session: Session, begin: Callable[[], Awaitable[Run]], *, one_step: bool = False
) -> AsyncGenerator[dict[str, Any]]:
    """Starts a run with `begin`, and yields messages about it until its end.

    The first message of a new trace holds all its steps, because a fork begins with those of its parent.
    """
    refuse_second(session.running, STILL_GENERATED)
    async with session.turn:
        session.running = not one_step
        try:
            run = await begin()
            try:
                is_new = run.trace_id not in session.trace_ids
                _take_in(engine, session, run.trace_id)
                if session.has_left:
                    return
                yield _going_on(_message(engine, run.trace_id, None if is_new else []))
                async for news in run:
                    yield _going_on(_news(engine, run.trace_id, news))
                session.running = False  # before the last message, so that a new run can start at once
                yield _message(engine, run.trace_id, [])
            finally:
                run.close()
        finally:
            session.running = False


async def _score(
    engine: AnyEngine, sidebar: Sidebar, session: Session, values: dict[Any, Any]
) -> AsyncGenerator[dict[str, Any]]:
    """Yields one message: a trace without steps. The page fetches the numbers of its prompt as for any other trace."""
    refuse_second(session.running, STILL_GENERATED)
    async with session.turn:
        given = await read(engine, sidebar, values)
        check_text(given.text, given.ids, engine.model, engine.limits, given.source_ids)
        settings = sidebar.settings(values)
        trace = Trace(engine.model.name, given.ids, settings, (), "scored", conversation=given.conversation)
        scored = engine.store.open(trace)
        _take_in(engine, session, scored)
        yield _message(engine, scored, None)


def _take_in(engine: AnyEngine, session: Session, trace_id: str) -> None:
    """Makes a text the visitor's own. If the visitor has already left, the text is released instead."""
    if session.has_left:
        engine.store.release([trace_id])
        return
    session.newest = trace_id
    if trace_id not in session.trace_ids:
        session.trace_ids.append(trace_id)
    _forget(engine.store, session, session.trace_ids[:-TRACES_KEPT])


def _look(store: TraceStore, session: Session, trace_id: str) -> None:
    """Holds a text that came into view, if another tab wrote it or the page made it known again."""
    if trace_id not in session.trace_ids and store.adopt(trace_id):
        session.trace_ids.append(trace_id)


def _forget(store: TraceStore, session: Session, trace_ids: Sequence[str]) -> None:
    """Drops those of the traces that the visitor holds, except the newest, which may be running."""
    gone = [trace_id for trace_id in session.trace_ids if trace_id in trace_ids and trace_id != session.newest]
    session.trace_ids = [trace_id for trace_id in session.trace_ids if trace_id not in gone]
    store.drop(gone)


async def _begin(
    engine: AnyEngine,
    sidebar: Sidebar,
    values: dict[Any, Any],
    *,
    one_step: bool = False,
    forced_ids: tuple[int, ...] = (),
    search: Settings | None = None,
) -> Run:
    """Starts the run that the sidebar's values ask for, or the trace of what a search found."""
    given = await read(engine, sidebar, values)
    if search is not None:
        return found(engine, given.ids, search, forced_ids, given.conversation, given.source_ids)
    request = Request(
        given.ids,
        sidebar.settings(values),
        forced_ids=forced_ids,
        max_steps=1 if one_step else None,
        conversation=given.conversation,
        source_ids=given.source_ids,
    )
    return engine.trace(request)


async def _begin_further(
    engine: AnyEngine, sidebar: Sidebar, session: Session, values: dict[Any, Any], asked: Values, *, one_step: bool
) -> Run:
    """Starts what follows the end of the text in view. With no text in view, the text begins with the prompt."""
    if asked.get("trace_id") is None:
        return await _begin(engine, sidebar, values, one_step=one_step)
    trace_id = asked.trace_id("trace_id")
    _look(engine.store, session, trace_id)
    in_place = not engine.store.is_shared(trace_id)
    return write_further(engine, trace_id, sidebar.settings(values), one_step=one_step, in_place=in_place)


async def _begin_fork(engine: AnyEngine, given: Any, new_tokens: Any) -> Run:
    """Starts a fork: at a step of a trace, with the visitor's token or text, under the settings in view."""
    asked = Values("The fork", given)
    origin = Origin(asked.trace_id("trace_id"), asked.whole("index", 0, MOST_NUMBER))
    settings = Settings.from_dict(asked.mapping("settings") | {"max_new_tokens": new_tokens})
    if "text" in asked:
        text = checked_text("The text", asked.get("text"), engine.limits)
        forced = await asyncio.to_thread(engine.model.tokenizer.encode_continuation, text)
    else:
        forced = (checked_id(asked.get("token_id"), engine.model),)
    return fork(engine, origin, forced, settings)


def _going_on(message: dict[str, Any]) -> dict[str, Any]:
    """Returns a message that keeps the end of its text for the last one, after which the page may ask for more."""
    return message | {"stop_reason": None}


def _news(engine: AnyEngine, trace_id: str, news: Step | News) -> dict[str, Any]:
    return _message(engine, trace_id, [news]) if isinstance(news, Step) else _message(engine, trace_id, [], news)


def _message(engine: AnyEngine, trace_id: str, steps: list[Step] | None, news: News | None = None) -> dict[str, Any]:
    trace, model = engine.store.get(trace_id), engine.model
    return trace_message(trace_id, trace, steps, model.vocabulary_size, model.extra_names, news)
