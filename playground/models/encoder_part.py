"""Says which models are encoder-only: they read a whole text at once, in both directions, and have a head on top.

Knows transformers' configs. Does not know weights or forwards.
"""

from collections.abc import Mapping
from typing import Literal, cast

from transformers import (
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    PreTrainedConfig,
    PreTrainedModel,
)
from transformers.models.auto.auto_factory import _BaseAutoModelClass

Task = Literal["fill-mask", "text-classification", "token-classification"]
"""What the head does, by the name of transformers' pipeline: a row of logits over the vocabulary for each token, one
row over labels for the text, or a row over labels for each token."""

HEADS: dict[str, tuple[Task, type[_BaseAutoModelClass]]] = {
    "ForMaskedLM": ("fill-mask", AutoModelForMaskedLM),
    "ForSequenceClassification": ("text-classification", AutoModelForSequenceClassification),
    "ForTokenClassification": ("token-classification", AutoModelForTokenClassification),
}
"""By the end of the class's name that a config states: the task, and transformers' class that finds the class."""


def encoder_part(config: PreTrainedConfig) -> tuple[type[PreTrainedModel], Task] | None:
    """Returns the class and the task of an encoder-only model, or None for any other model.

    A decoder may have a head for labels too. An encoder-only model is of a type for which transformers has a masked
    language model.
    """
    if config.is_encoder_decoder or getattr(config, "is_decoder", False) or not _found(AutoModelForMaskedLM, config):
        return None
    for stated in config.architectures or ():
        for ending, (task, auto) in HEADS.items():
            if stated.endswith(ending) and (found := _found(auto, config)):
                return found, task
    return None


def _found(auto: type[_BaseAutoModelClass], config: PreTrainedConfig) -> type[PreTrainedModel] | None:
    mapping = cast("Mapping[type[PreTrainedConfig], type[PreTrainedModel]]", auto._model_mapping)
    return mapping.get(type(config), None)
