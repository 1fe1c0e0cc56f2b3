"""Exports a trace: as a file, as a page without a server, as its prompt for a link, and as a script that repeats it.

Knows the engine. As for all routes, whoever knows a trace's id may read it. Work that takes long is done on a thread of
its own, so that the event loop goes on.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from fastapi.responses import PlainTextResponse, StreamingResponse

from playground.engine.any_engine import AnyEngine
from playground.errors import PlaygroundError
from playground.languages.catalogue import languages
from playground.models.word_ids import words_of
from playground.sharing.page import check_size, page
from playground.sharing.recorded import words_recorded
from playground.sharing.script import script
from playground.sharing.written import answer, written
from playground.traces.file import KINDS, Writer
from playground.traces.trace import Step, Trace
from playground.values import choice, whole_in
from playground.web.asked import Asked
from playground.web.inside.taken_home import asked, views_recorded

PRIVATE = {"Cache-Control": "private, no-store"}


def add_export_routes(router: APIRouter) -> None:
    """Adds the routes under the router's prefix."""

    @router.get("/traces/{trace_id}/file")
    async def file(engine: Asked, trace_id: str, kind: str = "full") -> StreamingResponse:
        """Returns the trace as a `.json.gz` file. The writing ends when the reader leaves."""
        pieces = await _file(engine, trace_id, kind)
        return StreamingResponse(pieces, media_type="application/gzip", headers=PRIVATE)

    @router.get("/traces/{trace_id}/page")
    async def page_to_take_home(
        engine: Asked,
        trace_id: str,
        kind: str = "light",
        lang: str = "en",
        views: str = "",
        step: str = "0",
        position: str = "",
        layer: str = "",
        head: str = "mean",
        terms: str = "",
        why: Annotated[tuple[str, ...], Query()] = (),
    ) -> Response:
        """Returns the trace as an HTML page that needs no server, in a language of the page.

        The page also has the views of the model that `views` names; `playground.web.inside.taken_home.asked` says how.
        """
        language = choice("lang", lang, tuple(one.tag for one in languages()))
        chosen = choice("kind", kind, KINDS)
        wanted = asked(chosen, views, step, position, layer, head, terms, why)
        trace, content = engine.store.get(trace_id), bytearray()
        async for piece in await _file(engine, trace_id, kind):
            content += piece
            check_size(len(content))
        recorded = await asyncio.to_thread(_words, engine, trace)
        recorded |= await views_recorded(engine, trace_id, chosen, wanted)
        made = await asyncio.to_thread(lambda: page(bytes(content), language, recorded).encode())
        disposition = {"Content-Disposition": 'attachment; filename="text.html"'}
        return Response(made, media_type="text/html; charset=utf-8", headers=PRIVATE | disposition)

    @router.get("/traces/{trace_id}/written")
    def prompt(engine: Asked, trace_id: str) -> dict[str, Any]:
        """Returns what to type to get the trace's prompt, and the completion as the assistant's turn."""
        trace = engine.store.get(trace_id)
        return written(engine.model, trace).to_dict() | {"answer": answer(engine.model, trace)}

    @router.get("/traces/{trace_id}/script/{index}")
    def as_script(engine: Asked, trace_id: str, index: str) -> PlainTextResponse:
        """Returns a `transformers` script that prints the text, and the candidates of step `index`."""
        number = whole_in("index", index)
        if number < 0:
            raise PlaygroundError(
                f"The script is about a step of the text, and {number} is a token of the prompt. Choose a step."
            )
        engine.store.ids_before(trace_id, number)
        return PlainTextResponse(script(engine.model, engine.store.get(trace_id), number))


def _words(engine: AnyEngine, trace: Trace) -> dict[str, bytes]:
    """Returns what the page would ask about the words of the settings that the text was written with."""
    settings = [trace.settings, *(step.settings for step in trace.steps if step.settings)]
    return words_recorded(trace.model, settings, words_of(engine.model))


async def _file(engine: AnyEngine, trace_id: str, kind: str) -> AsyncGenerator[bytes]:
    """Returns the trace file in pieces. It is refused before the first piece."""
    chosen = choice("kind", kind, KINDS)
    trace = engine.store.get(trace_id).bare()
    steps = engine.lookups.whole(trace_id, trace, wants_attention=chosen == "full")
    first = await anext(steps, None)
    if first is None:
        raise PlaygroundError("There is no step to save yet. Generate a text first.")
    writer = Writer(trace, first, engine.model.vocabulary, engine.model.extra_names, chosen)
    return _pieces(writer, first, steps)


async def _pieces(writer: Writer, first: Step, others: AsyncIterator[Step]) -> AsyncGenerator[bytes]:
    yield writer.begin()
    yield await asyncio.to_thread(writer.step, first)
    async for step in others:
        yield await asyncio.to_thread(writer.step, step)
    yield await asyncio.to_thread(writer.end)
