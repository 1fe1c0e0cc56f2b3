"""Presence penalty."""

import torch

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Example, Moment, Parameter, Processor, Slider, Stage, Values
from playground.decoding.stages.text_window import counts, is_on_in_window, last


def _presence_penalty(values: Values) -> Processor:
    penalty, window = values["presence_penalty"], values["repeat_last_n"]

    def apply(moment: Moment, scores: torch.Tensor) -> torch.Tensor:
        return scores - counts(last(moment.ids, window), scores).clamp(max=1) * penalty

    return apply


PRESENCE_PENALTY = Stage(
    name="presence_penalty",
    label="presence penalty",
    short="presence",
    kind="penalty",
    parameters=(Parameter("presence_penalty", Rule(-2, 2, off=(0,)), Slider(-2, 2, 0.05)),),
    says="lowers the logits of tokens of the text by this value, however often they occurred",
    formula="z′ = z − β for each token of the window",
    source="OpenAI's API, `presence_penalty`; the window as in llama.cpp",
    make=_presence_penalty,
    reads_moment=True,
    reads=("repeat_last_n",),
    switches=is_on_in_window("presence_penalty", 0),
    removes=False,
    is_generate=False,
    example=Example(
        "The cat sat on the mat. The dog sat on the",
        {"strategy": "greedy", "max_new_tokens": 24, "presence_penalty": 2},
        "Without it “mat” and “cat”, words of the prompt, come first; with it “bed” and “couch” do, which are new.",
    ),
)
