"""Tests attention where it is: in a model that mixes it with other layers, these keep their numbers and are named."""

import asyncio

import numpy as np
import pytest
import torch

from playground.attention.maps import MAX_ERROR, triangle, weights_of
from playground.attention.views import facts, open_text
from playground.engine.engine import Engine
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.traces.store import TraceStore
from playground.web.inside.attention import attention
from tests import fakes
from tests.hybrids import hybrid

TEXT = "the tin on a tin"
LINEAR, STATE, CONVOLUTION = "linear attention", "a state space (Mamba)", "a convolution"
WITHOUT = {
    "qwen3_next": [LINEAR, None, LINEAR, None],
    "lfm2": [CONVOLUTION, None, CONVOLUTION, None],
    "jamba": [STATE, None, STATE, None],
    "nemotron_h": [STATE, None, STATE, "a feed-forward"],
    "falcon_h1": [None] * 4,
}


@pytest.fixture(params=WITHOUT)
def engine(request, tokenizer):
    engine = Engine(LanguageModel(hybrid(request.param), tokenizer, request.param), TraceStore(50_000_000)).start()
    yield engine
    engine.close()


@pytest.fixture
def ids(engine):
    return engine.model.tokenizer.encode(TEXT)


@pytest.fixture
def trace_id(engine) -> str:
    return asyncio.run(open_text(engine, TEXT))


def own_weights(engine: Engine, ids) -> dict[int, np.ndarray]:
    """Returns the (head, query, key) weights that transformers returns, by the number of their layer."""
    engine.model.hf.set_attn_implementation("eager")
    with torch.no_grad():
        found = engine.model.hf(torch.tensor([ids]), use_cache=False, output_attentions=True).attentions
    taken = [layer[0].numpy() for layer in found if layer is not None]
    return dict(zip(engine.model.attention_layers, taken, strict=True))


def fetch(client, path: str, kind: str) -> np.ndarray:
    answer = client.get(f"/playground/traces/{path}")
    assert answer.status_code == 200, answer.text
    return np.frombuffer(answer.content, kind)


def test_each_layer_is_told_as_what_it_is(client, engine):
    told = client.get("/playground/attention.json").json()
    assert told["without"] == WITHOUT[engine.model.name]
    assert told["reason"] is None
    assert told["layers"] == 4


async def test_a_step_records_the_weights_under_the_numbers_of_their_layers(engine):
    _, trace = await fakes.trace(engine, Request(fakes.prompt(7), fakes.greedy(2)))
    expected = own_weights(engine, [*trace.prompt_ids, *trace.token_ids[:1]])
    recorded = trace.steps[1].attention.float().numpy()
    for layer, kind in enumerate(WITHOUT[engine.model.name]):
        own = np.zeros_like(recorded[layer]) if kind else expected[layer][:, -1]
        np.testing.assert_allclose(recorded[layer], own, atol=2**-10)


def test_maps_and_rows_of_attention_layers_are_transformers_own(client, engine, trace_id, ids):
    expected = own_weights(engine, ids)
    for layer, weights in expected.items():
        found = weights_of(fetch(client, f"{trace_id}/attention/maps/{layer}/1", "<u2"))
        np.testing.assert_allclose(found, triangle(weights[1]), atol=MAX_ERROR)
    mean = weights_of(fetch(client, f"{trace_id}/attention/rows/{len(ids)}?layer=mean&head=0", "<u2"))
    np.testing.assert_allclose(mean, np.mean([one[0, -1] for one in expected.values()], axis=0), atol=2**-9)


def test_rollout_passes_through_layers_without_attention(client, engine, trace_id, ids):
    rolled = np.eye(len(ids))
    for weights in own_weights(engine, ids).values():
        mixed = weights.mean(0) + np.eye(len(ids))
        rolled = mixed / mixed.sum(-1, keepdims=True) @ rolled
    found = weights_of(fetch(client, f"{trace_id}/attention/rollout", "<u2"))
    np.testing.assert_allclose(found, triangle(rolled.astype(np.float32)), atol=1e-4)


def test_measures_have_no_numbers_for_a_layer_without_attention(client, engine, trace_id):
    told = client.get(f"/playground/traces/{trace_id}/attention/measures.json").json()
    for name in ("self", "entropy_bits", "induction"):
        assert [line is None for line in told[name]] == [kind is not None for kind in WITHOUT[engine.model.name]]


@pytest.mark.parametrize("path", ["maps/0/0", "rows/3?layer=0&head=0", "without/0/0?position=3", "bertviz/0"])
def test_a_layer_without_attention_is_refused_with_what_it_is(client, engine, trace_id, path):
    answer = client.get(f"/playground/traces/{trace_id}/attention/{path}")
    kind = WITHOUT[engine.model.name][0]
    if kind is None:
        assert answer.status_code == 200
        return
    others = ", ".join(map(str, engine.model.attention_layers))
    sentence = f"Layer 0 is {kind}, so it has no weights to draw. Choose one of the layers {others}."
    assert (answer.status_code, answer.json()["detail"]) == (422, sentence)


def test_a_head_of_an_attention_layer_is_switched_off(client, engine, trace_id, ids):
    layer = engine.model.attention_layers[-1]
    told = client.get(f"/playground/traces/{trace_id}/attention/without/{layer}/0?position={len(ids)}").json()
    assert told["kl_bits"] > 0


async def test_the_api_tells_the_weights_or_the_kind(engine, ids):
    layer = engine.model.attention_layers[0]
    told = await attention(engine, TEXT, layer, 1)
    np.testing.assert_allclose(told["weights"], own_weights(engine, ids)[layer][1], atol=1e-5)
    for layer, kind in enumerate((await facts(engine)).without):
        if kind:
            with pytest.raises(PlaygroundError, match=f"Layer {layer} is "):
                await attention(engine, TEXT, layer, 0)
