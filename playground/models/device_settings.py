"""Sets what torch does on a CUDA device, before it begins to use one."""

import os
from collections.abc import MutableMapping

ALLOCATOR = "PYTORCH_ALLOC_CONF"
"""The variable of torch's allocator."""
OTHER_NAMES = ("PYTORCH_CUDA_ALLOC_CONF", "PYTORCH_HIP_ALLOC_CONF")
"""Its older names, which torch reads too."""


def use_expandable_segments(environment: MutableMapping[str, str] = os.environ) -> None:
    """Lets the allocator enlarge what it has taken from a CUDA device. Call it before torch is imported.

    Caches grow with each token. Without this, each new size leaves a gap where the smaller one was, and memory ends
    before it is full. A user's own setting stays. On Windows torch has no such segments, and would warn.
    """
    if os.name == "posix" and not any(name in environment for name in (ALLOCATOR, *OTHER_NAMES)):
        environment[ALLOCATOR] = "expandable_segments:True"


def compute_in_full_float32() -> None:
    """Switches TF32 off, in which products of float32 have 10 bits. By default torch uses it for convolutions."""
    import torch

    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
