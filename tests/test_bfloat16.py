"""Tests that a model in bfloat16 does all that one in float32 does. Numbers are as exact as bfloat16."""

import asyncio

import numpy as np
import pytest
import torch

from playground.attention.maps import MAX_ERROR, weights_of
from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.engine.request import Request
from playground.models.language_model import LanguageModel
from playground.prompts.labels import Scorer
from playground.traces.store import TraceStore
from playground.web import api
from playground.web.inside.attention import attention
from tests import fakes
from tests.saved_trace import open_on_the_page

PROMPT = "nine byte"
SAMPLED = Settings(temperature=0.7, top_k=30, top_p=0.9, repetition_penalty=1.2, max_new_tokens=6, seed=11)


@pytest.fixture(params=fakes.KINDS)
def engine(request, tokenizer):
    model = LanguageModel(fakes.tiny(request.param).bfloat16(), tokenizer, request.param)
    model.eos_token_ids = frozenset()
    engine = Engine(model, TraceStore(50_000_000)).start()
    yield engine
    engine.close()


@pytest.fixture
def trace_id(engine):
    async def make() -> str:
        run = engine.trace(Request(engine.model.tokenizer.encode(PROMPT), SAMPLED))
        await fakes.collect(run)
        return run.trace_id

    return asyncio.run(make())


def fetch(client, path, kind) -> np.ndarray:
    answer = client.get(f"/playground/traces/{path}")
    assert answer.status_code == 200, answer.text
    return np.frombuffer(answer.content, kind)


def test_a_steps_row_is_told_as_the_float32_numbers_that_bfloat16_stands_for(client, engine, trace_id):
    step = engine.store.step(trace_id, 3)
    assert step.logits.dtype == torch.bfloat16
    told = fetch(client, f"{trace_id}/logits/3", "<f4")
    assert told.tolist() == step.logits.tolist()
    by_encoding = {
        encoding: client.get(f"/playground/traces/{trace_id}/logits/3", headers={"Accept-Encoding": encoding})
        for encoding in ("gzip", "identity")
    }
    assert by_encoding["gzip"].headers["content-encoding"] == "gzip"
    assert "content-encoding" not in by_encoding["identity"].headers
    assert by_encoding["gzip"].content == by_encoding["identity"].content
    asked = {"prompt_ids": engine.model.tokenizer.encode(PROMPT), "completion_ids": []}
    answer = client.post("/playground/next-logits", json=asked)
    assert np.frombuffer(answer.content, "<f4").shape == (fakes.VOCABULARY,)
    scored = client.get(f"/playground/traces/{trace_id}/prompt").json()
    assert len(scored["steps"]) == 7


def test_attention_is_told_by_row_map_rollout_and_measure(client, engine, trace_id):
    told = client.get("/playground/attention.json").json()
    assert (told["reason"], told["dtype"]) == (None, "bfloat16")
    recorded = engine.store.step(trace_id, 3).attention.float().numpy()
    row = weights_of(fetch(client, f"{trace_id}/attention/rows/11", "<u2")).reshape(recorded.shape)
    np.testing.assert_allclose(row, recorded, atol=MAX_ERROR)
    layers, heads, _ = recorded.shape
    for path in ("maps/0/0", "maps/1/mean", "rollout"):
        triangle = weights_of(fetch(client, f"{trace_id}/attention/{path}", "<u2"))
        rows = np.split(triangle, np.cumsum(range(1, 14)))
        np.testing.assert_allclose([row.sum() for row in rows], 1, atol=2**-6)
    assert fetch(client, f"{trace_id}/attention/thumbnails", np.uint8).size == layers * heads * 14 * 14
    told = client.get(f"/playground/traces/{trace_id}/attention/measures.json").json()
    assert np.shape(told["entropy_bits"]) == (layers, heads)
    without = client.get(f"/playground/traces/{trace_id}/attention/without/0/1?position=11").json()
    assert without["kl_bits"] >= 0
    assert client.get(f"/playground/traces/{trace_id}/attention/bertviz/0").status_code == 200


@pytest.mark.parametrize("kind", ["full", "light"])
def test_the_file_of_a_trace_opens_again(client, engine, trace_id, kind):
    opened = open_on_the_page(client.get(f"/playground/traces/{trace_id}/file?kind={kind}").content)
    for row, step in zip(opened.rows, engine.store.get(trace_id).steps, strict=True):
        assert torch.equal(row, step.logits.float())
    script = client.get(f"/playground/traces/{trace_id}/script/2")
    assert "dtype=torch.bfloat16" in script.text


async def test_every_endpoint_of_the_api_answers(engine):
    written = await api.trace(engine, "the tin", SAMPLED.to_dict())
    assert (written["dtype"], len(written["steps"])) == ("bfloat16", 6)
    looked = await attention(engine, "the tin", 0, 1)
    np.testing.assert_allclose(np.sum(looked["weights"], -1), 1, atol=2**-6)
    found = await api.beams(engine, "the tin", {"num_beams": 2, "max_new_tokens": 4})
    assert len(found["sequences"]) == 2
    table = await api.grid(Engines.only(engine), ["the tin"], [SAMPLED.to_dict()], [1, 2])
    assert len(table["rows"]) == 1
    labels = await api.label_probabilities(Scorer(engine), "the tin", [" a", " the"])
    assert 0 < labels["label_share"] <= 1
    assert len(await api.compare_prompts(engine, ["the", "tin"], SAMPLED.to_dict())) == 2
