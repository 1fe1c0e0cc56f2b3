"""Tests that the page gets the weights of encoder-only models, in both directions, as transformers has them."""

import asyncio

import numpy as np
import pytest
import torch
from fastapi import FastAPI
from starlette.testclient import TestClient

from playground.attention import maps, source_maps, source_views
from playground.attention.source_maps import Sides
from playground.engine.engines import Engines
from playground.engine.reader import Reader
from playground.errors import PlaygroundError
from playground.traces.store import TraceStore
from playground.web.inside import opening
from playground.web.routes.beside_gradio import add_routes
from tests import encoders

KINDS = tuple(encoders.SHAPES)
TASKS = ("fill-mask", "text-classification")


@pytest.fixture(params=KINDS)
def shape(request):
    return request.param


@pytest.fixture(params=TASKS)
def task(request):
    return request.param


@pytest.fixture
def reader(shape, task):
    running = Reader(encoders.named(shape, task), TraceStore(1_000_000)).start()
    yield running
    running.close()


@pytest.fixture
def client(reader):
    app = FastAPI()
    add_routes(app, Engines.only(reader))
    with TestClient(app) as client:
        yield client


@pytest.fixture
def trace_id(reader):
    return asyncio.run(opening.open_text(reader, encoders.TEXT))


@pytest.fixture
def ids(reader, trace_id):
    return reader.store.prompt_ids(trace_id)


@pytest.fixture
def expected(shape, task, ids) -> np.ndarray:
    """What one plain forward in eager attention gives, (layer, head, query, key)."""
    hf = encoders.tiny(shape, task)
    hf.set_attn_implementation("eager")
    with torch.inference_mode():
        found = hf(input_ids=torch.tensor([ids]), output_attentions=True).attentions
    return torch.stack(found)[:, 0].numpy()


def fetch(client, trace_id, path) -> np.ndarray:
    answer = client.get(f"/playground/traces/{trace_id}/attention/{path}")
    assert answer.status_code == 200, answer.text
    assert "x-recomputed" not in answer.headers
    return maps.weights_of(np.frombuffer(answer.content, "<u2"))


async def test_each_layer_is_that_of_output_attentions(reader, ids, expected):
    for layer, whole in enumerate(expected):
        found = await source_views.layer_weights(reader, Sides("encoder", ids, ids), layer)
        np.testing.assert_allclose(found, whole, atol=1e-6)
        assert found[:, 0, -1].min() > 0  # the first token sees the last one


def test_rows_maps_and_rollout_reach_the_page(client, trace_id, expected):
    layers, heads, tokens, _ = expected.shape
    told = client.get("/playground/attention.json?kind=encoder").json()
    assert (told["layers"], told["heads"], told["reason"]) == (layers, heads, None)
    for layer in range(layers):
        found = fetch(client, trace_id, f"maps/{layer}/2?kind=encoder")
        np.testing.assert_allclose(found, expected[layer, 2].ravel(), atol=maps.MAX_ERROR)
    for position in range(1, tokens + 1):
        found = fetch(client, trace_id, f"rows/{position}?kind=encoder").reshape(layers, heads, tokens)
        np.testing.assert_allclose(found, expected[:, :, position - 1], atol=maps.MAX_ERROR)
    mean = fetch(client, trace_id, "rows/3?kind=encoder&layer=1&head=mean")
    np.testing.assert_allclose(mean, expected[1, :, 2].mean(0), atol=2 * maps.MAX_ERROR)
    rolled = np.eye(tokens)
    for weights in expected:
        rolled = (weights.mean(0) + np.eye(tokens)) / 2 @ rolled
    found = fetch(client, trace_id, "rollout?kind=encoder").reshape(rolled.shape)
    np.testing.assert_allclose(found, rolled, atol=1e-4)


def test_the_measures_are_means_over_the_text(client, trace_id, expected, ids):
    told = client.get(f"/playground/traces/{trace_id}/attention/measures.json?kind=encoder").json()
    assert told["tokens"] == len(ids)
    np.testing.assert_allclose(told["next"], expected.diagonal(1, 2, 3).mean(-1), atol=1e-6)
    np.testing.assert_allclose(told["end"], expected[..., -1].mean(-1), atol=1e-6)  # [SEP]


def test_bertviz_draws_one_layer(client, trace_id):
    answer = client.get(f"/playground/traces/{trace_id}/attention/bertviz/1?kind=encoder&last=64")
    assert answer.status_code == 200, answer.text
    assert "sleeps" not in answer.text
    assert "paris" in answer.text


@pytest.mark.parametrize("path", ["rows/2", "maps/0/0", "rollout", "measures.json", "bertviz/0"])
@pytest.mark.parametrize(("shape", "task"), [("bert", "fill-mask")], indirect=True)
def test_there_is_no_other_kind(client, trace_id, path):
    answer = client.get(f"/playground/traces/{trace_id}/attention/{path}")
    assert (answer.status_code, answer.json()["detail"]) == (
        422,
        "kind is 'self', and bert is encoder-only. Choose the kind 'encoder'.",
    )


@pytest.mark.parametrize(("shape", "task"), [("bert", "fill-mask")], indirect=True)
def test_maps_that_are_too_large_are_made_a_layer_at_a_time(client, trace_id, expected, monkeypatch):
    monkeypatch.setattr(source_views, "LARGEST_SHARE", 0)
    found = fetch(client, trace_id, "maps/1/3?kind=encoder")
    np.testing.assert_allclose(found, expected[1, 3].ravel(), atol=maps.MAX_ERROR)


@pytest.mark.parametrize(("shape", "task"), [("bert", "fill-mask")], indirect=True)
def test_a_model_that_returns_no_attention_says_so(client, trace_id, reader, monkeypatch):
    monkeypatch.setattr(reader.model, "attention", lambda ids: [])
    assert client.get("/playground/attention.json?kind=encoder").json()["reason"] == (
        "bert does not return its attention weights."
    )
    answer = client.get(f"/playground/traces/{trace_id}/attention/rows/1?kind=encoder")
    assert (answer.status_code, answer.json()["detail"]) == (422, "bert does not return its attention weights.")


@pytest.mark.parametrize(("shape", "task"), [("bert", "fill-mask")], indirect=True)
async def test_a_text_to_look_at_may_have_blanks_and_is_kept_until_it_is_dropped(reader):
    trace_id = await opening.open_text(reader, "the ___ sleeps.")
    told = opening.text_message(reader, trace_id)
    assert tuple(told["ids"]) == reader.model.tokenizer.encode("the [MASK] sleeps.")
    assert told["masks"] == (2,)
    await reader.beside(source_views.SourceViews).maps(trace_id, "encoder", None)
    assert reader.memory["attention"]() > 0
    reader.store.drop([trace_id])
    assert reader.memory["attention"]() == 0
    with pytest.raises(PlaygroundError, match="The text is empty"):
        await opening.open_text(reader, " ")
    with pytest.raises(PlaygroundError, match="The text has 32 tokens, and bert reads at most 24"):
        await opening.open_text(reader, "a " * 30)


@pytest.mark.parametrize(("shape", "task"), [("bert", "fill-mask")], indirect=True)
def test_the_end_of_a_text_is_its_separator(reader):
    assert reader.model.eos_token_ids == {reader.model.tokenizer.hf.sep_token_id}
    assert source_maps.ends(reader.model.tokenizer.encode("a cat"), reader.model.eos_token_ids) == [3]


@pytest.mark.parametrize(("shape", "task"), [("bert", "fill-mask")], indirect=True)
def test_it_writes_no_next_token_without_a_head(client, trace_id):
    answer = client.get(f"/playground/traces/{trace_id}/attention/without/0/0?position=2&kind=encoder")
    assert (answer.status_code, "does not write on" in answer.json()["detail"]) == (422, True)
