"""Reaches a model's heads during a forward: reads their weights layer by layer, or switches one head off.

Both last as long as a `with` block and leave the model as it was, also after an error. This file knows torch and
transformers' attention interface only.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import nn
from transformers import AttentionInterface, AttentionMaskInterface, PreTrainedModel
from transformers.masking_utils import eager_mask

from playground.attention.kinds import Kind, attention_modules, is_of, layer_of
from playground.attention.returned import asked, must_be_asked, weights_in

HEAD_OFF = "one_head_off"
"""The attention implementation to read with while a head is switched off. If no head is switched off, it equals the
model's own eager attention."""

Take = Callable[[int, torch.Tensor], None]


@contextmanager
def weights_taken(model: PreTrainedModel, take: Take, kind: Kind = "self") -> Iterator[None]:
    """In the block, a forward in eager attention calls `take(layer, weights)` for each layer of a kind.

    `weights` is (head, query, key) of the forward's first row. The model does not keep them: unlike with
    `output_attentions=True`, only one layer's weights are in memory at a time.
    """

    def hook(layer: int, module: nn.Module, _inputs: Any, options: dict[str, Any], output: Any) -> None:
        weights = weights_in(module, kind, options, output)
        if weights is not None:
            take(layer, weights)

    found = attention_modules(model, kind)
    hooks = [module.register_forward_hook(partial(hook, layer), with_kwargs=True) for layer, module in found]
    hooks += [module.register_forward_pre_hook(asked, with_kwargs=True) for _, module in found if must_be_asked(module)]
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
    """A head that is off.

    Attributes:
        layer: the layer of the module that began last, None if its attention is of another kind. Where nothing notes
            that, each module names its own layer.
    """

    def __init__(self, head: Head, notes_layer: bool) -> None:
        self.head = head
        self.notes_layer = notes_layer
        self.layer: int | None = None
        self.reached = False

    def is_in(self, module: nn.Module) -> bool:
        """Returns whether the attention that a module computes now is that of the head's layer."""
        return (self.layer if self.notes_layer else layer_of(module)) == self.head.layer


_switch: ContextVar[_Switch | None] = ContextVar("switch", default=None)


@contextmanager
def switched_off(head: Head, model: PreTrainedModel | None = None, kind: Kind = "self") -> Iterator[Callable[[], bool]]:
    """In the block, a forward with attention `HEAD_OFF` sets that head's output to zero at every position it reads.

    Without a `model`, the head is off in every attention of its layer, of which a decoder-only model has one. Yields a
    function that returns whether the forward reached the head. It returns False for a model that computes attention
    without transformers' attention interface.
    """
    switch = _Switch(head, notes_layer=model is not None)

    def begin(layer: int, _module: nn.Module, _inputs: Any, options: dict[str, Any]) -> None:
        switch.layer = layer if is_of(kind, options) else None

    found = [] if model is None else attention_modules(model, kind)
    hooks = [module.register_forward_pre_hook(partial(begin, layer), with_kwargs=True) for layer, module in found]
    token = _switch.set(switch)
    try:
        yield lambda: switch.reached
    finally:
        _switch.reset(token)
        for handle in hooks:
            handle.remove()


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
    if switch is not None and switch.is_in(module):
        output[:, :, switch.head.number] = 0
        switch.reached = True
    return output, weights


AttentionInterface.register(HEAD_OFF, _eager_with_switch)
AttentionMaskInterface.register(HEAD_OFF, eager_mask)
