"""Finds which rows of a batch begin alike, and keeps what they begin with.

Knows token ids and caches. Does not know the batch's own cache, nor how attention uses a beginning.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from transformers import DynamicCache

from playground.models.cache_layers import part
from playground.models.caches import shared
from playground.models.shared_beginnings import Place, Sharing

LEAST_SAVED = 1024
"""The tokens that need no memory of their own when a beginning is shared, at least. With fewer, the additional
operations cost more than reading the tokens again (measured on two cores)."""

Text = list[int]


@dataclass(frozen=True, eq=False)
class Beginning:
    """What several rows begin with. Each of them has at least one more token.

    Attributes:
        ids: its tokens.
        cache: their keys and values, of one row.
        rows: the places of the rows.
    """

    ids: tuple[int, ...]
    cache: DynamicCache
    rows: frozenset[int]


@dataclass(frozen=True, eq=False)
class Beginnings:
    """The beginnings that rows of a batch share. A row has at most one.

    Attributes:
        may_share: says whether the model can have any. It is asked when a beginning is found for the first time.
        least_saved: the fewest tokens that one saves when it is first shared.
        every: the beginnings.
    """

    may_share: Callable[[], bool]
    least_saved: int = LEAST_SAVED
    every: tuple[Beginning, ...] = ()

    def of(self, row: int) -> Beginning | None:
        """Returns the beginning of a row; None if it shares none."""
        return next((one for one in self.every if row in one.rows), None)

    def own(self, lengths: Sequence[int]) -> list[int]:
        """Returns how many tokens of each row are not in a beginning, for rows of these lengths."""
        found = [*lengths]
        for one in self.every:
            for row in one.rows:
                found[row] -= len(one.ids)
        return found

    def with_more(self, texts: Sequence[Text], caches: Sequence[DynamicCache]) -> "Beginnings":
        """Returns the beginnings when more rows join.

        Args:
            texts: the tokens of all rows that a cache holds; those of the new rows are the last ones.
            caches: the caches of the new rows.
        """
        every = [*self.every]
        for row, cache in enumerate(caches, start=len(texts) - len(caches)):
            if any(row in one.rows for one in every):  # an earlier one of the new rows begins alike
                continue
            at = max(range(len(every)), key=lambda at: _fits(every[at], texts[row]), default=-1)
            known = _fits(every[at], texts[row]) if every else 0
            alone = set(range(len(texts))).difference(*(one.rows for one in every))
            length, others = _most_saved(row, texts, alone)
            if length * len(others) > max(known, self.least_saved - 1) and self.may_share():
                kept = part(cache, 0, 0, length, owned=True)
                every.append(Beginning(tuple(texts[row][:length]), kept, frozenset((row, *others))))
            elif known:
                every[at] = replace(every[at], rows=every[at].rows | {row})
        return replace(self, every=tuple(every))

    def kept(self, order: Sequence[int]) -> "Beginnings":
        """Returns the beginnings when only these rows are left, in this order."""
        places = {row: place for place, row in enumerate(order)}
        every = [replace(one, rows=frozenset(places[row] for row in one.rows if row in places)) for one in self.every]
        return replace(self, every=tuple(one for one in every if one.rows))

    def sharing(self, lengths: Sequence[int], device: torch.device) -> Sharing | None:
        """Returns how the columns of a batch with rows of these lengths are divided; None if nothing is shared."""
        if not self.every:
            return None
        columns, own = max(lengths), self.own(lengths)
        width = max(own)
        mask = None
        if any(own[row] < width for one in self.every for row in one.rows):
            mask = torch.arange(width)[None] >= width - torch.tensor(own)[:, None]
            mask = mask.to(device)
        places = []
        for one in self.every:
            rows = sorted(one.rows)
            starts = torch.tensor([columns - lengths[row] for row in rows])
            found = (starts[:, None] + torch.arange(len(one.ids))[None]).to(device)
            alike = int(starts[0]) if len(set(starts.tolist())) == 1 else None
            places.append(Place(torch.tensor(rows, device=device), found, alike))
        return Sharing(columns - width, mask, places)


def _most_saved(row: int, texts: Sequence[Text], alone: set[int]) -> tuple[int, list[int]]:
    """Returns the length of the beginning with which a row saves most together with others, and the others.

    Args:
        alone: the rows that share no beginning yet.
    """
    found = sorted(((alike(texts[row], texts[one]), one) for one in alone - {row}), reverse=True)
    longest = [(length, [one for _, one in found[:count]]) for count, (length, _) in enumerate(found, start=1)]
    return max(longest, key=lambda one: one[0] * len(one[1]), default=(0, []))


def alike(one: Text, other: Text) -> int:
    """Returns how many tokens two texts have in common from their beginning, while each keeps one of its own."""
    return max(0, min(shared(one, other), len(one) - 1, len(other) - 1))


def _fits(beginning: Beginning, text: Text) -> int:
    """Returns the tokens of a beginning if a text begins with it and has more; else 0."""
    length = len(beginning.ids)
    return length if len(text) > length and tuple(text[:length]) == beginning.ids else 0
