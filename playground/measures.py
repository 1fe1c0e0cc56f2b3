"""Numbers that say something about a recorded distribution, derived from logits when asked for.

Knows tensors only. Units stand in the names.
"""

import torch


def raw_probability(logits: torch.Tensor, token_id: int) -> float:
    """The share softmax gives one token; `logits` (vocab,) as the model returned them."""
    return float(logits.double().log_softmax(-1)[token_id].exp())


def rank(logits: torch.Tensor, token_id: int) -> int:
    """1 for the largest logit of (vocab,); of equal ones the higher id comes first."""
    own = logits[token_id]
    tied_above = int((logits[token_id + 1 :] == own).sum())
    return int((logits > own).sum()) + tied_above + 1


def most_probable(logits: torch.Tensor, count: int) -> list[int]:
    """The ids of the `count` largest of (vocab,) logits, best first, of equal ones the higher id first."""
    smallest = logits.topk(min(count, len(logits))).values[-1]
    ids = (logits >= smallest).nonzero()[:, 0].flip(0)
    order = torch.sort(logits[ids], descending=True, stable=True).indices
    return ids[order][:count].tolist()
