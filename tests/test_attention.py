"""Tests that attention of one query per row equals eager attention, and that eager is used where it would not."""

import logging
import math

import pytest
import torch
from transformers import GptOssConfig, GptOssForCausalLM

from playground.models.forward import Forward
from playground.models.one_query import NAME, _excess, one_query_attention, step_implementation
from tests import fakes


def tried(hf):
    """Returns what `step_implementation` takes."""
    return hf, Forward(hf)


DTYPES = (torch.float32, torch.bfloat16, torch.float16)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("kind", fakes.KINDS)
def test_every_common_shape_is_reproduced(kind, dtype):
    assert step_implementation(*tried(fakes.tiny(kind).to(dtype))) == NAME


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_model_with_attention_sinks_keeps_its_eager_attention(dtype):
    """A sink takes a share of every softmax, so the weights of the keys do not sum to 1."""
    torch.manual_seed(0)
    config = GptOssConfig(
        vocab_size=50,
        hidden_size=32,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=8,
        num_local_experts=2,
        num_experts_per_tok=1,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
        pad_token_id=0,
    )
    assert step_implementation(*tried(GptOssForCausalLM(config).to(dtype).eval())) == "eager"


def test_rounding_is_allowed_for_by_layer_and_more_is_not():
    """A later layer gets inputs that were rounded before. The first layer shows another formula."""
    weights, spacing = torch.full((2, 4, 5), 0.2), torch.finfo(torch.float32).eps
    eager, first, later = [weights, weights], [weights + 41 * spacing, weights], [weights, weights + 41 * spacing]
    assert _excess(eager, later) < 0.1
    assert _excess(eager, first) > 1
    assert _excess(eager, [weights, weights * 1.01]) > 1
    assert _excess(eager, [weights, weights * torch.nan]) == math.inf
    in_16 = [one.bfloat16() for one in eager]
    assert _excess(in_16, in_16) == 0
    assert _excess(in_16, [in_16[0] * 1.25, in_16[1]]) > 1


def test_what_steps_use_is_logged(caplog, monkeypatch):
    caplog.set_level(logging.INFO, logger="playground.models.one_query")
    model = fakes.tiny("llama")
    step_implementation(*tried(model))
    assert "steps use one_query" in caplog.text
    monkeypatch.setattr("playground.models.one_query._excess", lambda *_: 2.5)
    assert step_implementation(*tried(model)) == "eager"
    assert [(one.levelname, one.getMessage()) for one in caplog.records[1:]] == [
        ("WARNING", "steps use eager attention, which is slower: one_query differs by 2.5 times the bound")
    ]


def test_two_heads_share_a_key_by_hand():
    """Keys 1 and 2 have equal scores and key 3 is hidden: the weights are a half, and the output is the mean value."""
    query = torch.ones(1, 2, 1, 1)
    key = torch.tensor([[[[3.0], [3.0], [9.0]]]])
    value = torch.tensor([[[[10.0], [20.0], [99.0]]]])
    seen = torch.tensor([[[[True, True, False]]]])
    output, weights = one_query_attention(torch.nn.Module(), query, key, value, seen, scaling=1.0)
    assert output.tolist() == [[[[15.0], [15.0]]]]
    assert weights.tolist() == [[[[0.5, 0.5, 0.0]], [[0.5, 0.5, 0.0]]]]


def test_a_soft_cap_bounds_the_scores():
    query, key = torch.ones(1, 1, 1, 1), torch.tensor([[[[0.0], [1e6]]]])
    _, weights = one_query_attention(torch.nn.Module(), query, key, key, None, scaling=1.0, softcap=2.0)
    expected = torch.tensor([0.0, 2.0]).softmax(-1)  # 2 tanh(5e5) = 2
    torch.testing.assert_close(weights.flatten(), expected)
