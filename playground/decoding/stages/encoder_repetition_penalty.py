"""Encoder repetition penalty: favours the tokens of the prompt, or of what an encoder read."""

from typing import cast

import torch
from transformers import EncoderRepetitionPenaltyLogitsProcessor

from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Example, Moment, Parameter, Processor, Slider, Stage, Values
from playground.decoding.stages.warper import long_tensor


def _encoder_repetition_penalty(values: Values) -> Processor:
    penalty = float(values["encoder_repetition_penalty"])

    def apply(moment: Moment, scores: torch.Tensor) -> torch.Tensor:
        read = long_tensor(moment.source_ids or moment.prompt_ids, scores.device)
        ids = cast(torch.LongTensor, read[read < scores.shape[-1]][None])
        return EncoderRepetitionPenaltyLogitsProcessor(penalty, ids)(ids, cast(torch.FloatTensor, scores))

    return apply


ENCODER_REPETITION_PENALTY = Stage(
    name="encoder_repetition_penalty",
    label="encoder repetition penalty",
    short="of the prompt",
    kind="penalty",
    parameters=(Parameter("encoder_repetition_penalty", Rule(0.01, 100, off=(1,)), Slider(0.5, 2, 0.05)),),
    says="makes tokens of the prompt, or of what an encoder read, more probable above 1 and less probable below",
    formula="z′ = z · r if z > 0, else z / r, for each token of the prompt",
    make=_encoder_repetition_penalty,
    transformers="EncoderRepetitionPenaltyLogitsProcessor",
    reads_moment=True,
    removes=False,
    is_generate=False,  # a script gives `generate` the tokens before a step as its prompt, where this would count anew
    example=Example(
        "Anna likes cats. Her best friend likes",
        {"strategy": "greedy", "max_new_tokens": 24, "encoder_repetition_penalty": 1.1},
        "Without it “dogs” comes first; with it “cats”, a word of the prompt, grows from 18 % to 52 %, and "
        "the text stays with cats.",
    ),
)
