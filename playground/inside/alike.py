"""Compares vectors that parts of a model read and made. Knows tensors only."""

import torch

SCALED = 1e-2
"""How far numbers may be apart in two vectors that are the same but for a factor, as a part of each number."""


def same(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Returns whether two tensors hold the same numbers, in whatever shape."""
    return one.numel() == other.numel() and torch.equal(one.flatten(), other.flatten())


def proportional(one: torch.Tensor, other: torch.Tensor) -> bool:
    """Returns whether two tensors are the same but for a factor."""
    if one.numel() != other.numel():
        return False
    one, other = one.flatten().float(), other.flatten().float()
    size = other @ other
    if not size or not one.any():
        return False
    return torch.allclose(other * (one @ other / size), one, rtol=SCALED, atol=1e-6)
