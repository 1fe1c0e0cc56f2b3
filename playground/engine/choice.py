"""Chooses one token for each of several rows, from the distribution that the stages leave.

Knows rows and processors. Does not know where the logits come from.
"""

from collections.abc import Sequence

import torch

from playground.decoding.measures import raw_facts
from playground.decoding.processors import Draw, batch_stages, draw, given, pick_greedy
from playground.decoding.settings import SAMPLING_ONLY
from playground.engine.row import Choice, Row
from playground.errors import PlaygroundError


def choose(rows: Sequence[Row], logits: torch.Tensor) -> list[Choice]:
    """Returns one choice for each of `rows`.

    Args:
        rows: rows that share their processing.
        logits: (rows, vocab).

    Raises:
        PlaygroundError: a logit is NaN or positive infinity, or the settings leave no token.
    """
    if not bool((logits < torch.inf).all()):
        raise PlaygroundError(
            "The model returned numbers that are infinite or not numbers (NaN). Start the server with --dtype float32."
        )
    settings = rows[0].request.settings
    ids = [row.ids for row in rows]
    scores = logits
    for name, scores in batch_stages(logits, ids, settings.processing(), rows[0].extras):
        if name not in SAMPLING_ONLY and bool((scores.amax(-1) == -torch.inf).any()):
            raise PlaygroundError("These settings remove every token. Lower no_repeat_ngram_size or switch it off.")
    return [_choose_one(row, logits[place], scores[place]) for place, row in enumerate(rows)]


def _choose_one(row: Row, logits: torch.Tensor, scores: torch.Tensor) -> Choice:
    drawn = _drawn(row, scores)
    return Choice(drawn, None if row.request.background else raw_facts(logits.float().numpy(), drawn.token_id))


def _drawn(row: Row, scores: torch.Tensor) -> Draw:
    if row.forced:
        return given(scores, row.forced[0])
    return pick_greedy(scores) if row.request.settings.strategy == "greedy" else draw(scores, row.u)
