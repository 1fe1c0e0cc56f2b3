"""Reads texts while the engine writes them, in pieces that a client may see, and several texts at once.

Knows runs and spelling. Does not know OpenAI's forms.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass

from playground.engine.any_engine import AnyEngine
from playground.engine.log_probabilities import LogProbability, log_probabilities
from playground.engine.run import Run
from playground.on_host import on_host
from playground.traces.trace import Step
from playground.web.openai.spelling import Spelling, Told

FINISH = {
    "end_token": "stop",
    "stop_string": "stop",
    "length": "length",
    "window": "length",
    "stopped": "length",
}
"""OpenAI's reason for each of a trace's. A text that was stopped is not at its end."""


@dataclass(frozen=True)
class Piece:
    """The next part of a text.

    Attributes:
        text: what follows the pieces before it; it may be empty.
        tokens: the tokens of it.
        written: the number of tokens that the model wrote for it, with those that do not belong to the text: the end
            token, a first one that the model forces, and what a stop text cuts off.
        finish: why the text ends here, in OpenAI's words; None if it goes on.
    """

    text: str
    tokens: tuple[Told, ...]
    written: int = 0
    finish: str | None = None


async def pieces(engine: AnyEngine, run: Run, spelling: Spelling, alternatives: int | None) -> AsyncGenerator[Piece]:
    """Yields the text of a run. The last piece has a `finish`.

    Args:
        engine: the engine of the run.
        run: the run. It is closed when the text ends before it.
        spelling: what is written so far, which is nothing.
        alternatives: the number of most probable tokens for each token; None if no log-probability is asked for.

    Raises:
        PlaygroundError: as the run.
    """
    written = 0
    async for news in run:
        if not isinstance(news, Step):
            continue
        written += 1
        if news.token_id not in engine.model.framing_ids:
            spelling.add(news.token_id, await _found(news, alternatives))
        if spelling.is_cut:
            break
        text, tokens = spelling.ready()
        if text or tokens:
            yield Piece(text, tokens, written)
            written = 0
    reason = engine.store.get(run.trace_id).stop_reason
    run.close()
    yield Piece(*spelling.ready(is_whole=True), written, "stop" if spelling.is_cut else FINISH[reason or "stopped"])


async def _found(step: Step, alternatives: int | None) -> LogProbability | None:
    if alternatives is None:
        return None
    return await asyncio.to_thread(_standing, step, alternatives)


def _standing(step: Step, alternatives: int) -> LogProbability:
    return log_probabilities(on_host(step.held_logits)[None], [step.token_id], alternatives)[0]


async def together(sources: Mapping[int, AsyncGenerator[Piece]]) -> AsyncIterator[tuple[int, Piece]]:
    """Yields the pieces of several texts as they come, each with its text's key. The first error ends all of them."""
    news: asyncio.Queue[tuple[int, Piece] | Exception] = asyncio.Queue()
    left = len(sources)

    async def follow(key: int, source: AsyncGenerator[Piece]) -> None:
        try:
            async with aclosing(source):
                async for piece in source:
                    news.put_nowait((key, piece))
        except Exception as error:
            news.put_nowait(error)

    tasks = [asyncio.create_task(follow(*one)) for one in sources.items()]
    try:
        while left:
            item = await news.get()
            if isinstance(item, Exception):
                raise item
            left -= item[1].finish is not None
            yield item
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
