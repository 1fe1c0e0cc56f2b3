"""Knows how a model lies on several devices: which ones hold it, and where its weights are between two forwards.

transformers gives such a model a map from its modules to devices, and accelerate a hook for each of them, which brings
what the module reads to the module's device. The weights that the host keeps come to a device for one forward only: in
between, a parameter of theirs has no numbers. What the last module returns goes back to the first device, where the
ids came from.
"""

from typing import Any, cast

import torch
from torch import nn
from transformers import PreTrainedModel

HOST = ("cpu", "disk")


def is_spread(hf: PreTrainedModel) -> bool:
    """Returns whether a model lies on several devices."""
    return len(set(_map(hf).values())) > 1


def bytes_on(hf: PreTrainedModel) -> dict[str, int]:
    """Returns the bytes of the weights that each device keeps, by its name: "cuda:0", "cuda:1", "cpu", "disk"."""
    found: dict[str, int] = {}
    for path, parameter in hf.named_parameters():
        places = (place for module, place in _map(hf).items() if not module or f"{path}.".startswith(f"{module}."))
        place = next(places, hf.device)
        found[_name(place)] = found.get(_name(place), 0) + parameter.nbytes
    return found


def brought_bytes(hf: PreTrainedModel) -> int:
    """Returns the bytes of the largest module that the host keeps, which a forward brings to the first device."""
    kept = [module for module in hf.modules() if _is_kept_by_host(module)]
    return max((sum(one.nbytes for one in module.parameters(recurse=False)) for module in kept), default=0)


def weight_of(module: nn.Module, name: str = "weight") -> torch.Tensor:
    """Returns a parameter of a module, on the host if the host keeps it."""
    parameter = cast(torch.Tensor, getattr(module, name))
    return cast(Any, module)._hf_hook.weights_map[name] if _is_kept_by_host(module) else parameter


def reader_of(module: nn.Module, default: torch.device | None = None) -> torch.device:
    """Returns the device on which a module computes; `default` for one without weights."""
    place = getattr(getattr(module, "_hf_hook", None), "execution_device", None)
    if place is not None:
        return _device(place)
    weight = next(module.parameters(), None)
    device = default if weight is None else weight.device
    assert device is not None, "a module without weights has a default"
    return device


def _is_kept_by_host(module: nn.Module) -> bool:
    return getattr(getattr(module, "_hf_hook", None), "offload", False)


def _map(hf: PreTrainedModel) -> dict[str, Any]:
    return getattr(hf, "hf_device_map", {})


def _name(place: Any) -> str:
    return place if place in HOST else str(_device(place))


def _device(place: Any) -> torch.device:
    return torch.device("cuda", place) if isinstance(place, int) else torch.device(place)
