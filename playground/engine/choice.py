"""Chooses one token for each of several rows, from the distribution that the stages leave.

Knows rows and processors. Does not know where the logits come from. All of it happens on the device of the logits: the
numbers of all rows leave it in one transfer.
"""

from collections.abc import Sequence

import torch

from playground.decoding import draws
from playground.decoding.draws import (
    PREFIX_TOKENS,
    Chosen,
    drawn,
    given,
    most_probable,
    most_probable_on_host,
    standing,
    told,
)
from playground.decoding.measures import raw_facts
from playground.decoding.processors import batch_stages
from playground.decoding.settings import SAMPLING_ONLY
from playground.engine.row import Choice, Row
from playground.errors import PlaygroundError
from playground.on_host import float64_device

NOT_NUMBERS = (
    "The model returned numbers that are infinite or not numbers (NaN). Start the server with --dtype float32."
)
NONE_LEFT = "These settings remove every token. Lower no_repeat_ngram_size or switch it off."


def choose(rows: Sequence[Row], logits: torch.Tensor) -> list[Choice | PlaygroundError]:
    """Returns one choice for each of `rows`, or the error of a row that has none.

    A logit of such a row is NaN or positive infinity, or the settings leave it no token.

    Args:
        rows: rows that share their processing.
        logits: (rows, vocab).
    """
    logits = logits.to(float64_device(logits.device))
    highest = logits.amax(-1)
    is_number, is_left = highest < torch.inf, highest > -torch.inf  # NaN is the largest
    scores = logits
    for name, scores in batch_stages(logits, [row.ids for row in rows], rows[0].processing, rows[0].extras):
        if name != "raw" and name not in SAMPLING_ONLY:
            is_left &= scores.amax(-1) > -torch.inf
    is_greedy = rows[0].request.settings.strategy == "greedy" and not any(row.forced for row in rows)
    if is_greedy and draws.looks_are_free(scores):
        return _greedy(rows, logits, scores, is_number, is_left)
    found = _choices(rows, logits, scores, is_number, is_left, PREFIX_TOKENS)
    if beyond := [place for place, one in enumerate(found) if one is None]:
        some = torch.tensor(beyond, device=logits.device)
        parts = (tensor[some] for tensor in (logits, scores, is_number, is_left))
        again = _choices([rows[place] for place in beyond], *parts, prefix=logits.shape[-1])
        for place, one in zip(beyond, again, strict=True):
            found[place] = one
    return [one for one in found if one is not None]


def _greedy(
    rows: Sequence[Row],
    logits: torch.Tensor,
    scores: torch.Tensor,
    is_number: torch.Tensor,
    is_left: torch.Tensor,
) -> list[Choice | PlaygroundError]:
    """Returns the choice of each row with greedy, whose numbers are on the host already."""
    found: list[Choice | PlaygroundError] = []
    numbers = logits.float().numpy(), scores.numpy(), is_number.tolist(), is_left.tolist()
    for row, raw, after, is_right, has_tokens in zip(rows, *numbers, strict=True):
        if not is_right or not has_tokens:
            found.append(PlaygroundError(NONE_LEFT if is_right else NOT_NUMBERS))
            continue
        draw = most_probable_on_host(after)
        found.append(Choice(draw, None if row.request.background else raw_facts(raw, draw.token_id)))
    return found


def _choices(
    rows: Sequence[Row],
    logits: torch.Tensor,
    scores: torch.Tensor,
    is_number: torch.Tensor,
    is_left: torch.Tensor,
    prefix: int,
) -> list[Choice | PlaygroundError | None]:
    """Returns what is found for each row, or None where a draw lies beyond the `prefix` tokens that were sorted."""
    chosen = _chosen(rows, scores, prefix)
    is_shown = not all(row.request.background for row in rows)
    facts = standing(logits, chosen.token_ids) if is_shown else None
    found: list[Choice | PlaygroundError | None] = []
    for row, (draw, raw, flags) in zip(rows, told(chosen, facts, is_number, is_left), strict=True):
        is_found, is_right, has_tokens = flags
        if not is_right:
            found.append(PlaygroundError(NOT_NUMBERS))
        elif not has_tokens:
            found.append(PlaygroundError(NONE_LEFT))
        elif not is_found:
            found.append(None)
        else:
            found.append(Choice(draw, None if row.request.background else raw))
    return found


def _chosen(rows: Sequence[Row], scores: torch.Tensor, prefix: int) -> Chosen:
    is_forced = [bool(row.forced) for row in rows]
    if all(is_forced):
        return given(scores, [row.forced[0] for row in rows])
    greedy = rows[0].request.settings.strategy == "greedy"
    chosen = most_probable(scores) if greedy else drawn(scores, [row.u for row in rows], prefix)
    if not any(is_forced):
        return chosen
    forced = given(scores, [row.forced[0] if row.forced else 0 for row in rows])
    where = torch.tensor(is_forced, device=scores.device)
    return Chosen(*(torch.where(where, ours, theirs) for ours, theirs in zip(forced, chosen, strict=True)))
