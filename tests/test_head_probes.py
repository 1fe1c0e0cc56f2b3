"""Tests that weights given out layer by layer are the model's own, and that a head switched off outputs zero."""

import pytest
import torch
from transformers import DynamicCache

from playground.attention.head_probes import HEAD_OFF, Head, switched_off, weights_taken
from playground.models.language_model import LanguageModel
from tests import fakes


@pytest.fixture(params=fakes.KINDS)
def model(request, tiny_models, tokenizer) -> LanguageModel:
    return LanguageModel(tiny_models[request.param], tokenizer, request.param)


def hooks(model) -> int:
    return sum(len(module._forward_hooks) for module in model.hf.modules())


def test_the_weights_of_every_layer_are_those_of_output_attentions(model):
    ids, taken = fakes.prompt(20), {}
    model.read_with("eager", ids, DynamicCache())  # transformers adds its own hooks in the first forward
    before = hooks(model)
    with weights_taken(model.hf, lambda layer, weights: taken.update({layer: weights.clone()})):
        model.read_with("eager", ids, DynamicCache())
    assert hooks(model) == before
    _, expected = fakes.full_forward(model.hf, ids)
    assert list(taken) == list(range(len(expected)))
    torch.testing.assert_close(torch.stack(list(taken.values())), expected, atol=1e-6, rtol=0)


def test_a_failure_leaves_no_hook(model):
    before = hooks(model)

    def broken(layer, weights):
        raise RuntimeError("no memory")

    with pytest.raises(RuntimeError, match="no memory"), weights_taken(model.hf, broken):
        model.read_with("eager", fakes.prompt(5), DynamicCache())
    assert hooks(model) == before


def test_switched_off_is_a_zero_where_the_output_projection_reads(model):
    """Switching off equals a hook that sets the head's part of the output projection's input to zero."""
    ids, head = fakes.prompt(20), Head(1, 2)
    with switched_off(head) as reached:
        off = model.read_with(HEAD_OFF, ids, DynamicCache())
        assert reached()

    def zero(module, inputs):
        changed = inputs[0].clone()
        changed.unflatten(-1, (4, -1))[..., head.number, :] = 0
        return (changed,)

    [projection] = [
        module
        for name, module in model.hf.named_modules()
        if f".{head.layer}." in name and name.endswith(("attn.o_proj", "attn.c_proj"))
    ]
    with projection.register_forward_pre_hook(zero):
        expected = fakes.full_forward(model.hf, ids)[0][-1]
    torch.testing.assert_close(off, expected, atol=1e-5, rtol=0)
    assert (off - fakes.full_forward(model.hf, ids)[0][-1]).abs().max() > 0.01, "the head does something"


def test_without_a_switch_it_is_the_models_own_attention(model):
    ids = fakes.prompt(20)
    own = model.read_with(HEAD_OFF, ids, DynamicCache())
    torch.testing.assert_close(own, fakes.full_forward(model.hf, ids)[0][-1], atol=1e-5, rtol=0)


def test_a_failure_leaves_the_head_on(model):
    ids = fakes.prompt(10)
    before = model.read_with(HEAD_OFF, ids, DynamicCache())
    with pytest.raises(IndexError), switched_off(Head(0, 99)):
        model.read_with(HEAD_OFF, ids, DynamicCache())
    torch.testing.assert_close(model.read_with(HEAD_OFF, ids, DynamicCache()), before, atol=0, rtol=0)


def test_a_model_that_goes_its_own_way_is_told(model):
    with switched_off(Head(0, 0)) as reached:
        model.read_with("sdpa", fakes.prompt(5), DynamicCache())
    assert not reached()
