"""Minimum of new tokens."""

import torch
from transformers import MinNewTokensLengthLogitsProcessor

from playground.decoding.rules import Rule
from playground.decoding.stages.ends import at_ends
from playground.decoding.stages.stage import Example, Moment, Parameter, Processor, Slider, Stage, Values


def _min_new_tokens(values: Values) -> Processor:
    least, end_ids = int(values["min_new_tokens"]), values["end_ids"]

    def apply(moment: Moment, scores: torch.Tensor) -> torch.Tensor:
        if moment.step >= least:
            return scores
        processor = MinNewTokensLengthLogitsProcessor(0, least - moment.step, [*range(len(end_ids))])
        return at_ends(end_ids, processor, 0, scores)

    return apply


MIN_NEW_TOKENS = Stage(
    name="min_new_tokens",
    label="minimum of new tokens",
    short="minimum",
    kind="penalty",
    parameters=(Parameter("min_new_tokens", Rule(0, 1_000_000, whole=True, off=(0,)), Slider(0, 200, 1)),),
    says="removes the tokens that end the text until this many tokens are written",
    formula="z′ = −∞ for each token that ends the text, while fewer than n tokens are written",
    make=_min_new_tokens,
    transformers="MinNewTokensLengthLogitsProcessor",
    reads_moment=True,
    reads_ends=True,
    is_generate=False,  # a script gives `generate` the tokens before a step as its prompt, where this would count anew
    example=Example(
        "Hello! How can I help you today?",
        {"strategy": "greedy", "max_new_tokens": 40, "min_new_tokens": 20},
        "Without it the end token comes first with 46 %, and the text is empty; with it the text cannot end "
        "before 20 tokens.",
    ),
)
