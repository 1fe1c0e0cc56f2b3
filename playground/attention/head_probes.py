"""Reaches a model's heads during a forward: reads their weights layer by layer, or switches one head off.

Both last as long as a `with` block and leave the model as it was, also after an error. This file knows torch and
transformers' attention interface only.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

import torch
from torch import nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import eager_mask

HEAD_OFF = "one_head_off"
"""The attention implementation to read with while a head is switched off. If no head is switched off, it equals the
model's own eager attention."""

Take = Callable[[int, torch.Tensor], None]


@contextmanager
def weights_taken(model: nn.Module, take: Take) -> Iterator[None]:
    """In the block, a forward in eager attention calls `take(layer, weights)` for each layer as it is computed.

    `weights` is (head, query, key) of the forward's first row. The model does not keep them: unlike with
    `output_attentions=True`, only one layer's weights are in memory at a time.
    """

    def hook(module: nn.Module, _inputs: Any, output: Any) -> None:
        layer = _layer_of(module)
        weights = output[1] if isinstance(output, tuple) and len(output) > 1 else None
        if layer is not None and isinstance(weights, torch.Tensor) and weights.dim() == 4:
            take(layer, weights[0])

    hooks = [module.register_forward_hook(hook) for module in model.modules() if _layer_of(module) is not None]
    try:
        yield
    finally:
        for handle in hooks:
            handle.remove()


class Head(NamedTuple):
    """One head of one layer. Both numbers start at 0."""

    layer: int
    number: int


class _Switch:
    def __init__(self, head: Head) -> None:
        self.head = head
        self.reached = False


_switch: ContextVar[_Switch | None] = ContextVar("switch", default=None)


@contextmanager
def switched_off(head: Head) -> Iterator[Callable[[], bool]]:
    """In the block, a forward with attention `HEAD_OFF` sets that head's output to zero at every position it reads.

    Yields a function that returns whether the forward reached the head. It returns False for a model that computes
    attention without transformers' attention interface.
    """
    switch = _Switch(head)
    token = _switch.set(switch)
    try:
        yield lambda: switch.reached
    finally:
        _switch.reset(token)


def _eager_with_switch(
    module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **options: Any,
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Computes the eager attention of the module's own model family, with the chosen head's output set to zero.

    The output is (row, query, head, width).
    """
    eager = sys.modules[type(module).__module__].eager_attention_forward
    output, weights = eager(module, query, key, value, attention_mask, **options)
    switch = _switch.get()
    if switch is not None and _layer_of(module) == switch.head.layer:
        output[:, :, switch.head.number] = 0
        switch.reached = True
    return output, weights


AttentionInterface.register(HEAD_OFF, _eager_with_switch)
AttentionMaskInterface.register(HEAD_OFF, eager_mask)


def _layer_of(module: nn.Module) -> int | None:
    """Returns the number of the layer that a module of its attention belongs to, None for any other module."""
    layer = getattr(module, "layer_idx", None)
    return layer if isinstance(layer, int) else None
