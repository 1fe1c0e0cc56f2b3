"""Builds the JSON message that describes a prompt's tokens to the page, in the same form as steps.

Knows scores and measures. The index of a prompt's token is below 0: -1 is the last token of the prompt.
"""

import math
from collections.abc import Sequence
from typing import Any

from playground.decoding.measures import NGRAM, repeats, text_score
from playground.engine.scoring import TokenScore


def prompt_message(ids: Sequence[int], scores: Sequence[TokenScore]) -> dict[str, Any]:
    """Builds the message: a step for every token of `ids` but the first, and the score of the whole text.

    A number of the score that is not finite becomes None, which happens when the model rules a token out.
    """
    return {
        "steps": [_given(ids, place, score) for place, score in enumerate(scores, start=1)],
        "score": _score(scores) if scores else None,
    }


def _score(scores: Sequence[TokenScore]) -> dict[str, float | None]:
    whole = text_score([score.logprob_nats for score in scores])
    return {name: _finite(number) for name, number in whole._asdict().items()}


def _given(ids: Sequence[int], place: int, score: TokenScore) -> dict[str, Any]:
    return {
        "index": place - len(ids),
        "token_id": score.token_id,
        "probability": score.probability,
        "raw_probability": score.probability,
        "entropy_bits": score.entropy_bits,
        "rank": score.rank,
        "draw": None,
        "kept": None,
        "repeats": NGRAM if repeats(ids[: place + 1]) else 0,
    }


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
