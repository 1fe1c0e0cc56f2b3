"""Follows the gradient of a score back to vectors, at one place or along the way from other vectors.

Knows models only to refuse those without gradients. Every job is a generator that yields between pieces.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from playground.errors import PlaygroundError
from playground.models.loaded_model import LoadedModel

PIECE_TOKENS = 256
"""The tokens that a job reads, or follows back, before other texts take their steps: a slice of a prompt."""

Told = Callable[[int, int], None]
"""Called with the number of pieces that are done, and the number of all."""
Score = Callable[[Sequence[torch.Tensor]], torch.Tensor]
"""Returns the score of each row of one or two texts' vectors (row, position, width)."""


@dataclass(frozen=True, eq=False)
class Integrated:
    """What the gradients along the way add up to.

    Attributes:
        each: for each text (position,) float32, what its vectors added to the score.
        whole, nothing: the score at both ends of the way.
        error: the sum of all of `each`, minus the difference of the two scores.
    """

    each: tuple[torch.Tensor, ...]
    whole: float
    nothing: float
    error: float


def followed_back(
    model: LoadedModel, score: Score, texts: Sequence[torch.Tensor]
) -> Generator[None, None, tuple[tuple[torch.Tensor, ...], torch.Tensor]]:
    """Returns the gradients of each row's score, shaped like `texts`, and the scores.

    Raises:
        PlaygroundError: the model's weights are packed, and its package computes no gradient.
    """
    leaves = [vectors.detach().requires_grad_() for vectors in texts]
    with torch.enable_grad():
        values = score(leaves)
    yield  # the way back takes as long as the way there
    has_gradient = values.requires_grad
    gradients = torch.autograd.grad(values.sum(), leaves) if has_gradient else tuple(map(torch.zeros_like, leaves))
    if model.is_packed and texts[0].shape[1] > 1 and not gradients[0][:, :-1].any():
        raise PlaygroundError(
            f"The package that multiplies with the quantised weights of {model.name} rounds what it reads, so that "
            "there is no gradient. Choose Leave one out, or a model with plain weights.",
            status=422,
        )
    return gradients, values.detach()


def integrated(
    model: LoadedModel,
    score: Score,
    starts: Sequence[torch.Tensor],
    ends: Sequence[torch.Tensor],
    steps: int,
    told: Told,
) -> Generator[None, None, Integrated]:
    """Sums the gradient along the straight way from some vectors to others, by the Gauss–Legendre rule.

    Args:
        starts, ends: one or two texts' vectors, (1, position, width) each.
        steps: the number of points on the way.
    """
    places, weights = np.polynomial.legendre.leggauss(steps)
    shares, weights = ((torch.tensor(each, dtype=torch.float32) / 2).to(ends[0].device) for each in (places, weights))
    shares = shares + 0.5
    sums = [torch.zeros_like(vectors[0], dtype=torch.float32) for vectors in ends]
    size = max(1, PIECE_TOKENS // sum(vectors.shape[1] for vectors in ends))
    for first in range(0, steps, size):
        told(first, steps)
        part = slice(first, first + size)
        between = [
            (start + shares[part, None, None] * (end - start)).to(end.dtype)
            for start, end in zip(starts, ends, strict=True)
        ]
        gradients, _ = yield from followed_back(model, score, between)
        for total, gradient in zip(sums, gradients, strict=True):
            total += (weights[part, None, None] * gradient.float()).sum(0)
        yield
    with torch.inference_mode():
        whole, nothing = (score(texts)[0].item() for texts in (ends, starts))
    told(steps, steps)
    each = tuple((total * (end - start)[0]).sum(-1) for total, start, end in zip(sums, starts, ends, strict=True))
    return Integrated(each, whole, nothing, sum(one.sum().item() for one in each) - (whole - nothing))
