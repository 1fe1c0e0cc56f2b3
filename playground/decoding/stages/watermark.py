"""Watermark."""

import torch

from playground.decoding.green_list import green_list
from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Example, Moment, Parameter, Processor, Slider, Stage


def raised(bias: float, ratio: float, key: int) -> Processor:
    """Returns what adds `bias` to the scores of the tokens that are green after the last token of the text."""

    def apply(moment: Moment, scores: torch.Tensor) -> torch.Tensor:
        if not moment.ids:
            return scores
        green = green_list(moment.ids[-1], scores.shape[-1], ratio, key)
        return torch.where(torch.from_numpy(green.copy()).to(scores.device), scores + bias, scores)

    return apply


WATERMARK = Stage(
    name="watermark",
    label="watermark",
    kind="watermark",
    parameters=(
        Parameter("watermark_bias", Rule(0, 100, off=(0,)), Slider(0, 10, 0.5)),
        Parameter(
            "watermark_ratio",
            Rule(0.01, 0.99),
            Slider(0.05, 0.95, 0.05),
            default=0.25,
            label="green share",
            says="gives the share of the vocabulary that is green",
        ),
        Parameter(
            "watermark_key",
            Rule(1, 2**31 - 1, whole=True),
            default=15485863,
            label="key",
            says="seeds the green lists; who knows it can detect the watermark",
        ),
    ),
    says="raises the scores of tokens that the token before chooses, so that a detector can tell the text later",
    formula="z′ = z + δ for the tokens that are green after the last token",
    source="Kirchenbauer et al. 2023, arXiv:2301.10226",
    make=lambda values: raised(values["watermark_bias"], values["watermark_ratio"], int(values["watermark_key"])),
    transformers="WatermarkLogitsProcessor",
    reads_moment=True,
    is_generate=False,
    removes=False,
    example=Example(
        "Once upon a time there was a",
        {"strategy": "greedy", "max_new_tokens": 50, "watermark_bias": 3},
        "Without it 13 of the 50 tokens are green, as by chance; with it 40 are, and the detector's z-score "
        "rises from 0.2 to 9.0.",
    ),
)
