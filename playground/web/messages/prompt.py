"""What the page's own JavaScript is told of a prompt's tokens, in the form it is told of steps.

Knows scores and measures. A given token's index is below 0: -1 is the last one of the prompt.
"""

import math
from collections.abc import Sequence
from typing import Any

from playground.decoding.measures import NGRAM, repeats, text_score
from playground.engine.scoring import TokenScore


def prompt_message(ids: Sequence[int], scores: Sequence[TokenScore]) -> dict[str, Any]:
    """A step for every token of `ids` but the first, and the score of the whole.

    A number that is not finite, as of a token the model rules out, is told as None.
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
