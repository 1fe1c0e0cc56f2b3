"""Reads the weights out of what a module of attention returns. Knows tensors and the conventions of transformers."""

import inspect
from typing import Any

import torch
from torch import nn

from playground.attention.kinds import MERGED, Kind, is_of

ASKED = "output_attentions"
"""The argument without which some modules, such as those of LED and MVP, return no weights."""


def must_be_asked(module: nn.Module) -> bool:
    """Returns whether a module takes `ASKED`."""
    return ASKED in inspect.signature(module.forward).parameters


def asked(
    module: nn.Module, inputs: tuple[Any, ...], options: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Returns the arguments of a call with `ASKED` true. It is a hook before the module's forward."""
    place = list(inspect.signature(module.forward).parameters).index(ASKED)
    if len(inputs) > place:
        return (*inputs[:place], True, *inputs[place + 1 :]), options
    return inputs, options | {ASKED: True}


def weights_in(module: nn.Module, kind: Kind, options: dict[str, Any], output: Any) -> torch.Tensor | None:
    """Returns the (head, query, key) weights of a forward's first row, None if these are not among the output.

    Args:
        options: the keyword arguments with which the module was called.
        output: what it returned.
    """
    if not is_of(kind, options) or not isinstance(output, tuple):
        return None
    has_other_before = "position_bias" in options or (
        MERGED in options and kind == "cross"
    )  # T5's bias, or its own text
    place = 2 if has_other_before else 1
    weights = output[place] if len(output) > place else None
    if not isinstance(weights, torch.Tensor) or weights.dim() != 4:
        return None
    window = getattr(module, "one_sided_attn_window_size", None)
    return weights[0] if window is None else _unrolled(weights[0], window)


def _unrolled(band: torch.Tensor, window: int) -> torch.Tensor | None:
    """Returns the weights of LED's encoder, in which a token sees `window` tokens before it and after it.

    Args:
        band: (query, head, 2 * window + 1), of which the middle one is the query itself. It is wider where some tokens
            are seen by all, which only a caller asks for: then nothing is returned.
    """
    queries, heads, width = band.shape
    if width != 2 * window + 1:
        return None
    places = torch.arange(queries, device=band.device)[:, None] + torch.arange(width, device=band.device)
    whole = band.new_zeros((heads, queries, queries + 2 * window))
    return whole.scatter(2, places.expand(heads, -1, -1), band.transpose(0, 1))[..., window : window + queries]
