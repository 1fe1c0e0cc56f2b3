"""Says how much each token or word of a text added to the score of the next token, in three ways.

Gradient × input and integrated gradients (Sundararajan et al. 2017) follow the gradient of the score back to the
vectors of the input embedding. Leave one out reads the text again without each part: what really happens then. The
score is that of one token, or of one token minus that of another (Yin & Neubig 2022).

Knows models. Does not know traces, threads or pages. Every job is a generator that yields between pieces of about
`PIECE_TOKENS` tokens, and returns a number for each part.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import numpy as np
import torch
from torch import nn
from transformers import DynamicCache

from playground.errors import PlaygroundError
from playground.inside.words import Span
from playground.models.cache_layers import for_rows
from playground.models.language_model import LanguageModel

PIECE_TOKENS = 256
"""The tokens that a job reads, or follows back, before other texts take their steps: a slice of a prompt."""
STEPS = 50
"""The usual number of points between the baseline and the text, at which integrated gradients reads the gradient."""

METHODS = ("gradient_x_input", "integrated_gradients", "leave_one_out")
SCALES = ("logit", "log_probability")
HOW = ("delete", "zero")

ZERO = "zero vectors in place of all embeddings"
WITHOUT = {
    "delete": "the text without it, so that what follows moves up",
    "zero": "the zero vector in place of its embedding",
}

Told = Callable[[int, int], None]
"""Called with the number of pieces that are done, and the number of all."""
Job = Generator[None, None, "Attribution"]


@dataclass(frozen=True)
class Target:
    """The score that is explained.

    Attributes:
        token_id: the token whose score it is.
        against: a token whose score is subtracted, or None.
        scale: "logit" is the model's own score; "log_probability" is its log-softmax, in nats. With `against` both are
            the same.
    """

    token_id: int
    against: int | None = None
    scale: str = "logit"

    def of(self, logits: torch.Tensor) -> torch.Tensor:
        """Returns the score in each row of (row, vocab) logits, in float32."""
        scores = logits.float() if self.scale == "logit" else logits.float().log_softmax(-1)
        chosen = scores[:, self.token_id]
        return chosen if self.against is None else chosen - scores[:, self.against]


@dataclass(frozen=True)
class Attribution:
    """The result of one method.

    Attributes:
        scores: for each part of the text what it added to the score.
        value: the score after the whole text.
        baseline_value: the score after the baseline; None for leave one out, which has one baseline for each part.
        baseline: what the text is compared with, in words.
        completeness_error: the sum of the scores minus what it should be, which is `value - baseline_value`; None for
            methods whose scores need not sum to that.
    """

    scores: tuple[float, ...]
    value: float
    baseline: str
    baseline_value: float | None = None
    completeness_error: float | None = None

    @property
    def nbytes(self) -> int:
        """About the bytes that it holds."""
        return 32 * len(self.scores) + 256


def nothing_told(_done: int, _of: int) -> None:
    """Tells nobody."""


def gradient_x_input(
    model: LanguageModel, ids: Sequence[int], spans: Sequence[Span], target: Target, told: Told = nothing_told
) -> Job:
    """Multiplies each token's vector by the gradient of the score: a first guess, from one step back."""
    vectors = embedded(model, ids)
    gradient, values = yield from _followed_back(model, vectors, target)
    told(1, 1)
    return Attribution(_summed((gradient * vectors)[0].float().sum(-1), spans), values[0].item(), ZERO)


def integrated_gradients(
    model: LanguageModel,
    ids: Sequence[int],
    spans: Sequence[Span],
    target: Target,
    told: Told = nothing_told,
    steps: int = STEPS,
) -> Job:
    """Sums the gradient along the straight way from zero vectors to the text's vectors, by the Gauss–Legendre rule."""
    vectors = embedded(model, ids)
    places, weights = np.polynomial.legendre.leggauss(steps)
    shares, weights = ((torch.tensor(each, dtype=torch.float32) / 2).to(vectors.device) for each in (places, weights))
    shares = shares + 0.5
    sums = torch.zeros_like(vectors[0], dtype=torch.float32)
    size = max(1, PIECE_TOKENS // len(ids))
    for start in range(0, steps, size):
        told(start, steps)
        part = slice(start, start + size)
        between = (shares[part, None, None] * vectors).to(vectors.dtype)
        gradients, _ = yield from _followed_back(model, between, target)
        sums += (weights[part, None, None] * gradients.float()).sum(0)
        yield
    ends = torch.cat([vectors, torch.zeros_like(vectors)])
    whole, nothing = [_scored(model, end[None], model.new_cache(), target)[0].item() for end in ends]
    told(steps, steps)
    each = (sums * vectors[0]).sum(-1)
    error = each.sum().item() - (whole - nothing)
    return Attribution(_summed(each, spans), whole, ZERO, nothing, error)


def leave_one_out(
    model: LanguageModel,
    ids: Sequence[int],
    spans: Sequence[Span],
    target: Target,
    told: Told = nothing_told,
    how: str = "delete",
) -> Job:
    """Reads the text again without each part. A part's number is what the score loses without it.

    The parts are in the order of the text, and there are two or more. What stands before a part is read once.

    Args:
        how: "delete" takes the part out of the text; "zero" puts zero vectors in place of its embeddings.
    """
    read = partial(_without, model, ids) if how == "delete" else partial(_zeroed, model, ids, embedded(model, ids))
    whole = _scored(model, embedded(model, ids), model.new_cache(), target)[0].item()
    cache, scores, done = model.new_cache(), [], 0
    while done < len(spans):
        told(done, len(spans))
        yield
        chunk = spans[done : done + max(1, PIECE_TOKENS // (len(ids) - spans[done][0] + 1))]
        kept = _shared(chunk, len(ids))
        if kept > cache.get_seq_length():
            model.prefill(ids[cache.get_seq_length() : kept], cache)
        scores += [whole - value for value in read(chunk, kept, cache, target)]
        done += len(chunk)
    told(done, done)
    return Attribution(tuple(scores), whole, WITHOUT[how])


def embedded(model: LanguageModel, ids: Sequence[int]) -> torch.Tensor:
    """Returns the vectors of the model's input embedding, (1, token, width)."""
    with torch.no_grad():
        return cast(nn.Embedding, model.hf.get_input_embeddings())(torch.tensor([ids], device=model.hf.device))


def _followed_back(
    model: LanguageModel, vectors: torch.Tensor, target: Target
) -> Generator[None, None, tuple[torch.Tensor, torch.Tensor]]:
    """Returns the gradient of each row's score, shaped like `vectors`, and the scores.

    Raises:
        PlaygroundError: the model's weights are packed, and its package computes no gradient.
    """
    leaves = vectors.detach().requires_grad_()
    with torch.enable_grad():
        values = target.of(model.read_vectors(leaves, model.new_cache(), vectors.shape[1] - 1))
    yield  # the way back takes as long as the way there
    has_gradient = values.requires_grad
    gradients = torch.autograd.grad(values.sum(), leaves)[0] if has_gradient else torch.zeros_like(leaves)
    if model.is_packed and vectors.shape[1] > 1 and not gradients[:, :-1].any():
        raise PlaygroundError(
            f"The package that multiplies with the quantised weights of {model.name} rounds what it reads, so that "
            "there is no gradient. Choose Leave one out, or a model with plain weights.",
            status=422,
        )
    return gradients, values.detach()


@torch.inference_mode()
def _scored(model: LanguageModel, vectors: torch.Tensor, cache: DynamicCache, target: Target) -> torch.Tensor:
    return target.of(model.read_vectors(vectors, cache, vectors.shape[1] - 1))


def _without(
    model: LanguageModel, ids: Sequence[int], spans: Sequence[Span], kept: int, cache: DynamicCache, target: Target
) -> list[float]:
    """Returns the score after the text without each of the spans. `cache` holds the first `kept` ids."""
    rows = [[*ids[kept:start], *ids[stop:]] for start, stop in spans]
    ends = sorted({len(row) - 1 for row in rows})
    logits = model.go_on(rows, cache, ends)
    last = torch.stack([logits[place, ends.index(len(row) - 1)] for place, row in enumerate(rows)])
    return target.of(last).tolist()


@torch.inference_mode()
def _zeroed(
    model: LanguageModel,
    ids: Sequence[int],
    vectors: torch.Tensor,
    spans: Sequence[Span],
    kept: int,
    cache: DynamicCache,
    target: Target,
) -> list[float]:
    rows = vectors[:, kept:].repeat(len(spans), 1, 1)
    for row, (start, stop) in zip(rows, spans, strict=True):
        row[start - kept : stop - kept] = 0
    return _scored(model, rows, for_rows(cache, len(spans)), target).tolist()


def _shared(spans: Sequence[Span], size: int) -> int:
    """Returns how many of a text's tokens stand before all spans, and leave something to read without any of them."""
    first = spans[0][0]
    return first - 1 if any(start == first and stop == size for start, stop in spans) else first


def _summed(scores: torch.Tensor, spans: Sequence[Span]) -> tuple[float, ...]:
    return tuple(scores[start:stop].sum().item() for start, stop in spans)


JOBS: dict[str, Callable[..., Job]] = {
    job.__name__: job for job in (gradient_x_input, integrated_gradients, leave_one_out)
}


def job_of(method: str, **options: Any) -> Callable[..., Job]:
    """Returns the job of a method, with its own options: `steps` or `how`."""
    return partial(JOBS[method], **options)
