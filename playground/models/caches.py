"""Keeps the key/value caches of texts that ended or paused. A request that continues such a text reads only new tokens.

Knows tensors and token ids. Does not know models, requests or traces. Only the engine's thread changes it.

A cache is handed out without a copy. transformers' `DynamicLayer` grows by concatenation into new tensors and never
writes into the tensors it holds. So the kept cache does not change, and it may be removed while a request uses it.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, cast

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from playground.models.memory import give_back_soon


class States(Protocol):
    """The keys and values of one layer, (rows, heads, positions, width) each."""

    keys: torch.Tensor
    values: torch.Tensor


def states(cache: DynamicCache) -> Sequence[States]:
    """Returns the layers of a cache that holds at least one token.

    transformers declares layers without keys too: those of a cache that is empty, or was made for a model's config.
    """
    return cast(Sequence[States], cache.layers)


class _Kept(NamedTuple):
    ids: tuple[int, ...]
    cache: DynamicCache
    nbytes: int


class Caches:
    """Holds at most `max_bytes` of caches, each under its text's name. Those used longest ago are removed first."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    @property
    def nbytes(self) -> int:
        """The bytes of the tensors held now. Any thread may read it."""
        return sum(kept.nbytes for kept in tuple(self._kept.values()))

    def put(self, name: str, ids: Sequence[int], cache: DynamicCache) -> None:
        """Keeps the cache of `ids` in place of an earlier one under that name, unless it is larger than `max_bytes`.

        Its tensors must own their memory: a view would keep the whole tensor that it is a view of (see `part`).
        """
        nbytes = sum(layer.keys.nbytes + layer.values.nbytes for layer in states(cache))
        self._kept.pop(name, None)
        if nbytes > self.max_bytes:
            return
        while self._kept and self.nbytes + nbytes > self.max_bytes:
            self._kept.popitem(last=False)
        self._kept[name] = _Kept(tuple(ids), cache, nbytes)

    def beginning_of(self, ids: Sequence[int]) -> DynamicCache:
        """Returns a cache of the longest beginning of `ids` that any kept cache has, or an empty cache.

        It never holds the last id, which is left to be fed because its logits are needed.
        """
        wanted, found, longest = tuple(ids[:-1]), None, 0
        for name, kept in self._kept.items():
            if kept.ids[: longest + 1] == wanted[: longest + 1] and (length := _shared(kept.ids, wanted)) > longest:
                found, longest = name, length
        if found is None:
            return DynamicCache()
        self._kept.move_to_end(found)
        return part(self._kept[found].cache, 0, 0, longest)

    def keep_only(self, is_wanted: Callable[[str], bool]) -> None:
        """Removes the caches whose name is not wanted any more, and asks that the freed memory is given back."""
        for name in [name for name in self._kept if not is_wanted(name)]:
            del self._kept[name]
        give_back_soon()


def part(cache: DynamicCache, row: int, start: int, stop: int, *, owned: bool = False) -> DynamicCache:
    """Returns the positions from `start` to `stop` of one row as a separate cache.

    Args:
        owned: whether to copy tensors that are only views of larger ones.
    """
    alone = DynamicCache()
    for layer in states(cache):
        own = DynamicLayer()
        own.lazy_initialization(layer.keys, layer.values)
        keys, values = (each[row : row + 1, :, start:stop] for each in (layer.keys, layer.values))
        own.keys, own.values = (_owned(keys), _owned(values)) if owned else (keys, values)
        alone.layers.append(own)
    return alone


def for_rows(cache: DynamicCache, rows: int) -> DynamicCache:
    """Returns a cache in which each of `rows` rows has the one row of `cache`, which does not change."""
    together = DynamicCache()
    if cache.get_seq_length():
        for number, layer in enumerate(states(cache)):
            keys, values = (each.expand(rows, -1, -1, -1) for each in (layer.keys, layer.values))
            together.update(keys, values, number)
    return together


def _owned(tensor: torch.Tensor) -> torch.Tensor:
    return tensor if tensor.untyped_storage().nbytes() == tensor.nbytes else tensor.clone()


def _shared(ours: Sequence[int], theirs: Sequence[int]) -> int:
    """Returns how many ids two texts have in common from their beginning."""
    for place, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if one != other:
            return place
    return min(len(ours), len(theirs))
