"""Checks, before weights are read, whether quantised weights can be used on a device.

A format that transformers can unpack when it reads the files is unpacked: the model then needs no further package and
runs on every device. Weights of another format stay as they are, and need the package that reads them.
"""

import copy
from dataclasses import dataclass
from typing import Any

import torch
from transformers import PreTrainedConfig, __version__
from transformers.quantizers.auto import AUTO_QUANTIZER_MAPPING, AutoHfQuantizer, AutoQuantizationConfig

from playground.errors import PlaygroundError, first_sentence


@dataclass(frozen=True)
class Quantization:
    """How the weights in a model's files are quantised. `unpacked`: whether they are not, once they are read."""

    method: str
    unpacked: bool


def prepare(config: PreTrainedConfig, device: torch.device, name: str) -> Quantization | None:
    """Returns how a model's weights are quantised, or None if they are not. Asks in `config` that they are unpacked.

    Raises:
        PlaygroundError: the format is unknown, or a package or device that it needs is not there.
    """
    stated: dict[str, Any] | None = getattr(config, "quantization_config", None)
    if not stated:
        return None
    method = _known_method(stated, name)
    try:
        found = AutoQuantizationConfig.from_dict(copy.deepcopy(stated))
        if unpacked := hasattr(found, "dequantize"):
            stated["dequantize"] = found.dequantize = True
        quantizer = AutoHfQuantizer.from_config(found, pre_quantized=True)
        quantizer.validate_environment(device_map={"": device}, weights_only=True)
    except (ImportError, RuntimeError, ValueError, TypeError) as error:
        raise PlaygroundError(
            f"{name}'s weights are quantised ({method}), and cannot be used on {device.type} here: "
            f"{first_sentence(error)}. Do what it says, or choose the same model with other weights."
        ) from error
    return Quantization(method, unpacked)


def _known_method(stated: dict[str, Any], name: str) -> str:
    if stated.get("load_in_4bit") or stated.get("load_in_8bit"):  # older files name no method
        return "bitsandbytes"
    method = stated.get("quant_method")
    if method not in AUTO_QUANTIZER_MAPPING and method != "bitsandbytes":
        raise PlaygroundError(
            f"{name}'s weights are quantised by the method {method!r}, which transformers {__version__} does not know. "
            "Choose the same model with other weights."
        )
    return str(method)
