"""Serves the files that the page's JavaScript needs: Gradio's own, the joined modules, the texts of other languages,
Plotly, and the vocabulary.

An address with a hash never changes its content, so a browser keeps it for ever and asks no more. A browser keeps the
other files too, and asks each time whether they are still the same. Gradio's own files have a hash in their names, but
Gradio lets a browser ask for each of them again, and compresses them anew for each answer; so they are served here.
"""

import asyncio
import gzip
import json
from collections.abc import Callable
from functools import cache
from typing import Annotated, Any

import brotli
from fastapi import APIRouter, Depends, FastAPI, Request, Response
from fastapi.staticfiles import StaticFiles

from playground.engine.worker import Worker
from playground.errors import PlaygroundError
from playground.sharing.joining import FILES, File, tag_of
from playground.web.asked import AnyAsked
from playground.web.bundles import joined
from playground.web.gradio_files import ASSETS as GRADIO_ASSETS
from playground.web.gradio_files import content_of
from playground.web.languages import catalogue_files
from playground.web.messages.plotly_script import plotly_script

FOR_EVER, ASKED = "public, max-age=31536000, immutable", "no-cache"
PACKING: dict[str, Callable[[bytes], bytes]] = {
    "br": lambda content: brotli.compress(content, quality=9),
    "gzip": lambda content: gzip.compress(content, 9),
}
"""The ways to compress an answer, the best first. Browsers accept brotli only over HTTPS and from their own machine."""
MEDIA_TYPES = {
    "js": "text/javascript",
    "css": "text/css",
    "json": "application/json",
    "svg": "image/svg+xml",
    "ttf": "font/ttf",
    "woff": "font/woff",
    "woff2": "font/woff2",
}


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
    """Answers with content that a browser keeps. It is compressed once for each way that the browsers accept."""

    def __init__(self, content: bytes, media_type: str) -> None:
        self._content = content
        self._media_type = media_type
        self._tag = f'"{tag_of(content)}"'
        self._kept: dict[str, bytes] = {}

    def answer(self, request: Request, keeping: str = ASKED) -> Response:
        headers = {"ETag": self._tag, "Cache-Control": keeping, "Vary": "Accept-Encoding"}
        if request.headers.get("If-None-Match") == self._tag:
            return Response(status_code=304, headers=headers)
        accepted = [one.partition(";")[0].strip() for one in request.headers.get("Accept-Encoding", "").split(",")]
        encoding = next((one for one in PACKING if one in accepted), None)
        if encoding is None:
            return Response(self._content, media_type=self._media_type, headers=headers)
        headers["Content-Encoding"] = encoding
        return Response(self._packed(encoding), media_type=self._media_type, headers=headers)

    def _packed(self, encoding: str) -> bytes:
        if encoding not in self._kept:
            self._kept[encoding] = PACKING[encoding](self._content)
        return self._kept[encoding]


class Words:
    """The file with the text of each token of an engine's model. It is written once."""

    def __init__(self, engine: Worker[Any]) -> None:
        told = {"tokens": engine.model.vocabulary}
        self.file = File("vocabulary.json", json.dumps(told, ensure_ascii=False).encode("utf-8", "replace"))
        self.large = _Large(self.file.content, _media_type(self.file))


async def words_of(engine: AnyAsked) -> Words:
    """Returns the words of an engine's model. Another thread writes their file, so that the event loop goes on."""
    return await asyncio.to_thread(engine.beside, Words)


OwnWords = Annotated[Words, Depends(words_of)]


def add_file_routes(router: APIRouter) -> None:
    """Adds the files under the router's prefix. `Assets` is an application, which is mounted."""
    files = (*joined().files, *catalogue_files().values())
    hashed = {file.address: _Large(file.content, _media_type(file)) for file in files}

    @cache
    def plotly() -> _Large:
        return _Large(plotly_script(), MEDIA_TYPES["js"])

    @router.get(f"/{FILES}/{{tag}}/vocabulary.json")
    def words(own: OwnWords, tag: str, request: Request) -> Response:
        if own.file.address != f"{FILES}/{tag}/vocabulary.json":
            raise _another_version("vocabulary.json")
        return own.large.answer(request, FOR_EVER)

    @router.get(f"/{FILES}/{{tag}}/{{name}}")
    def file(tag: str, name: str, request: Request) -> Response:
        found = hashed.get(f"{FILES}/{tag}/{name}")
        if found is None:
            raise _another_version(name)
        return found.answer(request, FOR_EVER)

    @router.get("/vocabulary.json")
    def vocabulary_json(own: OwnWords, request: Request) -> Response:
        return own.large.answer(request)

    @router.get("/plotly.js")
    def plotly_js(request: Request) -> Response:
        return plotly().answer(request)


def _another_version(name: str) -> PlaygroundError:
    return PlaygroundError(f"This server has another version of {name}. Load the page again.", status=404)


def add_gradio_files(app: FastAPI, styles: File) -> None:
    """Adds the files of Gradio's front end, and `styles` beside them. Call it before Gradio is mounted."""
    names = {path.name for path in GRADIO_ASSETS.iterdir()}

    @cache
    def kept(name: str) -> _Large:
        file = styles if name == styles.name else File(name, content_of(name))
        return _Large(file.content, _media_type(file))

    @app.get("/assets/{name}")
    def asset(name: str, request: Request) -> Response:
        if name != styles.name and name not in names:
            raise PlaygroundError(f"Gradio has no file {name}. Load the page again.", status=404)
        return kept(name).answer(request, FOR_EVER)


def _media_type(file: File) -> str:
    return MEDIA_TYPES[file.name.rpartition(".")[2]]
