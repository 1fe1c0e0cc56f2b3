"""Freezes a norm: writes it as a linear map for one vector, as if its scale did not depend on what it reads.

Knows norms only, by what they do and not by their names. A norm that is neither a root-mean-square norm nor a layer
norm is refused.
"""

from dataclasses import dataclass

import torch
from torch import nn

from playground.models.spread import reader_of

STEPS = 1e-4
"""The largest error of a frozen norm at the vector that it is frozen at, as a share of its largest output."""


@dataclass(frozen=True, eq=False)
class Frozen:
    """A linear map: x ↦ weight · (x − mean of x, if it centres) + bias.

    Attributes:
        weight: (width,) float32: the norm's own weight times its scale at the vector.
        centres: whether the mean is subtracted first (layer norm). That is linear too.
        bias: (width,) float32.
        scale: the factor by which the norm multiplies before its own weight.
    """

    weight: torch.Tensor
    centres: bool
    bias: torch.Tensor
    scale: float

    def through(self, vector: torch.Tensor) -> torch.Tensor:
        """Returns what becomes of a vector, without the bias."""
        return self.weight * (vector - vector.mean() if self.centres else vector)

    def back(self, direction: torch.Tensor) -> torch.Tensor:
        """Returns the direction d' such that d' · x is `direction` · (the map of x without its bias)."""
        seen = self.weight * direction
        return seen - seen.mean() if self.centres else seen


def frozen(norm: nn.Module, vector: torch.Tensor) -> Frozen | None:
    """Returns the norm as it acts at `vector` (width,), or None if it is of neither kind.

    The norm is asked what it does to zero, to ones, and to a vector whose mean is 0 and whose mean square is 1.
    """
    width = vector.shape[-1]
    example = next(norm.parameters(), None)
    dtype = vector.dtype if example is None else example.dtype

    def applied(given: torch.Tensor) -> torch.Tensor:
        return norm(given.to(reader_of(norm, vector.device), dtype)[None])[0].float().to(vector.device)

    signs = torch.tensor([1.0, -1.0], device=vector.device).repeat(width // 2 + 1)[:width]
    bias = applied(torch.zeros(width))
    centres = bool((applied(torch.ones(width)) - bias).abs().max() < 0.5 * (applied(signs) - bias).abs().max())
    own = (applied(signs) - bias) * signs
    given, expected = vector.float(), applied(vector) - bias
    seen = own * (given - given.mean() if centres else given)
    scale = float(seen @ expected / (seen @ seen))
    tolerance = max(STEPS, torch.finfo(dtype).eps ** 0.6)
    if not bool((scale * seen - expected).abs().max() <= tolerance * expected.abs().max()):
        return None
    return Frozen(scale * own, centres, bias, scale)
