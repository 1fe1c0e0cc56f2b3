"""Tests that a model in bfloat16 answers every request of the tab Inside the model, with finite numbers."""

import asyncio
import json

import numpy as np
import pytest

from playground.attention.views import open_text
from playground.engine.engine import Engine
from playground.models.language_model import LanguageModel
from playground.traces.store import TraceStore
from playground.web.inside import embeddings, layers, tokens, why
from tests import fakes

TEXT = "nine byte"
ANSWERS = [
    "/inside/drawing.json",
    "/inside/positions.json",
    "/inside/embeddings.json",
    "/inside/embeddings/neighbours/9?count=3&space=input",
    "/inside/embeddings/neighbours/9?count=3&space=output",
    "/traces/{trace_id}/inside/lengths/6",
    "/traces/{trace_id}/inside/order/6",
    "/traces/{trace_id}/inside/lens/6",
    "/traces/{trace_id}/inside/contributions/6?token_id=9&against=11",
    "/traces/{trace_id}/inside/word/6",
    "/traces/{trace_id}/inside/word/6/products/9",
    "/traces/{trace_id}/inside/word/6/neurons/9",
    "/traces/{trace_id}/inside/word/6/pushed/1/3",
    "/traces/{trace_id}/inside/attribution/6/candidates.json",
]
LINES = [
    "/traces/{trace_id}/inside/lens",
    "/traces/{trace_id}/inside/attribution/6?token_id=9&method=gradient_x_input",
    "/traces/{trace_id}/inside/attribution/6?token_id=9&method=integrated_gradients&steps=4",
    "/traces/{trace_id}/inside/attribution/6?token_id=9&method=leave_one_out",
    "/traces/{trace_id}/inside/attribution/6?token_id=9&method=leave_one_out&how=zero",
]
POSTS = {
    "/inside/tokens": {"texts": [TEXT]},
    "/inside/tokens/space": {"text": "nine "},
    "/inside/embeddings/points": {"words": ["a", "b", "c"], "beside": 1, "space": "input"},
    "/inside/embeddings/sum": {"plus": ["a", "b"], "minus": ["c"], "space": "input"},
    "/inside/embeddings/layers": {"places": [{"ids": [9, 10, 11], "position": 2}, {"ids": [12, 11], "position": 1}]},
    "/inside/patching": {"clean": "nine", "corrupted": "none", "token_id": None},
}


@pytest.fixture(params=fakes.KINDS)
def engine(request, tokenizer):
    model = LanguageModel(fakes.tiny(request.param).bfloat16(), tokenizer, request.param)
    engine = Engine(model, TraceStore(50_000_000)).start()
    yield engine
    engine.close()


def finite(line: str):
    """Returns a JSON value, and fails on NaN and infinity, which JSON does not have."""
    return json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} in {line[:200]}"))


def test_every_request_of_the_panes_is_answered_with_finite_numbers(client, engine, subtests):
    trace_id = asyncio.run(open_text(engine, TEXT))
    gets = [("GET", path.format(trace_id=trace_id), None) for path in ANSWERS + LINES]
    for method, path, body in gets + [("POST", path, body) for path, body in POSTS.items()]:
        with subtests.test(path):
            answer = client.request(method, f"/playground{path}", json=body)
            assert answer.status_code == 200, answer.text
            for line in answer.text.splitlines():
                told = finite(line)
                assert not (isinstance(told, dict) and "error" in told), told


def test_rows_of_logits_are_the_models_own_at_the_last_layer(client, engine):
    trace_id = asyncio.run(open_text(engine, TEXT))
    own = fakes.next_logits(engine.model, engine.model.tokenizer.encode(TEXT)[:7]).float().numpy()
    for path in ("word/6/row", f"lens/6/{engine.model.hf.config.num_hidden_layers}"):
        answer = client.get(f"/playground/traces/{trace_id}/inside/{path}")
        assert answer.status_code == 200, answer.text
        np.testing.assert_allclose(np.frombuffer(answer.content, "<f4"), own, atol=0.02 * np.ptp(own))


async def test_every_endpoint_of_the_api_answers(engine):
    taken = await tokens.tokens(engine, TEXT)
    assert len(taken["tokens"]) == len(engine.model.tokenizer.encode(TEXT))
    assert len(await embeddings.neighbours(engine, 9, 3, "input")) == 3
    assert len((await layers.lens(engine, TEXT, -1, 2))["layers"]) == engine.model.hf.config.num_hidden_layers + 1
    terms = await layers.contributions(engine, TEXT, -1, 9, None)
    parts = [terms["embedding"], *terms["attention"], *terms["feed_forward"], terms["bias"], terms["remainder"]]
    assert sum(parts) == pytest.approx(terms["logit"], abs=1e-4)
    for method in ("gradient_x_input", "integrated_gradients", "leave_one_out"):
        assert np.isfinite((await why.attribution(engine, TEXT, -1, 9, None, method))["scores"]).all()
    assert np.isfinite((await why.patching(engine, "nine", "none", 9))["recovered"]).all()
