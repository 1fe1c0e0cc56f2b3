"""Says how much each token or word of a text added to the score of the next token, in three ways.

Gradient × input and integrated gradients (Sundararajan et al. 2017) follow the gradient of the score back to the
vectors of the input embedding. Leave one out reads the text again without each part: what really happens then. The
score is that of one token, or of one token minus that of another (Yin & Neubig 2022).

A model with an encoder has a second text with parts, the source that it reads. The parts of both share the score.

Knows models. Does not know traces, threads or pages. Every job is a generator that yields between pieces of about
`gradients.PIECE_TOKENS` tokens, and returns a number for each part.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import torch
from torch import nn
from transformers import DynamicCache

from playground.inside.gradients import PIECE_TOKENS, Told, followed_back, integrated
from playground.inside.words import Span
from playground.models.cache_layers import for_rows
from playground.models.encoder import cache_emptied, cache_without, embedded_source, emptied, encode_vectors
from playground.models.language_model import LanguageModel

STEPS = 50
"""The usual number of points between the baseline and the text, at which integrated gradients reads the gradient."""

METHODS = ("gradient_x_input", "integrated_gradients", "leave_one_out")
SCALES = ("logit", "log_probability")
HOW = ("delete", "zero")

ZERO = "zero vectors in place of all embeddings"
ZERO_AFTER_START = f"{ZERO} but the start token’s"
WITHOUT = {
    "delete": "the text without it, so that what follows moves up",
    "zero": "the zero vector in place of its embedding",
}

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
        source_scores: the same for the parts of the source; empty for a model without an encoder.
        value: the score after the whole text.
        baseline_value: the score after the baseline; None for leave one out, which has one baseline for each part.
        baseline: what the text is compared with, in words.
        completeness_error: the sum of all scores minus what it should be, which is `value - baseline_value`; None for
            methods whose scores need not sum to that.
    """

    scores: tuple[float, ...]
    value: float
    baseline: str
    baseline_value: float | None = None
    completeness_error: float | None = None
    source_scores: tuple[float, ...] = ()

    @property
    def nbytes(self) -> int:
        """About the bytes that it holds."""
        return 32 * (len(self.scores) + len(self.source_scores)) + 256


def nothing_told(_done: int, _of: int) -> None:
    """Tells nobody."""


def gradient_x_input(
    model: LanguageModel,
    ids: Sequence[int],
    spans: Sequence[Span],
    target: Target,
    told: Told = nothing_told,
    source_spans: Sequence[Span] = (),
) -> Job:
    """Multiplies each token's vector by the gradient of the score: a first guess, from one step back."""
    texts = _texts(model, ids, source_spans)
    gradients, values = yield from followed_back(model, partial(_score, model, target), texts)
    told(1, 1)
    each = [(gradient * vectors)[0].float().sum(-1) for gradient, vectors in zip(gradients, texts, strict=True)]
    scores, *of_source = (summed(one, own) for one, own in zip(each, (spans, source_spans), strict=False))
    return Attribution(scores, values[0].item(), ZERO, source_scores=of_source[0] if of_source else ())


def integrated_gradients(
    model: LanguageModel,
    ids: Sequence[int],
    spans: Sequence[Span],
    target: Target,
    told: Told = nothing_told,
    steps: int = STEPS,
    source_spans: Sequence[Span] = (),
) -> Job:
    """Sums the gradient along the straight way from zero vectors to the text's vectors, by the Gauss–Legendre rule.

    What belongs to no part, such as a decoder's start token, stays as it is on the whole way.
    """
    ends = _texts(model, ids, source_spans)
    starts = [emptied(vectors, own) for vectors, own in zip(ends, (spans, source_spans), strict=False)]
    found = yield from integrated(model, partial(_score, model, target), starts, ends, steps, told)
    scores, *of_source = (summed(one, own) for one, own in zip(found.each, (spans, source_spans), strict=False))
    baseline = ZERO if spans and spans[0][0] == 0 else ZERO_AFTER_START
    source = of_source[0] if of_source else ()
    return Attribution(scores, found.whole, baseline, found.nothing, found.error, source)


def leave_one_out(
    model: LanguageModel,
    ids: Sequence[int],
    spans: Sequence[Span],
    target: Target,
    told: Told = nothing_told,
    how: str = "delete",
    source_spans: Sequence[Span] = (),
) -> Job:
    """Reads the text again without each part. A part's number is what the score loses without it.

    The parts are in the order of the text, and what is left without one is not empty. What stands before a part is read
    once. Each part of the source is left out of the source, with the whole text of the decoder.

    Args:
        how: "delete" takes the part out of the text; "zero" puts zero vectors in place of its embeddings.
    """
    of = len(spans) + len(source_spans)
    vectors = embedded(model, ids)
    read = partial(_without, model, ids) if how == "delete" else partial(_zeroed, model, ids, vectors)
    whole = _read(model, vectors, model.new_cache(), target)[0].item()
    cache, scores, done = model.new_cache(), [], 0
    while done < len(spans):
        told(done, of)
        yield
        chunk = spans[done : done + max(1, PIECE_TOKENS // (len(ids) - spans[done][0] + 1))]
        kept = _shared(chunk, len(ids))
        if kept > cache.get_seq_length():
            model.prefill(ids[cache.get_seq_length() : kept], cache)
        scores += [whole - value for value in read(chunk, kept, cache, target)]
        done += len(chunk)
    of_source: list[float] = []
    for span in source_spans:
        told(done, of)
        yield
        cache = cache_without(model, span) if how == "delete" else cache_emptied(model, span)
        of_source.append(whole - _read(model, vectors, cache, target)[0].item())
        done += 1
    told(of, of)
    return Attribution(tuple(scores), whole, WITHOUT[how], source_scores=tuple(of_source))


def embedded(model: LanguageModel, ids: Sequence[int]) -> torch.Tensor:
    """Returns the vectors of the model's input embedding, (1, token, width)."""
    with torch.no_grad():
        return cast(nn.Embedding, model.hf.get_input_embeddings())(torch.tensor([ids], device=model.hf.device))


def _texts(model: LanguageModel, ids: Sequence[int], source_spans: Sequence[Span]) -> list[torch.Tensor]:
    """Returns the embeddings of the text, and those of the source if its parts are asked for."""
    own = embedded(model, ids)
    return [own, embedded_source(model, model.source_ids)] if source_spans else [own]


def _score(model: LanguageModel, target: Target, texts: Sequence[torch.Tensor]) -> torch.Tensor:
    """Returns the score after each row of the text's vectors, with the source's vectors as the second text."""
    vectors, *source = texts
    cache = model.cache_from(encode_vectors(model, model.source_ids, source[0])) if source else model.new_cache()
    return target.of(model.read_vectors(vectors, cache, vectors.shape[1] - 1))


@torch.inference_mode()
def _read(model: LanguageModel, vectors: torch.Tensor, cache: DynamicCache, target: Target) -> torch.Tensor:
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
    return _read(model, rows, for_rows(cache, len(spans)), target).tolist()


def _shared(spans: Sequence[Span], size: int) -> int:
    """Returns how many of a text's tokens stand before all spans, and leave something to read without any of them."""
    first = spans[0][0]
    return first - 1 if any(start == first and stop == size for start, stop in spans) else first


def summed(scores: torch.Tensor, spans: Sequence[Span]) -> tuple[float, ...]:
    """Returns the sum of (position,) scores over each of the parts."""
    return tuple(scores[start:stop].sum().item() for start, stop in spans)


JOBS: dict[str, Callable[..., Job]] = {
    job.__name__: job for job in (gradient_x_input, integrated_gradients, leave_one_out)
}


def job_of(method: str, **options: Any) -> Callable[..., Job]:
    """Returns the job of a method, with its own options: `steps` or `how`."""
    return partial(JOBS[method], **options)
