"""Epsilon cutoff."""

from transformers import EpsilonLogitsWarper

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Parameter, Slider, Stage
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
)
