"""Makes, cuts and copies the cache of a text: what each layer of a model keeps of the tokens it has read.

Knows tensors. Does not know models, requests or traces. Layers keep two kinds of things:

- Attention keeps keys and values of every position. A beginning of them is the cache of the text's beginning.
  transformers grows them by concatenation into new tensors and never writes into the tensors that it holds, so that a
  cache may share them with another one. A batch's cache has memory of its own: see `growing_layer`.
- Linear attention, state spaces and convolutions keep a state that stands for all tokens so far. It cannot be cut back,
  and transformers writes into it, so that every cache has a copy of its own.
- A decoder that attends to an encoder keeps the keys and values of the source, the text that the encoder has read. They
  are the same at every position of the decoder's text. See `SourceLayer`.
"""

from collections.abc import Callable, Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Any, cast

import torch
from transformers import DynamicCache, PreTrainedConfig
from transformers.cache_utils import (
    DynamicIndexedLayer,
    DynamicLayer,
    DynamicSlidingWindowLayer,
    LinearAttentionAndFullAttentionLayer,
    LinearAttentionAndSlidingWindowAttentionLayer,
    LinearAttentionCacheLayerMixin,
)

from playground.models.growing_layer import GrowingLayer, plain
from playground.models.mirror import mirrored

BY_POSITION = (("keys", 0, 2), ("values", 0, 2), ("indexer_keys", 0, 1), ("indexer_position_ids", 1, 2))
"""What an attention layer keeps: its name, the dimension that counts rows, and the one that counts positions."""
OF_SOURCE = (("source_keys", 0, 2), ("source_values", 0, 2), ("source_seen", 0, 1))
"""What a `SourceLayer` keeps, in the same form."""
STATES = ("conv_states", "recurrent_states")
"""What the other layers keep: dictionaries of tensors whose first dimension counts rows."""


@dataclass(eq=False)
class SourceLayer:
    """What the cross-attention of one decoder layer reads. It stays as it is while the decoder's text grows.

    Attributes:
        source_keys, source_values: (row, head, source position, width), padded on the left.
        source_seen: (row, source position) bool, False where a shorter source is padded. It is the same for all layers,
            and only the first one holds it.
    """

    source_keys: torch.Tensor
    source_values: torch.Tensor
    source_seen: torch.Tensor | None

    def reorder_cache(self, beam_idx: torch.Tensor) -> None:
        """Takes these rows, as transformers' layers do for a beam search."""
        rows = beam_idx.to(self.source_keys.device)
        self.source_keys = self.source_keys.index_select(0, rows)
        self.source_values = self.source_values.index_select(0, rows)
        self.source_seen = None if self.source_seen is None else self.source_seen.index_select(0, rows)


@dataclass(frozen=True)
class Kept:
    """One tensor of a layer, and the place where the layer keeps it.

    Attributes:
        rows: the dimension that counts rows.
        positions: the dimension that counts positions, or None for a state.
        of_source: whether the positions are those of a source, and not of the text.
    """

    place: MutableMapping[Any, Any]
    name: str | int
    rows: int
    positions: int | None
    of_source: bool = False

    @property
    def grows(self) -> bool:
        """Whether the tensor has a position for each token of the text."""
        return self.positions is not None and not self.of_source

    @property
    def tensor(self) -> torch.Tensor:
        """The tensor that is there now."""
        return self.place[self.name]

    def put(self, tensor: torch.Tensor) -> None:
        """Puts another tensor there."""
        self.place[self.name] = tensor


def kept(cache: DynamicCache) -> Iterator[Kept]:
    """Yields all tensors of a cache, layer by layer, in an order that is the same for all caches of a model."""
    for layer in cache.layers:
        yield from kept_of(layer)


def kept_of(layer: Any) -> Iterator[Kept]:
    """Yields the tensors of one layer."""
    for name, rows, positions in BY_POSITION:
        held = getattr(layer, name, None)
        if held is not None and held.numel():
            yield Kept(vars(layer), name, rows, positions)
    for name, rows, positions in OF_SOURCE if isinstance(layer, SourceLayer) else ():
        if getattr(layer, name) is not None:
            yield Kept(vars(layer), name, rows, positions, of_source=True)
    for name in STATES:
        for number, state in getattr(layer, name, {}).items():
            if state is not None:
                yield Kept(getattr(layer, name), number, 0, None)


def cache_maker(config: PreTrainedConfig) -> Callable[[], DynamicCache]:
    """Returns a function that makes empty caches for the models of a configuration.

    A layer with a sliding window keeps its full length, so that all attention layers have the same positions; the
    model's mask hides what is outside the window.
    """
    if not any(isinstance(layer, LinearAttentionCacheLayerMixin | DynamicIndexedLayer) for layer in _layers(config)):
        return DynamicCache

    def make() -> DynamicCache:
        cache = DynamicCache()
        cache.layers, cache.layer_class_to_replicate = _layers(config), None
        return cache

    return make


def _layers(config: PreTrainedConfig) -> list[Any]:
    return [_whole(layer) for layer in DynamicCache(config=config).layers]


def _whole(layer: Any) -> Any:
    """Returns an empty layer that keeps all positions, in place of one that keeps those of a window."""
    if isinstance(layer, LinearAttentionAndSlidingWindowAttentionLayer):
        return LinearAttentionAndFullAttentionLayer(number_of_states=layer.number_of_states)
    return DynamicLayer() if isinstance(layer, DynamicSlidingWindowLayer) else layer


def has_states(cache: DynamicCache) -> bool:
    """Returns whether a layer keeps a state, so that the cache cannot be cut back to a beginning of its text."""
    return any(isinstance(layer, LinearAttentionCacheLayerMixin) for layer in cache.layers)


def source_columns(cache: DynamicCache, rows: Sequence[int]) -> int:
    """Returns the number of source positions that the longest of these rows has; 0 for a cache without a source."""
    seen = source_seen(cache)
    if seen is None or seen.is_meta or len(seen) == 1:  # a text alone is not padded
        return 0 if seen is None else seen.shape[-1]
    return int(seen[list(rows)].sum(-1).max())


def source_seen(cache: DynamicCache) -> torch.Tensor | None:
    """Returns the `SourceLayer.source_seen` of a cache; None for a cache without a source."""
    return next((layer.source_seen for layer in cache.layers if isinstance(layer, SourceLayer)), None)


def nbytes(cache: DynamicCache) -> int:
    """Returns the bytes of all tensors of a cache."""
    return sum(one.tensor.nbytes for one in kept(cache))


@mirrored
def part(cache: DynamicCache, row: int, start: int, stop: int, *, owned: bool = False) -> DynamicCache:
    """Returns the positions from `start` to `stop` of one row as a separate cache.

    States are copied as they are: only a part that ends where the row ends is right for a cache that `has_states`.

    Args:
        owned: whether to copy tensors that are only views of larger ones.
    """

    source = source_columns(cache, [row])

    def cut(one: Kept) -> torch.Tensor:
        alone = one.tensor.narrow(one.rows, row, 1)
        if one.positions is None:
            return alone.clone()
        first, count = (alone.shape[one.positions] - source, source) if one.of_source else (start, stop - start)
        some = alone.narrow(one.positions, first, count)
        return _owned(some) if owned else some

    return _changed(cache, cut)


@mirrored
def for_rows(cache: DynamicCache, rows: int) -> DynamicCache:
    """Returns a cache in which each of `rows` rows has the one row of `cache`, which does not change."""

    def repeat(one: Kept) -> torch.Tensor:
        sizes = list(one.tensor.shape)
        sizes[one.rows] = rows
        repeated = one.tensor.expand(sizes)
        return repeated.clone() if one.positions is None else repeated

    return _changed(cache, repeat)


@contextmanager
def unchanged_on_error(cache: DynamicCache) -> Iterator[None]:
    """Makes the cache what it was before, if a forward in the block fails. Forwards add positions and change states."""
    columns = cache.get_seq_length()
    before = [copied(layer) for layer in cache.layers] if columns == 0 else None
    states = [one.tensor.clone() for one in kept(cache) if one.positions is None] if has_states(cache) else []
    try:
        yield
    except BaseException:
        if before is not None:
            cache.layers = before
        left = iter(states)
        for one in kept(cache):
            if one.positions is None:
                one.put(next(left))
        cut_back(cache, columns)
        raise


@mirrored
def cut_back(cache: DynamicCache, columns: int) -> None:
    """Keeps the first positions only. States stay as they are, and so do the beginnings that rows share."""
    for layer in cache.layers:
        own = columns - (layer.hidden if isinstance(layer, GrowingLayer) else 0)
        for one in kept_of(layer):
            if one.grows:
                one.put(one.tensor.narrow(one.positions or 0, 0, own))


@mirrored
def reorder(cache: DynamicCache, rows: Sequence[int]) -> None:
    """Takes these rows, in this order, of which each may come several times."""
    cache.reorder_cache(cast(torch.LongTensor, torch.tensor(rows)))


def _changed(cache: DynamicCache, change: Callable[[Kept], torch.Tensor]) -> DynamicCache:
    """Returns a cache with other tensors. The one that is given stays as it is."""
    other = copy(cache)
    other.layers = [copied(layer) for layer in cache.layers]
    for one in list(kept(other)):
        one.put(change(one))
    return other


def copied(layer: Any) -> Any:
    """Returns a layer with the same tensors, in which others can be put."""
    own = plain(layer) if isinstance(layer, GrowingLayer) else copy(layer)
    vars(own).update({name: dict(value) for name, value in vars(layer).items() if isinstance(value, dict)})
    return own


def _owned(tensor: torch.Tensor) -> torch.Tensor:
    return tensor if tensor.untyped_storage().nbytes() == tensor.nbytes else tensor.clone()
