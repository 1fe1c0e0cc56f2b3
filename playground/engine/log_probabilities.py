"""Computes the logarithms of the model's own probabilities, in float64: of one token, and of the most probable ones.

Knows models. Does not know traces, settings or pages.
"""

from collections.abc import Generator, Sequence
from typing import NamedTuple

import torch

from playground.decoding.draws import best_ids
from playground.engine.scoring import SLICE_BYTES, SLICE_TOKENS
from playground.models.language_model import LanguageModel
from playground.on_host import float64_device


class LogProbability(NamedTuple):
    """One token in the model's own distribution, without settings: the log-softmax of float32 logits in float64.

    Attributes:
        token_id: the token.
        nats: its log-probability.
        best: ids and log-probabilities of the most probable tokens, best first.
    """

    token_id: int
    nats: float
    best: tuple[tuple[int, float], ...]


def log_probabilities(rows: torch.Tensor, token_ids: Sequence[int], count: int) -> list[LogProbability]:
    """Returns where one token of each row stands.

    Args:
        rows: (rows, vocab) raw logits.
        token_ids: one for each row.
        count: the number of most probable tokens to tell of each row; 0 for none.
    """
    logarithms = rows.to(float64_device(rows.device)).float().double().log_softmax(-1)
    own = logarithms.gather(-1, torch.tensor(token_ids, device=logarithms.device)[:, None])[:, 0].tolist()
    best: list[tuple[tuple[int, float], ...]] = [()] * len(own)
    if count:
        ids = [best_ids(row, count) for row in logarithms]
        best = [
            tuple(zip(few.tolist(), row[few].tolist(), strict=True)) for few, row in zip(ids, logarithms, strict=True)
        ]
    return [LogProbability(*one) for one in zip(token_ids, own, best, strict=True)]


def of_text(ids: Sequence[int], count: int, model: LanguageModel) -> Generator[None, None, list[LogProbability]]:
    """A job for the engine: returns the log-probability of every id but the first, which nothing predicts."""
    size = model.slice_tokens(max(1, min(SLICE_TOKENS, SLICE_BYTES // (8 * model.vocabulary_size))))
    cache = model.new_cache()
    found: list[LogProbability] = []
    for start in range(0, len(ids) - 1, size):
        stop = min(start + size, len(ids) - 1)
        rows = model.read(ids[start:stop], cache)
        found += log_probabilities(rows, ids[start + 1 : stop + 1], count)
        del rows
        yield
    return found
