"""Serves the files that the page's JavaScript needs: our modules, Plotly, and the model's vocabulary.

A browser keeps each of them, and asks each time whether it is still the same.
"""

import gzip
import hashlib
import json
from collections.abc import Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.staticfiles import StaticFiles

from playground.web.messages.plotly_script import plotly_script

ASSETS = Path(__file__).resolve().parents[3] / "assets"


class Assets(StaticFiles):
    """Serves files that a browser keeps but asks about, so that a page never uses the modules of an older server."""

    def file_response(self, *args: Any, **options: Any) -> Response:
        response = super().file_response(*args, **options)
        response.headers["Cache-Control"] = "no-cache"
        return response


class _Large:
    """Answers with content that a browser keeps but asks about. It is compressed if the browser accepts gzip."""

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


def add_file_routes(router: APIRouter, vocabulary: Sequence[str]) -> None:
    """Adds the vocabulary and Plotly under the router's prefix. `Assets` is an application, which is mounted."""
    words = json.dumps({"tokens": vocabulary}, ensure_ascii=False).encode("utf-8", "replace")
    tokens = _Large(words, "application/json")

    @cache
    def plotly() -> _Large:
        return _Large(plotly_script(), "text/javascript")

    @router.get("/vocabulary.json")
    def vocabulary_json(request: Request) -> Response:
        return tokens.answer(request)

    @router.get("/plotly.js")
    def plotly_js(request: Request) -> Response:
        return plotly().answer(request)
