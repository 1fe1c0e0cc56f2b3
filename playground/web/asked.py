"""Finds the engine that a request to a route is about, which it uses until its answer is sent.

Knows the engines. Does not know what is asked.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from playground.engine.engine import Engine
from playground.engine.engines import Engines

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


async def _asked(request: Request) -> Engine:
    """Returns the engine of the trace in the address, or of the model in the query, or of the first model."""
    engines, trace_id = engines_of(request), request.path_params.get("trace_id")
    name = request.query_params.get("model") if trace_id is None else engines.store.get(trace_id).model
    return await request.scope[IN_USE].enter_async_context(engines.using(name))


Asked = Annotated[Engine, Depends(_asked)]


def beside(kind: Callable[[Engine], Any]) -> Any:
    """Returns what a handler asks for to get `Engine.beside(kind)` of the engine that its request is about."""

    async def part(engine: Asked) -> Any:
        return engine.beside(kind)

    return Depends(part)
