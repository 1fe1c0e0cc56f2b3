"""Attends once to what several rows of a batch begin with, and which is kept once for all of them.

Rows that begin with the same tokens, as those of a grid or of a class on one prompt, have the same keys and values
there. The beginning is one matrix, which all their queries read together, and each row has memory of its own only for
what follows it. The columns of scores and weights are those of rows that each hold everything, so that masks, sliding
windows and recorded weights are the same.

Knows tensors. Does not know which rows begin alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch


@dataclass(frozen=True, eq=False)
class Place:
    """Where the rows of one beginning have it.

    Attributes:
        rows: (n,) the rows.
        columns: (n, length) the columns of the beginning in each of them.
        start: the first of the columns, if it is the same for all of them; else None.
    """

    rows: torch.Tensor
    columns: torch.Tensor
    start: int | None


@dataclass(frozen=True, eq=False)
class Sharing:
    """How the columns of a batch are divided. It is the same for all layers.

    Attributes:
        hidden: the number of columns before those for which the rows have memory of their own.
        own: (row, column) False where a row's own memory is not its own, because the beginning is there; None if there
            is no such place. It counts the columns from `hidden`, without the one that a step adds.
        places: for each beginning, where it is.
    """

    hidden: int
    own: torch.Tensor | None
    places: Sequence[Place]


@dataclass(frozen=True, eq=False)
class Parted:
    """The keys or the values of one layer.

    Attributes:
        own: (row, head, column, width), in memory of each row.
        shared: for each beginning (head, position, width).
        sharing: how they are put together.
    """

    own: torch.Tensor
    shared: Sequence[torch.Tensor]
    sharing: Sharing

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """The sizes as if each row held everything: (row, head, column, width)."""
        rows, heads, columns, width = self.own.shape
        return rows, heads, self.sharing.hidden + columns, width


def scores(query: torch.Tensor, keys: Parted) -> torch.Tensor:
    """Returns q kᵀ: (row, key head, query head of its group, column). It is 0 in columns that a row does not have.

    `query`: (row, key head, query head of its group, width).
    """
    own = query @ keys.own.transpose(2, 3)
    found = own.new_zeros((*own.shape[:-1], keys.shape[2]))
    found[..., keys.sharing.hidden :] = own
    for shared, place in zip(keys.shared, keys.sharing.places, strict=True):
        made = _apart(_together(query[place.rows]) @ shared.transpose(1, 2), len(place.rows))
        if place.start is not None:
            found[place.rows, :, :, place.start : place.start + made.shape[-1]] = made
        else:
            found[place.rows] = found[place.rows].scatter(-1, _of_heads(place.columns, made), made)
    return found


def weighted(weights: torch.Tensor, values: Parted) -> torch.Tensor:
    """Returns the sum of the values with these weights: (row, key head, query head of its group, width).

    `weights`: as `scores` returns them.
    """
    own = weights[..., values.sharing.hidden :]
    if values.sharing.own is not None:
        own = own.clone()
        own[..., :-1].masked_fill_(~values.sharing.own[:, None, None], 0)
    found = own @ values.own
    for shared, place in zip(values.shared, values.sharing.places, strict=True):
        of_rows, length = weights[place.rows], shared.shape[1]
        if place.start is not None:
            some = of_rows[..., place.start : place.start + length]
        else:
            some = of_rows.gather(-1, _of_heads(place.columns, of_rows))
        found[place.rows] += _apart(_together(some) @ shared, len(place.rows))
    return found


def _together(rows: torch.Tensor) -> torch.Tensor:
    """Makes the queries of all rows the rows of one matrix for each key head: (row, head, query, x) to (head, …, x)."""
    return rows.transpose(0, 1).flatten(1, 2)


def _apart(made: torch.Tensor, rows: int) -> torch.Tensor:
    """The inverse of `_together`."""
    return made.unflatten(1, (rows, -1)).transpose(0, 1)


def _of_heads(columns: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    """Returns the columns for each head: (row, key head, query head of its group, position)."""
    return columns[:, None, None].expand(*like.shape[:-1], -1)
