"""Finds the engine that a request to a route is about, which it uses until its answer is sent.

Knows the engines. Does not know what is asked.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from playground.engine.any_engine import AnyEngine
from playground.engine.engines import Engines
from playground.engine.reader import Reader
from playground.models.encoder_part import Task
from playground.models.masked_model import MaskedModel
from playground.web.families import using_encoder

IN_USE = "playground.in_use"
"""The name in a request's scope under which everything is that is let go when its answer is sent."""


class UntilAnswered:
    """Lets go, after an answer was sent, what the request used.

    FastAPI does this for a dependency that yields, but not where another task runs the handler, as in `LeavingRoute`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with AsyncExitStack() as scope[IN_USE]:
            await self._app(scope, receive, send)


def engines_of(request: Request) -> Engines:
    """Returns the engines of the server, which `add_routes` noted."""
    return request.app.state.engines


def _named(request: Request) -> str | None:
    """Returns the name of the model of the trace in the address, or of the model in the query; None for the first."""
    trace_id = request.path_params.get("trace_id")
    return request.query_params.get("model") if trace_id is None else engines_of(request).store.get(trace_id).model


async def _asked(request: Request) -> AnyEngine:
    """Returns the engine of the model that `_named` names, which writes texts."""
    return await request.scope[IN_USE].enter_async_context(engines_of(request).using(_named(request)))


async def _any_asked(request: Request) -> Reader[Any]:
    """Returns what runs the model that `_named` names. It may be of any family."""
    return await request.scope[IN_USE].enter_async_context(engines_of(request).using_any(_named(request)))


def _encoder_asked(*tasks: Task) -> Any:
    """Returns what a handler asks for to get what runs the encoder-only model in the query, or one of these tasks."""

    async def asked(request: Request) -> Reader[MaskedModel]:
        using = using_encoder(engines_of(request), request.query_params.get("model"), tasks)
        return await request.scope[IN_USE].enter_async_context(using)

    return Depends(asked)


Asked = Annotated[AnyEngine, Depends(_asked)]
AnyAsked = Annotated[Reader[Any], Depends(_any_asked)]
EncoderAsked = Annotated[
    Reader[MaskedModel], _encoder_asked("fill-mask", "text-classification", "token-classification")
]
FillerAsked = Annotated[Reader[MaskedModel], _encoder_asked("fill-mask")]
ClassifierAsked = Annotated[Reader[MaskedModel], _encoder_asked("text-classification", "token-classification")]


def beside(kind: Callable[[AnyEngine], Any]) -> Any:
    """Returns what a handler asks for to get `Engine.beside(kind)` of the engine that its request is about."""

    async def part(engine: Asked) -> Any:
        return engine.beside(kind)

    return Depends(part)


def beside_any(kind: Callable[[Reader[Any]], Any]) -> Any:
    """Returns the same for a request that may be about a model of any family."""

    async def part(reader: AnyAsked) -> Any:
        return reader.beside(kind)

    return Depends(part)
