"""Joins the caches of several texts into one, a row for each, and keeps some of its rows.

Knows the tensors of caches. Does not know models, requests or traces.
"""

from collections.abc import Sequence
from copy import copy
from typing import Any, cast

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from playground.models.cache_layers import Kept, SourceLayer, copied, kept, kept_of, source_columns, source_seen
from playground.models.growing_layer import GrowingLayer, empty, growing, tensors_of
from playground.models.mirror import mirrored
from playground.models.shared_beginnings import Place, Sharing


@mirrored
def join(first: DynamicCache, others: Sequence[DynamicCache], columns: int) -> None:
    """Adds the rows of others to `first`, all padded on the left to `columns` positions. It works layer by layer, so
    that little memory is needed beside the result. If it fails, `first` is as it was.

    The keys and values of `first` grow in place from now on: see `growing_layer`. Layers that keep more than these, or
    something else, do not. A cache may be empty beside others if it has a source, which says how many rows it has.
    """
    if not others:
        first.layers = _growing(first)
        return
    empty = [copied(layer) for layer in first.layers] if columns and first.get_seq_length() == 0 else None
    before = [one.tensor.shape for one in kept(first)]
    try:
        if columns:
            first, others = _none_empty(first, others, columns)
        first.layers = _growing(first)
        for layer, *theirs in zip(first.layers, *(other.layers for other in others), strict=True):
            _join_layer(layer, theirs, columns)
    except BaseException:
        if empty is not None:
            first.layers = empty
            raise
        for one, shape in zip(kept(first), before, strict=True):
            some = one.tensor.narrow(one.rows, 0, shape[one.rows])
            one.put(some if one.positions is None else _last(some, one.positions, shape[one.positions]))
        raise


def _growing(cache: DynamicCache) -> list[Any]:
    return [growing(layer) if type(layer) is DynamicLayer else layer for layer in cache.layers]


def _join_layer(layer: Any, others: Sequence[Any], columns: int) -> None:
    if isinstance(layer, GrowingLayer) and columns:
        layer.join(others, columns)
        return
    for ours, *theirs in zip(kept_of(layer), *map(kept_of, others), strict=True):
        every = (ours, *theirs)
        length = max(one.tensor.shape[ours.positions or 0] for one in every) if ours.of_source else columns
        ours.put(torch.cat([_pad_left(one, length) for one in every], dim=ours.rows))


def _none_empty(
    first: DynamicCache, others: Sequence[DynamicCache], columns: int
) -> tuple[DynamicCache, list[DynamicCache]]:
    """Returns the caches with zeros in those that are empty. `first` itself is changed, and the others are not."""
    like = next(cache for cache in (first, *others) if cache.get_seq_length())
    if first.get_seq_length() == 0:
        first.layers = _zeros(first, like, columns).layers
    return first, [other if other.get_seq_length() else _zeros(other, like, columns) for other in others]


def _zeros(cache: DynamicCache, like: DynamicCache, columns: int) -> DynamicCache:
    """Returns the source of an empty cache with `columns` positions of zeros, in layers like those of a filled one."""
    seen = source_seen(cache)
    assert seen is not None, "only a cache with a source is joined while it is empty"
    other = copy(cache)
    both = zip(cache.layers, like.layers, strict=True)
    other.layers = [copied(own if isinstance(own, SourceLayer) else theirs) for own, theirs in both]
    for one in kept(other):
        if one.grows:
            sizes = list(one.tensor.shape)
            sizes[one.rows], sizes[one.positions or 0] = len(seen), columns
            one.put(one.tensor.new_zeros(sizes))
    return other


@mirrored
def keep(cache: DynamicCache, rows: Sequence[int], columns: int) -> None:
    """Keeps only some rows, in this order, and their last `columns` positions.

    The order must be such that a row whose place changes takes that of one that leaves. It works tensor by tensor.
    Where the device has no room for a tensor and its part, the part is taken on the host, so that texts can always be
    let go.
    """
    source = source_columns(cache, rows)
    index: dict[torch.device, torch.Tensor] = {}  # a layer's tensors are on the layer's device
    for layer in cache.layers:
        if isinstance(layer, GrowingLayer) and columns:
            layer.keep(rows, columns)
            continue
        for one in list(kept_of(layer)):
            length = source if one.of_source else columns
            try:
                device = one.tensor.device
                index[device] = index[device] if device in index else torch.tensor(rows, device=device)
                one.put(_some(one, length).index_select(one.rows, index[device]))
            except (RuntimeError, MemoryError):
                _through_the_host(one, rows, length)


def behind(beginning: DynamicCache, rest: DynamicCache) -> DynamicCache:
    """Returns the cache of one row that has the positions of both, one behind the other. The two stay as they are."""
    other = copy(rest)
    other.layers = [copied(layer) for layer in rest.layers]
    for one, before in zip(kept(other), kept(beginning), strict=True):
        one.put(torch.cat([before.tensor, one.tensor], dim=one.positions or 0))
    return other


def continued(beginning: DynamicCache, rows: int) -> DynamicCache:
    """Returns the cache of rows that continue the one row of `beginning`, to which all of them attend.

    Its layers keep keys and values and nothing else. `beginning` does not change.
    """
    layers = cast(list[DynamicLayer], beginning.layers)
    length, device = beginning.get_seq_length(), tensors_of(layers[0])[0].device
    columns = torch.arange(length, device=device).expand(rows, -1)
    other = copy(beginning)
    other.layers = cast(list[Any], [empty(layer, rows) for layer in layers])
    share(other, [beginning], Sharing(length, None, [Place(torch.arange(rows, device=device), columns, 0)]))
    return other


def share(cache: DynamicCache, beginnings: Sequence[DynamicCache], sharing: Sharing | None) -> None:
    """Lets the rows of a cache attend to beginnings that several of them share.

    Args:
        cache: the rows' own keys and values, in layers that grow.
        beginnings: a cache of one row for each place of `sharing`.
        sharing: how they are put together; None if each row holds everything.
    """
    for number, layer in enumerate(cache.layers):
        if isinstance(layer, GrowingLayer):
            held = [tensors_of(cast(DynamicLayer, one.layers[number])) for one in beginnings]
            layer.beginnings = [(keys[0], values[0]) for keys, values in held]
            layer.sharing = sharing


def _through_the_host(one: Kept, rows: Sequence[int], columns: int) -> None:
    device = one.tensor.device
    one.put(_some(one, columns).cpu().index_select(one.rows, torch.tensor(rows)))
    one.put(one.tensor.to(device))  # the tensor that was there is freed by now


def _some(one: Kept, columns: int) -> torch.Tensor:
    return one.tensor if one.positions is None else _last(one.tensor, one.positions, columns)


def _last(tensor: torch.Tensor, positions: int, count: int) -> torch.Tensor:
    return tensor.narrow(positions, tensor.shape[positions] - count, count)


def _pad_left(one: Kept, columns: int) -> torch.Tensor:
    """Returns the tensor with zeros on the left of its positions. A state has none and stays as it is."""
    missing = 0 if one.positions is None else columns - one.tensor.shape[one.positions]
    if not missing:
        return one.tensor
    sizes = list(one.tensor.shape)
    sizes[one.positions or 0] = missing
    return torch.cat([one.tensor.new_zeros(sizes), one.tensor], dim=one.positions or 0)
