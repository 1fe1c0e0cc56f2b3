"""XTC: exclude top choices."""

import torch

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Example, Moment, Parameter, Processor, Slider, Stage, Values

STREAM = 1
"""Which of a step's random numbers decides whether the stage acts. The draw of the token has another one."""


def _make(values: Values) -> Processor:
    def apply(moment: Moment, scores: torch.Tensor) -> torch.Tensor:
        if moment.chance(STREAM) >= values["xtc_probability"]:
            return scores
        is_choice = (scores.softmax(-1) >= values["xtc_threshold"]) & (scores > -torch.inf)
        lowest = scores.masked_fill(~is_choice, torch.inf).amin(-1, keepdim=True)
        is_last = is_choice & (scores == lowest)
        is_last &= is_last.cumsum(-1) == 1  # of equal scores the lowest id comes last
        return scores.masked_fill(is_choice & ~is_last, -torch.inf)

    return apply


XTC = Stage(
    name="xtc",
    label="XTC",
    kind="cut",
    parameters=(
        Parameter("xtc_probability", Rule(0, 1, off=(0,)), Slider(0, 1, 0.01), label="probability"),
        Parameter(
            "xtc_threshold",
            Rule(0, 1),
            Slider(0, 0.5, 0.01),
            default=0.1,
            label="threshold",
            says="is the least probability of a top choice; above 0.5 there is never a second one, and nothing happens",
        ),
    ),
    says="removes with this probability all top choices but the least probable one, so that a rarer word is taken",
    formula="if u₁ < probability: of all pᵢ ≥ threshold keep the smallest",
    source="p-e-w 2024, text-generation-webui pull request 6335; llama.cpp",
    make=_make,
    reads_moment=True,
    is_generate=False,
    example=Example(
        "Once upon a time there was a",
        {"max_new_tokens": 20, "seed": 1, "temperature": 0.6, "xtc_probability": 1},
        "Without it “small”, “town” and “woman” come first; with it they are removed, and “young”, the last "
        "token above 10 %, comes first.",
    ),
)
