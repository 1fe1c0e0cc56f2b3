"""Top-h."""

from transformers import TopHLogitsWarper

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Example, Parameter, Slider, Stage
from playground.decoding.stages.warper import by_higher_id

TOP_H = Stage(
    name="top_h",
    label="top-h",
    kind="cut",
    # At 1 rounding alone decides which of the last tokens go, so the slider ends before it.
    parameters=(Parameter("top_h", Rule(0, 1, off=(0,)), Slider(0, 0.99, 0.01)),),
    says="keeps the best of the top 100 tokens while their entropy terms sum to at most this share of the total",
    formula="keep the first n with Σ −p ln p ≤ h · H, over the 100 best",
    source="Baghaei Potraghloo et al. 2025, arXiv:2509.02510",
    make=lambda values: by_higher_id(TopHLogitsWarper)(values["top_h"]),
    transformers="TopHLogitsWarper",
    gives_none="off",
    example=Example(
        "My favourite animal is the",
        {"max_new_tokens": 20, "seed": 1, "top_h": 0.4},
        "Without it “polar” is drawn; with it “cat”, because only 13 tokens are left: with more, the entropy "
        "would be too high.",
    ),
)
