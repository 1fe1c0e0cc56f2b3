"""Makes the logits processors that a model brings in its generation_config, beyond those of `Settings`.

Knows transformers' processors. Does not know texts, traces or pages.
"""

import copy
import re
from typing import TYPE_CHECKING

import torch
from transformers import GenerationConfig

from playground.decoding.processors import ExtraProcessor
from playground.decoding.settings import Settings
from playground.models.prompt_ids import PromptIds

if TYPE_CHECKING:  # transformers' own name for it is not there when the program runs
    from transformers.models.auto.modeling_auto import _BaseModelWithGenerate as CausalModel

_PLACES = {
    "SequenceBiasLogitsProcessor": "first",
    "WatermarkLogitsProcessor": "last",
    "SynthIDTextWatermarkLogitsProcessor": "last",
    "LogitNormalization": "last",
}


def prepared_config(hf: "CausalModel") -> GenerationConfig:
    """Returns the model's generation_config as `generate` reads it when `Settings` are off."""
    config = copy.deepcopy(hf.generation_config)
    for name, value in (Settings().generate_kwargs() | {"min_p": None}).items():
        setattr(config, name, value)
    hf._prepare_special_tokens(config, True, device="cpu")  # pyright: ignore[reportAttributeAccessIssue]  # declares a `self` that no model is
    return config


def extra_processors(
    hf: "CausalModel", config: GenerationConfig, prompt: PromptIds, max_length: int
) -> tuple[ExtraProcessor, ...]:
    """Returns the processors that `generate` would add for the model's generation_config beyond `Settings`.

    Some of them, such as `encoder_no_repeat_ngram_size`, look at what the encoder read, or else at the prompt.

    Args:
        config: what `prepared_config` returns. It does not change.
    """
    config = copy.copy(config)
    config.max_length = max_length
    make = hf._get_logits_processor  # pyright: ignore[reportAttributeAccessIssue]  # declares a `self` that no model is
    read = torch.tensor([prompt.read_ids])
    found = make(config, input_ids_seq_length=len(prompt.ids), encoder_input_ids=read, device="cpu")
    return tuple(
        ExtraProcessor(_snake(type(one).__name__), _PLACES.get(type(one).__name__, "penalties"), one) for one in found
    )


def _snake(class_name: str) -> str:
    stem = re.sub("(LogitsProcessor|LogitsWarper)$", "", class_name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z]{2})(?=[A-Z][a-z])", "_", stem).lower()
