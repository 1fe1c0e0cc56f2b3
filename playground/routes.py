"""What the page's JavaScript fetches beside Gradio: its modules, Plotly, the vocabulary, one row of logits at a time.

Knows the engine. A trace's id cannot be guessed, so knowing it is the right to read it.
"""

import gzip
import hashlib
import json
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from fastapi import APIRouter, Body, Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.staticfiles import StaticFiles

from playground import visitor
from playground.attention.routes import add_attention_routes
from playground.attention.views import SHELF_BYTES
from playground.engine import Engine
from playground.errors import PlaygroundError
from playground.export_routes import add_export_routes
from playground.figures.plotly_script import plotly_script
from playground.figures.prompt_message import prompt_message
from playground.figures.trace_message import trace_message
from playground.reopening import reopened
from playground.request import checked_ids
from playground.scoring import Scores
from playground.strategies.next_rows import next_row
from playground.web.values import Values, whole_in
from playground.web.values import trace_id as check_trace_id

PREFIX = "/playground"
ASSETS = Path(__file__).resolve().parent.parent / "assets"
RETRY_SECONDS = "5"
RECOMPUTED_HEADER = "X-Recomputed"
VISIT_HEADER = "X-Playground-Visit"
"""Under this name the page's JavaScript says which of all open pages it is; see `assets/common/server.js`."""


class _Assets(StaticFiles):
    """Files that a browser keeps but asks about, so that an upgraded server never meets yesterday's modules."""

    def file_response(self, *args: Any, **options: Any) -> Response:
        response = super().file_response(*args, **options)
        response.headers["Cache-Control"] = "no-cache"
        return response


class _Large:
    """Something a browser fetches once, packed if it can unpack, and keeps but asks about."""

    def __init__(self, content: bytes, media_type: str) -> None:
        self._content = content
        self._media_type = media_type
        self._tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'

    @cached_property
    def _packed(self) -> bytes:
        return gzip.compress(self._content, 6)

    def answer(self, request: Request) -> Response:
        headers = {"ETag": self._tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if request.headers.get("If-None-Match") == self._tag:
            return Response(status_code=304, headers=headers)
        if "gzip" not in request.headers.get("Accept-Encoding", ""):
            return Response(self._content, media_type=self._media_type, headers=headers)
        headers["Content-Encoding"] = "gzip"
        return Response(self._packed, media_type=self._media_type, headers=headers)


def add_routes(app: FastAPI, engine: Engine, attention_bytes: int = SHELF_BYTES) -> None:
    """Adds everything under `/playground`. Call it before Gradio is mounted at the root."""
    router = APIRouter(prefix=PREFIX, dependencies=[Depends(_visitor), Depends(_text_asked_for)])
    scores = Scores(engine)
    words = json.dumps({"tokens": engine.model.vocabulary}, ensure_ascii=False).encode("utf-8", "replace")
    vocabulary = _Large(words, "application/json")

    @cache
    def plotly() -> _Large:
        return _Large(plotly_script(), "text/javascript")

    @router.get("/vocabulary.json")
    def vocabulary_json(request: Request) -> Response:
        return vocabulary.answer(request)

    @router.get("/plotly.js")
    def plotly_js(request: Request) -> Response:
        return plotly().answer(request)

    @router.get("/traces/{trace_id}")
    def trace(trace_id: str) -> dict[str, Any]:
        found = engine.store.get(trace_id)
        return trace_message(trace_id, found, None, engine.model.vocabulary_size, engine.model.extra_names)

    @router.post("/traces")
    async def make_known(told: Annotated[Any, Body()]) -> dict[str, str]:
        """Makes a text known again that the page holds and the server does not; see `playground.reopening`.

        Nobody holds it until the page looks at it, so it is forgotten as other texts are that nobody holds.
        """
        trace_id = engine.store.open(reopened(told, engine.model, engine.limits))
        engine.store.release([trace_id])
        return {"trace_id": trace_id}

    @router.get("/traces/{trace_id}/prompt")
    async def prompt(trace_id: str) -> dict[str, Any]:
        """The prompt's tokens as steps, scored when first asked for."""
        ids = engine.store.prompt_ids(trace_id)
        return prompt_message(ids, await scores.of(ids))

    @router.get("/traces/{trace_id}/logits/{index}")
    async def logits(trace_id: str, index: str) -> Response:
        """float32, little-endian, one for every token of the vocabulary. Below 0, `index` is a token of the prompt.

        A row that may differ from the one that chose the token, because it was computed again, names its dtype.
        """
        number = whole_in("index", index)
        seen = await engine.look(trace_id, number)
        answer = _binary(seen.row)
        if number >= 0 and seen.is_recomputed and engine.model.dtype != "float32":
            answer.headers[RECOMPUTED_HEADER] = engine.model.dtype
        return answer

    @router.post("/next-logits")
    async def next_logits(given: Annotated[Any, Body()]) -> Response:
        """The same of what would follow a text, given as {prompt_ids, completion_ids}: a node of a search."""
        asked = Values("The request", given)
        prompt, completion = (checked_ids(asked.get(name), engine.model) for name in ("prompt_ids", "completion_ids"))
        return _binary(await next_row(engine, prompt, completion))

    add_attention_routes(router, engine, attention_bytes)
    add_export_routes(router, engine)
    app.include_router(router)
    app.add_exception_handler(PlaygroundError, _refused)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.mount(f"{PREFIX}/assets", _Assets(directory=ASSETS))


async def _visitor(request: Request) -> None:
    """Remembers who asks: the page by the name it gave itself, anybody else by the address."""
    address = request.client.host if request.client else ""
    visitor.current.set(request.headers.get(VISIT_HEADER, address)[:64])


async def _text_asked_for(request: Request) -> None:
    """Refuses an address with an id that no text can have."""
    if "trace_id" in request.path_params:
        check_trace_id("The text's id", request.path_params["trace_id"])


def _unreadable(request: Request, error: RequestValidationError) -> Response:
    """A value is missing, or the body is no JSON: FastAPI says so of itself, in other words."""
    named = [".".join(str(part) for part in one["loc"][1:]) or "The body" for one in error.errors()]
    sentence = f"The request cannot be read: {', '.join(named)} is missing or malformed. Send it as the page does."
    return _refused(request, PlaygroundError(sentence))


def _refused(request: Request, refusal: PlaygroundError) -> Response:
    """Every route answers a refusal with its sentence and its status, and says when to try again where that helps."""
    headers = {"Retry-After": RETRY_SECONDS} if refusal.status in (429, 503) else {}
    return JSONResponse({"detail": str(refusal)}, refusal.status, headers)


def _binary(row: np.ndarray) -> Response:
    content = row.astype("<f4").tobytes()
    return Response(content, media_type="application/octet-stream", headers={"Cache-Control": "private, no-store"})
