"""Finds the encoder of an encoder–decoder that reads text, and its config. Knows transformers' models.

Most families keep the numbers of both sides in one config. T5Gemma has a config for each side, and the encoder of
T5Gemma 2 also sees: the part that reads text lies inside it, and so does its config.
"""

from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel


def text_encoder(hf: PreTrainedModel) -> nn.Module:
    """Returns the module that holds the encoder's layers for text."""
    encoder = hf.get_encoder()
    return getattr(encoder, "text_model", encoder)


def encoder_config(config: PreTrainedConfig) -> PreTrainedConfig:
    """Returns the config of the encoder's layers for text, from that of the whole model."""
    own = getattr(config, "encoder", None)
    return own.get_text_config() if isinstance(own, PreTrainedConfig) else config.get_text_config(encoder=True)
