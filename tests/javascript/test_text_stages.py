"""Tests that the stages that read the text before the temperature change the same tokens in JavaScript as in Python."""

import numpy as np
import pytest
import torch

from playground.decoding.stages.bad_words import BAD_WORDS
from playground.decoding.stages.dry import DRY
from playground.decoding.stages.encoder_repetition_penalty import ENCODER_REPETITION_PENALTY
from playground.decoding.stages.exponential_decay_length_penalty import EXPONENTIAL_DECAY_LENGTH_PENALTY
from playground.decoding.stages.frequency_penalty import FREQUENCY_PENALTY
from playground.decoding.stages.logit_bias import LOGIT_BIAS
from playground.decoding.stages.min_new_tokens import MIN_NEW_TOKENS
from playground.decoding.stages.presence_penalty import PRESENCE_PENALTY
from playground.decoding.stages.repetition_penalty import REPETITION_PENALTY
from playground.decoding.stages.stage import Moment, Stage
from tests.javascript import node

STAGES = (
    LOGIT_BIAS,
    BAD_WORDS,
    MIN_NEW_TOKENS,
    EXPONENTIAL_DECAY_LENGTH_PENALTY,
    ENCODER_REPETITION_PENALTY,
    REPETITION_PENALTY,
    FREQUENCY_PENALTY,
    PRESENCE_PENALTY,
    DRY,
)


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
@pytest.mark.parametrize("count", [2_000, pytest.param(10_000, marks=pytest.mark.long)])
def test_javascript_gives_every_token_the_logit_of_python(stage, count):
    rng = np.random.default_rng(5)
    cases = [random_case(rng, stage) for _ in range(count)]
    told = node.answer("text_stages.js", {"name": stage.name, "cases": [as_json(*case) for case in cases]})
    changed = 0
    for (moment, values, logits), touched in zip(cases, told, strict=True):
        ours = logits.copy()
        for token_id, logit in touched:
            ours[token_id] = -np.inf if logit is None else logit
        theirs = stage.make(values)(moment, torch.tensor(logits)[None])[0].numpy()
        assert (ours == theirs).all(), (moment, values, logits, ours, theirs)
        changed += not (ours == logits).all()
    assert changed > count / 5  # otherwise the cases say little


def test_a_long_text_costs_little_in_javascript():
    """A search that compares every two places of this text would take 10**9 steps for each row."""
    values = {**values_of(np.random.default_rng(0), DRY, 5), "dry_penalty_last_n": -1, "dry_sequence_breakers": {}}
    ids = [1] * 30_000
    sent = [{"moment": {"ids": ids, "promptLength": 5}, "values": values, "logits": [0.0] * 3}] * 20
    assert len(node.answer("text_stages.js", {"name": "dry", "cases": sent})) == 20


def random_case(rng: np.random.Generator, stage: Stage) -> tuple[Moment, dict, np.ndarray]:
    """Returns a moment, the stage's values as they are resolved, and (vocab,) logits.

    Ties, tokens that are removed, ids beyond the vocabulary, and texts that are longer and shorter than the windows
    are among them.
    """
    size = int(rng.integers(1, 12))
    logits = (rng.normal(size=size) * rng.choice([0.1, 3, 30])).astype(np.float32)
    if rng.random() < 0.3:
        logits = np.round(logits)
    if rng.random() < 0.3:
        logits[rng.random(size) < 0.4] = -np.inf
    ids = random_ids(rng, size, int(rng.integers(1, 60)))
    source = tuple(random_ids(rng, size, 5)) if rng.random() < 0.3 else ()
    return Moment(ids, int(rng.integers(0, len(ids) + 1)), source), values_of(rng, stage, size), logits


def random_ids(rng: np.random.Generator, size: int, length: int) -> list[int]:
    """Returns a text in which some stretches occur again."""
    ids = rng.integers(0, size + 2, length).tolist()
    for _ in range(int(rng.integers(0, 4))):
        start, stop = sorted(rng.integers(0, len(ids) + 1, 2).tolist())
        ids += ids[start:stop]
    return ids


def values_of(rng: np.random.Generator, stage: Stage, size: int) -> dict:
    """Returns values with which the stage is on, resolved for a vocabulary of `size` tokens."""
    some = [int(one) for one in rng.integers(0, size, rng.integers(1, 4))]
    window = int(rng.choice([-1, 1, 2, 5, 20, 1000]))
    tails = [tuple(rng.integers(0, size + 2, rng.integers(0, 3)).tolist()) for _ in some]
    return {
        "end_ids": tuple(dict.fromkeys(some)),
        "logit_bias": tuple((one, None if rng.random() < 0.2 else float(rng.uniform(-100, 100))) for one in set(some)),
        "bad_words": tuple((*(other % size for other in tail), one) for tail, one in zip(tails, some, strict=True)),
        "min_new_tokens": int(rng.integers(1, 60)),
        "exponential_decay_length_penalty": (int(rng.integers(0, 30)), float(rng.choice([0.5, 1.01, 1.5, 10, 100]))),
        "encoder_repetition_penalty": float(rng.uniform(0.01, 3)),
        "repetition_penalty": float(rng.uniform(0.01, 3)),
        "frequency_penalty": float(rng.uniform(-2, 2)),
        "presence_penalty": float(rng.uniform(-2, 2)),
        "repeat_last_n": window,
        "dry_multiplier": float(rng.choice([0.1, 0.8, 5, 100])),
        "dry_base": float(rng.choice([1, 1.75, 3, 10])),
        "dry_allowed_length": int(rng.integers(1, 4)),
        "dry_penalty_last_n": window,
        "dry_sequence_breakers": {one: (tail,) for one, tail in zip(some, tails, strict=True) if rng.random() < 0.3},
    }


def as_json(moment: Moment, values: dict, logits: np.ndarray) -> dict:
    told = {"ids": moment.ids, "promptLength": moment.prompt_length, "sourceIds": moment.source_ids}
    row = [float(one) if one > -np.inf else None for one in logits]
    return {"moment": told, "values": values, "logits": row}
