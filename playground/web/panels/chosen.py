"""Finds the model that an event is about, and gives its engine to the function that answers the event.

Knows the engines and events. Does not know what is asked or answered.
"""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, aclosing
from typing import Any, TypeVar

import gradio as gr

from playground.engine.any_engine import AnyEngine
from playground.engine.engines import Engines
from playground.engine.reader import Reader
from playground.values import trace_id
from playground.web.panels.events import Answer, Call, Stream

Found = TypeVar("Found", bound=Reader[Any])
Using = Callable[[Call], AbstractAsyncContextManager[Found]]


def chosen(engines: Engines, control: Any = None) -> Using[AnyEngine]:
    """Returns what gives the engine of an event.

    It is that of the text that the event names by `trace_id`, or that of the model that it names by `model`, or that
    of the model in the value of `control`, or else that of the first model.
    """

    def using(call: Call) -> AbstractAsyncContextManager[AnyEngine]:
        asked = call.asked if isinstance(call.asked, Mapping) else {}
        if asked.get("trace_id") is not None:
            return engines.of_trace(trace_id("The text's id", asked["trace_id"]))
        return engines.using(asked.get("model") or call.values.get(control) or None)

    return using


def chosen_of_any_family(engines: Engines) -> Using[Reader[Any]]:
    """Returns what gives the reader of the model that an event names by `model`, or that of the first model."""

    def using(call: Call) -> AbstractAsyncContextManager[Reader[Any]]:
        asked = call.asked if isinstance(call.asked, Mapping) else {}
        return engines.using_any(asked.get("model") or None)

    return using


def streamed(using: Using[Found], answer: Callable[[Found, Call], AsyncGenerator[Any]]) -> Stream:
    """Returns the function that answers an event with the messages of `answer(engine, call)`.

    It answers nothing if the visitor left while the model was loaded: nobody would end what an answer begins.
    """

    async def messages(call: Call) -> AsyncGenerator[Any]:
        async with using(call) as engine:
            if call.has_left():
                return
            async with aclosing(answer(engine, call)) as news:
                async for message in news:
                    yield message

    return messages


def answered_if_it_writes(
    engines: Engines, control: Any, answer: Callable[[AnyEngine, Call], Awaitable[dict[Any, Any]]]
) -> Answer:
    """Returns the function that answers an event as `answered` does, about the model in the value of `control`.

    While a model is chosen that writes no texts, the answer changes nothing: `answer` is about a prompt to write from.
    """
    by_writer = answered(chosen(engines, control), answer)

    async def value(call: Call) -> Any:
        name = call.values.get(control)
        if name is not None and engines.offer(name).family == "encoder":
            return gr.skip()  # of all components that the event may change
        return await by_writer(call)

    return value


def of_last(control: Any, answer: Answer) -> Answer:
    """Returns the function that answers an event as `answer` does, and changes nothing if meanwhile the same visitor
    sent another value of `control`: models may answer in another order than they were chosen in."""
    last: dict[str, Any] = {}  # by session, while it waits for an answer

    async def value(call: Call) -> Any:
        asked = last[call.session] = call.values.get(control)
        try:
            found = await answer(call)
        finally:
            if is_last := last.get(call.session) == asked:
                del last[call.session]
        return found if is_last else gr.skip()

    return value


def answered(using: Using[AnyEngine], answer: Callable[[AnyEngine, Call], Awaitable[Any]]) -> Answer:
    """Returns the function that answers an event with `answer(engine, call)`."""

    async def value(call: Call) -> Any:
        async with using(call) as engine:
            return await answer(engine, call)

    return value
