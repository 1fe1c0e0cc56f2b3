"""Chooses one token for each of several rows, from the distribution that the stages leave.

Knows rows and processors. Does not know where the logits come from. All of it happens on the device of the logits: the
numbers of all rows leave it in one transfer.
"""

from collections.abc import Sequence
from typing import NamedTuple

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
from playground.decoding.processors import StageScores, batch_stages
from playground.decoding.stages import BY_NAME
from playground.decoding.vocabulary import Vocabulary
from playground.engine.row import Choice, Row
from playground.errors import PlaygroundError
from playground.on_host import float64_device

NOT_NUMBERS = (
    "The model returned numbers that are infinite or not numbers (NaN). Start the server with --dtype float32."
)


class _Checks(NamedTuple):
    """What must hold of the rows, (rows,) booleans each: the logits are numbers, and stages leave a token.

    `names` are those of the stages that may leave none: one that reads the text, or one that the model brings.
    """

    is_number: torch.Tensor
    names: tuple[str, ...]
    is_left: tuple[torch.Tensor, ...]

    def refusal(self, is_number: bool, is_left: Sequence[bool]) -> PlaygroundError | None:
        """Returns why a row has no choice, None if it has one."""
        if not is_number:
            return PlaygroundError(NOT_NUMBERS)
        name = next((name for name, left in zip(self.names, is_left, strict=True) if not left), None)
        return None if name is None else PlaygroundError(_none_left(name))

    def of(self, places: torch.Tensor) -> "_Checks":
        """Returns those of some rows."""
        return _Checks(self.is_number[places], self.names, tuple(one[places] for one in self.is_left))


def _none_left(name: str) -> str:
    if name in BY_NAME:
        stage = BY_NAME[name]
        what = "Change it" if stage.kind == "constraint" else f"Choose another value of {stage.setting}"
        return f"No token is left after {name}. {what}, or switch it off."
    return f"No token is left: {name}, which the model brings, removes the last ones."


def choose(rows: Sequence[Row], logits: torch.Tensor, vocabulary: Vocabulary) -> list[Choice | PlaygroundError]:
    """Returns one choice for each of `rows`, or the error of a row that has none.

    A logit of such a row is NaN or positive infinity, or the settings leave it no token.

    Args:
        rows: rows that share their processing.
        logits: (rows, vocab).
        vocabulary: the model's words, for settings that hold some.
    """
    logits = logits.to(float64_device(logits.device))
    highest = logits.amax(-1)
    names, is_left = ["the model's own choice"], [highest > -torch.inf]
    moments, first = [row.moment for row in rows], rows[0]
    last = None
    for last in batch_stages(logits, moments, first.processing, first.extras, vocabulary):
        if last.name != "raw" and not (last.name in BY_NAME and BY_NAME[last.name].is_sampling_only):
            names.append(last.name)
            is_left.append(last.scores.amax(-1) > -torch.inf)
    assert last is not None, "the raw logits come first"
    checks = _Checks(highest < torch.inf, tuple(names), tuple(is_left))  # NaN is the largest
    is_greedy = rows[0].request.settings.strategy == "greedy" and not any(row.forced for row in rows)
    if is_greedy and draws.looks_are_free(logits):
        return _greedy(rows, logits, last.scores, checks)
    found = _choices(rows, logits, last, checks, PREFIX_TOKENS)
    if beyond := [place for place, one in enumerate(found) if one is None]:
        some = torch.tensor(beyond, device=logits.device)
        parts = logits[some], last.of(some), checks.of(some)
        again = _choices([rows[place] for place in beyond], *parts, prefix=logits.shape[-1])
        for place, one in zip(beyond, again, strict=True):
            found[place] = one
    return [one for one in found if one is not None]


def _greedy(
    rows: Sequence[Row],
    logits: torch.Tensor,
    scores: torch.Tensor,
    checks: _Checks,
) -> list[Choice | PlaygroundError]:
    """Returns the choice of each row with greedy, whose numbers are on the host already."""
    found: list[Choice | PlaygroundError] = []
    left = zip(*(one.tolist() for one in checks.is_left), strict=True)
    numbers = logits.float().numpy(), scores.numpy(), checks.is_number.tolist(), left
    for row, raw, after, is_number, is_left in zip(rows, *numbers, strict=True):
        if refusal := checks.refusal(is_number, is_left):
            found.append(refusal)
            continue
        draw = most_probable_on_host(after)
        found.append(Choice(draw, None if row.request.background else raw_facts(raw, draw.token_id)))
    return found


def _choices(
    rows: Sequence[Row],
    logits: torch.Tensor,
    last: StageScores,
    checks: _Checks,
    prefix: int,
) -> list[Choice | PlaygroundError | None]:
    """Returns what is found for each row, or None where a draw lies beyond the `prefix` tokens that were sorted."""
    chosen = _chosen(rows, last, prefix)
    is_shown = not all(row.request.background for row in rows)
    facts = standing(logits, chosen.token_ids) if is_shown else None
    found: list[Choice | PlaygroundError | None] = []
    for row, (draw, raw, flags) in zip(rows, told(chosen, facts, checks.is_number, *checks.is_left), strict=True):
        is_found, is_number, *is_left = flags
        if refusal := checks.refusal(is_number, is_left):
            found.append(refusal)
        elif not is_found:
            found.append(None)
        else:
            found.append(Choice(draw, None if row.request.background else raw))
    return found


def _chosen(rows: Sequence[Row], last: StageScores, prefix: int) -> Chosen:
    is_forced = [bool(row.forced) for row in rows]
    if all(is_forced):
        return given(last.scores, [row.forced[0] for row in rows])
    greedy = rows[0].request.settings.strategy == "greedy"
    chosen = most_probable(last.scores) if greedy else drawn(last.left, [row.u for row in rows], prefix)
    if not any(is_forced):
        return chosen
    forced = given(last.scores, [row.forced[0] if row.forced else 0 for row in rows])
    where = torch.tensor(is_forced, device=last.scores.device)
    return Chosen(*(torch.where(where, ours, theirs) for ours, theirs in zip(forced, chosen, strict=True)))
