"""Keeps the keys and values of a batch's rows in memory with room to spare, so that a step writes one position of each.

Knows tensors and transformers' interface of a cache's layer. Does not know models or texts. transformers' own layer
makes new tensors at every step, and copies all positions of all rows into them.
"""

from collections.abc import Sequence
from typing import Any, TypeVar

import torch
from transformers.cache_utils import DynamicLayer

from playground.models.shared_beginnings import Parted, Sharing

SPARE_POSITIONS = 64
"""New memory has so many free positions: all rows are copied once in so many steps, each of which reads all of them."""
SPARE_ROWS = 8
"""New memory has a free row for so many rows."""
TOO_LARGE = 2
"""Memory is given back when it is more than so many times as large as new memory would be."""

Layer = TypeVar("Layer", bound=DynamicLayer)


class GrowingLayer(DynamicLayer):
    """The keys and values of several rows. All end at the same position, and shorter ones are padded on the left.

    `keys` and `values` are what is in use of their buffers: (row, head, position, width). Other tensors may be put in
    their place. These are copied before anything is written.

    Attributes:
        beginnings: the keys and the values of what several rows begin with, (head, position, width) each.
        sharing: how these and the rows' own are put together; None if each row holds everything.
    """

    def __init__(self) -> None:
        super().__init__()
        self._of_keys, self._of_values = Buffer(), Buffer()
        self.beginnings: Sequence[tuple[torch.Tensor, torch.Tensor]] = ()
        self.sharing: Sharing | None = None

    @property
    def hidden(self) -> int:
        """The number of positions before those for which the rows have memory of their own."""
        return self.sharing.hidden if self.sharing else 0

    def get_seq_length(self) -> int:
        """Returns the number of all positions."""
        return self.hidden + super().get_seq_length()

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: object, **kwargs: object
    ) -> tuple[Any, Any]:
        """Adds positions to all rows, and returns all keys and values: tensors, or `Parted`."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        if self.get_seq_length() == 0:
            self.keys, self.values = key_states[:, :, :0], value_states[:, :, :0]
        keys, values = tensors_of(self)
        self.keys = self._of_keys.append(keys, key_states)
        self.values = self._of_values.append(values, value_states)
        if self.sharing is None:
            return self.keys, self.values
        of_keys, of_values = zip(*self.beginnings, strict=True)
        return Parted(self.keys, of_keys, self.sharing), Parted(self.values, of_values, self.sharing)

    def join(self, others: Sequence[DynamicLayer], positions: int) -> None:
        """Adds the rows of others, and pads all rows to `positions`. If it fails, the rows stay as they were."""
        keys, values = tensors_of(self)
        theirs = [tensors_of(other) for other in others]
        keys = self._of_keys.join(keys, [one for one, _ in theirs], positions)
        values = self._of_values.join(values, [one for _, one in theirs], positions)
        self.keys, self.values = keys, values

    def keep(self, order: Sequence[int], positions: int) -> None:
        """Keeps these rows, in this order, and their last `positions`: see `Buffer.keep`."""
        keys, values = tensors_of(self)
        self.keys = self._of_keys.keep(keys, order, positions)
        self.values = self._of_values.keep(values, order, positions)


def growing(layer: DynamicLayer) -> GrowingLayer:
    """Returns a layer that begins with the keys and values of one of transformers' own."""
    return _filled(GrowingLayer(), layer)


def empty(layer: DynamicLayer, rows: int) -> GrowingLayer:
    """Returns a layer without positions for so many rows, whose keys and values will be like those of another one."""
    made, (keys, values) = GrowingLayer(), tensors_of(layer)
    made.lazy_initialization(keys, values)
    made.keys, made.values = keys[:1, :, :0].expand(rows, -1, -1, -1), values[:1, :, :0].expand(rows, -1, -1, -1)
    return made


def plain(layer: GrowingLayer) -> DynamicLayer:
    """Returns a layer of transformers' own with the same keys and values."""
    return _filled(DynamicLayer(), layer)


def _filled(empty: Layer, layer: DynamicLayer) -> Layer:
    if layer.is_initialized:
        empty.lazy_initialization(*tensors_of(layer))
        empty.keys, empty.values = tensors_of(layer)
    return empty


def tensors_of(layer: DynamicLayer) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns the keys and values of a layer that has read something: (row, head, position, width) each."""
    keys, values = layer.keys, layer.values
    assert keys is not None, "the layer has read something"
    assert values is not None, "it has as many values as keys"
    return keys, values


class Buffer:
    """Memory for one tensor (row, head, position, width), of which a part is in use: the first rows, some positions.

    What is in use is given to each method, and what is in use afterwards is returned. Nothing that was returned before
    changes, except by `keep`.
    """

    def __init__(self) -> None:
        self._whole: torch.Tensor | None = None

    @torch.inference_mode()
    def append(self, used: torch.Tensor, states: torch.Tensor) -> torch.Tensor:
        """Returns `used` with more positions of all its rows behind it."""
        new = states.shape[2]
        whole, start, stop = self._with_room(used, right=new)
        whole[: len(used), :, stop : stop + new] = states
        return whole[: len(used), :, start : stop + new]

    @torch.inference_mode()
    def join(self, used: torch.Tensor, others: Sequence[torch.Tensor], positions: int) -> torch.Tensor:
        """Returns `used` with more rows. Each has zeros on its left up to `positions`."""
        rows, left = len(used), positions - used.shape[2]
        whole, start, stop = self._with_room(used, rows=sum(map(len, others)), left=left)
        whole[:rows, :, start - left : start] = 0
        for other in others:
            row = whole[rows : rows + len(other), :, start - left : stop]
            padding = positions - other.shape[2]
            row[:, :, :padding] = 0
            row[:, :, padding:] = other
            rows += len(other)
        return whole[:rows, :, start - left : stop]

    @torch.inference_mode()
    def keep(self, used: torch.Tensor, order: Sequence[int], positions: int) -> torch.Tensor:
        """Returns these rows of `used`, in this order, and their last `positions`.

        A row whose place changes is copied over one that leaves, so that it must come from behind all kept places.
        """
        moved = [(place, row) for place, row in enumerate(order) if place != row]
        assert all(row >= len(order) for _, row in moved), "a row takes the place of one that leaves"
        first = used.shape[2] - positions
        if moved:
            whole, start, stop = self._with_room(used)
            used = whole[: len(used), :, start:stop]
        for place, row in moved:
            used[place, :, first:] = used[row, :, first:]
        return self._given_back(used[: len(order), :, first:])

    def _with_room(
        self, used: torch.Tensor, rows: int = 0, left: int = 0, right: int = 0
    ) -> tuple[torch.Tensor, int, int]:
        """Returns the memory with room for more rows and positions, and the positions of `used` in it: (start, stop).

        `used` is copied to new memory if there is no such room around it.
        """
        start, length = self._start(used), used.shape[2]
        whole = self._whole
        if (
            whole is None
            or start is None
            or start < left
            or start + length + right > whole.shape[2]
            or len(used) + rows > len(whole)
        ):
            whole, start = self._move(used, rows, left, right)
        return whole, start, start + length

    def _start(self, used: torch.Tensor) -> int | None:
        """Returns the place of the first position in the memory, or None if it is in other memory."""
        whole = self._whole
        if whole is None or used.untyped_storage().data_ptr() != whole.untyped_storage().data_ptr():
            return None
        return used.storage_offset() // whole.stride(2)

    def _move(self, used: torch.Tensor, rows: int, left: int, right: int) -> tuple[torch.Tensor, int]:
        count, heads, length, width = used.shape
        start = left + SPARE_POSITIONS if left else 0
        self._whole = whole = used.new_empty((_rows(count + rows), heads, _positions(start + length + right), width))
        whole[:count, :, start : start + length] = used
        return whole, start

    def _given_back(self, used: torch.Tensor) -> torch.Tensor:
        """Returns `used` in smaller memory if much of this one is free."""
        whole, (count, _, length, _) = self._whole, used.shape
        if whole is None or self._start(used) is None:
            return used
        if len(whole) * whole.shape[2] <= TOO_LARGE * _rows(count) * _positions(length):
            return used
        try:
            whole, start = self._move(used, 0, 0, 0)
        except (RuntimeError, MemoryError):  # the device has no room for both: the large memory stays in use
            return used
        return whole[:count, :, start : start + length]


def _rows(needed: int) -> int:
    return needed + needed // SPARE_ROWS


def _positions(needed: int) -> int:
    return needed + SPARE_POSITIONS
