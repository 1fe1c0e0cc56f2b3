"""Computes attention for one query per row: the same output and weights as eager attention, without its copies.

Eager attention repeats keys and values for every query head of a group. With one query per row, that copy is most of
its cost. Here a group's query heads are the rows of one matrix instead. Knows only transformers' attention interface.
"""

import logging
import math
from typing import Any, cast

import torch
from torch import nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.cache_utils import DynamicIndexedLayer
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

from playground.models.cache_layers import for_rows
from playground.models.forward import Decoded, Forward
from playground.models.shared_beginnings import Parted, scores, weighted

log = logging.getLogger(__name__)

NAME = "one_query"
FIRST_ROUNDINGS = {torch.float32: 32}
LATER_ROUNDINGS = {torch.float32: 2048}
FEW_ROUNDINGS, SOME_ROUNDINGS = 4, 16
"""How far two ways to compute the same weights may be apart, in the dtype's spacing at 1. The first layer gets the same
input in both ways, so that only the rounding of one product counts: 4 spacings were measured on a CPU. Later layers
get inputs that were rounded before, and activations of some models make up to 41 of it. Half of what float16 can tell,
in which weights are recorded, is 4,096 spacings of float32. In 16 bits the scores are rounded before the softmax, alike
in both ways unless a product was summed in another order. Another formula makes differences of 0.01 and more."""
LIKELY_ROUNDING = 16
"""A difference of up to so many times the bound looks like rounding, and is reported."""


def one_query_attention(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor | Parted,
    value: torch.Tensor | Parted,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    softcap: float | None = None,
    **others: Any,
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Returns softmax(q kᵀ · scaling) v, as the models' `eager_attention_forward`. "sdpa" does several queries per row.

    Args:
        query: (rows, heads, 1, width).
        key, value: (rows, key heads, keys, width); `heads` is a multiple of theirs.
        attention_mask: (rows, 1, 1, keys) bool, True where a key is seen; None if all keys are seen.

    Returns:
        (rows, 1, heads, width), and the weights (rows, heads, 1, keys).
    """
    rows, heads, queries, width = query.shape
    if queries > 1:
        assert isinstance(key, torch.Tensor), "what rows share is for steps"
        assert isinstance(value, torch.Tensor), "keys and values are alike"
        return sdpa_attention_forward(module, query, key, value, attention_mask, dropout, scaling, **others)
    grouped = query.reshape(rows, key.shape[1], -1, width)
    products = scores(grouped, key) if isinstance(key, Parted) else grouped @ key.transpose(2, 3)
    weights = products * (width**-0.5 if scaling is None else scaling)
    if softcap is not None:
        weights = softcap * torch.tanh(weights / softcap)
    if attention_mask is not None:
        weights = weights.masked_fill(~attention_mask, torch.finfo(weights.dtype).min)
    weights = weights.softmax(-1, dtype=torch.float32).to(query.dtype)
    made = weighted(weights, value) if isinstance(value, Parted) else weights @ value
    output = made.reshape(rows, heads, queries, -1)
    return output.transpose(1, 2).contiguous(), weights.reshape(rows, heads, queries, -1)


AttentionInterface.register(NAME, one_query_attention)
AttentionMaskInterface.register(NAME, sdpa_mask)


@torch.inference_mode()
def step_implementation(hf: PreTrainedModel, forward: Forward) -> str | None:
    """Returns the attention to make steps with: `NAME` if it gives the same weights as this model's eager attention.

    Otherwise it returns "eager", or None for a model whose attention cannot be chosen. Falcon is one: it makes its mask
    for the attention that it was loaded with, and computes weights with another one that reads the mask wrongly. The
    loaded model is tried and not its class looked up, because any difference, such as attention sinks or biases, shows
    in the attention weights. A few tokens do not show which of many an indexer chooses: the models with one make their
    mask for attentions that they know by name, so that they get "eager".
    """
    if any(isinstance(layer, DynamicIndexedLayer) for layer in forward.new_cache().layers):
        return "eager"
    eager = _weights(hf, "eager", forward)
    if hf.config._attn_implementation != "eager":
        return None
    try:
        ours = _weights(hf, NAME, forward)
    except (RuntimeError, TypeError, ValueError):
        return "eager"  # the model makes a mask that only its own attention reads, as Doge does
    if not eager or not ours or hf.config._attn_implementation != NAME:
        return "eager"
    excess = _excess(eager, ours)
    if excess <= 1:
        log.info("steps use %s: its weights differ by %.2f of what rounding may make", NAME, excess)
        return NAME
    level = logging.WARNING if excess <= LIKELY_ROUNDING else logging.INFO
    log.log(level, "steps use eager attention, which is slower: %s differs by %.1f times the bound", NAME, excess)
    return "eager"


def _excess(eager: list[torch.Tensor], ours: list[torch.Tensor]) -> float:
    """Returns the largest difference of a layer's weights, as a multiple of what rounding may make there."""
    dtype = eager[0].dtype
    first = FIRST_ROUNDINGS.get(dtype, FEW_ROUNDINGS) * torch.finfo(dtype).eps
    later = LATER_ROUNDINGS.get(dtype, SOME_ROUNDINGS) * torch.finfo(dtype).eps
    apart = [float((one.float() - other.float()).abs().max()) for one, other in zip(eager, ours, strict=True)]
    found = [apart[0] / first, *(one / later for one in apart[1:])]
    return max(one if one == one else math.inf for one in found)  # weights that are not numbers prove nothing


def _weights(hf: PreTrainedModel, implementation: str, forward: Forward) -> list[torch.Tensor]:
    """Returns the attention weights of each layer for a padded batch of two short rows, those of a source at the end.

    It tells the positions as the engine's forwards do. Without them, a model that also sees would count on from the
    last text that `generate` has written (`rope_deltas`).
    """
    embeddings = cast(nn.Embedding, hf.get_input_embeddings())
    ids = torch.arange(1, 9, device=hf.device).reshape(2, 4) % embeddings.num_embeddings
    mask = torch.tensor([[1, 1, 1, 1, 1], [0, 0, 1, 1, 1]], device=hf.device)
    places = (mask.cumsum(-1) - 1).clamp(min=0)
    hf.set_attn_implementation("eager")
    cache = for_rows(forward.new_cache(), 2)
    forward(ids, places[:, :4], mask[:, :4], cache)
    hf.set_attn_implementation(implementation)
    outputs = forward(ids[:, :1], places[:, 4:], mask, cache, output_attentions=True)
    found = [*(outputs.attentions or ()), *((outputs.source_attentions or ()) if isinstance(outputs, Decoded) else ())]
    return [layer for layer in found if layer is not None]
