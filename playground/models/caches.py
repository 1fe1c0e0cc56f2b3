"""Keeps the key/value caches of texts that ended or paused. A request that continues such a text reads only new tokens.

Knows tensors and token ids. Does not know models, requests or traces. Only the engine's thread changes it.

What is kept does not change, and it may be removed while a request uses what it was given: see `cache_layers`.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from transformers import DynamicCache

from playground.models.cache_layers import has_states, nbytes, part
from playground.models.memory import give_back_soon


class _Kept(NamedTuple):
    source: tuple[int, ...]
    ids: tuple[int, ...]
    cache: DynamicCache
    nbytes: int


class Caches:
    """Holds at most `max_bytes` of caches, each under its text's name. Those used longest ago are removed first.

    A text has one cache, because any beginning can be cut out of it. Caches that `has_states` cannot be cut: of such a
    text, several beginnings are kept. Texts with the same beginning share its cache, if they have the same source: that
    is what an encoder has read, and empty for a decoder-only model.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._kept: OrderedDict[tuple[str, int], _Kept] = OrderedDict()

    @property
    def nbytes(self) -> int:
        """The bytes of the tensors held now. Any thread may read it."""
        return sum({id(kept): kept.nbytes for kept in tuple(self._kept.values())}.values())

    def put(self, name: str, ids: Sequence[int], cache: DynamicCache, source: tuple[int, ...] = ()) -> None:
        """Keeps the cache of `ids`, unless it is larger than `max_bytes`, in place of an earlier one under that name.

        Its tensors must own their memory: a view would keep the whole tensor that it is a view of (see `part`).
        """
        size = nbytes(cache)
        for key in [(name, len(ids))] if has_states(cache) else [key for key in self._kept if key[0] == name]:
            self._kept.pop(key, None)
        if size > self.max_bytes:
            return
        while self._kept and self.nbytes + size > self.max_bytes:
            self._kept.popitem(last=False)
        self._kept[name, len(ids)] = _Kept(source, tuple(ids), cache, size)

    def share(self, name: str, ids: Sequence[int], source: tuple[int, ...] = ()) -> bool:
        """Keeps the cache of exactly `ids`, if there is one, under one more text's name. Returns whether there is one.

        It stays for as long as one of its names does. Its bytes count once.
        """
        wanted = (source, tuple(ids))
        found = next((kept for kept in self._kept.values() if (kept.source, kept.ids) == wanted), None)
        if found is None:
            return False
        self._kept[name, len(ids)] = found
        self._kept.move_to_end((name, len(ids)))
        return True

    def beginning_of(self, ids: Sequence[int], source: tuple[int, ...] = ()) -> DynamicCache | None:
        """Returns a cache of the longest beginning of `ids` that any kept cache has, or None.

        It never holds the last id, which is left to be fed because its logits are needed. A cache that `has_states`
        serves only as a whole, because it cannot be cut back.
        """
        wanted, found, longest = tuple(ids[:-1]), None, 0
        for key, kept in self._kept.items():
            if kept.source != source or kept.ids[: longest + 1] != wanted[: longest + 1]:
                continue
            length = shared(kept.ids, wanted)
            if length > longest and (length == len(kept.ids) or not has_states(kept.cache)):
                found, longest = key, length
        if found is None:
            return None
        self._kept.move_to_end(found)
        return part(self._kept[found].cache, 0, 0, longest)

    def clear(self) -> None:
        """Removes all caches, because others need the memory more."""
        self._kept.clear()

    def keep_only(self, is_wanted: Callable[[str], bool]) -> None:
        """Removes the caches whose name is not wanted any more, and asks that the freed memory is given back."""
        for key in [key for key in self._kept if not is_wanted(key[0])]:
            del self._kept[key]
        give_back_soon()


def shared(ours: Sequence[int], theirs: Sequence[int]) -> int:
    """Returns how many ids two texts have in common from their beginning."""
    for place, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if one != other:
            return place
    return min(len(ours), len(theirs))
