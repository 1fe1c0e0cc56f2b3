"""Gives rows what others that run have read of their prompt, so that a class on one prompt reads it once.

Knows rows and their batch. Does not know who waits.
"""

from collections.abc import Iterable, Sequence
from functools import partial

from transformers import DynamicCache

from playground.engine.batch import Batch
from playground.engine.beginnings import alike
from playground.engine.device_faults import Relief
from playground.engine.row import Row
from playground.models.cache_layers import part

LEAST_LENT = 16
"""The tokens of the shortest beginning that a row takes from one that runs. A shorter one is read as fast."""


def lend(unread: Iterable[Row], lenders: Sequence[Row], rows: Sequence[Row], batch: Batch, relief: Relief) -> None:
    """Gives each row the longest beginning of its prompt that one of the lenders has read, if less of it is read.

    Rows that get the same beginning share its memory.

    Args:
        lenders: rows of the batch.
        rows: all rows of the batch, in its order.
    """
    places = [rows.index(lender) for lender in lenders]
    lent: dict[tuple[int, int], DynamicCache | None] = {}
    for row in unread if places else ():
        if row.done or row.cache is None:
            continue
        same = [at for at in places if _same_source(rows[at], row)]
        length, at = max(((_alike(row, rows[at], batch.lengths[at]), at) for at in same), default=(0, 0))
        if length < row.cache.get_seq_length() + LEAST_LENT:
            continue
        if (length, at) not in lent:
            lent[length, at] = relief.spared(partial(_beginning, batch, at, length))
        if (cache := lent[length, at]) is not None:
            row.cache = part(cache, 0, 0, length)


def that_need_not_wait(line: Sequence[Row], size: int) -> list[Row]:
    """Returns the rows of a line whose prompt is read now. Of several that begin alike it is the one that is furthest:
    when it is read, the others get what they have in common.

    A row waits if it gets at least `size` tokens by that, and half of what it lacks.
    """
    first: list[Row] = []
    for row in sorted(line, key=lambda row: -row.own_cache.get_seq_length()):
        read = row.own_cache.get_seq_length()
        least = read + max(size, (len(row.ids) - read) // 2)
        if not any(_may_wait(row, one) and alike(row.ids, one.ids) >= least for one in first):
            first.append(row)
    return [row for row in line if row in first]


def _may_wait(row: Row, other: Row) -> bool:
    """Returns whether a row could wait for another one. A text that somebody waits for does not wait for one in the
    background, which is read after all others."""
    return _same_source(row, other) and (row.request.background or not other.request.background)


def _same_source(one: Row, other: Row) -> bool:
    return one.request.source_ids == other.request.source_ids


def _alike(row: Row, lender: Row, read: int) -> int:
    """Returns how many tokens of a row the model has read with the lender, but for the row's last token."""
    return alike(row.ids, lender.ids[: read + 1])


def _beginning(batch: Batch, place: int, length: int) -> DynamicCache:
    return part(batch.cache_of(place), 0, 0, length)
