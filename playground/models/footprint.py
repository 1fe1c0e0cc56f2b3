"""Measures what a model's texts take of its device's memory, and what its forwards take beside them.

Knows transformers' models, with weights or without. Does not know how much memory there is.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import ceil
from typing import TYPE_CHECKING, Any, cast

import torch
from transformers import DynamicCache, PreTrainedModel

from playground.models.cache_layers import kept
from playground.models.growing_layer import SPARE_ROWS
from playground.models.loaded_model import LONGEST_SLICE
from playground.models.source_forward import forward_of

if TYPE_CHECKING:  # transformers' own name for it is not there when the program runs
    from transformers.models.auto.modeling_auto import _BaseModelWithGenerate as CausalModel

PROBE_TOKENS = 24
"""The length of the text whose cache is measured. It is longer than the convolutions of known models."""
FORWARD_TOKENS = LONGEST_SLICE
"""At least as many tokens as any forward reads at once."""
BLOCK_WIDTHS, INNER_WIDTHS = 6, 3
"""How often a block holds a token's vector at once (residual, norm in float32, query, key, value), and the inner vector
of its feed-forward part (gate, up, product). Without gradients only one block holds them."""
CHOICE_BYTES = 64
"""Of each logit of a step, while a token is chosen: about eight numbers of 8 bytes (logits, log-probabilities, their
order, running sums, masks)."""
SPARE_BYTES = 256 * 2**20
"""For what torch does not tell: the kernels' own work areas, their code, and gaps between tensors."""
LEAST_TEXT, TEXTS_IN_PARTS, LEAST_ROWS = 512, 5, 8
"""A server must have room for `TEXTS_IN_PARTS` texts of `LEAST_TEXT` tokens, and for a step of `LEAST_ROWS` rows: see
`playground.engine.memory_plan`."""


@dataclass(frozen=True)
class Footprint:
    """What a model's texts take of the device's memory, in bytes.

    Attributes:
        token: the keys and values of one token, in all layers.
        text: the states of one text, whatever its length; 0 for a model with attention only.
        working: what a step holds beside them for one token of its batch: the keys and values of one layer once more
            while they grow, repeated for each query head as in eager attention, and the attention weights of all
            layers twice, while they are joined.
        scores: what a slice of a prompt takes for one token of the longest text, where attention is not fused: each
            head's scores in float32, and the weights.
        row: what the logits of one row of a step take while a token is chosen.
        forward: the activations of one block for a slice, and `SPARE_BYTES`.
    """

    token: int
    text: int
    working: int
    scores: int
    row: int
    forward: int

    @property
    def step(self) -> int:
        """The bytes of one token in a batch, with the working memory."""
        return self.token + self.working

    @property
    def running_step(self) -> int:
        """The bytes of one token where many texts run, with the memory of spare rows: see `growing_layer`."""
        return self.step + self.token // SPARE_ROWS

    def of_text(self, tokens: int) -> int:
        """Returns the bytes of one text."""
        return tokens * self.step + self.text

    def on_one(self, share: float) -> "Footprint":
        """Returns the footprint on one of several devices, which keeps this share of a text."""
        return replace(self, token=ceil(self.token * share), text=ceil(self.text * share))

    def reserve(self, longest: int) -> int:
        """Returns the bytes that stay free for forwards with texts of at most `longest` tokens, beside their rows."""
        return self.forward + longest * self.scores

    @property
    def least(self) -> int:
        """The bytes without which no server is started."""
        return self.least_for(LEAST_ROWS, LEAST_TEXT)

    def least_for(self, rows: int, tokens: int) -> int:
        """Returns the bytes without which no texts of so many tokens are written, with steps of so many rows."""
        return self.reserve(tokens) + rows * self.row + TEXTS_IN_PARTS * self.of_text(tokens)


@torch.inference_mode()
def footprint(hf: "CausalModel", itemsize: int | None = None) -> Footprint:
    """Returns the footprint of a model's texts, measured on a cache of the model.

    Args:
        hf: the model. On the meta device it has no weights, and must be in 16 bits: some operations on experts have no
            other type there.
        itemsize: the bytes of a number of the model that `hf` stands for; None for those of `hf`.
    """
    own = hf.dtype.itemsize
    size = itemsize or own
    config = hf.config.get_text_config(decoder=True)
    length = _probe_tokens(config)
    layers, states = _kept_bytes(_probed(hf, length), length)
    heads = _most(getattr(config, "num_attention_heads", None), 1)
    groups = heads // max(1, _most(getattr(config, "num_key_value_heads", None), heads))
    weights = 2 * config.num_hidden_layers * heads * size
    return Footprint(
        token=sum(layers) * size // own // length,
        text=states * size // own,
        working=max(layers, default=0) * size // own // length * (1 + max(1, groups)) + weights,
        scores=heads * FORWARD_TOKENS * (4 + size),
        row=CHOICE_BYTES * cast(torch.nn.Linear, hf.get_output_embeddings()).weight.shape[0],
        forward=FORWARD_TOKENS * size * _numbers_in_block(hf, config) + SPARE_BYTES,
    )


@torch.inference_mode()
def text_shares(hf: "CausalModel") -> dict[torch.device, float]:
    """Returns the share of what a text takes on each device that keeps some of it. They sum to 1."""
    found: Counter[torch.device] = Counter()
    for one in kept(_probed(hf, _probe_tokens(hf.config.get_text_config(decoder=True)))):
        found[one.tensor.device] += one.tensor.nbytes
    return {device: nbytes / found.total() for device, nbytes in found.items()}


def _probe_tokens(config: Any) -> int:
    return min(PROBE_TOKENS, getattr(config, "max_position_embeddings", None) or PROBE_TOKENS)


def _probed(hf: "CausalModel", length: int) -> DynamicCache:
    """Returns the cache of a text of `length` tokens."""
    forward = forward_of(hf)
    cache = forward.new_cache()
    ids = torch.zeros((1, length), dtype=torch.long, device=hf.device)
    forward(ids, torch.arange(length, device=hf.device)[None], None, cache)
    return cache


def _kept_bytes(cache: DynamicCache, length: int) -> tuple[list[int], int]:
    """Returns the bytes of a text's keys and values in each layer that keeps some, and those of all its states.

    The source of an encoder–decoder counts as long as the text.
    """
    layers: dict[int, int] = {}
    states = 0
    for one in kept(cache):
        if one.positions is None:
            states += one.tensor.nbytes
        else:
            all_positions = one.tensor.nbytes * length // one.tensor.shape[one.positions]
            layers[id(one.place)] = layers.get(id(one.place), 0) + all_positions
    return list(layers.values()), states


def _numbers_in_block(hf: PreTrainedModel, config: Any) -> int:
    """Returns how many numbers a block holds at once of one token."""
    width = cast(torch.nn.Embedding, hf.get_input_embeddings()).weight.shape[1]
    inner = _most(getattr(config, "intermediate_size", None), 4 * width)
    experts = _most(getattr(config, "moe_intermediate_size", None), 0)
    chosen = _most(getattr(config, "num_experts_per_tok", None), 1)
    return BLOCK_WIDTHS * width + INNER_WIDTHS * max(inner, experts * chosen)


def _most(stated: int | Iterable[int] | None, default: int) -> int:
    """Returns the value of a config, or the largest where it has one for each layer."""
    if not stated:
        return default
    return stated if isinstance(stated, int) else max(stated)
