"""Names the kinds of attention of a model, and tells the modules of each apart. Knows models.

A decoder-only model has "self", and an encoder-only model "encoder". An encoder–decoder has three: "self" is that of
the decoder over its own text, where no token sees a later one; "encoder" is that of the encoder, where each token of
the source sees all of them; "cross" is that of the decoder's tokens over the source. In T5Gemma 2, one module of the
decoder computes "self" and "cross" in one softmax, and returns the weights of both: they sum to 1 together.
"""

import inspect
from typing import Any, Literal, get_args

from torch import nn
from transformers import PreTrainedConfig, PreTrainedModel

from playground.errors import PlaygroundError
from playground.models.encoder_side import encoder_config, text_encoder
from playground.models.loaded_model import LoadedModel
from playground.values import choice

Kind = Literal["self", "encoder", "cross"]
KINDS: tuple[Kind, ...] = get_args(Kind)
OF_SOURCE = ("key_value_states", "encoder_hidden_states")
"""The names under which the cross-attention of a decoder is given what the encoder has made."""
MERGED = "merged_attention_mask"
"""The argument of a module that computes "self" and "cross" in one softmax."""


def kind_of(name: str, value: object) -> Kind:
    """Returns `value` if it is a kind, or raises PlaygroundError."""
    return choice(name, value, KINDS)


def stack(model: PreTrainedModel, kind: Kind) -> nn.Module:
    """Returns the module that holds the attention of a kind: the encoder, the decoder, or a decoder-only model."""
    if not model.config.is_encoder_decoder:
        return model
    return text_encoder(model) if kind == "encoder" else model.get_decoder()


def attention_modules(model: PreTrainedModel, kind: Kind) -> list[tuple[int, nn.Module]]:
    """Returns the modules that may compute attention of a kind, each with the number of its layer.

    In a decoder, `is_of` tells those of a forward apart. The encoders of some families, such as Marian's, do not number
    their attentions, which are counted here.
    """
    every = list(stack(model, kind).modules())
    if kind == "encoder":
        return list(enumerate(module for module in every if is_attention(module)))
    return [(layer, module) for module in every if (layer := layer_of(module)) is not None]


def is_attention(module: nn.Module) -> bool:
    """Returns whether a module is an attention by its class's name, and holds no other one."""
    named = [one for one in module.modules() if type(one).__name__.endswith("Attention")]
    return len(named) == 1 and named[0] is module


def is_of(kind: Kind, options: dict[str, Any]) -> bool:
    """Returns whether a module that is called with these keyword arguments computes attention of a kind."""
    if MERGED in options:
        return kind != "encoder"
    return any(options.get(name) is not None for name in OF_SOURCE) == (kind == "cross")


def is_merged(model: PreTrainedModel, kind: Kind) -> bool:
    """Returns whether the weights of this kind and those of another one sum to 1 together."""
    if kind == "encoder" or not model.config.is_encoder_decoder:
        return False
    return any(MERGED in inspect.signature(module.forward).parameters for _, module in attention_modules(model, kind))


def layer_of(module: nn.Module) -> int | None:
    """Returns the number of the layer that a module of its attention belongs to, None for any other module."""
    layer = getattr(module, "layer_idx", None)
    return layer if isinstance(layer, int) else None


def side(config: PreTrainedConfig, kind: Kind = "self") -> PreTrainedConfig:
    """Returns the configuration of the encoder for "encoder", and else that of the decoder."""
    if not config.is_encoder_decoder:
        return config.get_text_config()
    return encoder_config(config) if kind == "encoder" else config.get_text_config(decoder=True)


def refuse_other_kind(model: LoadedModel, kind: Kind) -> None:
    """Raises PlaygroundError for a kind that a model does not have."""
    if model.task is not None and kind != "encoder":
        raise PlaygroundError(
            f"kind is {kind!r}, and {model.name} is encoder-only. Choose the kind 'encoder'.", status=422
        )
    if model.task is None and kind != "self" and not model.hf.config.is_encoder_decoder:
        raise PlaygroundError(f"kind is {kind!r}, and {model.name} has no encoder. Choose the kind 'self'.", status=422)
