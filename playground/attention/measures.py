"""Measures what every head does on one text, slice by slice, and reduces its map to a thumbnail.

Knows token ids and arrays of weights. Does not know models. It computes with NumPy, but for the rollout, which stays
on the model's device. A slice holds the weights of one layer for some consecutive queries, (head, query, key), where
the keys end with the last query.

The weights of query i are a[i, 0..i]. Every measure is a mean over the queries 1 to n-1. Query 0 is left out because it
can only look at itself.

- self: a[i, i]. previous: a[i, i-1]. first: a[i, 0].
- entropy_bits: -sum_j a[i, j] log2 a[i, j], from 0 (one token) to log2(i + 1) (equal weights).
- induction: the sum of a[i, j+1] over all j < i-1 whose token equals that of i. This is the weight on the tokens that
  followed an earlier occurrence of the current token. The mean is over the queries that have such a j. The case j = i-1
  is left out, since the token that follows it is the query itself. The measure is the prefix matching score of Olsson
  et al. 2022, "In-context Learning and Induction Heads" (transformer-circuits.pub). They use repeated random tokens;
  here it is computed on any text.
"""

from collections.abc import Sequence

import numpy as np
import torch

MEASURES = ("self", "previous", "first", "induction", "entropy_bits")


def followers(ids: Sequence[int]) -> list[list[int]]:
    """Returns, for each query i, the positions j+1 with j < i-1 and `ids[j] == ids[i]`."""
    seen: dict[int, list[int]] = {}
    found = []
    for place, token_id in enumerate(ids):
        earlier = seen.setdefault(token_id, [])
        found.append([before + 1 for before in earlier if before < place - 1])
        earlier.append(place)
    return found


class Tally:
    """The measures of all heads over one text.

    Args:
        ids: the token ids of the text.
        layers, heads: the number of layers, and of heads in each.
    """

    def __init__(self, ids: Sequence[int], layers: int, heads: int) -> None:
        self._followers = followers(ids)
        self._queries = len(ids) - 1
        self._sums = {name: np.zeros((layers, heads)) for name in MEASURES}
        self.induction_queries = sum(1 for places in self._followers if places)

    def add(self, layer: int, weights: np.ndarray) -> None:
        """Adds one slice of one layer, (head, query, key) float32. Each query of a layer must come exactly once."""
        _, queries, keys = weights.shape
        start = keys - queries
        rows = np.arange(max(start, 1), keys)
        own = rows - start
        self._add("self", layer, weights[:, own, rows])
        self._add("previous", layer, weights[:, own, rows - 1])
        self._add("first", layer, weights[:, own, 0])
        seen = weights[:, own]
        self._add("entropy_bits", layer, -(seen * np.log2(np.where(seen > 0, seen, 1))).sum(-1))
        pairs = [(row - start, key) for row in rows for key in self._followers[row]]
        if pairs:
            query, key = np.array(pairs).T
            self._add("induction", layer, weights[:, query, key])

    def means(self) -> dict[str, np.ndarray | None]:
        """Returns one (layer, head) array for each measure.

        `induction` is None if no query has a place to count. All measures are None for a text of one token.
        """
        counts = dict.fromkeys(MEASURES, self._queries) | {"induction": self.induction_queries}
        return {name: self._sums[name] / counts[name] if counts[name] else None for name in MEASURES}

    def _add(self, name: str, layer: int, values: np.ndarray) -> None:
        self._sums[name][layer] += values.sum(-1, dtype=np.float64)


class Thumbnails:
    """Every head's map in `side` × `side` cells. Each cell holds the largest weight of its block of queries and keys.

    Block b covers the tokens from floor(b n / side) up to, but not including, floor((b + 1) n / side). A text of fewer
    than `side` tokens has one cell for each token.
    """

    def __init__(self, tokens: int, layers: int, heads: int, side: int) -> None:
        self.side = min(side, tokens)
        self._edges = np.arange(self.side) * tokens // self.side
        self._block = np.searchsorted(self._edges, np.arange(tokens), "right") - 1
        self.cells = np.zeros((layers, heads, self.side, self.side), np.float32)

    def add(self, layer: int, weights: np.ndarray) -> None:
        """Adds one slice of one layer, (head, query, key)."""
        _, queries, keys = weights.shape
        rows, columns = self._block[keys - queries : keys], self._block[:keys]
        starts = np.flatnonzero(np.diff(columns, prepend=-1))
        narrow = np.maximum.reduceat(weights, starts, axis=2)
        starts = np.flatnonzero(np.diff(rows, prepend=-1))
        low = np.maximum.reduceat(narrow, starts, axis=1)
        target = self.cells[layer, :, rows[0] : rows[-1] + 1, : columns[-1] + 1]
        np.maximum(target, low, out=target)


def rolled_out(weights: torch.Tensor, below: torch.Tensor | None) -> torch.Tensor:
    """Computes one layer's step of attention rollout for a slice of queries (Abnar & Zuidema 2020, arXiv 2005.00928).

    A' = (mean over heads + I) / 2, with rows rescaled to sum to 1. The result is A' times the rollout of the layers
    below.

    Args:
        weights: (head, query, key).
        below: (key, key), the rollout of the layers below; None stands for the identity.

    Returns:
        (query, key), on the device of the weights.
    """
    mixed = weights.mean(0)
    queries, keys = mixed.shape
    mixed.diagonal(keys - queries).add_(1)
    mixed /= mixed.sum(-1, keepdim=True)
    return mixed if below is None else mixed @ below
