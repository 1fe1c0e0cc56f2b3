"""Tests the attention of models that return it in a way of their own: T5Gemma 2, LED and MVP."""

import asyncio

import numpy as np
import pytest
import torch

from playground.attention import head_off, maps
from playground.attention.head_probes import Head
from playground.attention.opened import open_pair
from playground.engine.engine import Engine
from playground.engine.request import Request
from playground.inside.encoder_drawing import encoder_drawing
from playground.models.language_model import LanguageModel
from playground.traces.store import TraceStore
from tests import fakes
from tests.architectures import LAYERS
from tests.encoder_decoders import END, START
from tests.test_encoder_decoder_architectures import random, unrolled

SOURCE = (*fakes.prompt(21), END)
TARGET = (START, *fakes.prompt(6, seed=4))
KINDS = {"encoder": "encoder_attentions", "cross": "cross_attentions", "self": "decoder_attentions"}


@pytest.fixture(params=["led", "mvp", "t5gemma2"])
def kind_of_model(request):
    return request.param


@pytest.fixture
def engine(kind_of_model, tokenizer):
    running = Engine(LanguageModel(random(kind_of_model), tokenizer, kind_of_model), TraceStore(50_000_000)).start()
    yield running
    running.close()


@pytest.fixture
def expected(kind_of_model):
    """What one plain forward in eager attention gives, (layer, head, query, key) for each kind."""
    hf = random(kind_of_model)
    if kind_of_model == "t5gemma2":
        hf.set_attn_implementation("eager")
    with torch.inference_mode():
        found = hf(
            torch.tensor([SOURCE]), decoder_input_ids=torch.tensor([TARGET]), output_attentions=True, use_cache=False
        )
    told = {kind: torch.stack(getattr(found, name))[:, 0] for kind, name in KINDS.items()}
    if kind_of_model == "led":
        told["encoder"] = unrolled(told["encoder"])
    return {kind: whole.numpy() for kind, whole in told.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_maps_and_rows_reach_the_page(client, engine, kind_of_model, expected, kind, monkeypatch):
    monkeypatch.setattr(maps, "SLICE_TOKENS", 4)
    here = f"/playground/traces/{open_pair(engine, SOURCE, TARGET)}/attention"
    told = client.get(f"/playground/attention.json?kind={kind}").json()
    assert told["reason"] is None
    assert told["is_merged"] == (kind_of_model == "t5gemma2" and kind != "encoder")
    found = fetch(client, f"{here}/maps/1/2?kind={kind}")
    whole = expected[kind][1, 2]
    np.testing.assert_allclose(
        found, maps.triangle(whole) if kind == "self" else whole.ravel(), atol=maps.MAX_ERROR + 1e-5
    )
    for position in (1, len(TARGET)):
        row = fetch(client, f"{here}/rows/{position}?kind={kind}&layer=1&head=2")
        np.testing.assert_allclose(row, whole[position - 1, : len(row)], atol=2**-12 + 2e-5)
    measures = client.get(f"{here}/measures.json?kind={kind}").json()
    assert (measures["entropy_bits"] is None) == told["is_merged"]
    if kind == "cross":
        np.testing.assert_allclose(measures["end"], expected[kind][..., -1].mean(-1), atol=1e-5)
    elif kind == "self":
        np.testing.assert_allclose(measures["first"], expected[kind][:, :, 1:, 0].mean(-1), atol=1e-5)


def fetch(client, path: str) -> np.ndarray:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return maps.weights_of(np.frombuffer(answer.content, "<u2"))


def test_the_weights_of_t5gemma2_sum_to_one_over_both_kinds(tokenizer):
    """So the pane says it, and there is no entropy of one of them."""
    running = Engine(LanguageModel(random("t5gemma2"), tokenizer, "t5gemma2"), TraceStore(50_000_000)).start()
    _, trace = asyncio.run(fakes.trace(running, Request((START,), fakes.greedy(4), source_ids=SOURCE)))
    running.close()
    for step in trace.steps:
        both = step.weights.sum(-1) + step.source_attention.float().numpy().sum(-1)
        np.testing.assert_allclose(both, 1, atol=2e-3)
        assert step.source_attention.float().sum(-1).max() < 0.99


def test_a_head_of_t5gemma2_is_switched_off_for_both_kinds(tokenizer):
    running = Engine(LanguageModel(random("t5gemma2"), tokenizer, "t5gemma2"), TraceStore(50_000_000)).start()
    hf = random("t5gemma2")
    projection = hf.get_decoder().layers[1].self_attn.o_proj

    def zero(_module, inputs):
        inputs[0].unflatten(-1, (4, -1))[..., 2, :] = 0

    projection.register_forward_pre_hook(zero)
    with torch.inference_mode():
        off = hf(torch.tensor([SOURCE]), decoder_input_ids=torch.tensor([TARGET[:5]])).logits[0, -1].softmax(-1)
    for kind in ("self", "cross"):
        told = asyncio.run(head_off.without(running, open_pair(running, SOURCE, TARGET), 5, Head(1, 2), kind))
        after = {one["token_id"]: one["after"] for one in told["candidates"]}
        assert list(after.values()) == pytest.approx([off[token_id].item() for token_id in after], abs=1e-5)
    running.close()


@pytest.mark.parametrize("kind", ["t5gemma", "t5gemma2"])
def test_the_encoder_of_t5gemma_has_a_config_of_its_own(tokenizer, kind):
    model = LanguageModel(random(kind), tokenizer, kind)
    drawn = encoder_drawing(model)
    assert drawn is not None
    assert (drawn.layers, drawn.heads, drawn.width, drawn.window) == (LAYERS, 4, 32, fakes.WINDOW)
