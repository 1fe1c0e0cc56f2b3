"""Measures what a step costs: by the number and the length of the texts that share it, and beside the forward.

The model runs on the engine's thread only. A ratio is the median of the ratios of all rounds, whose parts are measured
in turns.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from statistics import median
from typing import Any

from bench.engine import NEW_TOKENS, speed
from bench.table import Row, at_most
from playground.decoding.settings import PRESETS
from playground.engine.batch import Batch
from playground.engine.engine import Engine
from playground.models.forward import Observation
from playground.models.language_model import LanguageModel

SHORT, LONG = 50, 1000
STEPS = 12
WORD = " word"


def lengths(engine: Engine, rounds: int) -> Iterator[Row]:
    """Compares a step of texts of 1,000 tokens with a step of texts of 50, whose attention is wanted."""
    for rows, most, shared in ((1, None, False), (32, 1.6, False), (32, 1.6, True)):
        seconds = [partial(_step_seconds, rows, tokens, shared) for tokens in (SHORT, LONG)]
        taken = [[asyncio.run(engine.call(one)) for one in seconds] for _ in range(rounds)]
        ratio = median(long / short for short, long in taken)
        short, long = (median(times) * 1000 for times in zip(*taken, strict=True))
        what = f"A step of {rows} {'text' if rows == 1 else 'texts'} at {LONG:,} tokens against one at {SHORT}"
        what += ", with one prompt" if shared else ""
        note = f"{long:.0f} ms against {short:.0f} ms"
        yield Row(what, f"{ratio:.3g} × ({note})") if most is None else at_most(what, ratio, " ×", most, note)


def beside(engine: Engine, rounds: int) -> Iterator[Row]:
    """Measures how much of a step's time is not the forward: the choice of the tokens, the records and the messages."""
    settings = replace(PRESETS["Balanced"], max_new_tokens=NEW_TOKENS)
    for rows in (1, 8, 32):
        shares = []
        for _ in range(rounds):
            with _timed(engine.model) as spans:
                speed(engine, settings, rows)
            middle = spans[len(spans) // 4 : -len(spans) // 4]  # all texts are there and none has ended
            forwards = sum(ended - began for began, ended in middle[:-1])
            shares.append(1 - forwards / (middle[-1][0] - middle[0][0]))
        what = f"Part of a step of {rows} {'text' if rows == 1 else 'texts'} that is not the forward, Balanced"
        yield at_most(what, 100 * median(shares), " %", 15)


@contextmanager
def _timed(model: LanguageModel) -> Iterator[list[tuple[float, float]]]:
    """Yields the times at which each step of the model begins and ends."""
    spans: list[tuple[float, float]] = []

    def timed(*given: Any) -> Observation:
        began = time.perf_counter()
        seen = step(*given)
        spans.append((began, time.perf_counter()))
        return seen

    step, model.step = model.step, timed
    try:
        yield spans
    finally:
        del model.step


def _step_seconds(rows: int, tokens: int, shared: bool, model: LanguageModel) -> float:
    """Returns the seconds of one of the steps of a batch in which each text holds all of its own, or shares it."""
    [word] = model.tokenizer.encode(WORD)
    batch = Batch(lambda: shared, least_saved=1)
    batch.join(model.prefill_together([[word] * tokens]) * rows, [[word] * tokens] * rows)
    taken = []
    for _ in range(STEPS):
        began = time.perf_counter()
        batch.step(model, [word] * rows)
        taken.append(time.perf_counter() - began)
    return median(taken)
