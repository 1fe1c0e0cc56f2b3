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
    """Gives each row of whose prompt nothing is read the longest beginning that one of the lenders has read.

    Rows that get the same beginning share its memory.

    Args:
        lenders: rows of the batch.
        rows: all rows of the batch, in its order.
    """
    places = [rows.index(lender) for lender in lenders]
    lent: dict[tuple[int, int], DynamicCache | None] = {}
    for row in unread if places else ():
        if row.done or row.cache is None or row.cache.get_seq_length():
            continue
        same = [at for at in places if rows[at].request.source_ids == row.request.source_ids]
        length, at = max(((_alike(row, rows[at], batch.lengths[at]), at) for at in same), default=(0, 0))
        if length < LEAST_LENT:
            continue
        if (length, at) not in lent:
            lent[length, at] = relief.spared(partial(_beginning, batch, at, length))
        if (cache := lent[length, at]) is not None:
            row.cache = part(cache, 0, 0, length)


def _alike(row: Row, lender: Row, read: int) -> int:
    """Returns how many tokens of a row the model has read with the lender, but for the row's last token."""
    return alike(row.ids, lender.ids[: read + 1])


def _beginning(batch: Batch, place: int, length: int) -> DynamicCache:
    return part(batch.cache_of(place), 0, 0, length)
