"""Adds the routes below `/v1`, which clients of OpenAI's API use. Refusals have OpenAI's form."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse

from playground import values, visitor
from playground.engine.any_engine import AnyEngine
from playground.engine.engines import Engines
from playground.models.tokens import token_bytes
from playground.web.asked import IN_USE
from playground.web.guards.answers import OPENAI_PREFIX
from playground.web.openai.answering import Work, answer
from playground.web.openai.errors import RefusalError, about, told
from playground.web.openai.forms import Chat, Completion, Form
from playground.web.openai.history import History
from playground.web.openai.parameters import Asked, Parameters, asked_chat, asked_completion
from playground.web.openai.prompts import Prompt, read_conversation, read_prompts
from playground.web.routes.beside_gradio import RETRY_SECONDS
from playground.web.routes.leaving import LeavingRoute

METHODS = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
OWNER = "decoding-playground"


class OpenAIRoute(LeavingRoute):
    """A route whose errors have OpenAI's form, and whose work ends when the client leaves."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Returns the function that FastAPI calls with each request."""
        handler = super().get_route_handler()

        async def answer_or_refuse(request: Request) -> Response:
            try:
                return await handler(request)
            except Exception as error:
                status, body = told(error)
                headers = {"Retry-After": RETRY_SECONDS} if status in (429, 503) else {}
                return JSONResponse(body, status, headers)

        return answer_or_refuse


def add_openai_routes(app: FastAPI, engines: Engines, history: History | None) -> None:
    """Adds the routes. Call it after `add_routes`, and before Gradio is mounted at the root.

    Args:
        app: the application.
        engines: the models.
        history: where the texts of requests are kept; None if they are forgotten.
    """
    router = APIRouter(prefix=OPENAI_PREFIX, route_class=OpenAIRoute, dependencies=[Depends(_visitor)])
    started = int(time.time())

    def listed(name: str) -> dict[str, Any]:
        return {"id": name, "object": "model", "created": started, "owned_by": OWNER}

    @router.get("/models")
    async def models() -> dict[str, Any]:
        own = [offer.name for offer in engines.offers if offer.task is None and not offer.is_built_in]
        return {"object": "list", "data": [listed(name) for name in own]}

    @router.get("/models/{name:path}")
    async def model(name: str) -> dict[str, Any]:
        with about("model", 404, "model_not_found"):
            return listed(engines.offer(name).name)

    @router.post("/completions")
    async def completions(request: Request) -> Response:
        given = Parameters(await _body(request))
        prompt = given.take("prompt", None, lambda _, value: value)
        asked = asked_completion(given)
        given.refuse_others()
        engine = await _engine(request, asked)
        return await written(
            request, engine, asked, await asyncio.to_thread(read_prompts, engine, prompt, asked.languages), Completion
        )

    @router.post("/chat/completions")
    async def chat_completions(request: Request) -> Response:
        given = Parameters(await _body(request))
        messages = given.take("messages", None, lambda _, value: value)
        options = given.take("chat_template_kwargs", {}, values.mapping)
        asked = asked_chat(given)
        given.refuse_others()
        engine = await _engine(request, asked)
        prompt = await asyncio.to_thread(read_conversation, engine, messages, options, asked.languages)
        return await written(request, engine, asked, [prompt], Chat)

    @router.api_route("", methods=METHODS)
    @router.api_route("/{path:path}", methods=METHODS)
    async def others(request: Request) -> None:
        raise RefusalError(
            f"There is no {request.method} {request.url.path[:100]} here. There are GET {OPENAI_PREFIX}/models, "
            f"POST {OPENAI_PREFIX}/completions and POST {OPENAI_PREFIX}/chat/completions.",
            404,
        )

    async def written(
        request: Request, engine: AnyEngine, asked: Asked, prompts: list[Prompt], form: type[Form]
    ) -> Response:
        work = Work(engine, asked, prompts, history, request.url.path)
        work.check()
        request.scope[IN_USE].callback(work.close)  # also if the client leaves before a stream begins
        names = () if asked.alternatives is None else await asyncio.to_thread(engine.beside, _names)
        return await answer(work, form(names, asked.alternatives is not None))

    async def _engine(request: Request, asked: Asked) -> AnyEngine:
        """Returns the engine of the model that is asked for, which is used until the answer is sent."""
        with about("model", 404, "model_not_found"):
            engines.offer(asked.model)
        with about("model"):
            return await request.scope[IN_USE].enter_async_context(engines.using(asked.model))

    app.include_router(router)


def _names(engine: AnyEngine) -> list[bytes]:
    return token_bytes(engine.model.tokenizer.hf, engine.model.vocabulary_size)


async def _visitor(request: Request) -> None:
    """Notes the client's address as the visitor, so that its texts share the model fairly with those of the page."""
    visitor.current.set(request.client.host if request.client else visitor.NOBODY)


async def _body(request: Request) -> Any:
    """Returns the JSON of the request's body.

    Raises:
        RefusalError: it is not JSON.
    """
    try:
        return await request.json()
    except (ValueError, RecursionError):
        raise RefusalError("The body is not JSON. Send an object of names and values.") from None
