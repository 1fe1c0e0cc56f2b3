"""Loads a model, after checks of its config, its files and the free memory.

Knows models. Does not know engines or pages.
A model that cannot be used is refused with a sentence. No code of a model's author and no pickled weights are run.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import torch
from gguf import GGUFReader
from transformers import GgufConfig, PreTrainedModel
from transformers.cache_utils import CacheLayerMixin, LinearAttentionCacheLayerMixin

from playground.errors import PlaygroundError
from playground.models import gguf_file, quantization
from playground.models.alone import alone, give_way
from playground.models.cache_layers import cache_maker
from playground.models.changes import Changes
from playground.models.device_choice import AUTO
from playground.models.device_memory import REMEDY, gib, told_when_full
from playground.models.fitting import check_fits, room_on
from playground.models.language_model import LanguageModel
from playground.models.loaded_model import writes_nothing
from playground.models.masked_model import MaskedModel
from playground.models.preparing import DTYPES, prepared, quiet, readable
from playground.models.ranks import together
from playground.models.source import Source
from playground.models.split import note_split
from playground.models.spread import bytes_on
from playground.models.text_part import TextPart
from playground.models.tokenizer_files import check_tokenizer, read_tokenizer

if TYPE_CHECKING:  # transformers' own name for it is not there when the program runs
    from transformers.models.auto.modeling_auto import _BaseModelWithGenerate as CausalModel


def load(
    model: str | None = None,
    device: str | None = None,
    dtype: str | None = None,
    name: str | None = None,
    quantize: str | None = None,
) -> LanguageModel:
    """Loads a model for text generation.

    The arguments are those of `load_any`.

    Raises:
        PlaygroundError: as `load_any`, or the model is encoder-only.
    """
    found = load_any(model, device, dtype, name, quantize)
    if not isinstance(found, LanguageModel):
        raise writes_nothing(found.name)
    return found


def load_any(
    model: str | None = None,
    device: str | None = None,
    dtype: str | None = None,
    name: str | None = None,
    quantize: str | None = None,
) -> LanguageModel | MaskedModel:
    """Loads a model of any family.

    Args:
        model: a Hugging Face id, a local folder or a `.gguf` file; None for the default model.
        device: "cuda", "cuda:1", "mps" or "cpu"; "auto" for all cards, and the CPU where they do not suffice; None for
            the first of cuda, mps, cpu that is there.
        dtype: "float32", "bfloat16" or "float16"; None for float32 up to a billion parameters, else bfloat16.
        name: the model's name, which traces and links use; None for that of its files.
        quantize: "int8" or "nf4", to which plain weights are quantised while they are read; None for none.

    Raises:
        PlaygroundError: the model does not exist, is of no family, is too large or cannot be recorded, or the
            device or dtype does not exist, or the weights cannot be quantised so.
    """
    found = prepared(model, device, dtype, name, quantize)
    source, part, changed, quantised, outline, wanted, chosen_device, cards, plan = found
    torch_dtype, packed = DTYPES[wanted.dtype], wanted.is_packed
    with quiet(), readable(source.name):
        room = room_on(wanted, outline, cards) if cards else None
        if not cards:
            check_fits(wanted, outline if part.task is None else None, chosen_device)
        with alone():
            tokenizer = read_tokenizer(source)
        give_way()
        after_reading = quantised is not None and quantised.after_reading
        place = chosen_device if packed else torch.device("cpu") if after_reading else None
        placed: dict[str, Any] = {"device_map": place and {"": place}}
        if room:
            placed = {"device_map": AUTO, "max_memory": room}
        elif plan:
            placed = {"distributed_config": plan}
        elif quantised is not None and quantised.asked is not None:
            placed["quantization_config"] = quantised.asked
        with told_when_full(source.name, chosen_device):
            hf = _read_model(part, source, torch_dtype, placed)
            if after_reading:
                quantization.unpack(hf, torch_dtype)
            if packed or after_reading:
                quantization.cast(hf, torch_dtype)
    check_tokenizer(tokenizer, hf, source.name)
    if part.task is None:
        check_traceable(hf, source.name)
    if room:
        tell_places(hf, source.name)
    if plan:
        note_split(hf, together(), source.name)
        if together().own == 0:
            print(f"{source.name} is split over {plan.tp_size} processes: each has {gib(wanted.weights)}.", flush=True)
    with told_when_full(source.name, chosen_device):
        moved = hf if packed or room or plan else hf.to(chosen_device)  # pyright: ignore[reportArgumentType]  # transformers' wrapper hides that it is bound
    stays = quantised.method if quantised is not None and packed else ""
    changes = Changes(changed, quantised=stays, files=source.files)
    if part.task is not None:
        return MaskedModel(moved, tokenizer, source.name, part.task, changes).tried()
    unpacked = "" if quantised is None or packed else "after reading" if after_reading else "on reading"
    by_digit = bool(source.gguf_file) and gguf_file.is_digit_by_digit(GGUFReader(source.folder / source.gguf_file))
    changes = replace(changes, unpacked=unpacked, digit_by_digit=by_digit)
    return LanguageModel(moved, tokenizer, source.name, changes)


def _read_model(part: TextPart, source: Source, dtype: torch.dtype, placed: dict[str, Any]) -> "CausalModel":
    """Reads the weights. Refuses a model that would get random weights for missing ones.

    Args:
        placed: where and how the weights go, as options of `from_pretrained`, such as `device_map`.
    """
    options: dict[str, Any] = placed | ({"key_mapping": part.renamed} if part.renamed else {})
    if source.gguf_file:
        options |= {"gguf_file": source.gguf_file, "quantization_config": GgufConfig(dequantize=True)}
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


def tell_places(hf: PreTrainedModel, name: str) -> None:
    """Says how a model is shared out, if it is.

    Raises:
        PlaygroundError: a part of it has no place in memory.
    """
    places = bytes_on(hf)
    if "disk" in places:
        raise PlaygroundError(
            f"The memory has no room for {gib(places['disk'])} of {name}, because a layer cannot be divided. {REMEDY}."
        )
    if len(places) > 1:
        told = ", ".join(f"{gib(nbytes)} on {place}" for place, nbytes in places.items())
        slow = " Each forward brings what the CPU keeps to a card, which is slow." if "cpu" in places else ""
        print(f"{name} is shared out: {told}.{slow}", flush=True)


def _shape(sizes: Iterable[int]) -> str:
    return " × ".join(map(str, sizes))


def check_traceable(hf: PreTrainedModel, name: str) -> None:
    """Refuses a model that writes, and of which a text cannot be recorded.

    Raises:
        PlaygroundError: it is such a model.
    """
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
