"""Measures what every head does on one text, slice by slice, and reduces its map to a thumbnail.

Knows token ids and tensors of weights. Does not know models. It computes on the device of the weights, and the results
leave it at the end. A slice holds the weights of one layer for some consecutive queries, (head, query, key), where
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

import math
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
        device: that of the weights.
    """

    def __init__(self, ids: Sequence[int], layers: int, heads: int, device: torch.device) -> None:
        found = followers(ids)
        follows = torch.zeros((len(ids), len(ids)), dtype=torch.float32)
        for place, keys in enumerate(found):
            follows[place, keys] = 1
        self._follows = follows.to(device)
        self._queries = len(ids) - 1
        self._sums = torch.zeros((len(MEASURES), layers, heads), dtype=torch.float64, device=device)
        self.induction_queries = sum(1 for places in found if places)

    def add(self, layer: int, weights: torch.Tensor) -> None:
        """Adds one slice of one layer, (head, query, key) float32. Each query of a layer must come exactly once."""
        _, queries, keys = weights.shape
        seen = weights[:, 1:] if queries == keys else weights
        own = keys - seen.shape[1]
        values = [
            seen.diagonal(own, 1, 2),
            seen.diagonal(own - 1, 1, 2),
            seen[:, :, 0],
            (seen * self._follows[own:keys, :keys]).sum(-1),
            torch.special.entr(seen).sum(-1) / math.log(2),
        ]
        self._sums[:, layer] += torch.stack(values).sum(-1, dtype=torch.float64)

    def means(self) -> dict[str, np.ndarray | None]:
        """Returns one (layer, head) array for each measure.

        `induction` is None if no query has a place to count. All measures are None for a text of one token.
        """
        counts = dict.fromkeys(MEASURES, self._queries) | {"induction": self.induction_queries}
        sums = dict(zip(MEASURES, self._sums.cpu().numpy(), strict=True))
        return {name: sums[name] / counts[name] if counts[name] else None for name in MEASURES}


class Thumbnails:
    """Every head's map in `side` × `side` cells. Each cell holds the largest weight of its block of queries and keys.

    Block b covers the tokens from floor(b n / side) up to, but not including, floor((b + 1) n / side). A text of fewer
    than `side` tokens has one cell for each token.
    """

    def __init__(self, tokens: int, layers: int, heads: int, side: int, device: torch.device) -> None:
        self.side = min(side, tokens)
        self._tokens = tokens
        edges = torch.arange(self.side + 1, device=device) * tokens // self.side
        # The tokens of each block. A block that is shorter than others has its last token again.
        within = torch.arange(-(-tokens // self.side), device=device)
        self._members = torch.minimum(edges[:-1, None] + within, edges[1:, None] - 1)
        self.cells = torch.zeros((layers, heads, self.side, self.side), dtype=torch.float32, device=device)

    def add(self, layer: int, weights: torch.Tensor) -> None:
        """Adds one slice of one layer, (head, query, key)."""
        heads, queries, keys = weights.shape
        start = keys - queries
        first, stop = self._block(start), self._block(keys - 1) + 1
        columns = self._members[:stop].clamp(max=keys - 1)
        rows = self._members[first:stop].clamp(start, keys - 1) - start
        narrow = weights.index_select(2, columns.flatten()).view(heads, queries, *columns.shape).amax(-1)
        low = narrow.index_select(1, rows.flatten()).view(heads, *rows.shape, stop).amax(2)
        target = self.cells[layer, :, first:stop, :stop]
        torch.maximum(target, low, out=target)

    def _block(self, token: int) -> int:
        return ((token + 1) * self.side - 1) // self._tokens


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
