"""Answers `/reshape`: what settings make of one row of logits that the caller has. No model is asked.

Knows settings and stages. Does not know Gradio: `endpoints.py` gives this function its endpoint.
"""

import base64
import binascii
import math
from typing import Any

import numpy as np
import torch

from playground import values
from playground.decoding.processors import deeds, stages
from playground.decoding.settings import Settings
from playground.decoding.stages.stage import Moment
from playground.errors import PlaygroundError
from playground.values import shown

MOST_TOKENS = 1_000_000
"""The most logits of a row, and the most ids of a text."""
MOST_LOGIT = 3e38
FORM = "Give the raw row as a list of numbers, with null for minus infinity, or as base64 of little-endian float32"


def reshape(logits: Any, ids: Any, settings: Any, order: Any = None, prompt_length: Any = None) -> dict[str, Any]:
    """Returns what each stage makes of a row, and the probabilities after all of them.

    Args:
        logits: the raw row, (vocab,): a list of numbers, or base64 of little-endian float32.
        ids: the tokens of the text so far, prompt included.
        settings: the fields of `Settings` by name. Missing ones are off.
        order: in place of `settings.order`: a preset's name, or a list of stages; None for `settings.order`.
        prompt_length: how many of `ids` are the prompt, for stages that count new tokens; None for all of them.

    Returns:
        `{order, stages: [{name, kept, removed_mass}], tokens: [{token_id, probability}]}`. `stages` are those in force,
        in their order; `tokens` are those that are kept, most probable first, of equal ones the higher id first.

    Raises:
        PlaygroundError: a value of the wrong type or out of range, or settings that leave no token.
    """
    row = torch.from_numpy(_row(logits))
    given = values.mapping("settings", settings)
    chosen = Settings.from_dict(given if order is None else given | {"order": order})
    moment = _moment(ids, prompt_length, chosen.seed, len(row))
    found = stages(row, moment, chosen.processing())
    told = deeds(found)
    empty = next((deed.name for deed in told if not deed.kept), None)
    if empty is not None:
        raise PlaygroundError(f"No token is left after {empty}. Choose another value of it, or switch it off.")
    scores = found[-1].logits
    probabilities = scores.double().softmax(-1).numpy()
    best = np.lexsort((np.arange(len(row)), scores.numpy()))[::-1][: int((scores > -torch.inf).sum())]
    return {
        "order": chosen.to_dict()["order"],
        "stages": [deed._asdict() for deed in told],
        "tokens": [{"token_id": int(one), "probability": float(probabilities[one])} for one in best],
    }


def _row(logits: Any) -> np.ndarray:
    """Returns the row as (vocab,) float32."""
    if isinstance(logits, str):
        try:
            row = np.frombuffer(base64.b64decode(logits, validate=True), "<f4").astype(np.float32)
        except (binascii.Error, ValueError):
            raise PlaygroundError(f"logits is {shown(logits)}, which is no base64 of float32. {FORM}.") from None
    else:
        told = values.items("logits", logits, MOST_TOKENS)
        with np.errstate(over="ignore"):  # a number beyond float32 is infinite there, and refused below
            row = np.array([_number(one) for one in told], np.float64).astype(np.float32)
    if not 1 <= len(row) <= MOST_TOKENS:
        raise PlaygroundError(f"logits has {len(row):,} numbers. Give 1 to {MOST_TOKENS:,}.")
    if np.isnan(row).any() or row.max() == np.inf:
        raise PlaygroundError("logits holds NaN or plus infinity, from which no probability follows.")
    if row.max() == -np.inf:
        raise PlaygroundError("All of logits are minus infinity, so that no token is left.")
    return row


def _number(told: Any) -> float:
    if told is None:
        return -math.inf
    if isinstance(told, bool) or not isinstance(told, int | float):
        raise PlaygroundError(f"logits holds {shown(told)}, which is no number. {FORM}.")
    if abs(told) > MOST_LOGIT:
        raise PlaygroundError(f"logits holds {shown(told)}, which float32 cannot hold. {FORM}.")
    return float(told)


def _moment(ids: Any, prompt_length: Any, seed: int, size: int) -> Moment:
    told = values.items("ids", ids, MOST_TOKENS)
    checked = [values.whole(f"ids[{place}]", one, 0, size - 1) for place, one in enumerate(told)]
    length = None if prompt_length is None else values.whole("prompt_length", prompt_length, 0, len(checked))
    return Moment(checked, length, seed=seed)
