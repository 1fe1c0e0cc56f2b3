"""Top-p."""

from transformers import TopPLogitsWarper

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Example, Parameter, Slider, Stage
from playground.decoding.stages.warper import by_higher_id

TOP_P = Stage(
    name="top_p",
    label="top-p",
    kind="cut",
    parameters=(Parameter("top_p", Rule(0, 1, off=(1,)), Slider(0, 1, 0.01)),),
    says="keeps the fewest most probable tokens whose probabilities sum to p or more",
    formula="keep the shortest n best with Σ pᵢ ≥ p",
    source="Holtzman et al. 2020, arXiv:1904.09751",
    make=lambda values: by_higher_id(TopPLogitsWarper)(values["top_p"]),
    transformers="TopPLogitsWarper",
    in_sidebar=True,
    sweep=(0.3, 1),
    example=Example(
        "My favourite animal is the",
        {"max_new_tokens": 20, "seed": 1, "top_p": 0.3},
        "Without it “polar” is drawn; with it “cat”, because only 8 tokens are left, which together had 30 %.",
    ),
)
