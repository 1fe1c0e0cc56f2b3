"""Repetition penalty."""

import torch
from transformers import RepetitionPenaltyLogitsProcessor

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Example, Moment, Parameter, Processor, Slider, Stage, Values
from playground.decoding.stages.text_window import REPEAT_LAST_N, is_on_in_window, last
from playground.decoding.stages.warper import long_tensor


def _repetition_penalty(values: Values) -> Processor:
    processor, window = RepetitionPenaltyLogitsProcessor(values["repetition_penalty"]), values["repeat_last_n"]

    def apply(moment: Moment, scores: torch.Tensor) -> torch.Tensor:
        return processor(long_tensor([last(moment.ids, window)], scores.device), scores)

    return apply


REPETITION_PENALTY = Stage(
    name="repetition_penalty",
    label="repetition penalty",
    short="repetition",
    kind="penalty",
    parameters=(Parameter("repetition_penalty", Rule(0.01, 100, off=(1,)), Slider(1, 2, 0.05)), REPEAT_LAST_N),
    says="divides positive logits of tokens that occurred before by this value, and multiplies negative ones by it",
    formula="z′ = z / r if z > 0, else z · r, for each token of the window",
    source="Keskar et al. 2019, arXiv:1909.05858",
    make=_repetition_penalty,
    transformers="RepetitionPenaltyLogitsProcessor",
    reads_moment=True,
    switches=is_on_in_window("repetition_penalty", 1),
    removes=False,
    sweep=(1, 1.5),
    example=Example(
        "The sea is blue. The sky is blue. The lake is blue. The river is",
        {"strategy": "greedy", "max_new_tokens": 24, "repetition_penalty": 1.3},
        "Without it “blue” has 92 %; with it 3 %, because the text has the word already, and the river is “red”.",
    ),
)
