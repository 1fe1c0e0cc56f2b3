"""Looks at a model before its weights are read: finds its files, and checks its config and its files.

Knows where models are kept. Does not read weights and knows nothing of engines or pages. A model that cannot be used is
refused with a sentence. No code of a model's author is run.
"""

import logging
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

import torch
from gguf import GGUFReader
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from transformers import CONFIG_MAPPING, AutoConfig, PreTrainedConfig, PreTrainedModel, __version__
from transformers.distributed.configuration_utils import DistributedConfig
from transformers.utils import logging as transformers_logging

from playground.errors import PlaygroundError, first_sentence
from playground.models import gguf_file, quantization
from playground.models.device_choice import AUTO, chosen
from playground.models.device_memory import free_bytes, gib
from playground.models.fitting import Wanted, fits_on_one
from playground.models.quantizing import check_scheme, dtype_for, packed_bytes
from playground.models.ranks import Ranks, ranks
from playground.models.source import Source, find
from playground.models.split import parameters_of_one, plan_for
from playground.models.text_part import TextPart, text_part
from playground.models.weights import check_weights, read_json
from playground.values import shown

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
FLOAT32_UP_TO = 1_000_000_000
"""The most parameters for which float32 is the default. In bfloat16 a text depends on the other rows of its batch."""
KERNELS = "transformers.integrations.hub_kernels"
"""The name of the logger of transformers' module that looks for kernels."""
GENERATORS = ("ForCausalLM", "LMHeadModel", "ForConditionalGeneration", "MTModel")
ONE_AT_A_TIME = ("fsmt", "prophetnet")
"""The architectures whose decoder reads several tokens at once without a causal mask, or not at all."""

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


class Prepared(NamedTuple):
    """What is known of a model before its weights are read. `changed` is what had to be changed in its config.

    `device` is where ids go in and logits come out. `cards` are those over which the weights are shared out, with the
    host; empty for a model on one device. `plan` says how the model is split over the processes that were started
    together; None for a model that this process has as a whole.
    """

    source: Source
    part: TextPart
    changed: dict[str, Any]
    quantised: quantization.Quantization | None
    outline: PreTrainedModel
    wanted: Wanted
    device: torch.device
    cards: tuple[torch.device, ...] = ()
    plan: DistributedConfig | None = None


def prepared(
    model: str | None, device: str | None, dtype: str | None, name: str | None = None, quantize: str | None = None
) -> Prepared:
    """Finds a model, fetches its files, and checks its config and its files. The weights are not read.

    The arguments and errors are those of `load`.
    """
    together = ranks()
    chosen_device = chosen(device, together)
    if dtype is not None and dtype not in DTYPES:
        raise PlaygroundError(f"--dtype is {dtype!r}. Choose one of {', '.join(DTYPES)}.")
    scheme = None if quantize is None else check_scheme(quantize)
    if chosen_device.type != "cuda":
        logging.getLogger(KERNELS).addFilter(_is_no_hint)
    source = find(model).named(name)
    with quiet(), readable(source.name):
        config, changed = _read_config(source)
        part = part_of(config, source.name)
        quantised = quantization.prepare(part.config, chosen_device, source.name)
        outline = part.outline()
        if part.task is not None:
            _check_embeddings(outline, source.name)
        parameters = outline.num_parameters()
        nbytes = _check_files(source, parameters)
        packed = quantised is not None and not quantised.unpacked
        word = dtype or _usual_dtype(parameters, part.config, packed and chosen_device.type != "cpu")
        packed_size = nbytes if packed else None
        if scheme is not None:
            _check_plain(source, quantised)
            word = dtype_for(scheme, dtype, word)
            quantised = quantization.on_reading(scheme, DTYPES[word], chosen_device)
            on_cpu = chosen_device.type == "cpu"
            packed_size = packed_bytes(scheme, outline, DTYPES[word].itemsize, on_cpu, source.name)
        wanted = Wanted(
            source.name, word, DTYPES[word].itemsize, parameters, nbytes, packed_size, bool(source.gguf_file)
        )
    if together is not None:
        plan = _plan(outline, wanted, quantised, together)
        wanted = replace(wanted, own=parameters_of_one(outline, together.count))
        return Prepared(source, part, changed, quantised, outline, wanted, chosen_device, plan=plan)
    is_plain = part.task is None and quantised is None and not source.gguf_file and not part.config.is_encoder_decoder
    cards = _cards(wanted, is_plain) if device == AUTO and chosen_device.type == "cuda" else ()
    return Prepared(source, part, changed, quantised, outline, wanted, chosen_device, cards)


def _check_plain(source: Source, quantised: quantization.Quantization | None) -> None:
    """Refuses to quantise a model whose files do not have plain weights.

    Raises:
        PlaygroundError: they are quantised.
    """
    kind = "GGUF" if source.gguf_file else quantised and quantised.method
    if kind:
        raise PlaygroundError(
            f"--quantize quantises plain weights, and those of {source.name} are quantised in its files ({kind}). "
            "Leave --quantize out, or choose the same model with plain weights."
        )


def _plan(
    outline: PreTrainedModel, wanted: Wanted, quantised: quantization.Quantization | None, together: Ranks
) -> DistributedConfig:
    """Returns how the model is split over these ranks.

    Raises:
        PlaygroundError: it cannot be split.
    """
    config = outline.config
    if quantised is not None or wanted.is_gguf or config.is_encoder_decoder or outline.get_output_embeddings() is None:
        raise PlaygroundError(
            f"{wanted.name} cannot be split over processes. Only a decoder-only model in safetensors files whose "
            "weights are not quantised can be. Choose such a model, or start the server without torchrun."
        )
    return plan_for(outline, together.count, wanted.name)


def _cards(wanted: Wanted, can_be_shared_out: bool) -> tuple[torch.device, ...]:
    """Returns all cards, or none for a model that is loaded to the first one alone.

    Raises:
        PlaygroundError: the first one has no room for it, and it cannot be shared out.
    """
    every = tuple(torch.device("cuda", number) for number in range(torch.cuda.device_count()))
    if fits_on_one(wanted, every[0]):
        return ()
    if can_be_shared_out:
        return every
    if wanted.weights <= (free := free_bytes(every[0])):
        return ()
    raise PlaygroundError(
        f"{wanted.name} takes {gib(wanted.weights)}, and one card has {gib(free)} free. --device auto shares out a "
        "decoder-only model in safetensors files whose weights are not quantised, and no other. Choose such a model."
    )


def _check_embeddings(outline: PreTrainedModel, name: str) -> None:
    """Refuses a model whose tokens have no plain vectors, such as Perceiver's bytes and I-BERT's quantised ones."""
    if not isinstance(outline.get_input_embeddings(), torch.nn.Embedding):
        raise PlaygroundError(
            f"{name} ({outline.config.model_type}) has no plain table with a vector for each token, which the "
            "playground reads. Choose another model."
        )


def _usual_dtype(parameters: int, config: PreTrainedConfig, as_stated: bool) -> str:
    """Returns the dtype that a model gets if none is asked for: `as_stated`, what its config says.

    Packages for packed weights compute in 16 bits on a GPU, and their files say in which.
    """
    stated = str(config.dtype).removeprefix("torch.")
    if as_stated and stated in DTYPES:
        return stated
    return "float32" if parameters <= FLOAT32_UP_TO else "bfloat16"


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


def part_of(config: PreTrainedConfig, name: str) -> TextPart:
    """Returns what is loaded of a model with this config.

    Raises:
        PlaygroundError: a model of this kind cannot be shown.
    """
    stated = config.architectures or []
    part = text_part(config)
    if part is not None and part.task is not None:
        return part
    is_other = config.is_encoder_decoder and part is not None and part.model_class.__name__ not in stated
    if part is None or (stated and (is_other or not any(one.endswith(GENERATORS) for one in stated))):
        kind = ", ".join(stated) or config.model_type
        raise PlaygroundError(
            f"{name} ({kind}) does not continue a text token by token. Choose a model for text generation."
        )
    if part.config.model_type in ONE_AT_A_TIME:
        raise PlaygroundError(
            f"{name} ({part.config.model_type}) reads its decoder's text correctly only one token at a time, and the "
            "playground reads several at once. Choose another model."
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


def _is_no_hint(record: logging.LogRecord) -> bool:
    """Returns whether a warning is more than the hint that a package has a faster kernel.

    A hybrid model gives four such hints at its first forward. The packages need CUDA, so that nobody can follow the
    hints on another device.
    """
    return "falling back to its reference PyTorch implementation" not in record.getMessage()


@contextmanager
def quiet() -> Iterator[None]:
    """Suppresses progress bars and warnings of transformers and accelerate, because loading takes only a second."""
    level, accelerate = transformers_logging.get_verbosity(), logging.getLogger("accelerate")
    warns = accelerate.level
    accelerate.setLevel(logging.ERROR)
    transformers_logging.set_verbosity(logging.ERROR)
    transformers_logging.disable_progress_bar()
    try:
        yield
    finally:
        transformers_logging.set_verbosity(level)
        accelerate.setLevel(warns)


@contextmanager
def readable(name: str) -> Iterator[None]:
    """Turns an error about files that cannot be read into a `PlaygroundError` with the error's first line."""
    try:
        yield
    except PlaygroundError:
        raise
    except UNREADABLE as error:
        raise PlaygroundError(
            f"{name} could not be read as a model: {first_sentence(error)}. Check --model, or fetch the model again."
        ) from error
