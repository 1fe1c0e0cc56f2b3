"""Chooses the class and the config with which a model is loaded, so that only the part for text is in memory.

A model that also sees or hears is published as a whole, with the config of its text part inside its own. Where
transformers has a class for the text part alone, the files' names of its weights are changed to the names of that
class, and the other weights are not read. Elsewhere the whole model is loaded.
"""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoModelForMultimodalLM,
    AutoModelForSeq2SeqLM,
    PreTrainedConfig,
    PreTrainedModel,
)
from transformers.models.auto.auto_factory import _BaseAutoModelClass

from playground.models.encoder_part import Task, encoder_part

ALONE = {r"^(model\.)?(language_model|text_model)\.": ""}
"""How a weight's name in the whole model becomes its name in the text part. transformers adds `model.` if it lacks."""
ENDINGS = {
    "aya_vision": {"logit_scale": 1.0},
    "cohere2_vision": {"logit_scale": 1.0},
    "granite_speech": {"logits_scaling": 1.0},
    "granite_speech_plus": {"logits_scaling": 1.0},
}
"""By model type: values of the text part's config with which its logits are those of the whole model, which does not
scale them."""


@dataclass(frozen=True, eq=False)
class TextPart:
    """What is loaded of a model.

    Attributes:
        model_class: the class of transformers.
        config: that class's config.
        renamed: transformers' `key_mapping`, from the files' names of weights to the class's; empty if they are equal.
        task: what the head of an encoder-only model does; None for a model that writes texts.
    """

    model_class: type[PreTrainedModel]
    config: PreTrainedConfig
    renamed: dict[str, str] = field(default_factory=dict)
    task: Task | None = None

    def outline(self) -> PreTrainedModel:
        """Returns the model without the numbers of its parameters."""
        with torch.device("meta"):
            return self.model_class(self.config)


def text_part(config: PreTrainedConfig) -> TextPart | None:
    """Returns what to load of a model with this config, or None if transformers has no class for it."""
    if found := encoder_part(config):
        return TextPart(found[0], config, task=found[1])
    if config.is_encoder_decoder:
        whole = _class_for(AutoModelForSeq2SeqLM, config)
        return whole and TextPart(whole, config)
    alone = _class_for(AutoModelForCausalLM, config)
    text = config.get_text_config(decoder=True)
    if text is config:
        return alone and TextPart(alone, config)
    if alone is None or alone.config_class is not type(text):  # it is not the text part's own class
        whole = alone or _class_for(AutoModelForMultimodalLM, config)
        alone = _class_for(AutoModelForCausalLM, text)
        if alone is None:
            return TextPart(whole, config) if whole and _reads_tokens(whole) else None
    return TextPart(alone, _as_in_the_whole(text, config), ALONE)


def _class_for(auto: type[_BaseAutoModelClass], config: PreTrainedConfig) -> type[PreTrainedModel] | None:
    mapping = cast("Mapping[type[PreTrainedConfig], type[PreTrainedModel]]", auto._model_mapping)
    return mapping.get(type(config), None)


def _reads_tokens(whole: type[PreTrainedModel]) -> bool:
    """Returns whether the whole model's forward can read a text, as far as its parameters say."""
    return {"input_ids", "position_ids"} <= inspect.signature(whole.forward).parameters.keys()


def _as_in_the_whole(text: PreTrainedConfig, whole: PreTrainedConfig) -> PreTrainedConfig:
    """Returns the text part's config with what the whole model's config says about it."""
    text.tie_word_embeddings = getattr(whole, "tie_word_embeddings", text.tie_word_embeddings)
    if quantization := getattr(whole, "quantization_config", None):
        text.quantization_config = quantization
    for name, value in ENDINGS.get(whole.model_type, {}).items():
        setattr(text, name, value)
    return text
