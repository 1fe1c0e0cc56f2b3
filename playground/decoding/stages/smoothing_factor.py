"""Quadratic sampling, with a cubic part: bends the logits into a parabola below the highest."""

import torch

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Example, Moment, Parameter, Processor, Slider, Stage, Values

LOWEST = -1e18
"""No token falls further below the highest. Its probability is 0 long before, and float32 could not hold the cube."""


def _make(values: Values) -> Processor:
    factor, curve = values["smoothing_factor"], values["smoothing_curve"]
    square, cube = (3 - curve) / 2, (curve - 1) / 2

    def apply(_: Moment, scores: torch.Tensor) -> torch.Tensor:
        highest = scores.amax(-1, keepdim=True)
        below = scores - highest
        bend = (below * cube).neg_().add_(square)
        smoothed = (below * factor).mul_(below).mul_(bend).neg_().clamp_(min=LOWEST).add_(highest)
        return smoothed.masked_fill_(scores == -torch.inf, -torch.inf)

    return apply


SMOOTHING_FACTOR = Stage(
    name="smoothing_factor",
    label="smoothing factor",
    short="smoothing",
    kind="reshape",
    parameters=(
        Parameter("smoothing_factor", Rule(0, 100, off=(0,)), Slider(0, 10, 0.01)),
        Parameter(
            "smoothing_curve",
            Rule(1, 10),
            Slider(1, 10, 0.1),
            default=1,
            label="smoothing curve",
            says="mixes a cubic part in, so that the tail falls faster; above 3 a token close to the best overtakes it",
        ),
    ),
    says="bends the logits into a parabola below the highest: near ones come closer to it, and far ones fall away",
    formula="z′ = max z − f · d² · ((3 − c)/2 − (c − 1)/2 · d), d = z − max z",
    source="kalomaze 2024, text-generation-webui pull requests 5403 and 5551",
    make=_make,
    removes=False,
    is_generate=False,
    example=Example(
        "My favourite animal is the",
        {"max_new_tokens": 20, "seed": 1, "smoothing_factor": 0.5},
        "Without it “cat” has 11 % and “elephant” 7 %; with it they have 24 % and 21 %, and rare tokens lose "
        "what these gain.",
    ),
)
