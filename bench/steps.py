"""Measures what a step costs, by the number and the length of the texts that share it.

The model runs on the engine's thread only. A ratio is the median of the ratios of all rounds, whose parts are measured
in turns.
"""

import asyncio
import time
from collections.abc import Iterator
from functools import partial
from statistics import median

from bench.table import Row, at_most
from playground.engine.batch import Batch
from playground.engine.engine import Engine
from playground.models.language_model import LanguageModel

SHORT, LONG = 50, 1000
STEPS = 12
WORD = " word"


def lengths(engine: Engine, rounds: int) -> Iterator[Row]:
    """Compares a step of texts of 1,000 tokens with a step of texts of 50, whose attention is wanted."""
    for rows, most in ((1, None), (32, 1.6)):
        seconds = [partial(_step_seconds, rows, tokens) for tokens in (SHORT, LONG)]
        taken = [[asyncio.run(engine.call(one)) for one in seconds] for _ in range(rounds)]
        ratio = median(long / short for short, long in taken)
        short, long = (median(times) * 1000 for times in zip(*taken, strict=True))
        what = f"A step of {rows} {'text' if rows == 1 else 'texts'} at {LONG:,} tokens against one at {SHORT}"
        note = f"{long:.0f} ms against {short:.0f} ms"
        yield Row(what, f"{ratio:.3g} × ({note})") if most is None else at_most(what, ratio, " ×", most, note)


def _step_seconds(rows: int, tokens: int, model: LanguageModel) -> float:
    """Returns the seconds of one of the steps of a batch in which each text has a cache of its own."""
    [word] = model.tokenizer.encode(WORD)
    batch = Batch()
    batch.join(model.prefill_together([[word] * tokens]) * rows)
    taken = []
    for _ in range(STEPS):
        began = time.perf_counter()
        batch.step(model, [word] * rows)
        taken.append(time.perf_counter() - began)
    return median(taken)
