"""Serves the files that the page's JavaScript needs: the joined modules and styles, Plotly, and the vocabulary.

An address with a hash never changes its content, so a browser keeps it for ever and asks no more. A browser keeps the
other files too, and asks each time whether they are still the same.
"""

import gzip
import json
from collections.abc import Sequence
from functools import cache, cached_property
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.staticfiles import StaticFiles

from playground.errors import PlaygroundError
from playground.web.bundles import FILES, File, joined, tag_of
from playground.web.messages.plotly_script import plotly_script

FOR_EVER, ASKED = "public, max-age=31536000, immutable", "no-cache"
MEDIA_TYPES = {"js": "text/javascript", "css": "text/css", "json": "application/json"}


class Assets(StaticFiles):
    """Serves the sources at addresses without a hash. The page does not use them, but tests and a console may.

    A module that is part of a joined file passes on that file's module, so that it runs only once on a page.
    """

    async def get_response(self, path: str, scope: Any) -> Response:
        module = joined().passed_on(path)
        if module is not None:
            return Response(module, media_type=MEDIA_TYPES["js"], headers={"Cache-Control": ASKED})
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = ASKED
        return response


class _Large:
    """Answers with content that a browser keeps. It is compressed if the browser accepts gzip."""

    def __init__(self, content: bytes, media_type: str, keeping: str = ASKED) -> None:
        self._content = content
        self._media_type = media_type
        self._keeping = keeping
        self._tag = f'"{tag_of(content)}"'

    @cached_property
    def _packed(self) -> bytes:
        return gzip.compress(self._content, 9)

    def answer(self, request: Request) -> Response:
        headers = {"ETag": self._tag, "Cache-Control": self._keeping, "Vary": "Accept-Encoding"}
        if request.headers.get("If-None-Match") == self._tag:
            return Response(status_code=304, headers=headers)
        if "gzip" not in request.headers.get("Accept-Encoding", ""):
            return Response(self._content, media_type=self._media_type, headers=headers)
        headers["Content-Encoding"] = "gzip"
        return Response(self._packed, media_type=self._media_type, headers=headers)


def vocabulary_file(vocabulary: Sequence[str]) -> File:
    """Returns the file with the text of each token."""
    return File("vocabulary.json", json.dumps({"tokens": vocabulary}, ensure_ascii=False).encode("utf-8", "replace"))


def add_file_routes(router: APIRouter, vocabulary: Sequence[str]) -> None:
    """Adds the files under the router's prefix. `Assets` is an application, which is mounted."""
    words = vocabulary_file(vocabulary)
    hashed = {file.address: _Large(file.content, _media_type(file), FOR_EVER) for file in (*joined().files, words)}
    tokens = _Large(words.content, _media_type(words))

    @cache
    def plotly() -> _Large:
        return _Large(plotly_script(), MEDIA_TYPES["js"])

    @router.get(f"/{FILES}/{{tag}}/{{name}}")
    def file(tag: str, name: str, request: Request) -> Response:
        found = hashed.get(f"{FILES}/{tag}/{name}")
        if found is None:
            raise PlaygroundError(f"This server has another version of {name}. Load the page again.", status=404)
        return found.answer(request)

    @router.get("/vocabulary.json")
    def vocabulary_json(request: Request) -> Response:
        return tokens.answer(request)

    @router.get("/plotly.js")
    def plotly_js(request: Request) -> Response:
        return plotly().answer(request)


def _media_type(file: File) -> str:
    return MEDIA_TYPES[file.name.rpartition(".")[2]]
