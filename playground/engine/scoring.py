"""Scores a given text with the model: each token's probability, rank and entropy, computed in slices.

Knows models, the engine and measures. Does not know traces or pages. It keeps these numbers and no rows of logits,
because a prompt's rows would take its length times the vocabulary.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Generator
from functools import partial
from typing import NamedTuple

import torch

from playground.decoding.draws import standing
from playground.engine.any_engine import AnyEngine
from playground.models.language_model import LanguageModel
from playground.models.prompt_ids import PromptIds

SLICE_TOKENS = 32
SLICE_BYTES = 16 * 2**20
"""The most bytes of a slice's rows of logits. A slice takes about as long as two steps of a full batch."""

KEPT_TOKENS = 65_536
"""The number of tokens whose scores are kept."""


class TokenScore(NamedTuple):
    """One token in the model's own distribution after all tokens before it, without settings. `rank` counts from 1."""

    token_id: int
    probability: float
    logprob_nats: float
    rank: int
    entropy_bits: float


def scoring(ids: tuple[int, ...], model: LanguageModel) -> Generator[None, None, list[TokenScore]]:
    """A job for the engine: scores every id but the first, which nothing predicts. It yields after each slice."""
    size = model.slice_tokens(max(1, min(SLICE_TOKENS, SLICE_BYTES // (4 * model.vocabulary_size))))
    cache = model.new_cache()
    scores: list[TokenScore] = []
    for start in range(0, len(ids) - 1, size):
        stop = min(start + size, len(ids) - 1)
        rows, given = model.read(ids[start:stop], cache), ids[start + 1 : stop + 1]
        found = standing(rows, torch.tensor(given, device=rows.device)).cpu().tolist()
        for token_id, (share, logarithm, rank, entropy) in zip(given, found, strict=True):
            scores.append(TokenScore(token_id, share, logarithm, int(rank), entropy))
        del rows
        yield
    return scores


class Scores:
    """Scores texts on an engine, each once, and keeps the scores of the latest ones."""

    def __init__(self, engine: AnyEngine, kept_tokens: int = KEPT_TOKENS) -> None:
        self._engine = engine
        self._kept_tokens = kept_tokens
        self._tasks: OrderedDict[PromptIds, asyncio.Task[list[TokenScore]]] = OrderedDict()

    async def of(self, ids: tuple[int, ...], source_ids: tuple[int, ...] = ()) -> list[TokenScore]:
        """Returns the scores of `ids` but the first. Callers that ask for the same text share the same work.

        Args:
            source_ids: what the encoder reads; empty for a decoder-only model.
        """
        asked = PromptIds(ids, source_ids)
        if asked not in self._tasks:
            self._tasks[asked] = asyncio.create_task(self._engine.work(partial(scoring, ids), source_ids))
        task = self._tasks[asked]
        self._tasks.move_to_end(asked)
        while len(self._tasks) > 1 and sum(map(_tokens, self._tasks)) > self._kept_tokens:
            self._tasks.popitem(last=False)
        try:
            return await asyncio.shield(task)  # a caller that is cancelled does not stop the work for the others
        finally:
            if task.done() and (task.cancelled() or task.exception()):
                self._tasks.pop(asked, None)


def _tokens(text: PromptIds) -> int:
    return len(text.ids) + len(text.source_ids)
