"""The green list of a watermark (Kirchenbauer et al. 2023, arXiv:2301.10226): which tokens are raised after a token.

Knows ids only. `WatermarkLogitsProcessor` of transformers makes the same list with the scheme "lefthash".
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch

KEPT_LISTS = 256


@lru_cache(maxsize=KEPT_LISTS)
def green_list(previous_id: int, size: int, ratio: float, key: int) -> np.ndarray:
    """Returns which tokens are green after `previous_id`, (size,) bool.

    Args:
        previous_id: the token before, whose id seeds the list together with the key.
        size: the number of tokens of the vocabulary.
        ratio: the share of the vocabulary that is green.
        key: the secret of the watermark; who knows it can detect it.
    """
    generator = torch.Generator().manual_seed(key * previous_id % (2**64 - 1))
    green = np.zeros(size, bool)
    green[torch.randperm(size, generator=generator)[: int(size * ratio)].numpy()] = True
    green.flags.writeable = False  # it is shared
    return green


class Detected(NamedTuple):
    """What a detector says of a text: whether each token is green, and how unlikely that is without a watermark.

    `z_score` is (green - ratio n) / sqrt(n ratio (1 - ratio)) with n tokens; `p_value` the probability of such a score
    or a higher one for a text without the watermark. Both are None for a text without a token.
    """

    is_green: tuple[bool, ...]
    z_score: float | None
    p_value: float | None


def detected(ids: Sequence[int], since: int, size: int, ratio: float, key: int) -> Detected:
    """Looks for the watermark in the tokens from index `since` on, 1 at least, because each needs one before it."""
    pairs = zip(ids[since - 1 :], ids[since:], strict=False)
    is_green = tuple(bool(green_list(before, size, ratio, key)[token_id]) for before, token_id in pairs)
    count = len(is_green)
    if not count:
        return Detected((), None, None)
    z_score = (sum(is_green) - ratio * count) / math.sqrt(count * ratio * (1 - ratio))
    return Detected(is_green, z_score, 0.5 * math.erfc(z_score / math.sqrt(2)))
