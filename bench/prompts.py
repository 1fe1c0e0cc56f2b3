"""Measures Compare prompts: three columns against the longest alone, an evaluation against one item at a time.

The things that are compared run in turns, and a ratio is the median of the ratios of all rounds.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from statistics import median

from bench.engine import start
from bench.table import Row, at_least, at_most
from playground.decoding.settings import PRESETS
from playground.engine.engine import Engine
from playground.engine.request import Limits, Request
from playground.prompts.columns import Columns
from playground.prompts.evaluation import Evaluation, Switches, plan
from playground.prompts.labels import Query, Scorer, encode_labels
from playground.prompts.reviews import REVIEWS
from playground.prompts.tasks import TASKS

TASK = TASKS[0]
SHOTS = [0, 1, 2, 4, 8]
ALONE_ITEMS = 6
"""The number of items that are tried one at a time for each number of shots. It is enough to know the speed."""
UNDISTURBED_SECONDS = 5


def prompts(engine: Engine, rounds: int) -> Iterator[Row]:
    """Measures both comparisons, the columns in float32 and bfloat16."""
    yield _columns(engine, rounds, "float32", 2.2)
    half = start(engine.model.device, "bfloat16")
    try:
        yield _columns(half, rounds, "bfloat16", 1.5)
    finally:
        half.close()
    yield from _evaluation(engine, rounds)


def _columns(engine: Engine, rounds: int, dtype: str, target: float) -> Row:
    """Measures columns with zero, one and four shots, of 40 tokens each."""
    columns = Columns(engine.model, engine.limits)
    ids = [
        engine.model.tokenizer.encode(columns.prompt(TASK, TASK.input, shots, "plain", 40).text) for shots in (0, 1, 4)
    ]
    settings = replace(PRESETS["Balanced"], max_new_tokens=40)

    async def one(prompt_ids: tuple[int, ...]) -> None:
        run = engine.trace(Request(prompt_ids, settings, keeps_cache=False))
        async for _ in run:
            pass
        engine.store.drop([run.trace_id])

    async def together() -> None:
        await asyncio.gather(*(one(prompt_ids) for prompt_ids in ids))

    alone, three = [], []
    for _ in range(2 * rounds):
        alone.append(_seconds(one(ids[-1])))
        three.append(_seconds(together()))
    ratio = median(both / single for both, single in zip(three, alone, strict=True))
    note = f"{median(three):.2f} s"
    return at_most(f"Three columns together against the longest alone, {dtype}", ratio, " ×", target, note)


def _evaluation(engine: Engine, rounds: int) -> Iterator[Row]:
    """Compares 60 reviews with five numbers of shots, beside another session, with one prompt at a time."""
    columns, scorer = Columns(engine.model, Limits()), Scorer(engine)
    items = REVIEWS if rounds > 1 else REVIEWS[:20]
    label_ids = encode_labels(engine.model, [f" {label}" for label in TASK.labels])

    async def all_items(evaluation: Evaluation) -> None:
        async for _ in evaluation.run(scorer, columns):
            pass

    async def one_at_a_time() -> None:
        for shots in SHOTS:
            for item in REVIEWS[:ALONE_ITEMS]:
                prompt = columns.prompt(TASK, item.input, shots, "plain", 1)
                await scorer.probabilities([Query(engine.model.tokenizer.encode(prompt.text), label_ids)])

    async def measured() -> tuple[float, float, float]:
        async with _another_session(engine) as tokens:
            before = len(tokens)
            await asyncio.sleep(UNDISTURBED_SECONDS)
            undisturbed = (len(tokens) - before) / UNDISTURBED_SECONDS
            began = time.perf_counter()
            await one_at_a_time()
            alone = (time.perf_counter() - began) / (len(SHOTS) * ALONE_ITEMS)
            began, before = time.perf_counter(), len(tokens)
            evaluation = plan(TASK, items, SHOTS, Switches())
            await all_items(evaluation)
            seconds = time.perf_counter() - began
            kept = (len(tokens) - before) / seconds / undisturbed
            return alone / (seconds / evaluation.total), evaluation.total / seconds, kept

    found = [asyncio.run(measured()) for _ in range(max(1, rounds // 2))]
    ratio, speed, kept = (median(numbers) for numbers in zip(*found, strict=True))
    what = f"Evaluation, {len(items)} items × {len(SHOTS)} shots, against one item at a time"
    yield at_least(what, ratio, " ×", 3, f"{speed:.1f} prompts/s")
    yield at_least("Another session's speed meanwhile, against undisturbed", kept, " ×", 0.33)


@asynccontextmanager
async def _another_session(engine: Engine) -> AsyncIterator[list[float]]:
    """Runs another session that generates all the time. Yields the list of the times of its tokens."""
    tokens: list[float] = []

    async def generate() -> None:
        while True:
            run = engine.trace(
                Request(engine.model.tokenizer.encode("Once"), replace(PRESETS["Balanced"], max_new_tokens=200))
            )
            try:
                async for _ in run:
                    tokens.append(time.perf_counter())
            finally:
                run.close()
                engine.store.drop([run.trace_id])

    task = asyncio.create_task(generate())
    try:
        while not tokens:
            await asyncio.sleep(0.01)
        yield tokens
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _seconds(work: Awaitable[None]) -> float:
    async def timed() -> float:
        began = time.perf_counter()
        await work
        return time.perf_counter() - began

    return asyncio.run(timed())
