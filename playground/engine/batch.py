"""Holds the caches of the rows that share one forward, padded on the left. Rows join it and leave it.

Knows models. Does not know settings, requests, threads or sessions.
"""

from collections.abc import Sequence

import torch
from transformers import DynamicCache

from playground.models.caches import part, states
from playground.models.language_model import LanguageModel, Observation


class Batch:
    """The key/value caches of several rows in one `DynamicCache`.

    Row r has `lengths[r]` cached tokens, in the last `lengths[r]` of `columns` columns. The columns before are padding.
    The cache is built without the model's config, so that layers with a sliding window keep their full length and
    all layers have the same columns.
    """

    def __init__(self) -> None:
        self.lengths: list[int] = []
        self._cache = DynamicCache()

    @property
    def columns(self) -> int:
        """The number of cached positions of the longest row."""
        return max(self.lengths, default=0)

    def join(self, cache: DynamicCache) -> None:
        """Adds a row at the end. Its cache must hold at least one token.

        If this fails, the other rows stay as they were.
        """
        length = cache.get_seq_length()
        if not self.lengths:
            self._cache = cache
        else:
            rows, before = len(self.lengths), self.columns
            columns = max(before, length)
            try:
                for ours, theirs in zip(states(self._cache), states(cache), strict=True):
                    ours.keys = torch.cat([_pad_left(ours.keys, columns), _pad_left(theirs.keys, columns)])
                    ours.values = torch.cat([_pad_left(ours.values, columns), _pad_left(theirs.values, columns)])
            except BaseException:
                for layer in states(self._cache):
                    layer.keys, layer.values = layer.keys[:rows, :, -before:], layer.values[:rows, :, -before:]
                raise
        self.lengths.append(length)

    def cache_of(self, row: int) -> DynamicCache:
        """Returns one row's cache without its padding, in memory of its own, so that it outlives the batch."""
        return part(self._cache, row, self.columns - self.lengths[row], self.columns, owned=True)

    def keep(self, rows: Sequence[int]) -> None:
        """Keeps only these rows, in this order, and removes the columns that none of them needs."""
        self.lengths = [self.lengths[row] for row in rows]
        if not rows:
            self._cache = DynamicCache()
            return
        columns, index = self.columns, list(rows)
        for layer in states(self._cache):
            layer.keys = layer.keys[index, :, -columns:]
            layer.values = layer.values[index, :, -columns:]

    def step(self, model: LanguageModel, ids: Sequence[int]) -> Observation:
        """Feeds one token for each row. The attention keeps its padding: the keys of row r are the last `lengths[r]`.

        If the forward fails, the rows stay as they were.
        """
        columns = self.columns
        mask = None
        if min(self.lengths) < columns:
            places = torch.arange(columns + 1)
            starts = columns - torch.tensor(self.lengths)
            mask = (places >= starts[:, None]).long().to(model.hf.device)
        try:
            seen = model.step(ids, self.lengths, mask, self._cache)
        except BaseException:
            for layer in states(self._cache):
                layer.keys, layer.values = layer.keys[:, :, :columns], layer.values[:, :, :columns]
            raise
        self.lengths = [length + 1 for length in self.lengths]
        return seen


def _pad_left(tensor: torch.Tensor, columns: int) -> torch.Tensor:
    """Pads (rows, heads, n, width) with zeros on the left to (rows, heads, columns, width)."""
    return torch.nn.functional.pad(tensor, (0, 0, columns - tensor.shape[2], 0))
