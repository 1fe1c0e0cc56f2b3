"""What a visitor takes away of a trace: the trace as a file, its prompt for a link, a script that makes it again.

Knows the engine. As for all routes, knowing a trace's id is the right to read it. The functions are plain ones, so each
runs on a thread of its own and the event loop goes on.
"""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse, StreamingResponse

from playground.engine import Engine
from playground.script import script
from playground.trace_file import Kind, write
from playground.written import written


def add_export_routes(router: APIRouter, engine: Engine) -> None:
    """Adds them under the router's prefix."""

    @router.get("/traces/{trace_id}/file")
    def file(trace_id: str, kind: Kind = "full") -> StreamingResponse:
        """The trace as a `.json.gz` file. A reader who leaves ends the writing."""
        trace = engine.store.get(trace_id)
        notes = engine.model.describe_extras(len(trace.prompt_ids))
        pieces = write(trace, engine.model.vocabulary, notes, kind)
        return StreamingResponse(pieces, media_type="application/gzip", headers={"Cache-Control": "private, no-store"})

    @router.get("/traces/{trace_id}/written")
    def prompt(trace_id: str) -> dict[str, Any]:
        """What to type to get its prompt."""
        return written(engine.model, engine.store.get(trace_id).prompt_ids)._asdict()

    @router.get("/traces/{trace_id}/script/{index}")
    def as_script(trace_id: str, index: int) -> PlainTextResponse:
        """A `transformers` script that prints the text, and the candidates of step `index`."""
        engine.store.ids_before(trace_id, index)
        return PlainTextResponse(script(engine.model, engine.store.get(trace_id), index))
