"""Says in words what the table of a grid shows: which rows trade probability for variety, and what is in doubt.

Knows summaries. Does not know the engine or pages.
"""

import math
from collections.abc import Sequence

from playground.strategies.comparison import Grid
from playground.strategies.summary import Summary


def advice(grid: Grid, table: Sequence[Summary]) -> list[str]:
    """Returns up to two sentences that say no more than the numbers support."""
    told = [row for row in table if row.texts]
    sentences = []
    looping = max(told, key=lambda row: row.known("loops").mean, default=None)
    if looping is not None and looping.known("loops").mean > 0:
        loops = round(looping.known("loops").mean * looping.texts)
        texts = "continuation" if looping.texts == 1 else "continuations"
        ends = "ends" if loops == 1 else "end"
        sentences.append(f"{looping.name}: {loops} of {looping.texts} {texts} {ends} in a loop.")
    if len(told) > 1:
        sentences.append(_trade(told))
    return [sentence[0].upper() + sentence[1:] for sentence in sentences]


def _trade(told: Sequence[Summary]) -> str:
    """Says which row has the most probable texts, and whether the difference to the least repetitive row is clear."""
    likely = max(told, key=_logprob)
    varied = min(told, key=lambda row: (row.known("repetition").mean, row is not likely))
    best = f"{likely.name} has the most probable texts ({_nats(likely)} nats per token"
    if likely is varied:
        nearest = max((row for row in told if row is not likely), key=_logprob)
        doubt = _doubt(likely, nearest)
        if doubt is None:
            return f"{best}), and no row repeats less."
        return f"{best}), and no row repeats less, but its lead over {nearest.name} ({_nats(nearest)}) is {doubt}."
    doubt = _doubt(likely, varied)
    if doubt is not None:
        gap = _logprob(likely) - _logprob(varied)
        return (
            f"{likely.name} and {varied.name} differ by {gap:.2f} nats per token, which is {doubt}. "
            "These texts do not show which is more probable."
        )
    repeated = [f"{100 * row.known('repetition').mean:.0f} %" for row in (likely, varied)]
    return (
        f"{best}, {repeated[0]} of triples repeated); "
        f"{varied.name} repeats the least ({repeated[1]}) at {_nats(varied)}."
    )


def _doubt(likely: Summary, other: Summary) -> str | None:
    """Returns why the difference of two means may be chance, or None if it is larger than two standard errors."""
    errors = [error for row in (likely, other) if (error := _error(row)) is not None]
    if len(errors) < 2:
        return "measured on single texts, without a standard error"
    if _logprob(likely) - _logprob(other) <= 2 * math.hypot(*errors):
        return "within two standard errors"
    return None


def _error(row: Summary) -> float | None:
    """Returns the standard error of the mean log-probability.

    It is 0 for the single text of greedy or a search, which is not a sample.
    """
    error = row.known("logprob_nats").error
    return 0.0 if error is None and row.settings.strategy != "sample" else error


def _logprob(row: Summary) -> float:
    return row.known("logprob_nats").mean


def _nats(row: Summary) -> str:
    return f"{_logprob(row):.2f}".replace("-", "−")
