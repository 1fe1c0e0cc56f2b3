"""Finds the model that the command line names, checks that it fits into memory, and loads it.

Knows models and where the default one is kept. Does not know engines or pages.
A model that cannot be used is refused with a sentence. No code of a model's author and no pickled weights are run.
"""

import json
import logging
import math
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import torch
from gguf import GGUFReader
from huggingface_hub import snapshot_download
from huggingface_hub.errors import GatedRepoError, HFValidationError, LocalEntryNotFoundError, RepositoryNotFoundError
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, GgufConfig, PreTrainedConfig, PreTrainedModel
from transformers.cache_utils import CacheLayerMixin, LinearAttentionCacheLayerMixin
from transformers.utils import logging as transformers_logging

from playground.errors import PlaygroundError
from playground.models import default_model
from playground.models.cache_layers import cache_maker
from playground.models.language_model import LanguageModel

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
FLOAT32_UP_TO = 1_000_000_000
"""The most parameters for which float32 is the default. In bfloat16 a text depends on the other rows of its batch."""
GENERATORS = ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")


def load(model: str | None = None, device: str | None = None, dtype: str | None = None) -> LanguageModel:
    """Loads a model for text generation.

    Args:
        model: a Hugging Face id, a local folder or a `.gguf` file; None for the default model.
        device: "cuda", "cuda:1", "mps" or "cpu"; None for the first of cuda, mps, cpu that is there.
        dtype: "float32", "bfloat16" or "float16"; None for float32 up to a billion parameters, else bfloat16.

    Raises:
        PlaygroundError: the model does not exist, does not generate text, is too large or cannot be recorded, or the
            device or dtype does not exist.
    """
    chosen_device = _device(device)
    if dtype is not None and dtype not in DTYPES:
        raise PlaygroundError(f"--dtype is {dtype!r}. Choose one of {', '.join(DTYPES)}.")
    folder, gguf_file = _find(model)
    source: dict[str, Any] = {"gguf_file": gguf_file} if gguf_file else {}
    name = _name(model, gguf_file)
    with _quiet(), _readable(name):
        config = AutoConfig.from_pretrained(folder, **source)
        _check_generates(config, name)
        parameters = _count_parameters(folder, gguf_file, name)
        word = dtype or ("float32" if parameters <= FLOAT32_UP_TO else "bfloat16")
        _check_fits(parameters * DTYPES[word].itemsize, chosen_device, name, word)
        if gguf_file:
            source["quantization_config"] = GgufConfig(dequantize=True)
        hf = AutoModelForCausalLM.from_pretrained(
            folder, dtype=DTYPES[word], use_safetensors=True, trust_remote_code=False, **source
        )
        source.pop("quantization_config", None)
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False, **source)
    _check_traceable(hf, name)
    moved = hf.to(chosen_device)  # pyright: ignore[reportArgumentType]  # transformers' wrapper hides that it is bound
    return LanguageModel(moved, tokenizer, name)


def _name(model: str | None, gguf_file: str | None) -> str:
    """Returns the model's name on the page: an id unchanged, or the last part of a path."""
    if model is None:
        return default_model.NAME
    return gguf_file or (Path(model).resolve().name if Path(model).is_dir() else model)


def _device(wanted: str | None) -> torch.device:
    if wanted is None:
        cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
        return torch.device("cuda" if cuda else "mps" if mps else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError:
        raise PlaygroundError(f"--device is {wanted!r}. Choose cpu, cuda, cuda:1 or mps.") from None
    available = {
        "cpu": True,
        "mps": torch.backends.mps.is_available(),
        "cuda": torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count(),
    }
    if not available.get(device.type, False):
        raise PlaygroundError(
            f"--device is {wanted!r}, which this machine or this build of torch does not have. Use cpu."
        )
    return device


def _find(model: str | None) -> tuple[Path, str | None]:
    """Returns the folder that holds the model, and the name of the `.gguf` file in it if `model` is such a file."""
    if model is None:
        return default_model.ensure(), None
    path = Path(model)
    if path.is_file():
        if path.suffix != ".gguf":
            raise PlaygroundError(f"{model} is a file, but not a .gguf file. Name a .gguf file or a model's folder.")
        return path.parent, path.name
    if path.is_dir():
        if not (path / "config.json").exists():
            raise PlaygroundError(
                f"The folder {model} holds no config.json, so it is not a model. Name a model's folder."
            )
        return path, None
    if path.suffix == ".gguf" or model.startswith(("/", ".", "~")):
        raise PlaygroundError(f"There is no file or folder {model}. Check the path given to --model.")
    return _fetch(model), None


def _fetch(model: str) -> Path:
    remedy = "Check the id given to --model, or name a folder on this machine."
    try:
        wanted = ["*.safetensors", "*.json", "*.jinja", "*.txt", "*.model"]
        return Path(snapshot_download(model, allow_patterns=wanted))
    except HFValidationError:
        raise PlaygroundError(f"{model!r} is neither a path on this machine nor a Hugging Face id. {remedy}") from None
    except GatedRepoError:
        raise PlaygroundError(
            f"{model} asks you to accept its terms on its Hugging Face page first. Do so, then 'hf auth login'."
        ) from None
    except RepositoryNotFoundError:
        raise PlaygroundError(f"There is no model {model} on Hugging Face, or it is private. {remedy}") from None
    except (LocalEntryNotFoundError, OSError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise PlaygroundError(
            f"{model} is not on this machine and could not be downloaded ({reason}). Check the network. {remedy}"
        ) from error


def _check_generates(config: PreTrainedConfig, name: str) -> None:
    stated = config.architectures or []
    known = type(config) in AutoModelForCausalLM._model_mapping
    if not known or (stated and not any(one.endswith(GENERATORS) for one in stated)) or config.is_encoder_decoder:
        kind = ", ".join(stated) or config.model_type
        raise PlaygroundError(
            f"{name} ({kind}) does not continue a text token by token. Choose a model for text generation."
        )


def _check_traceable(hf: PreTrainedModel, name: str) -> None:
    layers = cache_maker(hf.config.get_text_config(decoder=True))().layers
    has_states = any(isinstance(one, LinearAttentionCacheLayerMixin) for one in layers)
    if getattr(hf, "_is_stateful", False) and not has_states:
        raise PlaygroundError(
            f"{name} keeps its state in a way of its own, which the playground cannot share out to several texts. "
            "Choose a model with attention layers."
        )
    if layers and not any(isinstance(one, CacheLayerMixin) for one in layers):
        raise PlaygroundError(
            f"{name} has no attention layer: it keeps a recurrent state only, so the playground cannot tell how much "
            "of a text it has read. Choose a model with attention layers."
        )
    if hf.generation_config.guidance_scale not in (None, 1):
        raise PlaygroundError(
            f"{name}'s generation_config asks for classifier-free guidance (guidance_scale "
            f"{hf.generation_config.guidance_scale}), which the playground cannot record. Remove it there."
        )


def _count_parameters(folder: Path, gguf_file: str | None, name: str) -> int:
    """Returns the number of parameters, read from the headers of the weight files."""
    if gguf_file:
        return sum(int(tensor.n_elements) for tensor in GGUFReader(folder / gguf_file).tensors)
    files = sorted(folder.glob("*.safetensors"))
    if not files:
        raise PlaygroundError(
            f"{name} has no .safetensors weights. Other formats can run code when they are opened, so they are not: "
            "choose a model with safetensors, or a .gguf file."
        )
    return sum(_header_parameters(file) for file in files)


def _header_parameters(file: Path) -> int:
    """Returns the number of parameters in one safetensors file.

    The file begins with eight bytes of length and a JSON object of the tensors with their shapes.
    """
    with file.open("rb") as content:
        length = int.from_bytes(content.read(8), "little")
        if length > file.stat().st_size:
            raise ValueError(f"{file.name} is cut off or damaged.")
        header = json.loads(content.read(length))
    sizes = (tensor["shape"] for key, tensor in header.items() if key != "__metadata__")
    return sum(math.prod(shape) for shape in sizes)


def _check_fits(needed: int, device: torch.device, name: str, dtype: str) -> None:
    free = torch.cuda.mem_get_info(device)[0] if device.type == "cuda" else psutil.virtual_memory().available
    if needed > free:
        raise PlaygroundError(
            f"{name} needs {needed / 2**30:.1f} GiB in {dtype}, and {device.type} has {free / 2**30:.1f} GiB free. "
            "Choose a smaller model, or --dtype bfloat16 for half of what float32 takes."
        )


@contextmanager
def _quiet() -> Iterator[None]:
    """Suppresses progress bars and warnings of transformers, because loading takes only a second."""
    level = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity(logging.ERROR)
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)


@contextmanager
def _readable(name: str) -> Iterator[None]:
    """Turns an error about files that cannot be read into a `PlaygroundError` with the error's first line."""
    try:
        yield
    except PlaygroundError:
        raise
    except (OSError, ValueError, KeyError, IndexError, struct.error, SafetensorError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise PlaygroundError(
            f"{name} could not be read as a model: {reason.rstrip('.')}. Check --model, or fetch the model again."
        ) from error
