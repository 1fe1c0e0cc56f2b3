"""Chooses a token for each of several rows of scores, on the device that holds them, and says where the tokens stand.

Knows rows of scores only. On a device, to look at one number costs a wait for all that is queued. So nothing here looks
before the end, unless looking is free: `told` brings the numbers of all rows to the host in one transfer.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from playground.decoding.measures import LOWEST, RawFacts, rank, raw_measures

COMPACT_TOKENS = 4096
"""Once at most this many tokens are left in every row, later work looks at these alone and not at the vocabulary."""
PREFIX_TOKENS = 1024
"""A draw sorts this many tokens before it sorts all that are kept."""


class Draw(NamedTuple):
    """The token that was chosen, its probability after all stages, and how many tokens it was chosen from."""

    token_id: int
    probability: float
    kept: int


class Few(NamedTuple):
    """What is left in each of several rows, where it is little.

    Attributes:
        values: (rows, tokens) scores; -inf where a row has fewer tokens than another, or a later cut removed one.
        ids: (rows, tokens) the tokens, in ascending order where the values are of the row.
        size: the number of tokens of the vocabulary.
    """

    values: torch.Tensor
    ids: torch.Tensor
    size: int

    @classmethod
    def among(cls, scores: torch.Tensor) -> "Few | None":
        """Returns what is left of (rows, vocab) scores; None if it is much, or looking for it is not free."""
        if not looks_are_free(scores) or bool((scores.amin(-1) > -torch.inf).any()):
            return None
        rows, ids = scores.numpy(), []
        for row in rows:  # NumPy finds them several times as fast
            ids.append(np.flatnonzero(row > -np.inf))
            if len(ids[-1]) > COMPACT_TOKENS:
                return None
        sizes = len(rows), max(1, *map(len, ids))
        # The dtype is said, because loading another model changes torch's default for a moment.
        values, own = torch.full(sizes, -torch.inf, dtype=scores.dtype), torch.zeros(sizes, dtype=torch.long)
        for place, (row, left) in enumerate(zip(rows, ids, strict=True)):
            values.numpy()[place, : len(left)], own.numpy()[place, : len(left)] = row[left], left
        return cls(values, own, scores.shape[-1])

    def of(self, places: torch.Tensor) -> "Few":
        """Returns those of some rows."""
        return Few(self.values[places], self.ids[places], self.size)

    def whole(self) -> torch.Tensor:
        """Returns (rows, vocab) scores, -inf for what is not left."""
        scores = torch.full((len(self.values), self.size), -torch.inf, dtype=self.values.dtype)
        rows, places = (self.values > -torch.inf).nonzero(as_tuple=True)
        scores[rows, self.ids[rows, places]] = self.values[rows, places]
        return scores


class Chosen(NamedTuple):
    """The choices of several rows, as (rows,) tensors on the scores' device; see `Draw`.

    `is_found` is False where the draw lies beyond the tokens that were sorted.
    """

    token_ids: torch.Tensor
    probabilities: torch.Tensor
    kept: torch.Tensor
    is_found: torch.Tensor


def looks_are_free(tensor: torch.Tensor) -> bool:
    """Returns whether the host can look at a number of the tensor without a wait."""
    return tensor.device.type == "cpu"


def drawn(scores: torch.Tensor | Few, u: Sequence[float], prefix: int = PREFIX_TOKENS) -> Chosen:
    """Walks each distribution from its most probable token down until the sum of probabilities exceeds the row's `u`.

    Ties are walked from the higher id to the lower. The same `u` can therefore be marked on the picture, and under
    other settings it is a fair counterfactual.

    Args:
        scores: (rows, vocab) float32 after all stages, or what is left of them; at least one in each row above -inf.
        u: uniform in [0, 1), one for each row.
        prefix: the number of tokens that are sorted.
    """
    few = scores if isinstance(scores, Few) else Few.among(scores)
    values, ids = (scores, None) if few is None else few[:2]
    assert isinstance(values, torch.Tensor)
    kept = _kept(values)
    weights = values.double()
    weights = (weights - weights.amax(-1, keepdim=True)).exp_()
    total = weights.sum(-1)
    target = torch.tensor(u, dtype=torch.float64, device=values.device) * total
    length = min(prefix, values.shape[-1])
    if length < values.shape[-1]:
        places = values.topk(length).indices
    else:
        places = torch.arange(length, device=values.device).expand(values.shape)
    # Of equal scores the higher id comes first: the ids are sorted first, and then stably by score.
    own_ids = places if ids is None else ids.gather(-1, places)
    own_ids, order = own_ids.sort(-1, descending=True)
    best = values.gather(-1, places).gather(-1, order).sort(dim=-1, descending=True, stable=True)
    own_ids = own_ids.gather(-1, best.indices)
    own_weights = weights.gather(-1, places).gather(-1, order).gather(-1, best.indices)
    cumulative = own_weights.cumsum(-1)
    place = torch.searchsorted(cumulative, target[:, None], right=True)
    place = torch.minimum(place, (kept.clamp(max=length) - 1).clamp(min=0)[:, None])
    # Which of the tokens that tie with the last one are sorted is left to `topk`. Only those above them are sure.
    last = best.values[:, -1:]
    above = (own_weights * (best.values > last)).sum(-1)
    is_found = (kept <= length) | (above > target)
    chosen = own_ids.gather(-1, place)
    probabilities = own_weights.gather(-1, place)[:, 0] / total
    return Chosen(chosen[:, 0], probabilities, kept, is_found)


class Walk(NamedTuple):
    """The tokens of one row in the order in which `drawn` walks them, for many draws from the same distribution.

    `token_ids` and `cumulative` are (kept,); the second holds the sums of the weights so far, whose last is the total.
    """

    token_ids: np.ndarray
    cumulative: np.ndarray

    @classmethod
    def of(cls, scores: torch.Tensor) -> "Walk":
        """Sorts (vocab,) float32 scores after all stages, of which at least one is above -inf, once."""
        row = scores.numpy(force=True)
        ids = np.flatnonzero(row > -np.inf)
        ids = ids[np.lexsort((-ids, -row[ids]))]
        weights = np.exp(row[ids].astype(np.float64) - float(row[ids[0]]))
        return cls(ids, weights.cumsum())

    def token_at(self, u: float) -> int:
        """Returns the token that `drawn` returns for a number in [0, 1)."""
        place = int(np.searchsorted(self.cumulative, u * self.cumulative[-1], side="right"))
        return int(self.token_ids[min(place, len(self.token_ids) - 1)])


def most_probable(scores: torch.Tensor) -> Chosen:
    """Returns the most probable token of each row, by `argmax` as in `generate` (the lower id of a tie)."""
    token_ids = scores.argmax(-1)
    best = scores.gather(-1, token_ids[:, None])
    total = (scores - best).exp_().sum(-1, dtype=torch.float64)
    kept = _kept(scores)
    return Chosen(token_ids, 1 / total, kept, torch.ones_like(kept, dtype=torch.bool))


def most_probable_on_host(scores: np.ndarray) -> Draw:
    """As `most_probable`, for one (vocab,) float32 row on the host. NumPy's calls cost a small part of torch's."""
    token_id = int(scores.argmax())
    with np.errstate(invalid="ignore"):  # a row with an infinite score is refused by who chooses
        total = float(np.exp(scores - scores[token_id]).sum(dtype=np.float64))
    kept = len(scores) if scores.min() > -np.inf else int(np.count_nonzero(scores > -np.inf))
    return Draw(token_id, 1 / total, kept)


def given(scores: torch.Tensor, token_ids: Sequence[int]) -> Chosen:
    """Returns tokens that were not chosen but given, one for each row, with their probabilities: 0 if removed."""
    ids = torch.tensor(token_ids, device=scores.device)
    weights = scores.double()
    weights = (weights - weights.amax(-1, keepdim=True)).exp_()
    own = weights.gather(-1, ids[:, None])[:, 0]
    kept = _kept(scores)
    return Chosen(ids, own / weights.sum(-1), kept, torch.ones_like(kept, dtype=torch.bool))


def best_ids(logits: torch.Tensor, count: int) -> torch.Tensor:
    """Returns the ids of the `count` largest of (vocab,) logits, best first, of equal ones the higher id first.

    `measures.most_probable` returns the same of a row on the host.
    """
    smallest = logits.topk(min(count, len(logits))).values[-1]
    # `topk` takes any of those that equal the smallest. Here the larger ones come first, and then the highest ids.
    order = torch.arange(len(logits), device=logits.device) + len(logits) * (logits > smallest)
    ids = torch.where(logits >= smallest, order, -1).topk(min(count, len(logits))).indices
    ids = ids.sort(descending=True).values
    return ids[logits[ids].sort(descending=True, stable=True).indices]


def standing(logits: torch.Tensor, token_ids: torch.Tensor) -> torch.Tensor:
    """Returns where one token of each row stands: (rows, 4) float64 with its share, logarithm, rank and entropy.

    The logarithm of the share is in nats, the entropy of the row in bits, and the rank counts from 1, of equal logits
    the higher id first. `measures.raw_measures` and `measures.rank` compute the same of one row on the host.

    Args:
        logits: (rows, vocab) raw logits.
        token_ids: (rows,).
    """
    rows, ids = logits.float(), token_ids[:, None]
    if looks_are_free(rows):  # NumPy compares and counts three times as fast
        with np.errstate(invalid="ignore"):  # a row with an infinite logit is refused by who chooses
            found = [_standing(row, token_id) for row, token_id in zip(rows.numpy(), token_ids.tolist(), strict=True)]
        return torch.tensor(found, dtype=torch.float64)
    own = rows.gather(-1, ids)
    shifted = (rows - rows.amax(-1, keepdim=True)).clamp_(min=float(LOWEST))
    weights = shifted.exp()
    total = weights.sum(-1, dtype=torch.float64)
    mean = weights.mul_(shifted).sum(-1, dtype=torch.float64) / total
    share = shifted.gather(-1, ids)[:, 0].double().exp() / total
    logarithm = (own - rows.amax(-1, keepdim=True))[:, 0].double() - total.log()
    entropy = (total.log() - mean) / math.log(2)
    higher = (rows > own).sum(-1)
    places = torch.arange(rows.shape[-1], device=rows.device)
    tied = ((rows == own) & (places >= ids)).sum(-1)
    return torch.stack([share, logarithm, (higher + tied).double(), entropy], dim=-1)


def _standing(row: np.ndarray, token_id: int) -> tuple[float, float, int, float]:
    raw = raw_measures(row, token_id)
    return raw.probability, raw.logprob_nats, rank(row, token_id), raw.entropy_bits


def _kept(scores: torch.Tensor) -> torch.Tensor:
    """Returns how many tokens are left in each row."""
    if looks_are_free(scores):  # NumPy counts several times as fast
        return torch.tensor([np.count_nonzero(row > -np.inf) for row in scores.numpy()])
    return (scores > -torch.inf).sum(-1)


def told(
    chosen: Chosen, facts: torch.Tensor | None, *checks: torch.Tensor
) -> list[tuple[Draw, RawFacts | None, list[bool]]]:
    """Brings the choices of all rows to the host, in one transfer.

    Args:
        chosen: the choices.
        facts: what `standing` returned; None if nobody reads it.
        checks: (rows,) booleans.

    Returns:
        for each row the draw, its facts, and `is_found` before the checks.
    """
    numbers = [chosen.token_ids, chosen.probabilities, chosen.kept, chosen.is_found, *checks]
    columns = [number.double()[:, None] for number in numbers]
    columns += [] if facts is None else [facts]
    rows: list[list[float]] = torch.cat(columns, dim=-1).cpu().tolist()
    found = []
    for token_id, probability, kept, *others in rows:
        flags = [bool(one) for one in others[: 1 + len(checks)]]
        raw = None
        if facts is not None:
            share, _, place, entropy_bits = others[1 + len(checks) :]
            raw = RawFacts(share, entropy_bits, int(place))
        found.append((Draw(int(token_id), probability, int(kept)), raw, flags))
    return found
