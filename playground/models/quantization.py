"""Checks, before weights are read, whether quantised weights can be used on a device.

A format that transformers can unpack when it reads the files is unpacked: the model then needs no further package and
runs on every device. So is LLM.int8() of bitsandbytes, because its product also rounds what it multiplies, and looks at
all rows of a forward to do so. Weights of another format stay as they are, and need the package that reads them.
"""

import copy
from dataclasses import dataclass
from typing import Any

import torch
from transformers import PreTrainedConfig, PreTrainedModel, __version__
from transformers.quantizers.auto import AUTO_QUANTIZER_MAPPING, AutoHfQuantizer, AutoQuantizationConfig

from playground.errors import PlaygroundError, first_sentence


@dataclass(frozen=True)
class Quantization:
    """How the weights in a model's files are quantised.

    Attributes:
        method: its name in the config.
        unpacked: whether the loaded model has plain weights.
        after_reading: whether they are unpacked when all of them are read, because transformers cannot do so earlier.
    """

    method: str
    unpacked: bool
    after_reading: bool = False


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
        if unpacks := hasattr(found, "dequantize") and not _is_mixed(stated):
            stated["dequantize"] = found.dequantize = True
        quantizer = AutoHfQuantizer.from_config(found, pre_quantized=True)
        quantizer.validate_environment(device_map={"": device}, weights_only=True)
    except (ImportError, RuntimeError, ValueError, TypeError) as error:
        raise PlaygroundError(
            f"{name}'s weights are quantised ({method}), and cannot be used on {device.type} here: "
            f"{first_sentence(error)}. Do what it says, or choose the same model with other weights."
        ) from error
    after_reading = bool(getattr(found, "load_in_8bit", False))
    return Quantization(method, unpacks or after_reading, after_reading)


def unpack(hf: PreTrainedModel, dtype: torch.dtype) -> None:
    """Unpacks the weights of a model whose `Quantization` says `after_reading`."""
    hf.dequantize(dtype)


def cast(hf: PreTrainedModel, dtype: torch.dtype) -> None:
    """Gives `dtype` to the weights that are not packed: some packages leave them as they are in the files."""
    for parameter in hf.parameters():
        if type(parameter) is torch.nn.Parameter and parameter.is_floating_point():
            parameter.data = parameter.data.to(dtype)
    hf.config.dtype = dtype


def _is_mixed(stated: dict[str, Any]) -> bool:
    """Returns whether compressed-tensors packs some matrices otherwise than others, which transformers does not unpack.

    The package itself does, at the first forward. Experts may have a group of their own: transformers knows that.
    """
    groups = (stated.get("config_groups") or {}).values()
    return sum(not any("experts" in target for target in group.get("targets") or ()) for group in groups) > 1


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
