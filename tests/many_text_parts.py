"""Builds tiny random models that also see or hear, as they are published, with the text part's config nested."""

from pathlib import Path

import torch
from torch import nn
from transformers import CONFIG_MAPPING, AutoModelForMultimodalLM, PreTrainedConfig, PreTrainedModel

from tests import fakes
from tests.hybrids import LINEAR, SIZES

TEXT = SIZES | {"pad_token_id": fakes.EOS}
TOWER = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "head_dim": 8,
    "image_size": 28,
    "patch_size": 14,
}
SLIDING = {"sliding_window": fakes.SLIDING_WINDOW, "layer_types": ["sliding_attention", "full_attention"] * 2}
MULTIMODAL_ROPE = {"rope_type": "default", "rope_theta": 10000.0, "mrope_section": [1, 1, 2]}
QWEN_TOWER = {"depth": 2, "num_heads": 4, "embed_dim": 32, "out_hidden_size": 32}
HYBRID = LINEAR | {"rope_parameters": MULTIMODAL_ROPE | {"partial_rotary_factor": 1.0}}
PER_LAYER = {
    "hidden_size_per_layer_input": 8,
    "vocab_size_per_layer_input": fakes.VOCABULARY,
    "global_head_dim": 16,
    "num_kv_shared_layers": 2,
}
FAMILIES: dict[str, tuple[dict, dict, dict]] = {
    "gemma3": (SLIDING, {}, {}),
    "gemma4": (SLIDING | PER_LAYER, {}, {}),
    "llama4": (
        {"intermediate_size_mlp": 64, "num_local_experts": 4, "attention_chunk_size": fakes.SLIDING_WINDOW},
        {"vision_output_dim": 64, "projector_input_dim": 64, "projector_output_dim": 64},
        {},
    ),
    "mistral3": ({"model_type": "mistral"}, {"model_type": "pixtral"}, {"image_token_index": 299}),
    "llava": ({"model_type": "llama"}, {"model_type": "clip_vision_model"}, {"image_token_index": 299}),
    "smolvlm": ({"model_type": "llama"}, {}, {"image_token_id": 299, "scale_factor": 1}),
    "cohere2_vision": ({"model_type": "cohere2"}, {}, {"image_token_id": 299, "alignment_intermediate_size": 64}),
    "paligemma": ({"model_type": "gemma"}, {}, {"image_token_id": 299, "projection_dim": 32}),
    "qwen2_5_vl": (
        {"rope_parameters": MULTIMODAL_ROPE},
        QWEN_TOWER | {"fullatt_block_indexes": [1]},
        {},
    ),
    "qwen3_vl": (
        {"rope_parameters": MULTIMODAL_ROPE},
        QWEN_TOWER | {"num_position_embeddings": 16, "deepstack_visual_indexes": [0]},
        {},
    ),
    "qwen3_5": (HYBRID, QWEN_TOWER | {"num_position_embeddings": 16}, {}),
    "voxtral": ({"model_type": "llama"}, {"num_mel_bins": 8, "max_source_positions": 16}, {"audio_token_id": 299}),
}
"""By model type: values of the text part, of the tower, and of the whole."""


def config(kind: str) -> PreTrainedConfig:
    """Returns the config of a tiny model that also sees or hears."""
    of_text, of_tower, of_whole = FAMILIES[kind]
    config_class = CONFIG_MAPPING[kind]
    parts = dict.fromkeys(config_class.sub_configs, TOWER | of_tower) | {"text_config": TEXT | of_text}
    if kind == "gemma4":
        parts["audio_config"] = None
    return config_class(**parts, **of_whole)


def whole(kind: str) -> PreTrainedModel:
    """Builds the whole model, whose logits spread about as a trained model's do."""
    torch.manual_seed(0)
    model = AutoModelForMultimodalLM.from_config(config(kind), dtype=torch.float32).eval()
    for parameter in model.parameters():
        if parameter.dim() > 1:
            nn.init.normal_(parameter, 0, 0.25)
    return model.requires_grad_(False)


def save(model: PreTrainedModel, folder: Path) -> str:
    """Saves a model with the tests' tokenizer and returns the folder as `load` takes it."""
    model.save_pretrained(folder)
    fakes.byte_level_tokenizer().save_pretrained(folder)
    return str(folder)
