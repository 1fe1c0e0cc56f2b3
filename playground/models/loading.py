"""Loads the model that the command line names, after checks of its config, its files and the free memory.

Knows models. Does not know engines or pages.
A model that cannot be used is refused with a sentence. No code of a model's author and no pickled weights are run.
"""

import logging
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import torch
from gguf import GGUFReader
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from transformers import (
    CONFIG_MAPPING,
    AutoConfig,
    GgufConfig,
    PreTrainedConfig,
    PreTrainedModel,
    __version__,
)
from transformers.cache_utils import CacheLayerMixin, LinearAttentionCacheLayerMixin
from transformers.utils import logging as transformers_logging

from playground.errors import PlaygroundError, first_sentence
from playground.models import gguf_file, quantization
from playground.models.cache_layers import cache_maker
from playground.models.changes import Changes
from playground.models.device_memory import told_when_full
from playground.models.fitting import Wanted, check_fits
from playground.models.language_model import LanguageModel
from playground.models.source import Source, find
from playground.models.text_part import TextPart, text_part
from playground.models.tokenizer_files import check_tokenizer, read_tokenizer
from playground.models.weights import check_weights, read_json
from playground.values import shown

if TYPE_CHECKING:  # transformers' own name for it is not there when the program runs
    from transformers.models.auto.modeling_auto import _BaseModelWithGenerate as CausalModel

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
FLOAT32_UP_TO = 1_000_000_000
"""The most parameters for which float32 is the default. In bfloat16 a text depends on the other rows of its batch."""
KERNELS = "transformers.integrations.hub_kernels"
"""The name of the logger of transformers' module that looks for kernels."""
GENERATORS = ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration")

UNREADABLE = (
    OSError,
    ImportError,
    RuntimeError,
    ValueError,
    ArithmeticError,
    AssertionError,
    LookupError,
    struct.error,
    SafetensorError,
    StrictDataclassError,
)
"""The errors with which transformers answers a config or files that do not fit together, or a missing package."""


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
    if chosen_device.type != "cuda":
        logging.getLogger(KERNELS).addFilter(_is_no_hint)
    source = find(model)
    with _quiet(), _readable(source.name):
        config, changed = _read_config(source)
        part = _part(config, source.name)
        quantised = quantization.prepare(part.config, chosen_device, source.name)
        outline = part.outline()
        parameters = outline.num_parameters()
        nbytes = _check_files(source, parameters)
        packed = quantised is not None and not quantised.unpacked
        word = dtype or _usual_dtype(parameters, part.config, packed and chosen_device.type != "cpu")
        wanted = Wanted(source.name, word, DTYPES[word].itemsize, parameters, nbytes, packed, bool(source.gguf_file))
        check_fits(wanted, outline, chosen_device)
        tokenizer = read_tokenizer(source)
        after_reading = quantised is not None and quantised.after_reading
        read_to = chosen_device if packed else torch.device("cpu") if after_reading else None
        with told_when_full(source.name, chosen_device):
            hf = _read_model(part, source, DTYPES[word], read_to)
            if after_reading:
                quantization.unpack(hf, DTYPES[word])
            if packed or after_reading:
                quantization.cast(hf, DTYPES[word])
    check_tokenizer(tokenizer, hf, source.name)
    _check_traceable(hf, source.name)
    with told_when_full(source.name, chosen_device):
        moved = hf if packed else hf.to(chosen_device)  # pyright: ignore[reportArgumentType]  # transformers' wrapper hides that it is bound
    unpacked = "" if quantised is None or packed else "after reading" if after_reading else "on reading"
    by_digit = bool(source.gguf_file) and gguf_file.is_digit_by_digit(GGUFReader(source.folder / source.gguf_file))
    return LanguageModel(moved, tokenizer, source.name, Changes(changed, unpacked, by_digit))


def _usual_dtype(parameters: int, config: PreTrainedConfig, as_stated: bool) -> str:
    """Returns the dtype that a model gets if none is asked for: `as_stated`, what its config says.

    Packages for packed weights compute in 16 bits on a GPU, and their files say in which.
    """
    stated = str(config.dtype).removeprefix("torch.")
    if as_stated and stated in DTYPES:
        return stated
    return "float32" if parameters <= FLOAT32_UP_TO else "bfloat16"


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


def _read_config(source: Source) -> tuple[PreTrainedConfig, dict[str, Any]]:
    """Returns the config, and what had to be changed in it."""
    if source.gguf_file:
        reader = GGUFReader(source.folder / source.gguf_file)
        gguf_file.check_architecture(reader, source.name)
        config = AutoConfig.from_pretrained(source.folder, gguf_file=source.gguf_file)
        return config, gguf_file.complete(config, reader, source.name)
    stated = read_json(source.folder / "config.json", source.name)
    kind = stated.get("model_type")
    if kind is not None and kind not in CONFIG_MAPPING:
        if "auto_map" in stated:
            raise source.asks_for_code("config.json")
        raise PlaygroundError(
            f"{source.name}'s config.json has the model_type {kind!r}, which transformers {__version__} does not know. "
            "Choose another model, or a newer version of transformers."
        )
    quantised = stated.get("quantization_config")
    if not isinstance(quantised, dict | None):
        raise PlaygroundError(
            f"{source.name}'s quantization_config is {shown(quantised)} in its config.json, and must be an object. "
            "Fetch the model again, or remove that line if its weights are not quantised."
        )
    return AutoConfig.from_pretrained(source.folder, trust_remote_code=False), {}


def _part(config: PreTrainedConfig, name: str) -> TextPart:
    """Returns what is loaded of a model with this config."""
    stated = config.architectures or []
    part = text_part(config)
    if part is None or (stated and not any(one.endswith(GENERATORS) for one in stated)):
        kind = ", ".join(stated) or config.model_type
        raise PlaygroundError(
            f"{name} ({kind}) does not continue a text token by token. Choose a model for text generation."
        )
    if getattr(part.config.get_text_config(decoder=True), "use_bidirectional_attention", None) in (True, "all"):
        raise PlaygroundError(
            f"{name} ({part.config.model_type}) reads its prompt in both directions (use_bidirectional_attention), so "
            "a token would see later ones. Choose a model in which a token sees only those before it."
        )
    return part


def _check_files(source: Source, parameters: int) -> int:
    """Returns the bytes of all tensors in the files of the weights, which are there, whole, and all read."""
    if source.gguf_file:
        reader = GGUFReader(source.folder / source.gguf_file)
        gguf_file.check_all_read(reader, parameters, source.name)
        return sum(int(tensor.n_bytes) for tensor in reader.tensors)
    return check_weights(source.folder, source.name).nbytes


def _read_model(part: TextPart, source: Source, dtype: torch.dtype, device: torch.device | None) -> "CausalModel":
    """Reads the weights, to `device` if it is given. Refuses a model that would get random weights for missing ones."""
    options: dict[str, Any] = {"key_mapping": part.renamed} if part.renamed else {}
    if source.gguf_file:
        options |= {"gguf_file": source.gguf_file, "quantization_config": GgufConfig(dequantize=True)}
    if device is not None:
        options["device_map"] = {"": device}
    read = part.model_class.from_pretrained(
        source.folder,
        config=part.config,
        dtype=dtype,
        use_safetensors=True,
        trust_remote_code=False,
        ignore_mismatched_sizes=True,
        output_loading_info=True,
        **options,
    )
    remedy = gguf_file.OTHER_FILE if source.gguf_file else "Fetch the model again, or check its config.json."
    hf, told = cast("tuple[CausalModel, dict[str, Any]]", read)  # transformers declares it without the second
    if missing := sorted(told["missing_keys"]):
        raise PlaygroundError(
            f"{source.name}'s files of weights lack {len(missing)} of the model's tensors, such as {missing[0]}. "
            f"{remedy}"
        )
    if told["mismatched_keys"]:
        key, stored, wanted = min(told["mismatched_keys"])
        raise PlaygroundError(
            f"{source.name}'s tensor {key} has the shape {_shape(stored)} in its file and {_shape(wanted)} by its "
            f"{'metadata' if source.gguf_file else 'config.json'}. {remedy}"
        )
    return hf


def _shape(sizes: Iterable[int]) -> str:
    return " × ".join(map(str, sizes))


def _check_traceable(hf: PreTrainedModel, name: str) -> None:
    config = hf.config.get_text_config(decoder=True)
    if getattr(config, "num_hidden_layers", None) is None:
        raise PlaygroundError(
            f"{name} ({config.model_type}) does not say how many layers it has (num_hidden_layers in its config.json), "
            "so that nothing can be kept of a text. Choose another model."
        )
    logits = cast(torch.nn.Linear, hf.get_output_embeddings()).weight.shape[0]
    embeddings = cast(torch.nn.Embedding, hf.get_input_embeddings()).weight.shape[0]
    if logits > embeddings:
        raise PlaygroundError(
            f"{name} can choose {logits:,} tokens and has embeddings for {embeddings:,} only, so that it could not go "
            "on after some of them. Choose another model."
        )
    layers = cache_maker(config)().layers
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


def _is_no_hint(record: logging.LogRecord) -> bool:
    """Returns whether a warning is more than the hint that a package has a faster kernel.

    A hybrid model gives four such hints at its first forward. The packages need CUDA, so that nobody can follow the
    hints on another device.
    """
    return "falling back to its reference PyTorch implementation" not in record.getMessage()


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
    except UNREADABLE as error:
        raise PlaygroundError(
            f"{name} could not be read as a model: {first_sentence(error)}. Check --model, or fetch the model again."
        ) from error
