"""Epsilon cutoff."""

from transformers import EpsilonLogitsWarper

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Example, Parameter, Slider, Stage
from playground.decoding.stages.warper import of_scores

EPSILON_CUTOFF = Stage(
    name="epsilon_cutoff",
    label="epsilon cutoff",
    short="epsilon",
    kind="cut",
    parameters=(Parameter("epsilon_cutoff", Rule(0, 1, off=(0, 1)), Slider(0, 0.1, 0.0001)),),
    says="removes tokens whose probability is below this value",
    formula="keep pᵢ ≥ ε",
    source="Hewitt et al. 2022, arXiv:2210.15191",
    make=lambda values: of_scores(EpsilonLogitsWarper(values["epsilon_cutoff"])),
    transformers="EpsilonLogitsWarper",
    example=Example(
        "My favourite animal is the",
        {"max_new_tokens": 20, "seed": 1, "epsilon_cutoff": 0.01},
        "Without it “polar” is drawn; with it “cat”, because only the 13 tokens are left that had 1 % or more.",
    ),
)
