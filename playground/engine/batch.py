"""Holds the caches of the rows that share one forward, padded on the left. Rows join it and leave it.

Knows models. Does not know settings, requests, threads or sessions.
"""

from collections.abc import Callable, Collection, Sequence

import torch
from transformers import DynamicCache

from playground.engine.beginnings import LEAST_SAVED, Beginnings, Text
from playground.models.cache_layers import part, unchanged_on_error
from playground.models.cache_rows import behind, join, keep, share
from playground.models.forward import Observation
from playground.models.language_model import LanguageModel


class Batch:
    """The key/value caches of several rows in one `DynamicCache`.

    Row r has `lengths[r]` cached tokens, in the last `lengths[r]` of `columns` columns. The columns before are padding.
    All attention layers have the same columns, also those with a sliding window: see `cache_layers`. What several rows
    begin with is kept once, and the cache holds what follows it.

    Args:
        may_share: says whether the model can attend to what rows share.
        least_saved: the fewest tokens that sharing saves.
    """

    def __init__(self, may_share: Callable[[], bool] = lambda: False, least_saved: int = LEAST_SAVED) -> None:
        self.lengths: list[int] = []
        self._beginnings = Beginnings(may_share, least_saved)
        self._cache: DynamicCache | None = None

    @property
    def columns(self) -> int:
        """The number of cached positions of the longest row."""
        return max(self.lengths, default=0)

    def join(self, caches: Sequence[DynamicCache], texts: Sequence[Text] | None = None) -> None:
        """Adds a row for each cache at the end. A cache must hold at least one token, unless it has a source: a decoder
        may begin beside rows that are further.

        If this fails, the other rows stay as they were.

        Args:
            texts: the cached tokens of all rows, the new ones at the end; None if the new rows share nothing.
        """
        lengths = [*self.lengths, *(cache.get_seq_length() for cache in caches)]
        before = self._width
        found = self._beginnings if texts is None else self._beginnings.with_more(texts, caches)
        own = found.own(lengths)
        new = [_end(cache, count) for cache, count in zip(caches, own[len(self.lengths) :], strict=True)]
        first, *others = new if self._cache is None else [self._cache, *new]
        join(first, others, max(before, *own[len(self.lengths) :]))
        self._cache, self.lengths, self._beginnings = first, lengths, found
        if self._width < before:  # rows that were there share now what they held themselves
            keep(self._cache, range(len(lengths)), self._width)

    @property
    def _width(self) -> int:
        """The number of columns in the memory of each row."""
        return max(self._beginnings.own(self.lengths), default=0)

    def cache_of(self, row: int) -> DynamicCache:
        """Returns one row's cache without its padding, in memory of its own, so that it outlives the batch."""
        count, beginning = self._beginnings.own(self.lengths)[row], self._beginnings.of(row)
        own = part(self._own, row, self._width - count, self._width, owned=True)
        return own if beginning is None else behind(beginning.cache, own)

    def keep(self, rows: Collection[int]) -> list[int]:
        """Keeps only these rows, and removes the columns that none of them needs.

        Returns the rows in their new order: the last ones take the places of those that leave, and others stay.
        """
        last = sorted((row for row in rows if row >= len(rows)), reverse=True)
        order = [place if place in rows else last.pop() for place in range(len(rows))]
        self.lengths = [self.lengths[row] for row in order]
        self._beginnings = self._beginnings.kept(order)
        if order:
            keep(self._own, order, self._width)
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
        sharing = self._beginnings.sharing(self.lengths, model.hf.device)
        share(self._own, [one.cache for one in self._beginnings.every], sharing)
        with unchanged_on_error(self._own):
            seen = model.step(ids, self.lengths, mask, self._own, shown)
        self.lengths = [length + 1 for length in self.lengths]
        return seen


def _end(cache: DynamicCache, count: int) -> DynamicCache:
    """Returns the last positions of a cache of one row."""
    length = cache.get_seq_length()
    return cache if count == length else part(cache, 0, length - count, length)
