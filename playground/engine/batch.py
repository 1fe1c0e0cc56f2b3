"""The rows that share one forward: their caches, padded on the left, joined and parted.

Knows models. Does not know settings, requests, threads or sessions.
"""

from collections.abc import Sequence

import torch
from transformers import DynamicCache

from playground.models.caches import part
from playground.models.language_model import LanguageModel, Observation


class Batch:
    """The key/value caches of several rows in one `DynamicCache`.

    Row r has `lengths[r]` cached tokens, in the last `lengths[r]` of `columns` columns; what stands before is padding.
    Built without the model's config, so that layers with a sliding window keep their full length and the columns
    of all layers agree.
    """

    def __init__(self) -> None:
        self.lengths: list[int] = []
        self._cache = DynamicCache()

    @property
    def columns(self) -> int:
        """Cached positions of the longest row."""
        return max(self.lengths, default=0)

    def join(self, cache: DynamicCache) -> None:
        """Adds one row, whose cache holds at least one token, as the last one.

        If that fails, the rows are as they were before it.
        """
        length = cache.get_seq_length()
        if not self.lengths:
            self._cache = cache
        else:
            rows, before = len(self.lengths), self.columns
            columns = max(before, length)
            try:
                for ours, theirs in zip(self._cache.layers, cache.layers, strict=True):
                    ours.keys = torch.cat([_pad_left(ours.keys, columns), _pad_left(theirs.keys, columns)])
                    ours.values = torch.cat([_pad_left(ours.values, columns), _pad_left(theirs.values, columns)])
            except BaseException:
                for layer in self._cache.layers:
                    layer.keys, layer.values = layer.keys[:rows, :, -before:], layer.values[:rows, :, -before:]
                raise
        self.lengths.append(length)

    def cache_of(self, row: int) -> DynamicCache:
        """One row's cache without its padding, which outlives the batch."""
        return part(self._cache, row, self.columns - self.lengths[row], self.columns, owned=True)

    def keep(self, rows: Sequence[int]) -> None:
        """Leaves only these rows, in this order, and gives back the columns nobody needs any more."""
        self.lengths = [self.lengths[row] for row in rows]
        if not rows:
            self._cache = DynamicCache()
            return
        columns, index = self.columns, list(rows)
        for layer in self._cache.layers:
            layer.keys = layer.keys[index, :, -columns:]
            layer.values = layer.values[index, :, -columns:]

    def step(self, model: LanguageModel, ids: Sequence[int]) -> Observation:
        """Feeds one token a row. Attention keeps its padding: row r's keys are the last `lengths[r]`.

        If the forward fails, the rows are as they were before it.
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
            for layer in self._cache.layers:
                layer.keys, layer.values = layer.keys[:, :, :columns], layer.values[:, :, :columns]
            raise
        self.lengths = [length + 1 for length in self.lengths]
        return seen


def _pad_left(states: torch.Tensor, columns: int) -> torch.Tensor:
    """(rows, heads, n, width) -> (rows, heads, columns, width), zeros before."""
    return torch.nn.functional.pad(states, (0, 0, columns - states.shape[2], 0))
