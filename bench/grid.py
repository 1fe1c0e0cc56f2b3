"""Measures a grid against one trace after another, and how much a grid and a beam search slow down another text.

It measures in this process, without a page. The things that are compared run in turns, and a ratio is the median of the
ratios of all rounds.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, suppress
from dataclasses import replace
from statistics import median

from bench.engine import PROMPT, speed
from bench.table import Row, at_least
from playground.decoding.settings import PRESETS, Settings
from playground.engine.engine import Engine
from playground.engine.request import Request
from playground.strategies.beams import search
from playground.strategies.comparison import Grid, run, seeds_from

ROWS = tuple(replace(PRESETS[name], max_new_tokens=40) for name in ("Focused", "Balanced", "Creative", "Top-3 only"))
SEEDS = 8


def grids(engine: Engine, rounds: int) -> Iterator[Row]:
    """Measures 1 prompt × 4 settings × 8 seeds × 40 tokens. One after another is 2 seeds of each, times four."""
    ratios, shares = [], []
    for _ in range(rounds):
        one_by_one = sum(40 / speed(engine, replace(row, seed=seed), 1) for row in ROWS for seed in (1, 2)) * SEEDS / 2
        began = time.perf_counter()
        asyncio.run(_drain(run(engine, Grid((PROMPT,), ROWS, seeds_from(0, SEEDS)))))
        seconds = time.perf_counter() - began
        ratios.append(one_by_one / seconds)
        alone = speed(engine, ROWS[1], 1)
        grid = run(engine, Grid((PROMPT,), ROWS, seeds_from(0, 2 * SEEDS)))
        shares.append(asyncio.run(_beside(engine, grid)) / alone)
    yield at_least("A grid of 32 texts against one after another", median(ratios), " ×", 6, f"{seconds:.1f} s")
    yield at_least("One session while a grid runs, against alone", median(shares), " ×", 1 / 3)


def searches(engine: Engine, rounds: int) -> Iterator[Row]:
    """Compares a text beside a search with 8 beams with the same text alone, and a long prompt with a short one."""
    shares = []
    for _ in range(rounds):
        alone = speed(engine, ROWS[1], 1)
        trees = search(engine, engine.model.tokenizer.encode(PROMPT), Settings(num_beams=8, max_new_tokens=200))
        shares.append(asyncio.run(_beside(engine, trees)) / alone)
    yield Row("One session while 8 beams search, against alone", f"{median(shares):.3g} ×")
    costs = [asyncio.run(_step_seconds(engine, 1000)) / asyncio.run(_step_seconds(engine, 50)) for _ in range(rounds)]
    yield Row("A step of 8 beams after 1,000 tokens, against after 50", f"{median(costs):.3g} ×")


async def _step_seconds(engine: Engine, length: int) -> float:
    """Returns the median time of a step of a search with 8 beams after a prompt of so many tokens."""
    ids = (engine.model.tokenizer.encode(PROMPT) * length)[:length]
    seconds, began = [], time.perf_counter()
    async for _ in search(engine, ids, Settings(num_beams=8, max_new_tokens=20)):
        seconds.append(time.perf_counter() - began)
        began = time.perf_counter()
    return median(seconds)  # the first one, with which the prompt is read, does not count


async def _beside(engine: Engine, others: AsyncGenerator) -> float:
    """Returns the tokens per second of a text that begins after `others` yielded something, and runs beside them."""
    await anext(others)
    busy = asyncio.create_task(_drain(others))
    began, tokens = time.perf_counter(), 0
    running = engine.trace(Request(engine.model.tokenizer.encode(PROMPT), ROWS[1]))
    async for _ in running:
        tokens += 1
    seconds = time.perf_counter() - began
    assert not busy.done(), "the text was alone for a part of its time"
    busy.cancel()
    with suppress(asyncio.CancelledError):
        await busy
    engine.store.drop([running.trace_id])
    return tokens / seconds


async def _drain(items: AsyncGenerator) -> None:
    async with aclosing(items):
        async for _ in items:
            pass
