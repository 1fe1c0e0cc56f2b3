"""Writes tiny models as GGUF files, as llama.cpp's converter writes the published ones."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import gguf
import torch
from torch import nn
from transformers import CONFIG_MAPPING, AutoModelForCausalLM, PreTrainedModel

from tests import fakes

VOCABULARY = len(fakes.byte_level_tokenizer()) - 1
"""Without the added token: the number of embeddings is the number of tokens in the file."""
SIZES = {
    "vocab_size": VOCABULARY,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": fakes.WINDOW,
    "bos_token_id": fakes.BOS,
    "eos_token_id": fakes.EOS,
    "pad_token_id": fakes.EOS,
    "tie_word_embeddings": False,
}
TIED = {"tie_word_embeddings": True}
GEMMA = TIED | {"head_dim": 16, "sliding_window": fakes.SLIDING_WINDOW, "num_hidden_layers": 6}
EXPERTS = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 32}
BASE = {"rope_type": "default", "rope_theta": 500000.0}
YARN = {"rope_type": "yarn", "rope_theta": 1e6, "factor": 4.0, "original_max_position_embeddings": 24}
LLAMA_3 = {
    "rope_type": "llama3",
    "rope_theta": 500000.0,
    "factor": 32.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 8192,
}
LONG_ROPE = {
    "rope_type": "longrope",
    "rope_theta": 10000.0,
    "partial_rotary_factor": 0.75,
    "long_factor": [1.5, 2.0, 3.0, 4.0, 5.0, 6.0],
    "short_factor": [1.0, 1.1, 1.2, 1.3, 1.4, 1.5],
    "original_max_position_embeddings": 48,
}
CONVOLUTION = {"layer_types": ["conv", "full_attention"], "block_auto_adjust_ff_dim": False}
GEMMA_ROPE = {
    "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
    "full_attention": {"rope_type": "linear", "rope_theta": 1e6, "factor": 8.0},
}


def as_it_is(_name: str, weight: torch.Tensor, _model: PreTrainedModel) -> torch.Tensor:
    """Returns a tensor that llama.cpp stores as transformers does."""
    return weight


def in_pairs(name: str, weight: torch.Tensor, model: PreTrainedModel) -> torch.Tensor:
    """Llama's queries and keys: llama.cpp turns neighbours where transformers turns the halves of a head."""
    heads = {"q_proj": model.config.num_attention_heads, "k_proj": model.config.num_key_value_heads}
    for part, count in heads.items():
        if name.endswith(f"{part}.weight"):
            return weight.reshape(count, 2, -1, weight.shape[1]).transpose(1, 2).reshape(weight.shape)
    return weight


def plus_one(name: str, weight: torch.Tensor, _model: PreTrainedModel) -> torch.Tensor:
    """Norms that are stored as what they multiply by, where the model adds 1 itself."""
    return weight + 1 if "norm" in name and name.endswith("weight") else weight


def transposed(name: str, weight: torch.Tensor, _model: PreTrainedModel) -> torch.Tensor:
    """GPT-2's matrices are stored as those of other models."""
    return weight.T if name.endswith((".c_attn.weight", ".c_proj.weight", ".c_fc.weight")) else weight


def squeezed(_name: str, weight: torch.Tensor, _model: PreTrainedModel) -> torch.Tensor:
    """Tensors are stored without axes of length 1."""
    return weight.squeeze()


class Family(NamedTuple):
    """A kind of model, and how it is written: `stored` says how llama.cpp stores a tensor of a name."""

    architecture: str
    model_type: str
    config: dict
    stored: Callable[[str, torch.Tensor, PreTrainedModel], torch.Tensor] = as_it_is


FAMILIES = {
    "llama": Family("llama", "llama", {"rope_parameters": BASE}, in_pairs),
    "llama 3": Family("llama", "llama", TIED | {"rope_parameters": LLAMA_3}, in_pairs),
    "mistral": Family("llama", "mistral", {"sliding_window": None}, in_pairs),
    "qwen2": Family("qwen2", "qwen2", {}),
    "qwen2 with yarn": Family("qwen2", "qwen2", {"rope_parameters": YARN}),
    "qwen2moe": Family("qwen2moe", "qwen2_moe", EXPERTS | {"shared_expert_intermediate_size": 96}, squeezed),
    "qwen3": Family("qwen3", "qwen3", {"head_dim": 32}),
    "qwen3moe": Family("qwen3moe", "qwen3_moe", EXPERTS | {"head_dim": 16, "norm_topk_prob": True}),
    "gemma2": Family("gemma2", "gemma2", GEMMA, plus_one),
    "gemma3": Family("gemma3", "gemma3_text", GEMMA | {"rope_parameters": GEMMA_ROPE}, plus_one),
    "phi3": Family("phi3", "phi3", {"sliding_window": fakes.SLIDING_WINDOW}),
    "phi3 with longrope": Family(
        "phi3", "phi3", {"rope_parameters": LONG_ROPE, "original_max_position_embeddings": 48}
    ),
    "gpt2": Family("gpt2", "gpt2", TIED, transposed),
    "starcoder2": Family("starcoder2", "starcoder2", TIED | {"rope_parameters": BASE}),
    "stablelm": Family("stablelm", "stablelm", {}),
    "nemotron": Family("nemotron", "nemotron", {}, plus_one),
    "lfm2": Family("lfm2", "lfm2", TIED | CONVOLUTION, squeezed),
}


def build(family: str) -> PreTrainedModel:
    """Builds a random model whose logits spread about as a trained model's do."""
    torch.manual_seed(0)
    kind = FAMILIES[family]
    config = CONFIG_MAPPING[kind.model_type](**SIZES | kind.config)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, 0, 0.2)
    return model.requires_grad_(False)


def write(model: PreTrainedModel, family: str, path: Path, kind: str = "F32") -> None:
    """Writes a model as a GGUF file whose matrices have the type `kind`."""
    writer = gguf.GGUFWriter(path, FAMILIES[family].architecture)
    _write_config(writer, model)
    _write_rotary(writer, model)
    _write_tokenizer(writer)
    quantised = gguf.GGMLQuantizationType[kind]
    for name, value in _tensors(model, family):
        array = value.contiguous().numpy()
        if value.dim() > 1 and "conv" not in name:
            writer.add_tensor(name, gguf.quantize(array, quantised), raw_dtype=quantised)
        else:
            writer.add_tensor(name, array)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _tensors(model: PreTrainedModel, family: str) -> Iterator[tuple[str, torch.Tensor]]:
    """Yields the name and the value of each tensor of the file."""
    kind = FAMILIES[family]
    architecture = next(key for key, name in gguf.MODEL_ARCH_NAMES.items() if name == kind.architecture)
    names = gguf.get_tensor_name_map(architecture, model.config.num_hidden_layers)
    for name, weight in model.state_dict().items():
        if name == "lm_head.weight" and model.config.tie_word_embeddings:
            continue
        if name.endswith("experts.gate_up_proj"):
            for part, half in zip(("gate", "up"), weight.chunk(2, dim=1), strict=True):
                yield f"{names.get_name(name.replace('gate_up', part))}.weight", half
            continue
        stored = names.get_name(name, (".weight", ".bias"))
        assert stored is not None, name
        yield stored if stored.endswith((".weight", ".bias")) else f"{stored}.weight", kind.stored(name, weight, model)


def _write_config(writer: gguf.GGUFWriter, model: PreTrainedModel) -> None:
    config = model.config
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_feed_forward_length(getattr(config, "intermediate_size", 4 * config.hidden_size))
    writer.add_head_count(config.num_attention_heads)
    key_heads = getattr(config, "num_key_value_heads", config.num_attention_heads)
    if config.model_type == "lfm2":
        key_heads = [key_heads if kind == "full_attention" else 0 for kind in config.layer_types]
        writer.add_shortconv_l_cache(config.conv_L_cache)
    writer.add_head_count_kv(key_heads)
    for name in ("rms_norm_eps", "norm_eps", "layer_norm_eps", "norm_epsilon", "layer_norm_epsilon"):
        if hasattr(config, name):
            writer.add_layer_norm_rms_eps(getattr(config, name))
            writer.add_layer_norm_eps(getattr(config, name))
    if getattr(config, "sliding_window", None):
        writer.add_sliding_window(config.sliding_window)
    if hasattr(config, "num_experts"):
        writer.add_expert_count(config.num_experts)
        writer.add_expert_used_count(config.num_experts_per_tok)
        writer.add_expert_feed_forward_length(config.moe_intermediate_size)
    if hasattr(config, "shared_expert_intermediate_size"):
        writer.add_expert_shared_feed_forward_length(config.shared_expert_intermediate_size)


def _write_rotary(writer: gguf.GGUFWriter, model: PreTrainedModel) -> None:
    config = model.config
    width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    writer.add_key_length(width)
    writer.add_value_length(width)
    rope = getattr(config, "rope_parameters", None)
    if not rope:
        return
    rope = rope.get("full_attention", rope)
    writer.add_rope_dimension_count(int(width * rope.get("partial_rotary_factor", 1)))
    writer.add_rope_freq_base(rope["rope_theta"])
    match rope["rope_type"]:
        case "llama3":
            plain = rope["rope_theta"] ** -(torch.arange(0, width, 2) / width)
            scaled = model.model.rotary_emb.inv_freq
            writer.add_tensor("rope_freqs.weight", (plain / scaled).numpy())
        case "longrope":
            writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
            for part in ("long", "short"):
                writer.add_tensor(f"rope_factors_{part}.weight", torch.tensor(rope[f"{part}_factor"]).numpy())
        case "yarn":
            writer.add_rope_scaling_type(gguf.RopeScalingType.YARN)
            writer.add_rope_scaling_factor(rope["factor"])
            writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
        case "linear":
            writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
            writer.add_rope_scaling_factor(rope["factor"])


def _write_tokenizer(writer: gguf.GGUFWriter) -> None:
    tokenizer = fakes.byte_level_tokenizer()
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list(tokenizer.convert_ids_to_tokens(list(range(VOCABULARY))))
    writer.add_token_types([3, 3] + [1] * (VOCABULARY - 2))
    writer.add_token_merges(fakes.MERGES)
    writer.add_bos_token_id(fakes.BOS)
    writer.add_eos_token_id(fakes.EOS)
    writer.add_pad_token_id(fakes.EOS)
