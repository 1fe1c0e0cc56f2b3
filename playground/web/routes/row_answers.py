"""Makes the answers about a text and its rows once for all who ask: a class of thirty asks for the same text and step.

Knows rows and their forms on the wire. Does not know where a row comes from, nor what is told of a text.
"""

import asyncio
import gzip
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from fastapi import Request, Response
from fastapi.responses import JSONResponse

from playground.decoding.settings import Settings
from playground.engine.positions import Seen
from playground.engine.shelf import Shelf
from playground.traces.store import TraceStore
from playground.traces.trace import Trace
from playground.web.messages.head import head_message
from playground.web.routes.recomputed import mark_recomputed

MOST_BYTES = 16 * 2**20
"""The bytes of the answers that are kept: eighty rows of a vocabulary of 49,152 tokens, or a hundred long texts."""
PRIVATE = {"Cache-Control": "private, no-store", "Vary": "Accept-Encoding"}

Find = Callable[[str, int], Awaitable[Seen]]
"""Returns one position of a text."""
Tell = Callable[[str, Trace], Awaitable[dict[str, Any]]]
"""Returns the message about a text as it is now."""


@dataclass(frozen=True)
class Packed:
    """One answer. `recomputed` is the dtype of a row that was computed again, "" for a recorded one."""

    content: bytes
    is_gzip: bool = False
    recomputed: str = ""

    @property
    def nbytes(self) -> int:
        """The bytes of the content."""
        return len(self.content)

    def response(self, media_type: str) -> Response:
        """Returns the answer to one request."""
        headers = PRIVATE | ({"Content-Encoding": "gzip"} if self.is_gzip else {})
        answer = Response(self.content, media_type=media_type, headers=headers)
        if self.recomputed:
            mark_recomputed(answer, self.recomputed)
        return answer


class RowAnswers:
    """The answers that were asked for last. Those of a text that nobody holds any more are forgotten.

    Args:
        store: the texts. A text that it does not know is refused, whatever is kept.
    """

    def __init__(self, store: TraceStore) -> None:
        self._store = store
        self._shelf = Shelf(MOST_BYTES)
        store.on_gone.append(lambda: self._shelf.forget_unless(store.holds))

    async def text(self, trace_id: str, tell: Tell) -> Response:
        """Returns the message about a text. A text that has grown or ended since is told anew; a step never changes."""
        found = self._store.get(trace_id)

        async def make() -> Packed:
            told = await tell(trace_id, found)
            return Packed(await asyncio.to_thread(lambda: bytes(JSONResponse(told).body)))

        key = (trace_id, "text", len(found.steps), found.stop_reason)
        answer: Packed = await self._shelf.get(key, make)
        return answer.response("application/json")

    async def row(self, trace_id: str, index: int, request: Request, find: Find) -> Response:
        """Returns a row as float32, little-endian. Its header names the dtype if it was computed again."""
        self._store.get(trace_id)  # refuses a text that is gone
        may_gzip = accepts_gzip(request)

        async def make() -> Packed:
            found = await find(trace_id, index)
            content, is_gzip = await asyncio.to_thread(packed, found.row, found.dtype, may_gzip)
            return Packed(content, is_gzip, found.dtype if index >= 0 and found.is_recomputed else "")

        answer: Packed = await self._shelf.get((trace_id, index, "row", may_gzip), make)
        return answer.response("application/octet-stream")

    async def head(self, trace_id: str, index: int, find: Find) -> Response:
        """Returns the most probable tokens of a row with their logits; see `messages.head`."""
        settings = self._store.get(trace_id).settings

        async def make() -> Packed:
            found = await find(trace_id, index)
            return Packed(await asyncio.to_thread(_head, found.row, settings))

        answer: Packed = await self._shelf.get((trace_id, index, "head"), make)
        return answer.response("application/json")


def accepts_gzip(request: Request) -> bool:
    """Returns whether the client takes gzip."""
    return "gzip" in request.headers.get("Accept-Encoding", "")


def packed(row: np.ndarray, dtype: str, may_gzip: bool) -> tuple[bytes, bool]:
    """Returns the bytes of a row and whether they are compressed.

    A row of 16-bit numbers is worth it, because half of its float32 bits are zero. Others stay as large.
    """
    content = row.astype("<f4").tobytes()
    is_worth = dtype != "float32" and may_gzip
    return (gzip.compress(content, 1), True) if is_worth else (content, False)


def _head(row: np.ndarray, settings: Settings) -> bytes:
    return json.dumps(head_message(row, settings)).encode()
