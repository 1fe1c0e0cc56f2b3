"""The statistics of evaluations, each with its source. Knows numbers only."""

import math
from collections.abc import Mapping
from typing import Any

Z95 = 1.959964
"""The standard normal distribution has 95 % of its probability within so many deviations of the mean."""


def wilson(successes: float, trials: int) -> tuple[float, float]:
    """Returns the 95 % interval of a proportion (Wilson 1927). It stays inside 0 and 1 and is valid for few trials."""
    if trials == 0:
        return 0.0, 1.0
    p, z2 = successes / trials, Z95**2
    centre = p + z2 / (2 * trials)
    half = Z95 * math.sqrt(p * (1 - p) / trials + z2 / (4 * trials**2))
    scale = 1 + z2 / trials
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def mcnemar(only_first: int, only_second: int) -> float:
    """Returns the two-sided exact p-value for two equally good prompts (McNemar 1947).

    Args:
        only_first, only_second: the number of items that only the first, or only the second, prompt got right.
    """
    trials, fewer = only_first + only_second, min(only_first, only_second)
    tail = sum(math.comb(trials, count) for count in range(fewer + 1)) / 2**trials
    return min(1.0, 2 * tail)


def paired(first: Mapping[int, bool], second: Mapping[int, bool]) -> dict[str, Any]:
    """Compares two ways to answer on the items on which both were tried.

    Args:
        first, second: whether each of them was right, by the item.

    Returns:
        The number of those items, on how many each way was right, on how many it alone was, and `mcnemar` of these.
    """
    both = [item for item in first if item in second]
    only_first = sum(first[item] and not second[item] for item in both)
    only_second = sum(second[item] and not first[item] for item in both)
    return {
        "items": len(both),
        "right": [sum(one[item] for item in both) for one in (first, second)],
        "only_first": only_first,
        "only_second": only_second,
        "p": mcnemar(only_first, only_second),
    }
