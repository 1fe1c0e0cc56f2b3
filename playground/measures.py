"""Numbers that say something about a recorded distribution, derived from logits when asked for.

Knows rows of logits only. Units stand in the names. It computes with NumPy: these functions run beside the engine's
thread, and torch would give each thread that calls it a team of its own, which slows every forward down.
"""

import numpy as np


def raw_probability(logits: np.ndarray, token_id: int) -> float:
    """The share softmax gives one token; `logits` (vocab,) float32 as the model returned them."""
    shifted = logits - logits.max()
    return float(np.exp(np.float64(shifted[token_id])) / np.exp(shifted).sum(dtype=np.float64))


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
