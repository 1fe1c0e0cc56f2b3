"""Min-p."""

from transformers import MinPLogitsWarper

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Example, Parameter, Slider, Stage
from playground.decoding.stages.warper import of_scores

MIN_P = Stage(
    name="min_p",
    label="min-p",
    kind="cut",
    parameters=(Parameter("min_p", Rule(0, 1, off=(0,)), Slider(0, 1, 0.01)),),
    says="removes tokens that are less probable than this share of the most probable token's probability",
    formula="keep pᵢ ≥ min_p · max p",
    source="Nguyen et al. 2024, arXiv:2407.01082",
    make=lambda values: of_scores(MinPLogitsWarper(values["min_p"])),
    transformers="MinPLogitsWarper",
    sweep=(0, 0.3),
    gives_none="unread",
    example=Example(
        "My favourite animal is the",
        {"max_new_tokens": 20, "seed": 1, "min_p": 0.3},
        "Without it “polar” is drawn; with it “cat”, because all but 2 tokens had less than 30 % of the "
        "probability of “cat”.",
    ),
)
