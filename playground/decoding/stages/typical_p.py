"""Typical-p."""

from transformers import TypicalLogitsWarper

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Parameter, Slider, Stage
from playground.decoding.stages.warper import of_scores

TYPICAL_P = Stage(
    name="typical_p",
    label="typical-p",
    kind="cut",
    parameters=(Parameter("typical_p", Rule(0, 1, open_low=True, off=(1,)), Slider(0.05, 1, 0.01)),),
    says="keeps the tokens whose surprisal is closest to the entropy, until their probabilities sum to this value",
    formula="keep the least |−ln pᵢ − H| until Σ pᵢ ≥ m",
    source="Meister et al. 2022, arXiv:2202.00666",
    make=lambda values: of_scores(TypicalLogitsWarper(values["typical_p"])),
    transformers="TypicalLogitsWarper",
)
