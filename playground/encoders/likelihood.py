"""Masks each token of a text in turn: what the model guesses there, and how probable the token itself is.

The sum of the latter is the text's pseudo-log-likelihood (Salazar et al. 2020, arXiv:1910.14659). Knows models. It is
no probability of the text: each token is scored with all others in view, those after it too.
"""

import math
from collections.abc import Generator
from dataclasses import dataclass
from functools import partial

import torch

from playground.encoders.blanks import check_has_mask
from playground.encoders.texts import Text
from playground.engine.worker import Worker
from playground.errors import PlaygroundError
from playground.models.masked_model import MaskedModel

SLICE_TOKENS = 256
"""The tokens that a slice reads at once, unless a single text is longer."""


@dataclass(frozen=True)
class Scored:
    """A text with the score of each token.

    Attributes:
        logprobs_nats: the log-probability of each token with this token alone masked; None for the special tokens, and
            for mask tokens, behind which nobody knows the word.
    """

    logprobs_nats: tuple[float | None, ...]

    @property
    def sum_nats(self) -> float:
        """The pseudo-log-likelihood: the sum over all tokens that have a score."""
        return math.fsum(one for one in self.logprobs_nats if one is not None)


async def scored(worker: Worker[MaskedModel], text: Text) -> Scored:
    """Returns the score of each token of a text.

    Raises:
        PlaygroundError: the tokenizer has no mask token, or the text has no token to score.
    """
    check_has_mask(worker.model)
    places = [place for place in range(len(text.ids)) if place not in {*text.masks, *text.special}]
    if not places:
        raise PlaygroundError("The text has no word to score, only blanks. Write some.", status=422)
    found = dict(zip(places, await worker.work(partial(_scores, text.ids, places)), strict=True))
    return Scored(tuple(found.get(place) for place in range(len(text.ids))))


async def guessed(worker: Worker[MaskedModel], text: Text) -> list[tuple[int, float] | None]:
    """Returns, for each token of a text, the most probable token in its place with its probability, as if it alone were
    masked. It is None for the special tokens.

    Raises:
        PlaygroundError: the tokenizer has no mask token.
    """
    check_has_mask(worker.model)
    places = [place for place in range(len(text.ids)) if place not in text.special]
    found = dict(zip(places, await worker.work(partial(_guesses, text.ids, places)), strict=True))
    return [found.get(place) for place in range(len(text.ids))]


def _scores(ids: tuple[int, ...], places: list[int], model: MaskedModel) -> Generator[None, None, list[float]]:
    found: list[float] = []
    for own in _slices(ids, places, model):
        rows = yield from _masked_in_turn(ids, own, model)
        answers = torch.tensor([ids[place] for place in own], device=rows.device)
        found += rows.log_softmax(-1).gather(1, answers[:, None])[:, 0].tolist()
        yield
    return found


def _guesses(
    ids: tuple[int, ...], places: list[int], model: MaskedModel
) -> Generator[None, None, list[tuple[int, float]]]:
    found: list[tuple[int, float]] = []
    for own in _slices(ids, places, model):
        rows = yield from _masked_in_turn(ids, own, model)
        shares, tokens = rows.softmax(-1).max(-1)
        found += zip(tokens.tolist(), shares.tolist(), strict=True)
        yield
    return found


def _slices(ids: tuple[int, ...], places: list[int], model: MaskedModel) -> list[list[int]]:
    """Returns the places in groups, of which the texts are read at once."""
    at_once = max(1, model.slice_tokens(SLICE_TOKENS) // len(ids))
    return [places[start : start + at_once] for start in range(0, len(places), at_once)]


def _masked_in_turn(ids: tuple[int, ...], places: list[int], model: MaskedModel) -> Generator[None, None, torch.Tensor]:
    """Returns the (place, vocab) logits at each place while it alone is masked."""
    mask = model.mask_id
    assert mask is not None, "a tokenizer without a mask token is refused before"
    masked = [[*ids[:place], mask, *ids[place + 1 :]] for place in places]
    logits = yield from model.logits_in_slices(masked, [[place] for place in places])
    return logits[:, 0]
