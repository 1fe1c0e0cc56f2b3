"""Says what a part of a block is: an attention, linear attention, a state space, a convolution or a feed-forward.

Knows modules and what they left in the cache. Nothing of it comes from the name of a family. A part that is handed the
text's cache mixes positions, and what it leaves there says how: keys and values are those of an attention, a recurrent
state is that of linear attention or of a state space, and the last vectors alone are those of a convolution.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from torch import nn
from transformers.pytorch_utils import Conv1D

from playground.models.parts import is_linear
from playground.models.reach import Reach

Left = Mapping[tuple[int, str, int], tuple[int, ...]]
"""The shapes of the tensors that a part left in the cache, by layer, attribute and number."""

MIXERS = ("attention", "linear_attention", "state_space", "convolution", "mixer")
"""The parts that mix positions. "mixer" is one of which it is not known in which way it does so."""
WRITERS = (*MIXERS, "cross_attention", "feed_forward", "experts")
"""The parts that add to the residual stream. "experts" is a mixture of experts."""
NAMES = ("mlp", "ffn", "feed_forward")
CLASSES = re.compile("MLP|FFN|Mlp|FeedForward|Moe|MoE|DenseAct|DenseGatedAct")
"""How transformers calls the parts that work on each token alone, by their names and in the names of their classes."""


@dataclass(frozen=True)
class Wrote:
    """One part of a block that adds to the residual stream.

    Attributes:
        name: one of `WRITERS`.
        kind: the name of the module's class in transformers.
        variant: "Mamba" or "Mamba-2" for a state space, else "".
        state: the shape of the state that stands for all earlier tokens; empty without one.
        reach: the most tokens that a token sees, itself among them; None if it sees all.
        is_chunked: whether the text is cut into chunks of `reach` tokens, and a token sees those of its own chunk.
        is_borrowing: whether an attention leaves no keys and values, because it uses those of an earlier block.
        neurons: the width inside a feed-forward; None if it is not found.
        experts, chosen: the number of experts, and of those that work on one token; None if it is not found.
    """

    name: str
    kind: str
    variant: str = ""
    state: tuple[int, ...] = ()
    reach: int | None = None
    is_chunked: bool = False
    is_borrowing: bool = False
    neurons: int | None = None
    experts: int | None = None
    chosen: int | None = None


def mixer(module: nn.Module, left: Left, reach: Reach, is_attention: bool) -> Wrote:
    """Returns what a part is that mixes positions.

    Args:
        reach: how far the attention of this layer sees.
        is_attention: whether its name says that it is an attention. It decides for a part that leaves nothing.
    """
    kind = type(module).__name__
    names = {name for _, name, _ in left}
    if "keys" in names or (is_attention and not names):
        return Wrote("attention", kind, reach=reach.tokens, is_chunked=reach.is_chunked, is_borrowing=not names)
    if "recurrent_states" in names:
        state = next(shape[1:] for (_, name, _), shape in left.items() if name == "recurrent_states")
        variant = _state_space(module)
        return Wrote("state_space" if variant else "linear_attention", kind, variant=variant, state=state)
    widths = [part.kernel_size[0] for part in module.modules() if isinstance(part, nn.Conv1d)]
    if names and widths:
        return Wrote("convolution", kind, reach=max(widths))
    return Wrote("mixer", kind)


def on_one_token(named: Sequence[tuple[str, nn.Module]], width: int, is_widening: bool) -> Wrote | None:
    """Returns what a part is that works on each token alone, None if it is not known.

    Args:
        named: its modules with their names in the block: one, or the matrices that lie in the block itself.
        width: of the vectors that it reads and makes.
        is_widening: whether there are several modules, and the first one makes longer vectors.
    """
    kind = type(named[-1][1]).__name__
    for _, module in named:
        if has_experts(module):
            return Wrote("experts", kind, experts=_experts(module), chosen=_chosen(module))
    is_named = any(name in NAMES or CLASSES.search(type(module).__name__) for name, module in named)
    if not is_named and not is_widening:
        return None
    return Wrote("feed_forward", kind, neurons=_neurons([module for _, module in named], width))


def has_experts(module: nn.Module) -> bool:
    """Returns whether a module has experts, which transformers names so."""
    return any(_is_experts(name, part) for name, part in module.named_modules())


def _is_experts(name: str, part: nn.Module) -> bool:
    return name.rpartition(".")[-1] == "experts" or "experts" in type(part).__name__.lower()


def _experts(module: nn.Module) -> int | None:
    for name, part in module.named_modules():
        if _is_experts(name, part):
            if isinstance(part, nn.ModuleList):
                return len(part)
            stacked = [len(one) for one in part.parameters(recurse=False) if one.dim() == 3]
            if isinstance(getattr(part, "num_experts", None), int):
                return part.num_experts  # type: ignore[return-value]
            if stacked:
                return stacked[0]
    return None


def _chosen(module: nn.Module) -> int | None:
    found = (getattr(part, name, None) for part in module.modules() for name in ("top_k", "num_experts_per_tok"))
    return next((number for number in found if isinstance(number, int)), None)


def _state_space(module: nn.Module) -> str:
    """Returns "Mamba", "Mamba-2" or "". A state space has the matrix A and the vector D of its equation.

    A has a row for each number of a vector in Mamba, and one number for each head in Mamba-2.
    """
    own = {name.rpartition(".")[-1]: parameter for name, parameter in module.named_parameters()}
    if "A_log" not in own or "D" not in own:
        return ""
    return "Mamba-2" if own["A_log"].dim() == 1 else "Mamba"


def _neurons(modules: Sequence[nn.Module], width: int) -> int | None:
    """Returns the length of what the last matrix reads, of those that make vectors of this width."""
    inside = [_sizes(part) for module in modules for part in module.modules() if is_linear(part)]
    return next((given for given, made in reversed(inside) if made == width), None)


def _sizes(linear: nn.Module) -> tuple[int, int]:
    """Returns how many numbers a linear map reads and makes. The weights of a quantised one have other shapes."""
    if isinstance(linear, Conv1D):
        return linear.nx, linear.nf
    return cast(int, linear.in_features), cast(int, linear.out_features)
