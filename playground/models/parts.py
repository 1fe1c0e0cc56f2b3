"""Finds the parts of a model's decoder that views look into: embedding, blocks, final norm and unembedding.

transformers itself says what the embeddings are and which class a block has. The few names that differ between
families stand in the tables below and nowhere else. A part that is not found is None, so that the views that do not
need it work.
"""

from dataclasses import dataclass
from typing import NoReturn, cast

import torch
from torch import nn
from transformers import PreTrainedModel
from transformers.pytorch_utils import Conv1D

from playground.errors import PlaygroundError
from playground.models.spread import weight_of

ATTENTION = ("self_attn", "attn", "attention", "self_attention", "layer.0.SelfAttention")
CROSS_ATTENTION = ("encoder_attn", "layer.1.EncDecAttention")
"""The attention over what an encoder read."""
FEED_FORWARD = ("mlp", "feed_forward", "fc2", "layer.2.DenseReluDense")
PROJECTION = ("o_proj", "out_proj", "c_proj", "dense", "attention.out_proj", "o")
"""The last matrix of an attention. Its input is the heads' outputs, one beside the other."""
DOWN = ("down_proj", "c_proj", "dense_4h_to_h", "fc2", "fc_out", "wo")
"""The last matrix of a feed-forward. Its input is one number for each neuron."""
AFTER = {"attention": "post_attention_layernorm", "feed_forward": "post_feedforward_layernorm"}
"""The norms of what a block writes, in the families that have the second one: Gemma 2 and 3, OLMo 2."""
FINAL_NORM = ("norm", "ln_f", "final_layernorm", "final_layer_norm", "layer_norm")


@dataclass(frozen=True, eq=False)
class Writer:
    """One of the two parts of a block that add to the residual stream.

    Attributes:
        module: computes what is added; if it returns a tuple, the first item is meant.
        last: its last matrix; None if it is not found.
        norm: is applied to what is written before it is added; None in most families.
    """

    module: nn.Module
    last: nn.Module | None
    norm: nn.Module | None

    @property
    def written(self) -> nn.Module:
        """The module whose output is added to the residual stream."""
        return self.norm or self.module


@dataclass(frozen=True, eq=False)
class Block:
    """One block: its input and output are the residual stream. `cross_attention` is None in a decoder-only model."""

    module: nn.Module
    attention: Writer | None
    feed_forward: Writer | None
    cross_attention: Writer | None = None


@dataclass(frozen=True, eq=False)
class Parts:
    """The parts of one model. `name` is the model's name, for sentences."""

    name: str
    embedding: nn.Embedding
    blocks: tuple[Block, ...]
    norm: nn.Module | None
    unembedding: nn.Linear

    def check_norm(self) -> nn.Module:
        """Returns the final norm.

        Raises:
            PlaygroundError: it is not found.
        """
        return self.norm or self._refuse("the norm before its output matrix")

    def check_blocks(self) -> tuple[Block, ...]:
        """Returns the blocks.

        Raises:
            PlaygroundError: they are not found.
        """
        return self.blocks or self._refuse("its blocks")

    def _refuse(self, missing: str) -> NoReturn:
        raise PlaygroundError(
            f"This view needs to know where {self.name} has {missing}, and its model family is not known well enough. "
            "The other views work. Choose another model to see this one.",
            status=422,
        )


def parts(hf: PreTrainedModel, name: str) -> Parts:
    """Returns the parts of a model."""
    kinds = set(hf._no_split_modules or ())
    text = list(hf.get_decoder().modules())  # without the blocks of the part that sees, where the whole model is loaded
    found = [module for module in text if type(module).__name__ in kinds]
    layers = hf.config.get_text_config(decoder=hf.config.is_encoder_decoder or None).num_hidden_layers
    if hf.config.is_encoder_decoder:  # Marian does not name the class of its blocks, and mBART names others too
        lists = [module for module in hf.get_decoder().children() if isinstance(module, nn.ModuleList)]
        found = [block for one in lists[:1] for block in one]
    blocks = tuple(map(_block, found)) if len(found) == layers else ()
    stack = next((module for module in text if blocks and _holds(module, found[0])), None)
    norm = _named(stack, FINAL_NORM) if stack is not None else None
    embedding, unembedding = cast(nn.Embedding, hf.get_input_embeddings()), cast(nn.Linear, hf.get_output_embeddings())
    return Parts(name, embedding, blocks, norm, unembedding)


def matrix(linear: nn.Module, hf: PreTrainedModel) -> torch.Tensor:
    """Returns the weights of a linear map of a model as (out, in). GPT-2 keeps them the other way round.

    Where they are packed, the columns are what the map makes of the unit vectors, which holds for every package.
    """
    if not is_packed(linear):
        return weight_of(linear).T if isinstance(linear, Conv1D) else weight_of(linear)
    with torch.inference_mode():
        units = torch.eye(cast(int, linear.in_features), device=hf.device, dtype=hf.dtype)
        made = linear(units)
        return (made if linear.bias is None else made - linear.bias).T


def is_packed(linear: nn.Module) -> bool:
    """Returns whether a package keeps the weights of a linear map in a form of its own, or an adapter adds to them."""
    if hasattr(linear, "base_layer"):  # peft's LoRA layers, whose `weight` is that of the base alone
        return True
    weight = getattr(linear, "weight", None)
    return type(weight) is not nn.Parameter or not weight.is_floating_point()


def first(output: torch.Tensor | tuple[torch.Tensor, ...]) -> torch.Tensor:
    """Returns the tensor that a module returns, alone or as the first of several."""
    return output[0] if isinstance(output, tuple) else output


def _block(module: nn.Module) -> Block:
    has_norms = hasattr(module, AFTER["feed_forward"])
    writers: dict[str, Writer | None] = {}
    for part, names, last in (("attention", ATTENTION, PROJECTION), ("feed_forward", FEED_FORWARD, DOWN)):
        found = _named(module, names)
        norm = getattr(module, AFTER[part], None) if has_norms else None
        writers[part] = None if found is None else Writer(found, _last(found, last), norm)
    cross = _named(module, CROSS_ATTENTION)
    return Block(module, **writers, cross_attention=cross and Writer(cross, _last(cross, PROJECTION), None))


def _last(module: nn.Module, names: tuple[str, ...]) -> nn.Module | None:
    found = module if is_linear(module) else _named(module, names)
    return found if found is not None and is_linear(found) else None


def is_linear(module: nn.Module) -> bool:
    """Returns whether a module is a linear map. Those of packages for packed weights name their sizes as torch's do."""
    return isinstance(module, Conv1D) or isinstance(getattr(module, "in_features", None), int)


def _named(module: nn.Module, names: tuple[str, ...]) -> nn.Module | None:
    """Returns the first part of a module that has one of the names; a name may be a path."""
    inside = dict(module.named_modules())
    return next((inside[name] for name in names if name in inside), None)


def _holds(module: nn.Module, block: nn.Module) -> bool:
    """Returns whether a list of blocks that begins with `block` is a direct part of the module."""
    return any(isinstance(child, nn.ModuleList) and len(child) and child[0] is block for child in module.children())
