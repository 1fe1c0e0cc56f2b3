"""Applies a processor of transformers to the tokens that end a text, and to no others. Knows tensors only."""

from collections.abc import Sequence
from typing import cast

import torch
from transformers import LogitsProcessor

from playground.decoding.stages.warper import long_tensor


def at_ends(end_ids: Sequence[int], processor: LogitsProcessor, length: int, scores: torch.Tensor) -> torch.Tensor:
    """Returns (1, vocab) scores, those of the tokens that end a text as `processor` changes them.

    transformers' classes walk through the whole vocabulary to change a few of its scores.

    Args:
        end_ids: the tokens that end a text.
        processor: reads how long a text is, and changes the scores of its end tokens, which are 0..len(end_ids) - 1.
        length: of the text, as the processor counts it.
        scores: (1, vocab).
    """
    if not end_ids:
        return scores
    places = long_tensor([end_ids], scores.device)
    text = long_tensor([[0] * length], scores.device)
    return scores.scatter(-1, places, processor(text, cast(torch.FloatTensor, scores.gather(-1, places))))
