"""What the page's JavaScript fetches beside Gradio: its modules, the vocabulary, and one row of logits at a time.

Knows the engine. A trace's id cannot be guessed, so knowing it is the right to read it.
"""

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response
from fastapi.staticfiles import StaticFiles

from playground.engine import Engine
from playground.errors import PlaygroundError
from playground.figures.trace_message import trace_message

PREFIX = "/playground"
ASSETS = Path(__file__).resolve().parent.parent / "assets"


class _Assets(StaticFiles):
    """Files that a browser keeps but asks about, so that an upgraded server never meets yesterday's modules."""

    def file_response(self, *args: Any, **options: Any) -> Response:
        response = super().file_response(*args, **options)
        response.headers["Cache-Control"] = "no-cache"
        return response


def add_routes(app: FastAPI, engine: Engine) -> None:
    """Adds everything under `/playground`. Call it before Gradio is mounted at the root."""
    router = APIRouter(prefix=PREFIX)
    words = json.dumps({"tokens": engine.model.vocabulary}, ensure_ascii=False).encode("utf-8", "replace")
    packed, tag = gzip.compress(words, 6), f'"{hashlib.sha256(words).hexdigest()[:32]}"'

    @router.get("/vocabulary.json")
    def vocabulary(request: Request) -> Response:
        headers = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if request.headers.get("If-None-Match") == tag:
            return Response(status_code=304, headers=headers)
        if "gzip" not in request.headers.get("Accept-Encoding", ""):
            return Response(words, media_type="application/json", headers=headers)
        return Response(packed, media_type="application/json", headers=headers | {"Content-Encoding": "gzip"})

    @router.get("/traces/{trace_id}")
    def trace(trace_id: str) -> dict[str, Any]:
        try:
            found = engine.store.get(trace_id)
        except PlaygroundError as error:
            raise HTTPException(404, str(error)) from None
        notes = engine.model.describe_extras(len(found.prompt_ids))
        return trace_message(trace_id, found, None, engine.model.vocabulary_size, notes)

    @router.get("/traces/{trace_id}/logits/{index}")
    async def logits(trace_id: str, index: int) -> Response:
        """float32, little-endian, one for every token of the vocabulary."""
        try:
            row = await engine.logits(trace_id, index)
        except PlaygroundError as error:
            raise HTTPException(404, str(error)) from None
        content = row.astype("<f4").tobytes()
        return Response(content, media_type="application/octet-stream", headers={"Cache-Control": "private, no-store"})

    app.include_router(router)
    app.mount(f"{PREFIX}/assets", _Assets(directory=ASSETS))
