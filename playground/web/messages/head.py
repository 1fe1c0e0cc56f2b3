"""Builds messages with the most probable tokens of a row: enough for bars, and a twentieth of the row.

Knows rows of logits and traces. `rowOfHead` in `assets/distribution/row.js` reads the messages.
"""

from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import numpy as np

from playground.decoding.settings import Settings
from playground.traces.trace import Trace

HEAD_TOKENS = 1000
WORDS = 100
"""The number of the most probable tokens whose texts the page may need before it has the vocabulary."""


def head_message(row: np.ndarray, settings: Settings, most: int = HEAD_TOKENS) -> dict[str, Any]:
    """Returns the ids of the `most` best tokens of a row of (vocab,) float32 logits, and their logits, as base64.

    The message also holds the log-sum-exp of all other logits, the same after the division by the temperature of
    `settings`, and the number of others that are ruled out (-inf).
    """
    ids = best_first(row, most)
    others = np.delete(row, ids)
    possible = others[others > -np.inf]
    temperature = settings.temperature if settings.strategy == "sample" else 1.0
    return {
        "size": len(row),
        "ids": _text(ids.astype("<u4")),
        "logits": _text(row[ids].astype("<f4")),
        "rest": _log_sum_exp(possible),
        "temperature": temperature,
        "scaled_rest": _log_sum_exp(possible / np.float32(temperature)),
        "ruled_out": len(others) - len(possible),
    }


def best_first(row: np.ndarray, most: int) -> np.ndarray:
    """Returns the `most` best token ids by logit, descending; of equal logits the higher id is first."""
    last = max(0, len(row) - most)
    least = np.partition(row, last)[last]
    above, equal = np.flatnonzero(row > least), np.flatnonzero(row == least)
    ids = np.concatenate([above, equal[::-1][: most - len(above)]])
    return ids[np.lexsort((-ids, -row[ids]))]


def opening_message(trace: Trace, vocabulary: Sequence[str]) -> dict[str, Any]:
    """Returns what draws the first step of a text at once, when the page has nothing else yet."""
    row = trace.steps[0].row
    shown = {*trace.source_ids, *trace.prompt_ids, *trace.token_ids, *best_first(row, WORDS).tolist()}
    return {
        "words": {str(token_id): vocabulary[token_id] for token_id in shown},
        "head": head_message(row, trace.settings),
    }


def _log_sum_exp(scores: np.ndarray) -> float | None:
    if not len(scores):
        return None
    best = float(scores.max())
    return best + float(np.log(np.exp(scores.astype(np.float64) - best).sum()))


def _text(numbers: np.ndarray) -> str:
    return b64encode(numbers.tobytes()).decode("ascii")
