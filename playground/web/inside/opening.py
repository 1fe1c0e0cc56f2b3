"""Opens the texts that the panes of "Inside the model" look at, of a model of any family.

Knows readers, their store and the families' own ways to read a text. Does not know panes.
"""

import asyncio
from typing import Any

from playground.attention import opened
from playground.attention.views import check_length
from playground.decoding.settings import Settings
from playground.encoders.texts import read, taken
from playground.engine.any_engine import AnyEngine
from playground.engine.reader import Reader
from playground.traces.trace import Trace


async def open_text(reader: Reader[Any], text: str) -> str:
    """Opens a trace of a text to look at, without steps. Returns its id. The caller must drop the trace.

    A text for an encoder-only model may hold its mask token, or `___`.

    Raises:
        PlaygroundError: the text is empty, too long or not valid Unicode.
    """
    if isinstance(reader, AnyEngine):
        return await opened.opened(reader, text)
    ids = await text_ids(reader, text)
    check_length(len(ids))
    return reader.store.open(Trace(reader.model.name, ids, Settings(), stop_reason="stopped"))


async def text_ids(reader: Reader[Any], text: str) -> tuple[int, ...]:
    """Returns the ids of a text as the model reads it: what `open_text` opens, but of an encoder–decoder the source.

    Raises:
        PlaygroundError: the text is empty, too long for the model or not valid Unicode.
    """
    if isinstance(reader, AnyEngine):
        return await asyncio.to_thread(reader.model.tokenizer.encode, text)
    return (await read(reader, text)).ids


def text_message(reader: Reader[Any], trace_id: str) -> dict[str, Any]:
    """Builds the message about an opened text.

    `source_ids` is what the encoder of an encoder–decoder reads, and `masks` the places of the blanks of a text for an
    encoder-only model, or null for any other model.
    """
    trace = reader.store.get(trace_id)
    return {
        "trace_id": trace_id,
        "ids": list(trace.prompt_ids),
        "source_ids": list(trace.source_ids),
        "masks": None if isinstance(reader, AnyEngine) else taken(reader.model, trace.prompt_ids).masks,
    }
