"""Temperature, and dynamic temperature: one that follows the entropy."""

import torch
from transformers import TemperatureLogitsWarper

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Example, Moment, Parameter, Processor, Slider, Stage, Values
from playground.decoding.stages.warper import of_scores

COLDEST = 1e-12
"""A dynamic temperature that would be 0 is this. It separates any two scores, and divides them without an overflow."""


def _make(values: Values) -> Processor:
    temperature, width = values["temperature"], values["dynatemp_range"]
    if not width:
        return of_scores(TemperatureLogitsWarper(temperature))
    low, high = max(0.0, temperature - width), temperature + width

    def apply(_: Moment, scores: torch.Tensor) -> torch.Tensor:
        count = (scores > -torch.inf).sum(-1, keepdim=True)
        flatness = _entropy_nats(scores) / count.clamp(min=2).double().log()
        divisor = low + (high - low) * flatness ** values["dynatemp_exponent"]
        divisor = divisor.clamp(min=COLDEST).masked_fill(count < 2, 1)  # a lone token has no entropy to follow
        return scores / divisor.float()

    return apply


def _entropy_nats(scores: torch.Tensor) -> torch.Tensor:
    """Returns the entropy of each row, (rows, 1) float64."""
    shifted = (scores.double() - scores.amax(-1, keepdim=True).double()).clamp_(min=-800)  # where a weight is 0
    weights = shifted.exp()
    total = weights.sum(-1, keepdim=True)
    return total.log() - weights.mul_(shifted).sum(-1, keepdim=True) / total


TEMPERATURE = Stage(
    name="temperature",
    label="temperature",
    kind="reshape",
    parameters=(
        Parameter(
            "temperature",
            Rule(0.001, 100, off=(1,), off_does="leaves the model's distribution as it is"),
            Slider(0.05, 2, 0.05),
        ),
        Parameter(
            "dynatemp_range",
            Rule(0, 100, off=(0,)),
            Slider(0, 2, 0.05),
            label="dynamic range",
            says="lets the temperature follow the entropy, from this much below it to this much above it",
        ),
        Parameter(
            "dynatemp_exponent",
            Rule(0, 100),
            Slider(0, 5, 0.05),
            default=1,
            label="dynamic exponent",
            says="bends how a dynamic temperature follows the entropy: above 1 it stays low for longer",
        ),
    ),
    says="divides the logits: below 1 makes the distribution sharper, above 1 flatter",
    formula="z′ = z / T; dynamic: T from T − r to T + r by (H / ln n)ᵉ",
    source="dynamic: kalomaze 2023; llama.cpp pull request 4972",
    make=_make,
    switches=lambda values: values["temperature"] != 1 or values["dynatemp_range"] > 0,
    transformers="TemperatureLogitsWarper",
    in_sidebar=True,
    removes=False,
    sweep=(0.2, 1.6),
    example=Example(
        "My favourite animal is the",
        {"max_new_tokens": 20, "seed": 1, "temperature": 0.3},
        "Without it “cat” has 11 %, and “polar” is drawn; at this temperature “cat” has 82 % and is drawn.",
    ),
)
