"""Temperature."""

from transformers import TemperatureLogitsWarper

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Parameter, Slider, Stage
from playground.decoding.stages.warper import of_scores

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
    ),
    says="divides the logits: below 1 makes the distribution sharper, above 1 flatter",
    formula="z′ = z / T",
    make=lambda values: of_scores(TemperatureLogitsWarper(values["temperature"])),
    transformers="TemperatureLogitsWarper",
    place="sidebar",
    removes=False,
    sweep=(0.2, 1.6),
)
