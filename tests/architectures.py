"""Builds a tiny random model of every causal architecture that transformers knows, from one table of small sizes.

Nothing here is downloaded, and every run has the same random numbers.
"""

from dataclasses import fields
from typing import Any, NamedTuple

import torch
from transformers import CONFIG_MAPPING, AutoModelForCausalLM, PreTrainedConfig, PreTrainedModel

from tests.fakes import BOS, EOS, SLIDING_WINDOW, VOCABULARY, WINDOW

SPREAD = 0.25
"""The standard deviation of the weights, so that logits spread as a trained model's do."""
LAYERS = 4
"""Enough for two layers of each kind where a model has two kinds, and for one of each where it has four."""

_NAMES: tuple[tuple[int, str], ...] = (
    (
        32,
        "hidden_size d_model n_embd embedding_size word_embed_proj_dim mamba_d_ssm backbone_hidden_size emb_dim "
        "hidden_size_global router_hidden_size adapter_in_dim adapter_out_dim adapter_input_size",
    ),
    (
        64,
        "intermediate_size ffn_dim decoder_ffn_dim encoder_ffn_dim n_inner dim_ff dff d_inner ffn_hidden_size "
        "dense_intermediate_size moe_intermediate_size shared_expert_intermediate_size feed_forward_size "
        "shared_experts_intermediate_size intermediate_size_mlp expert_ffn_hidden_size shared_intermediate_size "
        "moe_shared_expert_intermediate_size",
    ),
    (
        LAYERS,
        "num_hidden_layers n_layer n_layers num_layers decoder_layers num_decoder_layers encoder_layers "
        "num_encoder_layers",
    ),
    (
        4,
        "num_attention_heads n_head n_heads num_heads attention_heads decoder_attention_heads "
        "encoder_attention_heads swa_num_attention_heads num_decoder_attention_heads num_encoder_attention_heads "
        "linear_num_heads linear_num_value_heads mamba_n_heads mamba_num_heads num_experts n_routed_experts "
        "num_local_experts moe_num_experts zero_expert_num qk_rope_head_dim qk_nope_head_dim rotary_dim",
    ),
    (
        2,
        "num_key_value_heads num_kv_heads kv_n_heads swa_num_key_value_heads linear_num_key_heads "
        "num_experts_per_tok moe_topk moe_top_k moe_k n_groups num_kv_shared_layers o_groups laurel_rank",
    ),
    (
        8,
        "head_dim swa_head_dim v_head_dim dim_head attention_head_size linear_head_dim linear_key_head_dim "
        "linear_value_head_dim index_head_dim index_topk hidden_size_per_layer_input chunk_size mamba_chunk_size "
        "block_size kv_channels index_n_heads",
    ),
    (
        16,
        "kv_lora_rank q_lora_rank o_lora_rank mamba_d_state ssm_state_size state_size mamba_head_dim "
        "loop_gate_rank hc_lowrank",
    ),
    (
        1,
        "n_group topk_group n_shared_experts num_shared_experts first_k_dense_replace num_dense_layers "
        "moe_layer_start_index",
    ),
    (
        SLIDING_WINDOW,
        "sliding_window sliding_window_size attention_window_size local_attention window_size "
        "attention_chunk_size keep_window_size",
    ),
    (
        WINDOW,
        "max_position_embeddings n_positions n_ctx max_seq_len context_length max_target_positions "
        "original_max_position_embeddings",
    ),
    (VOCABULARY, "vocab_size vocab_size_per_layer_input unpadded_vocab_size encoder_hash_byte_group_vocab"),
    (BOS, "bos_token_id pad_token_id"),
    (EOS, "eos_token_id"),
)
SIZES: dict[str, int] = {name: size for size, names in _NAMES for name in names.split()}
"""A small value for each name that a config gives to a size. A config gets those that it has a field for."""

_MLA = {"num_key_value_heads": 4, "head_dim": 4}
"""Multi-head latent attention has as many heads for keys as for queries, and rotates a part of each."""

_LISTS = ("layer_types", "layers_block_type", "mlp_layer_types", "indexer_types")
"""The fields that name the kind of each layer."""


class Own(NamedTuple):
    """What the config of one architecture needs besides `SIZES`, and why."""

    values: dict[str, Any]
    reason: str


EXCEPTIONS: dict[str, Own] = {
    "bamba": Own({"attn_layer_indices": [1, 3]}, "by default no layer has attention"),
    "cohere_compass_text": Own(
        {"rope_parameters": {"full_attention": {"rope_type": "default", "rope_theta": 10_000.0}}},
        "by default its layers have no rotary positions, which it then misses",
    ),
    "dbrx": Own(
        {"attn_config": {"kv_n_heads": 2, "rope_theta": 10_000.0, "clip_qkv": 8.0}},
        "its attention reads what the default leaves out",
    ),
    "deepseek_v4": Own(
        {
            "compress_rates": {"compressed_sparse_attention": 2, "heavily_compressed_attention": 4},
            "layer_types": [
                "sliding_attention",
                "heavily_compressed_attention",
                "compressed_sparse_attention",
                "heavily_compressed_attention",
            ],
            "partial_rotary_factor": 0.5,
        },
        "by default it compresses more tokens to one than a short prompt has",
    ),
    "dory": Own(
        {"n_input_layers": 1, "n_output_layers": 1, "initializer_range": 1.0},
        "by default more layers than the whole model has; and its scales are divided by this range",
    ),
    "dots3_note_text": Own(
        {
            "swa_num_attention_heads": 4,
            "swa_num_key_value_heads": 4,
            "swa_q_lora_rank": 16,
            "swa_kv_lora_rank": 16,
            "swa_head_dim": 8,
            "swa_qk_nope_head_dim": 4,
            "swa_v_head_dim": 8,
        },
        "the sizes of its sliding layers are no fields",
    ),
    "gemma4_assistant": Own(
        {
            "text_config": {
                "model_type": "gemma4_text",
                **{
                    name: SIZES[name]
                    for name in ("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers")
                },
                **{name: SIZES[name] for name in ("num_attention_heads", "num_key_value_heads", "head_dim")},
                "global_head_dim": 16,
                "hidden_size_per_layer_input": 0,
                "vocab_size_per_layer_input": 0,
                "num_kv_shared_layers": LAYERS,
            }
        },
        "the default text part is refused",
    ),
    "gemma4_text": Own({"global_head_dim": 16}, "the width of its global heads is no field"),
    "gemma4_unified_text": Own({"global_head_dim": 16}, "the width of its global heads is no field"),
    "gpt_neo": Own({"attention_types": [[["global", "local"], 2]]}, "must have an entry for each layer"),
    **dict.fromkeys(
        ("granite", "granite_swa", "granitemoe", "granitemoe_swa", "granitemoeshared"),
        Own({"attention_multiplier": 0.125}, "by default its scores are not scaled, unlike those of published models"),
    ),
    "granitemoehybrid": Own(
        {"layer_types": ["linear_attention", "full_attention"] * 2}, "by default no layer has attention"
    ),
    "hrm_text": Own({"H_cycles": 1, "L_cycles": 1}, "by default each layer runs eight times"),
    "inkling2_loop_text": Own(
        {"n_layers_per_attn_res_block": 1, "loop_layer_index_start": 1, "loop_layer_index_end": 3},
        "by default only layers from the sixth on run again",
    ),
    "jamba": Own({"attn_layer_period": 2, "attn_layer_offset": 1}, "by default only each eighth layer has attention"),
    "laguna": Own({"layer_types": ["full_attention", "sliding_attention"] * 2}, "by default no layer slides"),
    "lfm2": Own({"layer_types": ["conv", "full_attention"] * 2}, "by default no layer is a convolution"),
    "lfm2_moe": Own({"layer_types": ["conv", "full_attention"] * 2}, "there is no default"),
    "mamba2": Own({"head_dim": 16}, "its heads together are twice as wide as the model"),
    "mellum": Own({"layer_types": ["full_attention", "sliding_attention"] * 2}, "by default no layer slides"),
    "minimax_m3_vl_text": Own(
        {
            "layer_types": ["full_attention", "minimax_m3_sparse"] * 2,
            "index_block_size": 4,
            "index_topk_blocks": 2,
            "index_n_heads": 2,
        },
        "by default no layer is sparse",
    ),
    "moshi": Own(
        {"sliding_window": WINDOW}, "as published, its window holds all its positions; its mask has no window"
    ),
    "qwen4_exp_text": Own(
        {
            "indexer_n_heads": 2,
            "indexer_kv_heads": 1,
            "indexer_head_dim": 8,
            "indexer_budget": 8,
            "indexer_compress_ratio": 2,
        },
        "there is no default",
    ),
    "reformer": Own(
        {
            "is_decoder": True,
            "attn_layers": ["local", "lsh"] * 2,
            "axial_pos_shape": [8, 12],
            "axial_pos_embds_dim": [16, 16],
            "local_attn_chunk_length": 8,
            "lsh_attn_chunk_length": 8,
        },
        "its positions are a product, and by default it is no decoder",
    ),
    "roc_bert": Own({"shape_vocab_size": 300, "pronunciation_vocab_size": 300}, "large vocabularies besides its own"),
    "xlstm": Own({"hidden_size": 128}, "its inner widths are rounded up to a multiple of 64"),
    "xmod": Own({"default_language": "en_XX"}, "by default it is told no language"),
    "zaya": Own({"num_experts_per_tok": 1}, "it takes no other number"),
}


def config_of(kind: str, **changes: object) -> PreTrainedConfig:
    """Returns the config of a tiny model of this `model_type`, with some values changed."""
    return _sized(CONFIG_MAPPING[kind], changes)


def _sized(config_class: type[PreTrainedConfig], changes: dict[str, Any]) -> PreTrainedConfig:
    names = {field.name for field in fields(config_class)}
    own = EXCEPTIONS[config_class.model_type].values if config_class.model_type in EXCEPTIONS else {}
    values = {name: size for name, size in SIZES.items() if name in names}
    if "is_decoder" in names:
        values["is_decoder"] = True
    if "kv_lora_rank" in names:
        values |= _MLA
    if (names.intersection(_LISTS) | set(config_class.sub_configs)) - set(own):
        default = config_class()
        for name in names.intersection(_LISTS):
            kinds = list(dict.fromkeys(getattr(default, name) or ()))
            if len(kinds) > 1:
                values[name] = [kinds[place % len(kinds)] for place in range(LAYERS)]
        for name in config_class.sub_configs:
            if (part := getattr(default, name, None)) is not None:
                values[name] = _sized(type(part), {})
    return config_class(**(values | own | changes))


def made(config: PreTrainedConfig) -> PreTrainedModel:
    """Builds a float32 model with this config and random weights."""
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, SPREAD)
            else:
                parameter.add_(torch.randn_like(parameter), alpha=0.1)
    return model
