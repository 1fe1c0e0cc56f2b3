"""Quantises plain weights while they are read, with a package that keeps them packed: `--quantize`.

Knows what each package is asked for. Does not read weights. The embeddings, the output matrix and whatever is no linear
map stay plain, as transformers decides.
"""

import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import cast

import torch
from torch import nn
from transformers import BitsAndBytesConfig, PreTrainedModel, TorchAoConfig
from transformers.pytorch_utils import Conv1D
from transformers.quantizers.base import get_keys_to_not_convert
from transformers.quantizers.quantizers_utils import should_convert_module
from transformers.utils.quantization_config import QuantizationConfigMixin

from playground.errors import PlaygroundError

INSTALL = "pip install -r requirements-quantize.txt"
"""The command that installs the packages."""


@dataclass(frozen=True)
class Scheme:
    """A way to quantise weights while they are read.

    Attributes:
        name: as the option names it.
        package: the package that does it.
        kinds: the classes of layers that it packs.
        multiples: on a CPU, a matrix has a multiple of so many outputs and of so many inputs.
        dtypes: the dtypes that a model may compute in, the usual one first; empty for every dtype.
        bytes_of: the bytes of a packed matrix with so many outputs and inputs, where a plain number has `itemsize`.
        config: what transformers' `from_pretrained` is given, for a model that computes in a dtype.
        code, imports: the same for a script, with `{dtype}` where the dtype stands, and what the script imports for it.
    """

    name: str
    package: str
    kinds: tuple[type[nn.Module], ...]
    multiples: tuple[int, int]
    dtypes: tuple[str, ...]
    bytes_of: Callable[[int, int, int], int]
    config: Callable[[torch.dtype], QuantizationConfigMixin]
    code: str
    imports: str


def _int8(_dtype: torch.dtype) -> QuantizationConfigMixin:
    from torchao.quantization import Int8WeightOnlyConfig

    return TorchAoConfig(Int8WeightOnlyConfig())


def _nf4(dtype: torch.dtype) -> QuantizationConfigMixin:
    return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype)


def import_bitsandbytes() -> None:
    """Imports bitsandbytes, which would fetch compiled code from the internet where the package `kernels` is installed.

    Raises:
        ImportError: it is not installed.
    """
    kept, logger = sys.modules.get("kernels"), logging.getLogger("bitsandbytes")
    level = logger.level
    sys.modules["kernels"] = None  # pyright: ignore[reportArgumentType]  # Python's own way to refuse an import
    logger.setLevel(logging.ERROR)  # it would ask for the package
    try:
        import bitsandbytes  # noqa: F401
    finally:
        logger.setLevel(level)
        del sys.modules["kernels"]
        if kept is not None:
            sys.modules["kernels"] = kept


SCHEMES = (
    Scheme(
        name="int8",
        package="torchao",
        kinds=(nn.Linear,),
        multiples=(1, 1),
        dtypes=(),
        bytes_of=lambda outputs, inputs, itemsize: outputs * (inputs + itemsize),  # a scale for each output
        config=_int8,
        code="TorchAoConfig(Int8WeightOnlyConfig())",
        imports="from torchao.quantization import Int8WeightOnlyConfig\nfrom transformers import TorchAoConfig\n",
    ),
    Scheme(
        name="nf4",
        package="bitsandbytes",
        kinds=(nn.Linear, Conv1D),
        multiples=(32, 64),  # as the kernel of bitsandbytes for AVX-512 asks
        dtypes=("bfloat16", "float16"),
        bytes_of=lambda outputs, inputs, _itemsize: outputs * inputs * 9 // 16,  # and a float32 scale for each 64
        config=_nf4,
        code='BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype={dtype})',
        imports="from transformers import BitsAndBytesConfig\n",
    ),
)
"""Int8 has one scale for each output (torchao's `Int8WeightOnlyConfig`). NF4 has the 16 values of QLoRA (Dettmers et
al., 2023, https://arxiv.org/abs/2305.14314) and one scale for 64 weights. Neither rounds what a layer reads to 8 bits.
But bitsandbytes multiplies in bfloat16 on a CPU with AVX-512, also where a model computes in float32."""


def scheme_named(name: str) -> Scheme | None:
    """Returns the scheme of this name; None if there is none."""
    return next((one for one in SCHEMES if one.name == name), None)


def check_scheme(name: str) -> Scheme:
    """Returns the scheme of this name, whose package is there.

    Raises:
        PlaygroundError: there is no such scheme, or its package is not installed.
    """
    scheme = scheme_named(name)
    if scheme is None:
        raise PlaygroundError(f"--quantize is {name!r}. Choose one of {', '.join(one.name for one in SCHEMES)}.")
    if find_spec(scheme.package) is None:
        raise PlaygroundError(f"--quantize {name} needs the package {scheme.package}. Install it: {INSTALL}")
    return scheme


def dtype_for(scheme: Scheme, asked: str | None, usual: str) -> str:
    """Returns the dtype that a quantised model computes in.

    Args:
        asked: what `--dtype` says.
        usual: what the plain model would compute in without it.

    Raises:
        PlaygroundError: the scheme does not compute in the dtype that is asked for.
    """
    if not scheme.dtypes or usual in scheme.dtypes:
        return usual
    if asked is None:
        return scheme.dtypes[0]
    raise PlaygroundError(
        f"--quantize {scheme.name} computes in {' or '.join(scheme.dtypes)}, and --dtype is {asked!r}. Leave --dtype "
        "out."
    )


def packed_bytes(scheme: Scheme, outline: PreTrainedModel, itemsize: int, on_cpu: bool, name: str) -> int:
    """Returns the bytes of a model's weights once a scheme has packed them.

    Args:
        scheme: the scheme.
        outline: the model, which may be without numbers.
        itemsize: the bytes of a number that stays plain.
        on_cpu: whether the model is on a CPU.
        name: the model's name.

    Raises:
        PlaygroundError: the scheme packs nothing of it, or cannot pack one of its matrices.
    """
    shapes = _shapes(scheme, outline)
    if not shapes:
        raise PlaygroundError(
            f"{scheme.package} packs no matrix of {name} ({outline.config.model_type}), because none of them is in a "
            "layer of a kind that it knows. Leave --quantize out for this model."
        )
    least_outputs, least_inputs = scheme.multiples
    for outputs, inputs in shapes:
        if on_cpu and (outputs % least_outputs or inputs % least_inputs):
            raise PlaygroundError(
                f"On a CPU, {scheme.package} packs matrices with multiples of {least_outputs} outputs and "
                f"{least_inputs} inputs, and {name} has one with {outputs} and {inputs}. Leave --quantize "
                "out for this model."
            )
    left = outline.num_parameters() - sum(outputs * inputs for outputs, inputs in shapes)
    return left * itemsize + sum(scheme.bytes_of(*shape, itemsize) for shape in shapes)


def _shapes(scheme: Scheme, outline: PreTrainedModel) -> list[tuple[int, int]]:
    """Returns how many outputs and inputs each matrix has that a scheme packs."""
    plain = [*get_keys_to_not_convert(outline), *(outline._keep_in_fp32_modules or ())]
    packed = [
        layer
        for key, layer in outline.named_modules()
        if isinstance(layer, scheme.kinds) and should_convert_module(key, plain)
    ]
    sizes = [cast(torch.Tensor, layer.weight).shape for layer in packed]
    return [
        (inputs, outputs) if isinstance(layer, Conv1D) else (outputs, inputs)
        for layer, (outputs, inputs) in zip(packed, sizes, strict=True)
    ]
