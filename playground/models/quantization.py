"""Checks, before weights are read, whether quantised weights can be used on a device, or made on it.

A format that transformers can unpack when it reads the files is unpacked: the model then needs no further package and
runs on every device. So is LLM.int8() of bitsandbytes, because its product also rounds what it multiplies, and looks at
all rows of a forward to do so. Weights of another format stay as they are, and need the package that reads them.
"""

import copy
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import torch
from transformers import BitsAndBytesConfig, PreTrainedConfig, PreTrainedModel, __version__
from transformers.quantizers.auto import AUTO_QUANTIZER_MAPPING, AutoHfQuantizer, AutoQuantizationConfig
from transformers.utils.quantization_config import QuantizationConfigMixin

from playground.errors import PlaygroundError, first_sentence
from playground.models.quantizing import Scheme, import_bitsandbytes

UNUSABLE = (ImportError, RuntimeError, ValueError, TypeError)
"""The errors with which transformers answers that a package or a device does not suffice."""


@dataclass(frozen=True)
class Quantization:
    """How the weights of a model are quantised, in its files or while they are read.

    Attributes:
        method: its name in the config, or that of a scheme of `quantizing`.
        unpacked: whether the loaded model has plain weights.
        after_reading: whether they are unpacked when all of them are read, because transformers cannot do so earlier.
        asked: what `from_pretrained` is given to quantise plain weights while it reads them; None if they are quantised
            in the files.
    """

    method: str
    unpacked: bool
    after_reading: bool = False
    asked: QuantizationConfigMixin | None = None


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
        _check_device(found, device, in_files=True)
    except UNUSABLE as error:
        raise PlaygroundError(
            f"{name}'s weights are quantised ({method}), and cannot be used on {device.type} here: "
            f"{first_sentence(error)}. Do what it says, or choose the same model with other weights."
        ) from error
    after_reading = bool(getattr(found, "load_in_8bit", False))
    return Quantization(method, unpacks or after_reading, after_reading)


def on_reading(scheme: Scheme, dtype: torch.dtype, device: torch.device) -> Quantization:
    """Returns how plain weights are quantised while they are read.

    Args:
        scheme: the scheme, whose package is there.
        dtype: the type of the numbers that the model computes with.

    Raises:
        PlaygroundError: the package does not do this on the device.
    """
    try:
        asked = scheme.config(dtype)
        _check_device(asked, device, in_files=False)
    except UNUSABLE as error:
        raise PlaygroundError(
            f"--quantize {scheme.name} cannot be used on {device.type} here: {first_sentence(error)}. Do what it "
            "says, or leave --quantize out."
        ) from error
    return Quantization(scheme.name, unpacked=False, asked=asked)


def _check_device(asked: QuantizationConfigMixin, device: torch.device, *, in_files: bool) -> None:
    """Raises one of `UNUSABLE` if the package is not there or cannot use the device."""
    if isinstance(asked, BitsAndBytesConfig) and find_spec("bitsandbytes"):
        import_bitsandbytes()
    quantizer = AutoHfQuantizer.from_config(asked, pre_quantized=in_files)
    quantizer.validate_environment(device_map={"": device}, weights_only=True)


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
