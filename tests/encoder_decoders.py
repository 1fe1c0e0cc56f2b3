"""Tiny random encoder–decoder models of the common shapes, for tests."""

from collections.abc import Sequence

import torch
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    M2M100Config,
    M2M100ForConditionalGeneration,
    MarianConfig,
    MarianMTModel,
    MBartConfig,
    MBartForConditionalGeneration,
    PreTrainedModel,
    T5Config,
    T5ForConditionalGeneration,
)

from playground.decoding.settings import Settings
from tests import fakes

START, END, PAD = 5, fakes.EOS, 2
SHAPES = {
    "bart": (BartConfig, BartForConditionalGeneration),
    "m2m_100": (M2M100Config, M2M100ForConditionalGeneration),
    "marian": (MarianConfig, MarianMTModel),
    "mbart": (MBartConfig, MBartForConditionalGeneration),
    "t5": (T5Config, T5ForConditionalGeneration),
}


def tiny(kind: str, **changes: object) -> PreTrainedModel:
    """Returns a random float32 model of one of `SHAPES`, with three decoder layers."""
    torch.manual_seed(0)
    config_class, model_class = SHAPES[kind]
    shared = {"vocab_size": fakes.VOCABULARY, "d_model": 32, "bos_token_id": fakes.BOS, "eos_token_id": END}
    shared |= {"pad_token_id": PAD, "decoder_start_token_id": START, "forced_eos_token_id": None}
    if kind == "t5":
        shared |= {"d_kv": 8, "d_ff": 64, "num_layers": 3, "num_heads": 4}
    else:
        shared |= {"encoder_layers": 2, "encoder_attention_heads": 4, "encoder_ffn_dim": 64, "init_std": 0.25}
        shared |= {"decoder_layers": 3, "decoder_attention_heads": 4, "decoder_ffn_dim": 64}
        shared |= {"max_position_embeddings": fakes.WINDOW}
    return model_class(config_class(**shared | changes)).float().eval()


def source(length: int, seed: int = 0) -> tuple[int, ...]:
    """Returns the ids of a source, which ends with the end token."""
    return (*fakes.prompt(length, seed), END)


@torch.inference_mode()
def forced(hf: PreTrainedModel, source_ids: Sequence[int], ids: Sequence[int]) -> torch.Tensor:
    """Returns the (position, vocab) logits of one forward in which the decoder is given `ids`."""
    hf.set_attn_implementation("eager")
    return hf(torch.tensor([source_ids]), decoder_input_ids=torch.tensor([ids]), use_cache=False).logits[0]


def generate(hf: PreTrainedModel, source: Sequence[int], settings: Settings, prefix: Sequence[int] = (), **options):
    """Returns what `generate` writes for a source, as a dict with the raw logits of each step."""
    own = {"decoder_input_ids": torch.tensor([[START, *prefix]])}
    hf.set_attn_implementation("eager")
    return hf.generate(
        torch.tensor([source]),
        attention_mask=torch.ones((1, len(source)), dtype=torch.long),
        return_dict_in_generate=True,
        output_logits=True,
        output_attentions=True,
        **own,
        **settings.generate_kwargs(),
        **options,
    )
