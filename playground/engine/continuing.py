"""Lets several rows continue one text, each with tokens of its own: the beams of a search, the prefixes of a tree.

Knows models and caches. Does not know which tokens the rows get.
"""

from collections.abc import Sequence

import torch
from transformers import DynamicCache

from playground.engine.beginnings import LEAST_SAVED
from playground.engine.first_check import beginnings_may_be_shared
from playground.models.cache_layers import for_rows, reorder
from playground.models.cache_rows import continued
from playground.models.language_model import LanguageModel


def is_kept_once(model: LanguageModel, length: int, rows: int) -> bool:
    """Returns whether so many rows that continue a text of so many tokens need no copies of it."""
    return (rows - 1) * length >= LEAST_SAVED and beginnings_may_be_shared(model)


class Continuing:
    """The rows. What they continue is kept once for all of them where this saves much; else each row has a copy.

    Args:
        cache: that of the text, which does not change.
        rows: the number of rows.
    """

    def __init__(self, model: LanguageModel, cache: DynamicCache, rows: int) -> None:
        self._model = model
        self._shares = is_kept_once(model, cache.get_seq_length(), rows)
        self._cache = continued(cache, rows) if self._shares else for_rows(cache, rows)

    @property
    def length(self) -> int:
        """The number of tokens that each row has, those of the text included."""
        return self._cache.get_seq_length()

    def extend(self, ids: Sequence[Sequence[int]]) -> torch.Tensor:
        """Adds equally many tokens to all rows, and returns the (row, vocab) logits after the last one of each.

        Attention to what rows share knows one query of each row, so that such rows get one token after the other.
        """
        if not self._shares:
            return self._model.extend(ids, self._cache)
        *_, last = [self._step(tokens) for tokens in zip(*ids, strict=True)]
        return last

    def reorder(self, rows: Sequence[int]) -> None:
        """Takes these rows, in this order, of which each may come several times."""
        reorder(self._cache, rows)

    def _step(self, ids: Sequence[int]) -> torch.Tensor:
        return self._model.step(ids, [self.length] * len(ids), None, self._cache, shown=()).logits
