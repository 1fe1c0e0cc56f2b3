"""Answers for one encoder-only model why a word fits into a blank, or why a text or a token gets a label.

Knows the reader, its store and the jobs of `whole_attribution`. Where the head fills blanks, the chosen token is
masked: `position` is the place of the blank, and the words on both sides share the score.
"""

import itertools
from collections.abc import Generator, Sequence
from functools import partial
from typing import Any

import numpy as np

from playground.decoding.measures import most_probable, probabilities
from playground.engine.reader import Reader
from playground.engine.request import checked_id
from playground.errors import PlaygroundError
from playground.inside.attribution import Attribution, nothing_told
from playground.inside.gradients import Told
from playground.inside.kept_jobs import KeptJobs, done_alone
from playground.inside.places import check_position, check_range
from playground.inside.whole_attribution import job_of
from playground.inside.why import ATTRIBUTION_TOKENS, CANDIDATES, SHELF_BYTES, Parts, Question
from playground.inside.words import Span, words
from playground.models.masked_model import MaskedModel


class WholeWhy:
    """Answers for one reader, as `why.Why` does for an engine. Keeps results while their text is kept."""

    def __init__(self, reader: Reader[MaskedModel], max_bytes: int = SHELF_BYTES) -> None:
        self._reader = reader
        self._model = reader.model
        self._kept = KeptJobs(reader, max_bytes, "why")

    async def candidates(self, trace_id: str, position: int) -> dict[str, Any]:
        """Returns the most probable tokens in the place of a position, and the text's own one if it is no blank.

        For a head that gives labels, all numbers are those of labels. `labels` names them; it is null else.
        """
        ids = self._ids(trace_id, position)
        row: np.ndarray = await self._reader.work(partial(_row, ids=ids, place=self._place(position)))
        shares = probabilities(row)
        own = self._reader.store.ids(trace_id)[0][position]
        is_blank = self._model.task != "fill-mask" or own == self._model.mask_id
        return {
            "next": None if is_blank else {"token_id": own, "probability": float(shares[own])},
            "top": [{"token_id": one, "probability": float(shares[one])} for one in most_probable(row, CANDIDATES)],
            "labels": None if self._model.task == "fill-mask" else list(self._model.labels),
        }

    async def attribution(
        self, trace_id: str, position: int, question: Question, told: Told = nothing_told
    ) -> tuple[Parts, Attribution]:
        """Returns the parts of a text, and what each of them added to the score of the target."""
        parts = self.parts(trace_id, position, question)
        ids, place = self._ids(trace_id, position), self._place(position)
        options = {"spans": parts.spans, "target": question.target, **question.options}

        async def make(told: Told) -> Attribution:
            job = job_of(question.method, ids=ids, place=place, **options)
            return await done_alone(self._reader, partial(self._reader.work_told, job, told))

        key = (trace_id, -1 if place is None else place, question)
        return parts, await self._kept.get(key, make, told)

    def parts(self, trace_id: str, position: int, question: Question) -> Parts:
        """Returns the parts of a text: all but the blank in view and the tokens that the tokenizer puts at the ends.

        Raises:
            PlaygroundError: there is no such position, there are too many tokens, or none besides.
        """
        ids = self._ids(trace_id, position)
        if len(ids) > ATTRIBUTION_TOKENS:
            raise PlaygroundError(
                f"The text has {len(ids):,} tokens, and at most {ATTRIBUTION_TOKENS} are explained. Choose a shorter "
                "text.",
                status=413,
            )
        left = {place for place, token_id in enumerate(ids) if token_id in self._model.special_ids}
        left |= {position} if self._model.task == "fill-mask" else set()
        spans = [span for run in _runs(len(ids), left) for span in self._divided(ids, run, question)]
        if not spans:
            raise PlaygroundError("The text has no word besides the blank, so none can be the reason. Write more.")
        return Parts(spans, [])

    def checked_target(self, given: int) -> int:
        """Returns the number of a token, or of a label.

        Raises:
            PlaygroundError: there is none with this number.
        """
        if self._model.task == "fill-mask":
            return checked_id(given, self._model)
        check_range("token_id", given, len(self._model.labels), f"the head of {self._model.name}")
        return given

    def _place(self, position: int) -> int | None:
        return None if self._model.task == "text-classification" else position

    def _ids(self, trace_id: str, position: int) -> tuple[int, ...]:
        """Returns the ids of a text, with a mask at the position if the head fills blanks."""
        ids = self._reader.store.ids(trace_id)[0]
        check_position(position, len(ids))
        mask = self._model.mask_id
        if self._model.task != "fill-mask" or mask is None:
            return tuple(ids)
        return (*ids[:position], mask, *ids[position + 1 :])

    def _divided(self, ids: Sequence[int], run: Span, question: Question) -> list[Span]:
        start, stop = run
        if question.parts == "tokens":
            return [(place, place + 1) for place in range(start, stop)]
        own = words([self._model.vocabulary[token_id] for token_id in ids[start:stop]])
        return [(start + first, start + last) for first, last in own]


def _row(model: MaskedModel, ids: Sequence[int], place: int | None) -> Generator[None, None, np.ndarray]:
    """Returns the logits at a place, or those of the labels of the whole text."""
    logits = model.logits([ids]) if place is None else model.logits_at([ids], [[place]])[:, 0]
    return logits[0].cpu().numpy()
    yield


def _runs(size: int, left: set[int]) -> list[Span]:
    """Returns the runs of places that are not left out.

    >>> _runs(6, {0, 3})
    [(1, 3), (4, 6)]
    """
    ends = [-1, *sorted(left), size]
    return [(before + 1, end) for before, end in itertools.pairwise(ends) if end > before + 1]
