"""Measures what every head of an encoder, or of a decoder's cross-attention, does on one text.

Knows tensors of weights. Does not know models. It computes on the device of the weights, and the results leave it at
the end. The weights of query i are a[i, j] over the m tokens of the source. Every measure is a mean over all queries.

In the encoder, a query is a token of the source too:

- self: a[i, i]. previous: a[i, i-1], over the queries from 1. next: a[i, i+1], over the queries before the last.

In cross-attention, a query is a token of the decoder's text, of which there are n:

- alignment: the largest weight on a source token that is no end token, counted only if that source token in turn gets
  its largest weight from this query. A head that joins each word with one other word has a large value, and one
  in which all tokens look at the same word, or at many, has a small one. No labels are needed.
- order: the sum of the weights on the source tokens within one place of i (m - 1) / (n - 1), the place that lies as far
  along the source as the query lies along its text.

In both:

- end: the sum of the weights on the source's end tokens, or on its last token if it has no end token.
- entropy_bits: -sum_j a[i, j] log2 a[i, j].
"""

import math
from collections.abc import Collection, Sequence

import numpy as np
import torch

from playground.attention.kinds import Kind

MEASURES: dict[Kind, tuple[str, ...]] = {
    "encoder": ("self", "previous", "next", "end", "entropy_bits"),
    "cross": ("alignment", "order", "end", "entropy_bits"),
}


def ends(source: Sequence[int], end_ids: Collection[int]) -> list[int]:
    """Returns the places of the source's end tokens, or its last place."""
    found = [place for place, token_id in enumerate(source) if token_id in end_ids]
    return found or [len(source) - 1]


def measured(weights: torch.Tensor, kind: Kind, end_places: Sequence[int]) -> np.ndarray:
    """Measures one layer on a whole text.

    Args:
        weights: (head, query, key) float32.
        end_places: the places of the source's end tokens.

    Returns:
        (measure, head) float64 values in the order of `MEASURES`, NaN for one that no query has.
    """
    exact = weights.double()
    entropy = torch.special.entr(exact).sum(-1) / math.log(2)
    end = exact[:, :, list(end_places)].sum(-1)
    if kind == "encoder":
        shown = [exact.diagonal(offset, 1, 2) for offset in (0, -1, 1)]
    else:
        shown = [_aligned(exact, end_places), _in_order(exact)]
    return torch.stack([one.mean(-1) for one in (*shown, end, entropy)]).cpu().numpy()


def _aligned(weights: torch.Tensor, end_places: Sequence[int]) -> torch.Tensor:
    """Returns (head, query): the largest weight on a word, or 0 if the word gets more from another query."""
    words = weights.clone()
    words[:, :, list(end_places)] = 0
    largest, word = words.max(-1)
    reader = words.argmax(1).gather(1, word)
    own = torch.arange(weights.shape[1], device=weights.device)
    return torch.where(reader == own, largest, torch.zeros_like(largest))


def _in_order(weights: torch.Tensor) -> torch.Tensor:
    """Returns (head, query): the sum of the weights within one place of the diagonal."""
    _, queries, keys = weights.shape
    places = torch.arange(queries, device=weights.device) * ((keys - 1) / max(1, queries - 1))
    distance = (torch.arange(keys, device=weights.device) - places[:, None]).abs()
    return (weights * (distance <= 1)).sum(-1)
