"""Top-a: a cut at a share of the square of the highest probability."""

import torch

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Example, Moment, Parameter, Processor, Slider, Stage, Values


def _make(values: Values) -> Processor:
    share = values["top_a"]

    def apply(_: Moment, scores: torch.Tensor) -> torch.Tensor:
        probabilities = scores.softmax(-1)
        highest = probabilities.amax(-1, keepdim=True)
        return scores.masked_fill(probabilities < highest * highest * share, -torch.inf)

    return apply


TOP_A = Stage(
    name="top_a",
    label="top-a",
    kind="cut",
    parameters=(Parameter("top_a", Rule(0, 1, off=(0,)), Slider(0, 1, 0.01)),),
    says="removes tokens that are less probable than this share of the square of the highest probability",
    formula="keep pᵢ ≥ a · (max p)²",
    source="BlinkDL, RWKV-LM; text-generation-webui",
    make=_make,
    is_generate=False,
    example=Example(
        "My favourite animal is the",
        {"max_new_tokens": 20, "seed": 1, "top_a": 0.5},
        "Without it “polar” is drawn; with it “elephant”, because only 24 tokens are left: the 11 % of “cat” "
        "set a low limit.",
    ),
)
