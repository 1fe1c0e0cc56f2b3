"""Connects the page's events to the functions that answer them, notes the visitor, and turns errors into sentences.

Every event that a panel answers, every server function and every endpoint of the API goes through here. Knows Gradio
and visitors. Does not know what is asked or answered.
"""

import asyncio
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import AbstractContextManager, aclosing, nullcontext
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import Any

import gradio as gr
from fastapi import Request
from gradio.queueing import Event

from playground import visitor
from playground.errors import PlaygroundError
from playground.web.guards.class_rules import WHY_NO_PLAY, WHY_PAUSED
from playground.web.guards.visits import VISITS
from playground.web.panels.messages import answered, sentence_of, with_refusal

EVENT: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "concurrency_limit": None,
    "trigger_mode": "multiple",
}
"""The options of every event. Every event counts; by default, Gradio drops an event that comes before it knows that the
one before is done. Only the engine queues."""


LISTENING_SECONDS = 0.5
"""The time between two checks whether the client of the API is still there."""


@dataclass(frozen=True)
class Call:
    """Holds one event as it came.

    Attributes:
        session: Gradio's session hash, which names the visitor.
        asked: what the page's JavaScript sent with the event; not checked.
        values: the values of the input components; not checked.
        has_left: returns whether the visitor has closed the page since.
        why_no_play: why the model may not work for the visitor, in a sentence; None if it may.
        why_paused: why not even what is in view may be computed for the visitor, in a sentence; None if it may.
    """

    session: str
    asked: Any = None
    values: dict[Any, Any] = field(default_factory=dict)
    has_left: Callable[[], bool] = lambda: False
    why_no_play: str | None = None
    why_paused: str | None = None


Stream = Callable[[Call], AsyncGenerator[Any]]
Answer = Callable[[Call], Awaitable[Any]]


def stream(
    listener: Callable[..., Any],
    answer: Stream,
    view: gr.HTML,
    refused: Callable[[str], Any],
    inputs: Collection[Any] | None = None,
    *,
    is_look: bool = False,
) -> None:
    """Connects an event that is answered with messages as they come.

    Args:
        listener: the listener of a component, such as `button.click`.
        answer: yields what goes to `view`. An error ends it with the message `refused(sentence)`.
        view: the only output, because Gradio makes each output that a message leaves as it is anew.
        inputs: components whose values come with the call.
        is_look: whether it only shows what is there, at which pupils may look also while the class may not play.
    """

    async def begun(call: Call) -> AsyncGenerator[Any]:
        if call.why_no_play is not None and not is_look:
            raise PlaygroundError(call.why_no_play, status=409)
        async with aclosing(answer(call)) as news:  # called here, so that an error at once is told too
            async for message in news:
                yield message

    def messages(call: Call) -> AsyncGenerator[Any]:
        return _as_visitor(call.session, with_refusal(begun(call), refused))

    async def run(event: gr.EventData, request: gr.Request) -> AsyncGenerator[Any]:
        with noted(request):
            async with aclosing(messages(call_of(event, request))) as news:
                async for message in news:
                    yield message

    async def run_with(values: dict[Any, Any], event: gr.EventData, request: gr.Request) -> AsyncGenerator[Any]:
        with noted(request):
            async with aclosing(messages(call_of(event, request, values))) as news:
                async for message in news:
                    yield message

    # A message goes to the page as it is, so that Gradio need not hand each one to another thread.
    if inputs is None:
        listener(run, None, view, **EVENT, postprocess=False)
    else:
        listener(run_with, set(inputs), view, **EVENT, postprocess=False)


def once(
    listener: Callable[..., Any],
    answer: Answer,
    outputs: Any = None,
    inputs: Collection[Any] | None = None,
    **options: Any,
) -> None:
    """Connects an event that is answered with one value, or with none. A refusal appears as Gradio's own notice.

    `options` are Gradio's, and replace those in `EVENT`.
    """

    async def answered_as_visitor(call: Call) -> Any:
        visitor.current.set(call.session)
        try:
            return await answer(call)
        except Exception as error:
            raise gr.Error(sentence_of(error), print_exception=False) from None

    async def run(event: gr.EventData, request: gr.Request) -> Any:
        with noted(request):
            return await answered_as_visitor(call_of(event, request))

    async def run_with(values: dict[Any, Any], event: gr.EventData, request: gr.Request) -> Any:
        with noted(request):
            return await answered_as_visitor(call_of(event, request, values))

    # An event without an answer skips the queue: a request to stop must not wait behind what it stops.
    queue = {} if outputs is not None else {"queue": False}
    if inputs is None:
        listener(run, None, outputs, **EVENT | queue | options)
    else:
        listener(run_with, set(inputs), outputs, **EVENT | queue | options)


def call_of(event: gr.EventData, request: gr.Request, values: dict[Any, Any] | None = None) -> Call:
    """Returns an event as it came.

    Raises:
        gr.Error: as `session_hash`.
    """
    queued = _event_of(request.request)
    is_gone = lambda: queued is not None and not queued.alive  # noqa: E731
    return Call(
        session_hash(request), event._data, values or {}, is_gone, _why(WHY_NO_PLAY, request), _why(WHY_PAUSED, request)
    )


def _why(rule: str, request: gr.Request | Request) -> str | None:
    """Returns the sentence of a rule of the class for whoever asks, or None; see `guards.class_rules`."""
    http = request.request if isinstance(request, gr.Request) else request
    return None if http is None else http.scope.get(rule)


def noted(request: gr.Request) -> AbstractContextManager[None]:
    """Notes an event until its end, so that its visit is over if its page is not open any more; see `guards.visits`."""
    http = request.request
    if http is None or VISITS not in http.scope:  # a test without the server's guards
        return nullcontext()
    session = session_hash(request)
    return http.scope[VISITS].event(session, partial(_leave, http.app.get_blocks(), session))


async def _leave(page: gr.Blocks, session: str) -> None:
    """Calls what the panels do when a visit is over, as Gradio does at the end of a heartbeat."""
    for event in page.fns.values():
        if event.fn is None or all(name != "unload" for _, name in event.targets):
            continue
        request = gr.Request(session_hash=session)
        if inspect.iscoroutinefunction(event.fn):
            await event.fn(request)
        else:
            await asyncio.to_thread(event.fn, request)


def session_hash(request: gr.Request) -> str:
    """Returns Gradio's session hash of an event, which names the visitor.

    Raises:
        gr.Error: the event has none, so it does not come from a page. Nobody's leaving would ever end its session.
    """
    if request.session_hash is None:
        raise gr.Error("The event has no session. Send it as the page does.", print_exception=False)
    return request.session_hash


def server_function(name: str, answer: Answer, *, is_look: bool = True) -> Callable[..., Awaitable[dict[str, Any]]]:
    """Returns a function that the page calls as `server.<name>(asked)`; it returns {"answer"} or {"error"}.

    `is_look` is as for `stream`.
    """

    async def call(asked: Any, request: gr.Request) -> dict[str, Any]:
        async def work() -> Any:
            why = _why(WHY_NO_PLAY, request)
            if why is not None and not is_look:
                raise PlaygroundError(why, status=409)
            session = await _session_of(request)
            visitor.current.set(session)
            return await answer(Call(session, asked))

        return await answered(work())

    call.__name__ = name
    return call


def endpoint(answer: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Returns an endpoint of the API. The parameter `request` of `answer` says who asks.

    A refusal reaches the client as its sentence. The visitor is the client's address, because Gradio gives every call
    of a client without a page a session of its own. The answer is cancelled soon after its client has left.
    """

    @wraps(answer)
    async def told_to_client(*values: Any, **named: Any) -> Any:
        request: gr.Request | Request = inspect.signature(answer).bind(*values, **named).arguments["request"]
        why = _why(WHY_NO_PLAY, request)
        if why is not None:
            raise gr.Error(why, print_exception=False)
        visitor.current.set(request.client.host if request.client else visitor.NOBODY)
        # Gradio's MCP server hands on an HTTP request, which is no event of a queue, in place of Gradio's own request.
        http = request.request if isinstance(request, gr.Request) else None
        try:
            return await _while_heard(http, answer(*values, **named))
        except Exception as error:
            raise gr.Error(sentence_of(error), print_exception=False) from None

    return told_to_client


async def _while_heard(request: Request | None, answer: Awaitable[Any]) -> Any:
    """Returns the answer, and cancels it if its client leaves. Gradio itself only notes this on the event."""
    event, answering = _event_of(request), asyncio.ensure_future(answer)
    try:
        while not (await asyncio.wait([answering], timeout=LISTENING_SECONDS))[0]:
            if event is not None and not event.alive:
                answering.cancel()
    finally:
        answering.cancel()
    if answering.cancelled():
        raise PlaygroundError("The visitor no longer waits for this answer.")
    return answering.result()


def _event_of(request: Request | None) -> Event | None:
    """Returns Gradio's queued event of an HTTP request, None for a call that did not go through the queue."""
    jobs = request.app.get_blocks()._queue.active_jobs if request is not None else []
    return next((event for events in jobs for event in events or () if event.request is request), None)


async def _session_of(request: gr.Request) -> str:
    """Returns the session hash of a server function's call, for which Gradio passes on only the HTTP request.

    The request's JSON is read already, and the request keeps it.
    """
    if request.headers.get("content-type", "").startswith("multipart/"):
        raise PlaygroundError("The request contains a file, which is not accepted here. Send the values as JSON.")
    return (await request.json())["session_hash"]


async def _as_visitor(session: str, messages: AsyncGenerator[Any]) -> AsyncGenerator[Any]:
    """Yields the messages and sets the visitor before each, because Gradio may take every one in another context."""
    async with aclosing(messages):
        while True:
            visitor.current.set(session)
            try:
                message = await anext(messages)
            except StopAsyncIteration:
                return
            yield message
