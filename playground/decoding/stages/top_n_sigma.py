"""Top-nσ: a cut at a distance from the highest logit, measured in standard deviations of what is left."""

import torch

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Example, Moment, Parameter, Processor, Slider, Stage, Values


def _make(values: Values) -> Processor:
    n = values["top_n_sigma"]

    def apply(_: Moment, scores: torch.Tensor) -> torch.Tensor:
        left = scores > -torch.inf
        count = left.sum(-1, keepdim=True)
        mean = torch.where(left, scores, 0).sum(-1, keepdim=True, dtype=torch.float64) / count
        squares = torch.where(left, scores - mean.float(), 0).square_()
        deviation = (squares.sum(-1, keepdim=True, dtype=torch.float64) / count).sqrt()
        lowest = scores.amax(-1, keepdim=True).double() - n * deviation
        return scores.masked_fill(scores < lowest.float(), -torch.inf)

    return apply


TOP_N_SIGMA = Stage(
    name="top_n_sigma",
    label="top-nσ",
    kind="cut",
    parameters=(Parameter("top_n_sigma", Rule(0, 100, off=(0, -1)), Slider(0, 5, 0.05)),),
    says="keeps the tokens whose logit is at most n standard deviations of all logits below the highest one",
    formula="keep zᵢ ≥ max z − n · σ(z)",
    source="Tang et al. 2024, arXiv:2411.07641; llama.cpp",
    make=_make,
    is_generate=False,
    example=Example(
        "My favourite animal is the",
        {"max_new_tokens": 20, "seed": 1, "top_n_sigma": 1},
        "Without it “polar” is drawn; with it “elephant”, because only 62 tokens are left, whose logits are "
        "close to the highest.",
    ),
)
