"""Frequency penalty."""

import torch

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Example, Moment, Parameter, Processor, Slider, Stage, Values
from playground.decoding.stages.text_window import counts, is_on_in_window, last


def _frequency_penalty(values: Values) -> Processor:
    penalty, window = values["frequency_penalty"], values["repeat_last_n"]

    def apply(moment: Moment, scores: torch.Tensor) -> torch.Tensor:
        return scores - counts(last(moment.ids, window), scores) * penalty

    return apply


FREQUENCY_PENALTY = Stage(
    name="frequency_penalty",
    label="frequency penalty",
    short="frequency",
    kind="penalty",
    parameters=(Parameter("frequency_penalty", Rule(-2, 2, off=(0,)), Slider(-2, 2, 0.05)),),
    says="lowers the logits of tokens of the text by this value for each time they occurred",
    formula="z′ = z − α · (how often the token occurs in the window)",
    source="OpenAI's API, `frequency_penalty`; the window as in llama.cpp",
    make=_frequency_penalty,
    reads_moment=True,
    reads=("repeat_last_n",),
    switches=is_on_in_window("frequency_penalty", 0),
    removes=False,
    is_generate=False,
    example=Example(
        "The sea is blue. The sky is blue. The lake is blue. The river is",
        {"strategy": "greedy", "max_new_tokens": 24, "frequency_penalty": 2},
        "Without it “blue” has 92 %; with it the logit of “blue” is lowered 3 times, once for each time it "
        "stands there, and 3 % are left.",
    ),
)
