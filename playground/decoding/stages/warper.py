"""Makes a stage's processor of one of transformers'. Knows tensors only."""

from collections.abc import Callable
from typing import cast

import torch
from transformers import LogitsProcessor

from playground.decoding.draws import looks_are_free
from playground.decoding.stages.stage import Moment, Processor


def of_scores(processor: LogitsProcessor) -> Processor:
    """Returns `processor` as one that reads the scores of all rows, and no text."""
    nothing = cast(torch.LongTensor, None)
    return lambda _, scores: processor(nothing, cast(torch.FloatTensor, scores))


def of_text(processor: LogitsProcessor) -> Processor:
    """Returns `processor` as one that reads the text of one row."""
    return lambda moment, scores: processor(long_tensor([moment.ids], scores.device), cast(torch.FloatTensor, scores))


def long_tensor(numbers: object, device: torch.device | None = None) -> torch.LongTensor:
    """What transformers' annotations call a LongTensor. torch declares only that a tensor comes of it."""
    return cast(torch.LongTensor, torch.tensor(numbers, dtype=torch.long, device=device))


def by_higher_id(make: Callable[..., LogitsProcessor]) -> Callable[..., Processor]:
    """Gives a cut of transformers a defined choice among equal scores at its edge: the higher ids stay.

    The library sorts with an unstable `torch.sort`, so which of several tied tokens it keeps differs from processor
    to processor and with the row's length; how many it keeps does not.
    """

    def made(*values: float) -> Processor:
        processor = of_scores(make(*values))

        def apply(moment: Moment, scores: torch.Tensor) -> torch.Tensor:
            return higher_ids(scores, processor(moment, scores))

        return apply

    return made


def higher_ids(scores: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
    """`kept` with as many tokens of the smallest score that it keeps, but those with the highest ids.

    Args:
        scores: (rows, vocab) before a cut.
        kept: (rows, vocab) after it, -inf where removed; its kept tokens are the best of `scores`, ties aside.
    """
    smallest = kept.masked_fill(kept == -torch.inf, torch.inf).amin(-1, keepdim=True)
    tied = scores == smallest
    places = (kept == smallest).sum(-1, keepdim=True)
    if looks_are_free(scores) and bool((tied.sum(-1, keepdim=True) == places).all()):
        return kept
    higher_tied = tied.flip(-1).cumsum(-1).flip(-1)
    kept = kept.masked_fill(tied, -torch.inf)
    return torch.where(tied & (higher_tied <= places), scores, kept)
