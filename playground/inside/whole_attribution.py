"""Says how much each part of a text added to what an encoder-only model puts in the place of a blank, or to a label.

The three methods and their formulas are those of `attribution`. The score is read after the whole text: that of one
token at one place, or that of one label. What belongs to no part stays as it is, such as the mask in that place and the
tokens that the tokenizer puts at the ends.

Knows models. Does not know traces, threads or pages. Every job is a generator that yields between pieces.
"""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from typing import Any

import torch

from playground.inside.attribution import WITHOUT, ZERO, Attribution, Job, Target, nothing_told, summed
from playground.inside.gradients import PIECE_TOKENS, Told, followed_back, integrated
from playground.inside.words import Span
from playground.models.encoder import emptied
from playground.models.masked_model import MaskedModel
from playground.models.masked_vectors import embedded_text, logits_of_vectors

STEPS = 50
"""As in `attribution`."""
ZERO_IN_PARTS = "zero vectors in place of the parts’ embeddings"


def gradient_x_input(
    model: MaskedModel,
    ids: Sequence[int],
    spans: Sequence[Span],
    target: Target,
    place: int | None,
    told: Told = nothing_told,
) -> Job:
    """Multiplies each token's vector by the gradient of the score.

    Args:
        model: the model.
        ids: the text, with a mask where a blank is.
        spans: its parts.
        target: the token, or the label by its number.
        place: the position whose logits count; None for a label of the whole text.
        told: hears how far it is.
    """
    vectors = embedded_text(model, ids)
    gradients, values = yield from followed_back(model, partial(_score, model, ids, target, place), [vectors])
    told(1, 1)
    return Attribution(summed((gradients[0] * vectors)[0].float().sum(-1), spans), values[0].item(), ZERO)


def integrated_gradients(
    model: MaskedModel,
    ids: Sequence[int],
    spans: Sequence[Span],
    target: Target,
    place: int | None,
    told: Told = nothing_told,
    steps: int = STEPS,
) -> Job:
    """Sums the gradient along the straight way from zero vectors in all parts to the text's vectors."""
    end = embedded_text(model, ids)
    start = emptied(end, spans)
    found = yield from integrated(model, partial(_score, model, ids, target, place), [start], [end], steps, told)
    return Attribution(summed(found.each[0], spans), found.whole, ZERO_IN_PARTS, found.nothing, found.error)


def leave_one_out(
    model: MaskedModel,
    ids: Sequence[int],
    spans: Sequence[Span],
    target: Target,
    place: int | None,
    told: Told = nothing_told,
    how: str = "delete",
) -> Job:
    """Reads the text again without each part. A part's number is what the score loses without it."""
    vectors = embedded_text(model, ids)
    read = partial(_without, model, ids) if how == "delete" else partial(_zeroed, model, ids, vectors)
    with torch.inference_mode():
        whole = _score(model, ids, target, place, [vectors])[0].item()
    scores: list[float] = []
    size = max(1, PIECE_TOKENS // len(ids))
    for _, alike in groupby(spans, key=lambda span: span[1] - span[0]):  # so that all rows are equally long
        group = list(alike)
        for first in range(0, len(group), size):
            told(len(scores), len(spans))
            yield
            scores += [whole - value for value in read(target, place, group[first : first + size])]
    told(len(spans), len(spans))
    return Attribution(tuple(scores), whole, WITHOUT[how])


def _score(
    model: MaskedModel, ids: Sequence[int], target: Target, place: int | None, texts: Sequence[torch.Tensor]
) -> torch.Tensor:
    return target.of(logits_of_vectors(model, ids, texts[0], place))


def _without(
    model: MaskedModel, ids: Sequence[int], target: Target, place: int | None, spans: Sequence[Span]
) -> list[float]:
    rows = [[*ids[:start], *ids[stop:]] for start, stop in spans]
    if place is None:
        return target.of(model.logits(rows)).tolist()
    places = [[place - (stop - start if stop <= place else 0)] for start, stop in spans]
    return target.of(model.logits_at(rows, places)[:, 0]).tolist()


@torch.inference_mode()
def _zeroed(
    model: MaskedModel,
    ids: Sequence[int],
    vectors: torch.Tensor,
    target: Target,
    place: int | None,
    spans: Sequence[Span],
) -> list[float]:
    rows = torch.cat([emptied(vectors, [span]) for span in spans])
    return _score(model, ids, target, place, [rows]).tolist()


JOBS: dict[str, Callable[..., Job]] = {
    job.__name__: job for job in (gradient_x_input, integrated_gradients, leave_one_out)
}


def job_of(method: str, **options: Any) -> Callable[..., Job]:
    """Returns the job of a method, with its own options: `steps` or `how`."""
    return partial(JOBS[method], **options)
