"""Eta cutoff."""

from torch.distributions import Distribution
from transformers import EtaLogitsWarper

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Example, Parameter, Slider, Stage
from playground.decoding.stages.warper import of_scores

Distribution.set_default_validate_args(False)  # the warper makes one, and the check would wait for a device

ETA_CUTOFF = Stage(
    name="eta_cutoff",
    label="eta cutoff",
    short="eta",
    kind="cut",
    parameters=(Parameter("eta_cutoff", Rule(0, 1, off=(0, 1)), Slider(0, 0.1, 0.0001)),),
    says="removes tokens whose probability is below a limit that falls as the entropy grows",
    formula="keep pᵢ ≥ min(ε, √ε · e^−H)",
    source="Hewitt et al. 2022, arXiv:2210.15191",
    make=lambda values: of_scores(EtaLogitsWarper(values["eta_cutoff"])),
    transformers="EtaLogitsWarper",
    example=Example(
        "My favourite animal is the",
        {"max_new_tokens": 20, "seed": 1, "eta_cutoff": 0.05},
        "Without it “polar” is drawn; with it “one”: 181 tokens are left, and not just the 2 above 5 %, "
        "because the entropy is high.",
    ),
)
