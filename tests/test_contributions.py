"""Tests that the terms of a logit add up to it, and that they are what a plain forward with frozen norms gives."""

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from playground.errors import PlaygroundError
from playground.inside import contributions as module
from playground.inside.contributions import contributions, written
from playground.inside.frozen import frozen
from playground.models.language_model import LanguageModel
from playground.models.parts import parts
from tests.fakes import byte_level_tokenizer
from tests.many_models import done, model_of
from tests.test_parts import FAMILIES, SIZES

IDS = [3, 9, 27, 4, 40, 5, 61]


@torch.inference_mode()
def last_logits(model) -> torch.Tensor:
    """Returns the logits after `IDS` before a softcap."""
    seen = []
    head = model.hf.get_output_embeddings()
    hook = head.register_forward_hook(lambda _module, _args, output: seen.append(output[0, -1]))
    model.hf(torch.tensor([IDS]))
    hook.remove()
    return seen[0]


@pytest.mark.parametrize("kind", FAMILIES)
def test_the_terms_add_up_to_the_logit(kind):
    model = model_of(kind)
    with torch.no_grad():
        for name, weight in model.hf.named_parameters():
            if name.endswith("bias") or "norm" in name or "ln_" in name:
                weight += 0.3 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(len(name)))
    logits = last_logits(model)
    seen = done(written(model, IDS))
    for token_id, against in ((7, None), (7, 30)):
        told = contributions(model, seen, token_id, against)
        expected = float(logits[token_id]) - (0 if against is None else float(logits[against]))
        assert told.logit == pytest.approx(expected, abs=1e-4)
        assert abs(told.remainder) < 1e-3
        terms = [told.embedding, *told.attention, *told.feed_forward, told.bias, told.remainder]
        assert sum(terms) == pytest.approx(told.logit, abs=1e-6)
        assert len(told.heads) == len(told.attention) == 2
        assert [len(heads) for heads in told.heads] == [4, 4]


@pytest.mark.parametrize("kind", ["llama", "gemma2", "gemma3_text", "gpt2", "opt", "gpt_neox", "phi"])
def test_heads_and_the_bias_of_their_matrix_are_the_attention(kind):
    """A head's share is the change of the frozen sum when that head writes nothing."""
    model = model_of(kind)
    found = parts(model.hf, kind)
    seen = done(written(model, IDS))
    told = contributions(model, seen, 7)
    direction = seen.final.back(model.hf.get_output_embeddings().weight[7].detach())
    for number, (block, heads) in enumerate(zip(found.blocks, told.heads, strict=True)):
        bias = block.attention.last.bias
        bare = torch.zeros(len(direction)) if bias is None else bias.detach()
        norm = seen.norms[number]
        back = direction if norm is None else norm.back(direction)
        assert sum(heads) + float(bare @ back) == pytest.approx(told.attention[number], abs=1e-3)


def test_a_long_text_is_read_in_slices(monkeypatch):
    model = model_of("llama")
    whole = contributions(model, done(written(model, IDS)), 7)
    monkeypatch.setattr(module, "SLICE_TOKENS", 3)
    sliced = contributions(model, done(written(model, IDS)), 7)
    assert sliced.attention == pytest.approx(whole.attention, abs=1e-5)
    assert sliced.heads[1] == pytest.approx(whole.heads[1], abs=1e-5)


def other(kind: str, **own) -> LanguageModel:
    config = AutoConfig.for_model(kind, **(SIZES | own))
    return LanguageModel(AutoModelForCausalLM.from_config(config).eval(), byte_level_tokenizer(), "Odd-1B")


@pytest.mark.parametrize(
    ("kind", "own"), [("bloom", {"n_layer": 2, "n_head": 4}), ("granite", {"residual_multiplier": 0.2})]
)
def test_a_model_whose_blocks_are_no_such_sum_is_refused(kind, own):
    with pytest.raises(PlaygroundError, match="The logit cannot be shared out for Odd-1B"):
        done(written(other(kind, **own), IDS))


def test_a_block_that_changes_what_a_part_has_written_is_still_a_sum():
    """Falcon adds the attention's output to the feed-forward's in place."""
    told = contributions(model := other("falcon"), done(written(model, IDS)), 7)
    assert told.logit == pytest.approx(float(last_logits(model)[7]), abs=1e-4)
    assert abs(told.remainder) < 1e-3


@pytest.mark.parametrize("kind", FAMILIES)
def test_a_frozen_norm_is_the_norm_at_its_vector(kind):
    norm = parts(model_of(kind).hf, kind).norm
    with torch.no_grad():
        for weight in norm.parameters():
            weight += torch.randn(weight.shape, generator=torch.Generator().manual_seed(1))
        vector = torch.randn(32, generator=torch.Generator().manual_seed(2)) * 3 + 1
        found = frozen(norm, vector)
        expected, direction = norm(vector[None])[0], torch.randn(32)
        mapped = float(found.back(direction) @ vector + direction @ found.bias)
        assert mapped == pytest.approx(float(direction @ expected), abs=1e-4)


def test_a_norm_of_another_kind_is_not_frozen():
    assert frozen(torch.nn.Tanh(), torch.randn(32)) is None


@pytest.mark.model
def test_the_default_models_logit_is_shared_out(default_model):
    ids = default_model.tokenizer.encode("The capital of France is")
    [paris] = default_model.tokenizer.encode(" Paris")
    seen = done(written(default_model, ids))
    told = contributions(default_model, seen, paris)
    with torch.inference_mode():
        expected = default_model.hf(torch.tensor([ids])).logits[0, -1, paris]
    assert told.logit == pytest.approx(float(expected), abs=1e-3)
    assert abs(told.remainder) < 1e-3
    assert [len(told.attention), len(told.feed_forward), len(told.heads), len(told.heads[0])] == [30, 30, 30, 9]
    assert [sum(heads) for heads in told.heads] == pytest.approx(told.attention, abs=1e-3)
