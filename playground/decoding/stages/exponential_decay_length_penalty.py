"""Exponential decay of the length: the longer the text, the more probable its end."""

import math

import torch
from transformers import ExponentialDecayLengthPenalty

from playground.decoding.rules import Rule
from playground.decoding.stages.ends import at_ends
from playground.decoding.stages.stage import Example, Moment, Parameter, Processor, Stage, Values
from playground.decoding.word_rules import PairRule

MOST_FACTOR = 3e30
"""The power of the factor stops growing here. Beyond float32's largest number the distribution would be NaN."""


def most_tokens(factor: float) -> int | None:
    """Returns after how many tokens the power of the factor stops growing; None for a factor that does not grow."""
    return math.floor(math.log(MOST_FACTOR) / math.log(factor)) if factor > 1 else None


def _exponential_decay_length_penalty(values: Values) -> Processor:
    (start, factor), end_ids = values["exponential_decay_length_penalty"], values["end_ids"]
    most = most_tokens(factor)

    def apply(moment: Moment, scores: torch.Tensor) -> torch.Tensor:
        beyond = moment.step - start
        if beyond <= 0:
            return scores
        processor = ExponentialDecayLengthPenalty((0, factor), [*range(len(end_ids))], 0)
        return at_ends(end_ids, processor, beyond if most is None else min(beyond, most), scores)

    return apply


EXPONENTIAL_DECAY_LENGTH_PENALTY = Stage(
    name="exponential_decay_length_penalty",
    label="exponential decay",
    short="decay",
    kind="penalty",
    parameters=(
        Parameter(
            "exponential_decay_length_penalty",
            PairRule((("start", Rule(0, 1_000_000, whole=True)), ("factor", Rule(0.01, 100)))),
        ),
    ),
    says="makes the tokens that end the text more probable with each token after the start",
    formula="z′ = z + |z| · (factor^(t − start) − 1) for each token that ends the text, from t = start + 1 on",
    make=_exponential_decay_length_penalty,
    transformers="ExponentialDecayLengthPenalty",
    reads_moment=True,
    reads_ends=True,
    removes=False,
    is_generate=False,  # a script gives `generate` the tokens before a step as its prompt, where this would count anew
    example=Example(
        "Once upon a time there was a",
        {"strategy": "greedy", "max_new_tokens": 40, "exponential_decay_length_penalty": [5, 1.1]},
        "Without it the text has 40 tokens; with it the end token gains at each step after the first 5, and "
        "at step 17 it comes first.",
        step=16,
    ),
)
