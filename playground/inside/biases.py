"""Finds the learned numbers that T5 and its relatives add to attention for the distance of two tokens.

Knows modules. Such a model has one number for each head and each bucket: near distances have a bucket of their own, and
farther ones share one (Raffel et al. 2020). The attention over the source adds no such number.
"""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from transformers import PreTrainedModel


@dataclass(frozen=True)
class Biases:
    """What one attention adds to its scores.

    Attributes:
        name: "encoder" or "decoder", with the number of the block where each block has numbers of its own.
        distances: (bucket) the first and the last distance of each bucket, in tokens: below 0 the token that is looked
            at stands before the one that looks. The outermost buckets go on without an end on their outer sides, but
            the one of a decoder that begins with 0: a decoder sees nothing behind a token.
        heads: (head, bucket) the numbers that are added to a score.
    """

    name: str
    distances: tuple[tuple[int, int], ...]
    heads: tuple[tuple[float, ...], ...]


@torch.inference_mode()
def relative_biases(hf: PreTrainedModel) -> tuple[Biases, ...]:
    """Returns the biases of the self-attentions of a model; none for a model without such a table.

    They are read from the model's own function for buckets and its own table.
    """
    stacks = {"encoder": hf.get_encoder(), "decoder": hf.get_decoder()} if hf.config.is_encoder_decoder else {}
    found = list[Biases]()
    for name, stack in stacks.items():
        tables = list(_with_table(stack))
        for number, attention in enumerate(tables):
            found.append(_biases(f"{name}, block {number}" if len(tables) > 1 else name, attention))
    return tuple(found)


def _with_table(stack: nn.Module) -> Iterator[Any]:
    for module in stack.modules():
        if hasattr(module, "_relative_position_bucket") and isinstance(
            getattr(module, "relative_attention_bias", None), nn.Embedding
        ):
            yield module


def _biases(name: str, attention: Any) -> Biases:
    farthest = attention.relative_attention_max_distance
    last = 0 if attention.is_decoder else farthest
    device = attention.relative_attention_bias.weight.device
    distances = torch.arange(-farthest, last + 1, device=device)
    options = {
        "bidirectional": not attention.is_decoder,
        "num_buckets": attention.relative_attention_num_buckets,
        "max_distance": farthest,
    }
    bucket = attention._relative_position_bucket
    is_told = "bidirectional" in inspect.signature(bucket).parameters  # UMT5's reads them of the module itself
    buckets = bucket(distances, **options) if is_told else bucket(distances)
    rows, counts = torch.unique_consecutive(buckets, return_counts=True)
    ends = counts.cumsum(0) - farthest
    numbers = attention.relative_attention_bias(rows).float().T
    return Biases(
        name,
        tuple((end - count, end - 1) for end, count in zip(ends.tolist(), counts.tolist(), strict=True)),
        tuple(map(tuple, numbers.tolist())),
    )
