"""Repetition penalty."""

from transformers import RepetitionPenaltyLogitsProcessor

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Parameter, Slider, Stage
from playground.decoding.stages.warper import of_text

REPETITION_PENALTY = Stage(
    name="repetition_penalty",
    label="repetition penalty",
    short="repetition",
    kind="penalty",
    parameters=(Parameter("repetition_penalty", Rule(0.01, 100, off=(1,)), Slider(1, 2, 0.05)),),
    says="divides positive logits of tokens that occurred before by this value, and multiplies negative ones by it",
    formula="z′ = z / r if z > 0, else z · r, for each token of the text so far",
    source="Keskar et al. 2019, arXiv:1909.05858",
    make=lambda values: of_text(RepetitionPenaltyLogitsProcessor(values["repetition_penalty"])),
    transformers="RepetitionPenaltyLogitsProcessor",
    reads_moment=True,
    place="sidebar",
    removes=False,
)
