"""Tests that the parts of many model families are found, and that a block is its input and what its parts write."""

import pytest
import torch
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, PreTrainedModel

from playground.errors import PlaygroundError
from playground.models.parts import Parts, first, matrix, parts

SIZES = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": 64,
    "max_position_embeddings": 64,
    "bos_token_id": 0,
    "eos_token_id": 1,
    "pad_token_id": 0,
    "initializer_range": 0.25,
}
OWN_NAMES = {"n_embd": 32, "n_layer": 2, "n_head": 4}
FAMILIES = {
    "llama": {},
    "mistral": {},
    "qwen2": {},
    "qwen3": {"head_dim": 8},
    "gemma": {"head_dim": 8},
    "gemma2": {"head_dim": 8},
    "gemma3_text": {"head_dim": 8},
    "phi": {},
    "phi3": {},
    "gpt2": OWN_NAMES,
    "gpt_neox": {},
    "opt": {"ffn_dim": 64, "word_embed_proj_dim": 32},
    "gpt_neo": {"num_layers": 2, "num_heads": 4, "attention_types": [[["global"], 2]]},
    "gptj": OWN_NAMES | {"rotary_dim": 4},
    "olmo2": {},
    "smollm3": {},
    "starcoder2": {},
}
IDS = torch.tensor([[3, 4, 5, 6]])


def made(kind: str) -> PreTrainedModel:
    torch.manual_seed(0)
    return AutoModelForCausalLM.from_config(AutoConfig.for_model(kind, **(SIZES | FAMILIES[kind]))).eval()


def watched(hf: PreTrainedModel, found: Parts) -> dict[nn.Module, tuple[torch.Tensor, torch.Tensor]]:
    """Runs the model and returns, for each module of the parts, its first input and its output."""
    seen: dict[nn.Module, tuple[torch.Tensor, torch.Tensor]] = {}

    def note(module: nn.Module, args: tuple, kwargs: dict, output: object) -> None:
        given = args[0] if args else kwargs["hidden_states"]
        seen[module] = given, first(output)

    for block in found.blocks:
        for module in (block.module, block.attention.written, block.feed_forward.written, block.feed_forward.last):
            module.register_forward_hook(note, with_kwargs=True)
    found.norm.register_forward_hook(note, with_kwargs=True)
    with torch.no_grad():
        hf(IDS)
    return seen


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_block_is_its_input_and_what_its_parts_write(kind):
    hf = made(kind)
    found = parts(hf, kind)
    seen = watched(hf, found)
    assert len(found.blocks) == 2
    for block in found.blocks:
        before, after = seen[block.module]
        written = [seen[writer.written][1].view_as(before) for writer in (block.attention, block.feed_forward)]
        assert torch.allclose(before + written[0] + written[1], after, atol=1e-5)
        assert block.attention.last is not None
    assert torch.equal(seen[found.norm][0], seen[found.blocks[-1].module][1])
    assert found.embedding is hf.get_input_embeddings()


@pytest.mark.parametrize("kind", ["gpt2", "llama"])
def test_a_matrix_is_out_by_in(kind):
    hf = made(kind)
    assert matrix(parts(hf, kind).blocks[0].feed_forward.last, hf).shape == (32, 128 if kind == "gpt2" else 64)


def test_a_part_that_is_not_found_is_refused_in_a_sentence():
    hf = made("llama")
    hf._no_split_modules = None
    found = parts(hf, "Odd-1B")
    for needed in (found.check_blocks, found.check_norm):
        with pytest.raises(PlaygroundError, match="Odd-1B has .* The other views work"):
            needed()
