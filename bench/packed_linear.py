"""Linear maps with packed weights, each by a kernel of torch's own for CPUs. Knows nothing of models.

All of them are made from a `torch.nn.Linear` without a bias. `packed` holds the tensors that are no buffers.
"""

import torch
from torch import nn

GROUP = 32
"""The weights of one scale and zero in int4, as in a GGUF file of the type Q4_1."""


class Packed(nn.Module):
    """The same weights in 16 bits, laid out once as oneDNN's kernel reads them."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.packed = [torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach(), GROUP)]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Returns (…, out) of (…, in)."""
        return torch.ops.mkldnn._linear_pointwise(x, self.packed[0], None, "none", [], "")


class Int8(nn.Module):
    """Weights in int8 with a scale for each output. The inputs stay in 16 bits."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach().float()
        scales = weight.abs().amax(1).clamp(min=1e-9) / 127
        self.register_buffer("weight", (weight / scales[:, None]).round().to(torch.int8))
        self.register_buffer("scales", scales.to(linear.weight.dtype))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Returns (…, out) of (…, in)."""
        rows = x.reshape(-1, x.shape[-1]).contiguous()
        return torch._weight_int8pack_mm(rows, self.weight, self.scales).view(*x.shape[:-1], -1)


class Int4(nn.Module):
    """Weights in int4 with a scale and a zero for each `GROUP` of them. The inputs stay in 16 bits."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        weight = linear.weight.detach().float()
        groups = weight.reshape(len(weight), -1, GROUP)
        least = groups.amin(-1, keepdim=True)
        scales = ((groups.amax(-1, keepdim=True) - least) / 15).clamp(min=1e-9)
        codes = ((groups - least) / scales).round().clamp(0, 15).to(torch.int32).reshape(weight.shape)
        pairs = torch.cat([scales, least + 8 * scales], -1).transpose(0, 1).contiguous()  # the kernel subtracts 8
        self.register_buffer("weight", torch.ops.aten._convert_weight_to_int4pack_for_cpu(codes, 1))
        self.register_buffer("pairs", pairs.to(linear.weight.dtype))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Returns (…, out) of (…, in)."""
        rows = x.reshape(-1, x.shape[-1]).contiguous()
        made = torch.ops.aten._weight_int4pack_mm_for_cpu(rows, self.weight, GROUP, self.pairs)
        return made.view(*x.shape[:-1], -1)


class Dynamic(nn.Module):
    """Weights in int8, and inputs in int8 with one scale for all rows of a forward, by `quantize_dynamic`."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        plain = nn.Sequential(linear)
        self.made = torch.ao.quantization.quantize_dynamic(plain, {nn.Linear}, dtype=torch.qint8)
        self.packed = [self.made[0].weight()]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Returns (…, out) of (…, in)."""
        return self.made(x)
