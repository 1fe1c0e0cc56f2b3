"""Builds tiny random models that mix attention with layers of other kinds, which keep a state."""

import torch
from transformers import CONFIG_MAPPING, AutoModelForCausalLM, PreTrainedModel

from tests.fakes import BOS, EOS, VOCABULARY, WINDOW

SIZES = {
    "vocab_size": VOCABULARY,
    "bos_token_id": BOS,
    "eos_token_id": EOS,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "max_position_embeddings": WINDOW,
}
"""The sizes of a tiny model, by the names in its config."""
SHARED = SIZES | {"pad_token_id": 0, "initializer_range": 0.25}
LINEAR = {
    "layer_types": ["linear_attention", "full_attention"] * 2,
    "linear_num_value_heads": 4,
    "linear_num_key_heads": 2,
    "linear_key_head_dim": 8,
    "linear_value_head_dim": 8,
}
EXPERTS = {
    "num_experts": 4,
    "num_experts_per_tok": 2,
    "moe_intermediate_size": 16,
    "shared_expert_intermediate_size": 16,
}
MAMBA_2 = {"mamba_n_heads": 8, "mamba_d_head": 8, "mamba_n_groups": 1, "mamba_d_state": 8, "mamba_chunk_size": 16}

OPTIONS = {
    "qwen3_next": LINEAR | EXPERTS,
    "qwen3_5_text": LINEAR,
    "olmo_hybrid": LINEAR,
    "lfm2": {"layer_types": ["conv", "full_attention"] * 2},
    "jamba": {
        "attn_layer_period": 2,
        "attn_layer_offset": 1,
        "num_experts": 2,
        "mamba_d_state": 8,
        "mamba_dt_rank": 4,
        "use_mamba_kernels": False,
    },
    "bamba": {"attn_layer_indices": [1, 3]} | MAMBA_2,
    "falcon_h1": {"mamba_d_ssm": 64} | MAMBA_2,
    "nemotron_h": {
        "hybrid_override_pattern": "M*M-",
        "mamba_num_heads": 8,
        "mamba_head_dim": 8,
        "n_groups": 1,
        "ssm_state_size": 8,
        "chunk_size": 16,
    },
}
KINDS = tuple(OPTIONS)


def hybrid(kind: str, **others) -> PreTrainedModel:
    """Returns a random float32 model of one of the `KINDS`, whose logits spread about as a trained model's do.

    `others` are values of its config, in place of those of `OPTIONS`.
    """
    torch.manual_seed(KINDS.index(kind))
    config = CONFIG_MAPPING[kind](**SHARED | OPTIONS[kind] | others)
    return AutoModelForCausalLM.from_config(config).eval()
