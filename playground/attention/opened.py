"""Opens the two texts of an encoder–decoder to look at: what the encoder reads, and what the decoder has written.

Knows the engine and its store. `views.open_text` opens the text of a decoder-only model.
"""

import asyncio

from playground.attention.views import check_fits, check_length, open_text
from playground.decoding.settings import Settings
from playground.engine.any_engine import AnyEngine
from playground.engine.request import Request, checked_text
from playground.errors import PlaygroundError
from playground.traces.trace import Step, Trace

WRITTEN = 64
"""The most tokens that the decoder writes for a text to look at."""


async def opened(engine: AnyEngine, text: str) -> str:
    """Opens a trace of a text to look at, without steps. Returns its id. The caller must drop the trace.

    An encoder reads the text, and the decoder's text is what the model writes greedily, up to `WRITTEN` tokens.

    Raises:
        PlaygroundError: the text is empty, too long or not valid Unicode.
    """
    if not engine.model.takes_source:
        return await open_text(engine, text)
    source = await source_ids(engine, text)
    room = engine.model.window - len(engine.model.start_ids)
    settings = Settings(strategy="greedy", max_new_tokens=min(WRITTEN, engine.limits.new_tokens, room))
    writing = engine.trace(
        Request(engine.model.start_ids, settings, source_ids=source, keeps_cache=False, keeps_attention=False)
    )
    try:
        written = [one.token_id async for one in writing if isinstance(one, Step)]
    finally:
        writing.close()
        engine.store.drop([writing.trace_id])
    if written and written[-1] in engine.model.eos_token_ids:
        written.pop()
    return open_pair(engine, source, (*engine.model.start_ids, *written))


def open_pair(engine: AnyEngine, source: tuple[int, ...], ids: tuple[int, ...]) -> str:
    """Opens a trace of a source and of the decoder's text, without steps. The caller must drop the trace."""
    trace = Trace(engine.model.name, ids, Settings(), stop_reason="stopped", source_ids=source)
    return engine.store.open(trace)


async def source_ids(engine: AnyEngine, text: object) -> tuple[int, ...]:
    """Returns the ids that the encoder reads of a text to look at.

    Raises:
        PlaygroundError: the text is empty, too long for the encoder or for a map, or not valid Unicode.
    """
    given = checked_text("text", text, engine.limits)
    if not given.strip():
        raise PlaygroundError("The text is empty. Write or paste one.")
    ids = await asyncio.to_thread(engine.model.tokenizer.encode, given)
    check_length(len(ids))
    if len(ids) > engine.model.source_window:
        raise PlaygroundError(
            f"The text has {len(ids):,} tokens, and the encoder of {engine.model.name} reads at most "
            f"{engine.model.source_window:,}. Shorten it.",
            status=422,
        )
    return ids


async def target_ids(engine: AnyEngine, target: object) -> tuple[int, ...]:
    """Returns the ids of what the decoder has written: the model's start token, and those of the text.

    Raises:
        PlaygroundError: the text is none, too long, or not valid Unicode.
    """
    given = checked_text("target", target, engine.limits)
    written = await asyncio.to_thread(engine.model.tokenizer.encode_target, given) if given else ()
    ids = (*engine.model.start_ids, *written)
    check_fits(engine.model, "target", len(ids))
    return ids


def no_target(model: str) -> PlaygroundError:
    """Returns the refusal of a target for a model without an encoder."""
    return PlaygroundError(f"{model} has no encoder, so that it has no target. Leave target out.", status=422)
