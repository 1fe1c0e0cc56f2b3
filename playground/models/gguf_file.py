"""Takes from a GGUF file what transformers leaves there, so that the model computes what its author's does.

For most architectures, transformers maps a fixed list of the file's metadata to its config, and drops the rest, such as
the scaling of rotary positions and the width of experts. Such a model would load, and be wrong in silence.
"""

import copy
import math
from typing import Any, cast

import torch
from gguf import GGUFReader
from tokenizers import pre_tokenizers
from transformers import PreTrainedConfig, PreTrainedTokenizerBase, PreTrainedTokenizerFast, __version__
from transformers.integrations.gguf.gguf_config_mapping import GGUF_CONFIG_ARCHS
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

from playground.errors import PlaygroundError
from playground.values import shown

LEFT_OUT = {
    "attention.key_length": "head_dim",
    "attention.sliding_window": "sliding_window",
    "context_length": "n_positions",
    "expert_feed_forward_length": "moe_intermediate_size",
    "expert_shared_feed_forward_length": "shared_expert_intermediate_size",
}
"""From a key of the metadata, after the architecture, to the config's name for it."""
READ_WRONGLY = {"gpt-oss"}
"""The architectures that transformers names among those that it reads, and fails on."""
READ_WHOLE = {*GGUF_CONFIG_ARCHS, "gemma4"}
"""The architectures whose metadata transformers maps with a function of their own."""
WIDE_QUERIES = {("gemma2", 46), ("gemma3", 62)}
"""Architecture and blocks of the models with 27 billion parameters, which scale attention by another number than the
smaller ones do. No metadata says so: llama.cpp knows it by the number of blocks, too."""
DIGIT_BY_DIGIT = {"smollm", "starcoder", "refact", "command-r", "codeshell"}
"""The names of one pre-tokenizer in llama.cpp."""
FREQUENCIES, LONG, SHORT = "rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight"
LLAMA_3 = {"rope_type": "llama3", "low_freq_factor": 1.0, "high_freq_factor": 4.0}
LLAMA_3_CONTEXT = 8192
"""How all models with this scaling have been trained. The file holds only what follows for each frequency."""
OTHER_FILE = "Choose the same model as a folder with safetensors."


def check_architecture(reader: GGUFReader, name: str) -> None:
    """Refuses an architecture that transformers reads wrongly.

    Raises:
        PlaygroundError: the file has such a one.
    """
    architecture = _said(reader, "general.architecture")
    if architecture in READ_WRONGLY:
        raise PlaygroundError(
            f"{name} has the architecture {architecture!r}, of which transformers {__version__} cannot read GGUF "
            f"files. {OTHER_FILE}"
        )


def complete(config: PreTrainedConfig, reader: GGUFReader, name: str) -> dict[str, Any]:
    """Sets in `config` what the file says and transformers leaves out, and returns it.

    Raises:
        PlaygroundError: the file scales its rotary positions in a way that transformers does not know.
    """
    architecture = _said(reader, "general.architecture")
    if architecture in READ_WHOLE:
        return {}
    found = {attribute: _said(reader, f"{architecture}.{key}") for key, attribute in LEFT_OUT.items()}
    if (architecture, config.num_hidden_layers) in WIDE_QUERIES:
        found["query_pre_attn_scalar"] = config.hidden_size // config.num_attention_heads
    changed = {name: value for name, value in found.items() if value and getattr(config, name, value) != value}
    for attribute, value in changed.items():
        setattr(config, attribute, value)
    stated = getattr(config, "rope_parameters", None)
    if not stated:
        return changed
    before = copy.deepcopy(stated)
    rope = stated.get("full_attention", stated)
    rope |= _rotary(config, rope, reader, f"{architecture}.rope.", name)
    _check_frequencies(config, reader, name)
    if hasattr(config, "original_max_position_embeddings") and rope["rope_type"] == "longrope":
        config.original_max_position_embeddings = rope["original_max_position_embeddings"]
        changed["original_max_position_embeddings"] = rope["original_max_position_embeddings"]
    return changed if stated == before else changed | {"rope_parameters": stated}


def check_all_read(reader: GGUFReader, parameters: int, name: str) -> None:
    """Refuses a file that holds more numbers than the model has parameters: transformers drops the others.

    Raises:
        PlaygroundError: it does.
    """
    ours = (FREQUENCIES, LONG, SHORT)
    held = sum(int(tensor.n_elements) for tensor in reader.tensors if tensor.name not in ours)
    architecture = _said(reader, "general.architecture")
    if held > parameters and architecture not in READ_WHOLE:
        raise PlaygroundError(
            f"{name} holds {held - parameters:,} more numbers than transformers reads of the architecture "
            f"{architecture!r}, such as biases or experts, so that its texts would be wrong. {OTHER_FILE}"
        )


def is_digit_by_digit(reader: GGUFReader) -> bool:
    """Returns whether the file's tokenizer splits digits from each other."""
    return _said(reader, "tokenizer.ggml.pre") in DIGIT_BY_DIGIT


def split_digits(tokenizer: PreTrainedTokenizerBase, reader: GGUFReader) -> None:
    """Makes a tokenizer split digits from each other before it applies GPT-2's pattern, where the file asks for it.

    transformers knows this pre-tokenizer by none of its names and applies the pattern alone, so that numbers and the
    spaces before them would become other tokens than in the training.
    """
    if is_digit_by_digit(reader):
        steps = [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        cast(PreTrainedTokenizerFast, tokenizer).backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps)


def _rotary(
    config: PreTrainedConfig, rope: dict[str, Any], reader: GGUFReader, prefix: str, name: str
) -> dict[str, Any]:
    """Returns what the file says about rotary positions, as transformers' `rope_parameters`."""
    found: dict[str, Any] = {}
    if base := _said(reader, prefix + "freq_base"):
        found["rope_theta"] = float(base)
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    turned = _said(reader, prefix + "dimension_count")
    if turned and turned != int(width * rope.get("partial_rotary_factor", 1)):
        found["partial_rotary_factor"] = turned / width
    kind = _said(reader, prefix + "scaling.type")
    factor = _said(reader, prefix + "scaling.factor")
    original = _said(reader, prefix + "scaling.original_context_length")
    factors = {one.name: one.data.tolist() for one in reader.tensors if one.name in (FREQUENCIES, LONG, SHORT)}
    if FREQUENCIES in factors:
        context = original or LLAMA_3_CONTEXT
        return found | LLAMA_3 | {"factor": max(factors[FREQUENCIES]), "original_max_position_embeddings": context}
    if LONG in factors and SHORT in factors and original:
        scaled = {"long_factor": factors[LONG], "short_factor": factors[SHORT]}
        attention = _said(reader, prefix + "scaling.attn_factor")
        scaled |= {"attention_factor": attention} if attention else {}
        return found | scaled | {"rope_type": "longrope", "original_max_position_embeddings": original}
    if kind == "yarn" and factor and original:
        return found | {"rope_type": "yarn", "factor": factor, "original_max_position_embeddings": original}
    if kind == "linear" and factor:
        return found | {"rope_type": "linear", "factor": factor}
    if kind not in (None, "none") and factor != 1:
        raise PlaygroundError(
            f"{name} scales its rotary positions by {shown(kind)}, and does not say enough for transformers to do the "
            f"same. {OTHER_FILE}"
        )
    return found


def _check_frequencies(config: PreTrainedConfig, reader: GGUFReader, name: str) -> None:
    """Checks that the file's factors of rotary frequencies are the ones that Llama 3's rule gives."""
    stored = next((tensor.data for tensor in reader.tensors if tensor.name == FREQUENCIES), None)
    if stored is None:
        return
    scaled, _ = ROPE_INIT_FUNCTIONS["llama3"](config, torch.device("cpu"))
    steps = torch.arange(len(scaled), dtype=torch.float64) / len(scaled)
    plain = torch.exp(-math.log(config.rope_parameters["rope_theta"]) * steps)
    if not torch.allclose(plain / torch.tensor(stored.tolist()).double(), scaled.double(), rtol=1e-3):
        raise PlaygroundError(
            f"{name} scales its rotary positions by factors ({FREQUENCIES}) that are not those of Llama 3's rule, and "
            f"transformers knows no other. {OTHER_FILE}"
        )


def _said(reader: GGUFReader, key: str) -> Any:
    field = reader.get_field(key)
    return None if field is None else field.contents()
