"""Brings tensors to the host, if possible without making the device wait. Knows tensors only."""

import torch

_streams: dict[torch.device, torch.cuda.Stream] = {}


def on_host(tensor: torch.Tensor) -> torch.Tensor:
    """Returns the tensor on the host: itself if it is there.

    On CUDA the copy runs on a stream of its own, into pinned memory. It waits for what was queued before, and what is
    queued later does not wait for it. Any thread may call it.
    """
    if tensor.device.type != "cuda":
        return tensor.cpu()
    device = tensor.device
    stream = _streams.setdefault(device, torch.cuda.Stream(device))
    stream.wait_stream(torch.cuda.default_stream(device))
    with torch.cuda.stream(stream):
        held = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
        held.copy_(tensor, non_blocking=True)
        tensor.record_stream(stream)
    stream.synchronize()
    return held


def float64_device(device: torch.device) -> torch.device:
    """Returns the device itself, or the CPU for mps, which has no float64."""
    return torch.device("cpu") if device.type == "mps" else device
