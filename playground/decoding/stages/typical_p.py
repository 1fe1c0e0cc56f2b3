"""Typical-p."""

from transformers import TypicalLogitsWarper

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Example, Parameter, Slider, Stage
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
    example=Example(
        "My favourite animal is the",
        {"max_new_tokens": 20, "seed": 1, "typical_p": 0.3},
        "Without it “cat” comes first with 11 %; with it even “cat” is removed, because it surprises too "
        "little, and 101 rarer tokens are left.",
    ),
)
