"""Top-k."""

from transformers import TopKLogitsWarper

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Example, Parameter, Slider, Stage
from playground.decoding.stages.warper import of_scores

TOP_K = Stage(
    name="top_k",
    label="top-k",
    kind="cut",
    parameters=(Parameter("top_k", Rule(0, 10_000_000, whole=True, off=(0,)), Slider(0, 200, 1)),),
    says="keeps the k most probable tokens, and those that tie with the last of them",
    formula="keep z ≥ the k-th largest z",
    source="Fan et al. 2018, arXiv:1805.04833",
    make=lambda values: of_scores(TopKLogitsWarper(int(values["top_k"]))),
    transformers="TopKLogitsWarper",
    in_sidebar=True,
    sweep=(1, 100),
    gives_none="unread",
    example=Example(
        "My favourite animal is the",
        {"max_new_tokens": 20, "seed": 1, "top_k": 3},
        "Without it “polar” is drawn; with it “cat”, because only the 3 most probable tokens are left.",
    ),
)
