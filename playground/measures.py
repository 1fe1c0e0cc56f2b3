"""Numbers that say something about a recorded distribution, derived from logits when asked for.

Knows rows of logits only. Units stand in the names. It computes with NumPy: these functions run beside the engine's
thread, and torch would give each thread that calls it a team of its own, which slows every forward down.
"""

import math
from typing import NamedTuple

import numpy as np

LOWEST = np.float32(-200)
"""Below this a shifted logit's weight is 0 in float32, also if the logit is -inf."""


class RawMeasures(NamedTuple):
    """Of the softmax of a row of raw logits: the share of one token, and the entropy in bits (Shannon 1948)."""

    probability: float
    entropy_bits: float


def raw_measures(logits: np.ndarray, token_id: int) -> RawMeasures:
    """`logits` (vocab,) float32 as the model returned them. H = log2 Z - sum(p x) / ln 2, with x shifted below 0."""
    shifted = np.maximum(logits - logits.max(), LOWEST)
    weights = np.exp(shifted)
    total = float(weights.sum(dtype=np.float64))
    probability = math.exp(shifted[token_id]) / total
    mean = float((weights * shifted).sum(dtype=np.float64)) / total
    return RawMeasures(probability, (math.log(total) - mean) / math.log(2))


def rank(logits: np.ndarray, token_id: int) -> int:
    """1 for the largest of (vocab,) logits; of equal ones the higher id comes first."""
    own = logits[token_id]
    tied_above = np.count_nonzero(logits[token_id + 1 :] == own)
    return int(np.count_nonzero(logits > own) + tied_above + 1)


def most_probable(logits: np.ndarray, count: int) -> list[int]:
    """The ids of the `count` largest of (vocab,) logits, best first, of equal ones the higher id first."""
    count = min(count, len(logits))
    smallest = np.partition(logits, -count)[-count]
    ids = np.flatnonzero(logits >= smallest)[::-1]
    return ids[np.argsort(-logits[ids], kind="stable")][:count].tolist()
