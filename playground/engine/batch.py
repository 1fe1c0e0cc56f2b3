"""Holds the caches of the rows that share one forward, padded on the left. Rows join it and leave it.

Knows models. Does not know settings, requests, threads or sessions.
"""

from collections.abc import Collection, Sequence

import torch
from transformers import DynamicCache

from playground.models.cache_layers import part, unchanged_on_error
from playground.models.cache_rows import join, keep
from playground.models.forward import Observation
from playground.models.language_model import LanguageModel


class Batch:
    """The key/value caches of several rows in one `DynamicCache`.

    Row r has `lengths[r]` cached tokens, in the last `lengths[r]` of `columns` columns. The columns before are padding.
    All attention layers have the same columns, also those with a sliding window: see `cache_layers`.
    """

    def __init__(self) -> None:
        self.lengths: list[int] = []
        self._cache: DynamicCache | None = None

    @property
    def columns(self) -> int:
        """The number of cached positions of the longest row."""
        return max(self.lengths, default=0)

    def join(self, caches: Sequence[DynamicCache]) -> None:
        """Adds a row for each cache at the end. A cache must hold at least one token, unless it has a source: a decoder
        may begin beside rows that are further.

        If this fails, the other rows stay as they were.
        """
        lengths = [cache.get_seq_length() for cache in caches]
        first, *others = caches if self._cache is None else [self._cache, *caches]
        join(first, others, max(self.columns, *lengths))
        self._cache = first
        self.lengths += lengths

    def cache_of(self, row: int) -> DynamicCache:
        """Returns one row's cache without its padding, in memory of its own, so that it outlives the batch."""
        return part(self._own, row, self.columns - self.lengths[row], self.columns, owned=True)

    def keep(self, rows: Collection[int]) -> list[int]:
        """Keeps only these rows, and removes the columns that none of them needs.

        Returns the rows in their new order: the last ones take the places of those that leave, and others stay.
        """
        last = sorted((row for row in rows if row >= len(rows)), reverse=True)
        order = [place if place in rows else last.pop() for place in range(len(rows))]
        self.lengths = [self.lengths[row] for row in order]
        if order:
            keep(self._own, order, self.columns)
        else:
            self._cache = None
        return order

    @property
    def _own(self) -> DynamicCache:
        assert self._cache is not None, "the batch has rows"
        return self._cache

    def step(self, model: LanguageModel, ids: Sequence[int], shown: Sequence[int] | None = None) -> Observation:
        """Feeds one token for each row. The attention keeps its padding: the keys of row r are the last `lengths[r]`.

        If the forward fails, the rows stay as they were.

        Args:
            shown: the rows of which it is wanted, in ascending order; None for all rows.
        """
        columns = self.columns
        mask = None
        if min(self.lengths) < columns:
            places = torch.arange(columns + 1)
            starts = columns - torch.tensor(self.lengths)
            mask = (places >= starts[:, None]).long().to(model.hf.device)
        with unchanged_on_error(self._own):
            seen = model.step(ids, self.lengths, mask, self._own, shown)
        self.lengths = [length + 1 for length in self.lengths]
        return seen
