"""What label words become under a constraint that allows nothing else: a mask that rescales at every token.

A mask looks one token ahead. It keeps the first tokens of all labels and rescales them, as if each of them led to its
label for certain. Rescaling the labels as a whole gives other numbers, unless each is one token. Knows numbers only.
"""

import math
from collections.abc import Mapping, Sequence

Ids = tuple[int, ...]


def beginnings(label_ids: Sequence[Ids]) -> tuple[Ids, ...]:
    """Returns all beginnings of the labels, the whole labels included, each once."""
    return tuple(dict.fromkeys(ids[:length] for ids in label_ids for length in range(1, len(ids) + 1)))


def constrained(label_ids: Sequence[Ids], probability: Mapping[Ids, float]) -> list[float]:
    """Returns the probability of each label where each token is drawn from those that the labels allow.

    Args:
        label_ids: the labels, none of which begins another.
        probability: of each of their `beginnings` after the prompt, without the constraint.

    Returns:
        one number for each label, which sum to 1; only zeros if a label's beginnings have no probability.
    """
    known = beginnings(label_ids)
    total: dict[Ids, float] = {}
    for ids in known:
        total[ids[:-1]] = total.get(ids[:-1], 0.0) + probability[ids]

    def given_mask(ids: Ids) -> float:
        allowed = total[ids[:-1]]
        return probability[ids] / allowed if allowed > 0 else 0.0

    return [math.prod(given_mask(ids[:length]) for length in range(1, len(ids) + 1)) for ids in label_ids]


def total_variation(first: Sequence[float], second: Sequence[float]) -> float:
    """Returns the total variation distance of two distributions: the most by which they differ on any set, 0 to 1."""
    return math.fsum(abs(one - other) for one, other in zip(first, second, strict=True)) / 2
