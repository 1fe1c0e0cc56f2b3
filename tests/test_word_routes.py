"""Tests what the page gets of the last step of a model: facts, logits, products, neurons and what a neuron pushes."""

import numpy as np
import pytest
import torch

from playground.decoding.settings import Settings
from playground.inside import word as jobs
from playground.inside import word_views as views_module
from playground.inside.reading import reading
from playground.inside.word_views import WordViews
from playground.models.parts import parts
from playground.traces.trace import Trace
from tests.many_models import done

IDS = (5, 9, 12, 40, 9, 77, 31, 8)
HERE = "/playground/traces/{}/inside/word"


@pytest.fixture
def trace_id(engine) -> str:
    return engine.store.open(Trace("tiny", IDS, Settings(), stop_reason="stopped"))


def failing(*_args, **_named):
    raise AssertionError("this was computed before")


@torch.inference_mode()
def logits(engine, position: int) -> np.ndarray:
    return engine.model.hf(torch.tensor([IDS[: position + 1]])).logits[0, -1].numpy()


def told(client, path: str) -> dict:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_facts_and_the_row_of_a_position(client, engine, trace_id):
    facts = told(client, HERE.format(trace_id) + "/3")
    assert facts == {
        "width": 32,
        "dtype": "float32",
        "after": "",
        "formula": "{x}",
        "neurons": [64, 64],
        "reason": "",
    }
    row = client.get(HERE.format(trace_id) + "/3/row")
    np.testing.assert_allclose(np.frombuffer(row.content, "<f4"), logits(engine, 3), atol=1e-4)


def test_the_products_of_a_token_add_up_to_its_logit(client, engine, trace_id):
    found = told(client, HERE.format(trace_id) + "/3/products/40?count=4")
    assert found["logit"] == pytest.approx(float(logits(engine, 3)[40]), abs=1e-4)
    assert (len(found["largest"]), found["others"]) == (4, 28)
    parts_of = sum(one["product"] for one in found["largest"]) + found["rest"] + found["bias"]
    assert parts_of == pytest.approx(found["logit"], abs=1e-4)
    assert set(found["largest"][0]) == {"dimension", "h", "w", "product"}
    assert len(told(client, HERE.format(trace_id) + "/3/products/40")["largest"]) == 8


def test_the_neurons_are_ranked_by_what_they_wrote(client, engine, trace_id):
    found = told(client, HERE.format(trace_id) + "/5/neurons/40?count=5&against=9")
    model = engine.model
    seen = done(reading(model, IDS[:6]))
    expected = done(jobs.writings(model, seen, 40, 9))
    values = np.stack(expected.values)
    toward = [one["value"] for one in found["toward"]]
    assert toward == pytest.approx(np.sort(values.ravel())[::-1][:5].tolist(), abs=1e-5)
    assert [one["value"] for one in found["against"]] == pytest.approx(np.sort(values.ravel())[:5].tolist(), abs=1e-5)
    for one in found["toward"] + found["against"]:
        assert one["value"] == pytest.approx(float(values[one["layer"], one["neuron"]]), abs=1e-5)
        assert one["activation"] * one["push"] == pytest.approx(one["value"], abs=1e-5)
    assert found["layers"] == pytest.approx(values.sum(1).tolist(), abs=1e-4)
    of_one = told(client, HERE.format(trace_id) + "/5/neurons/40?count=64&against=9&layer=1")
    assert {one["layer"] for one in (*of_one["toward"], *of_one["against"])} == {1}
    assert sum(one["value"] for one in (*of_one["toward"], *of_one["against"])) == pytest.approx(
        of_one["layers"][1], abs=1e-5
    )
    assert of_one["layers"] == found["layers"]
    mean = told(client, HERE.format(trace_id) + "/5/neurons/40?count=5&against=mean")["toward"][0]
    shares = done(jobs.pushed(model, seen, mean["layer"], mean["neuron"]))
    assert mean["value"] == pytest.approx(float(shares[40] - shares.mean()), abs=1e-4)
    assert (found["total"], found["bias"]) == (pytest.approx(sum(found["layers"])), 0)


def test_a_neuron_pushes_tokens_up_and_down(client, engine, trace_id):
    best = told(client, HERE.format(trace_id) + "/5/neurons/40")["toward"][0]
    found = told(client, HERE.format(trace_id) + f"/5/pushed/{best['layer']}/{best['neuron']}?count=50")
    shares = done(jobs.pushed(engine.model, done(reading(engine.model, IDS[:6])), best["layer"], best["neuron"]))
    assert found["mean"] == pytest.approx(float(shares.mean()), abs=1e-5)
    assert found["activation"] == pytest.approx(best["activation"], abs=1e-5)
    assert [value for _, value in found["up"]] == pytest.approx(np.sort(shares)[::-1][:50].tolist(), abs=1e-5)
    assert [value for _, value in found["down"]] == pytest.approx(np.sort(shares)[:50].tolist(), abs=1e-5)
    assert all(value == pytest.approx(float(shares[token_id]), abs=1e-5) for token_id, value in found["up"])


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("8", "position is 8, and this text has 8 tokens. Choose one from 0 to 7."),
        ("x/row", "position must be a whole number, but is 'x'."),
        ("3/products/300", "token_id is 300, and the vocabulary of tiny has 300 of them."),
        ("3/products/30?count=0", "count is 0, which is out of range. Give one from 1 to 512."),
        ("3/neurons/30?count=201", "count is 201, which is out of range. Give one from 1 to 200."),
        ("3/neurons/30?layer=2", "layer is 2, and tiny has 2 of them."),
        ("3/neurons/30?against=-1", "against is -1, and the vocabulary of tiny has 300 of them."),
        ("3/pushed/2/0", "layer is 2, and tiny has 2 of them. Choose one from 0 to 1."),
        ("3/pushed/0/64", "neuron is 64, and layer 0 has 64 of them. Choose one from 0 to 63."),
        ("3/pushed/0/1?count=51", "count is 51, which is out of range. Give one from 1 to 50."),
    ],
)
def test_what_cannot_be_had_is_a_sentence(client, trace_id, path, sentence):
    answer = client.get(f"{HERE.format(trace_id)}/{path}")
    assert answer.status_code == 400
    assert sentence in answer.json()["detail"]


def test_a_model_without_known_neurons_says_so_and_has_its_table(client, engine, trace_id):
    """The feed-forward of a block is not found, as in a mixture of experts."""
    block = parts(engine.model.hf, "tiny").blocks[0].module
    inner = block.mlp
    block.mlp = torch.nn.Sequential(inner)
    try:
        facts = told(client, HERE.format(trace_id) + "/3")
        assert facts["neurons"] is None
        assert "The neurons of tiny cannot be told apart" in facts["reason"]
        assert client.get(HERE.format(trace_id) + "/3/products/40").status_code == 200
        answer = client.get(HERE.format(trace_id) + "/3/neurons/40")
        assert (answer.status_code, answer.json()["detail"]) == (422, facts["reason"])
        assert client.get(HERE.format(trace_id) + "/3/pushed/0/0").status_code == 422
    finally:
        block.mlp = inner


async def test_a_position_is_read_once_and_goes_with_its_trace(engine, monkeypatch):
    views = WordViews(engine)
    trace_id = engine.store.open(Trace("tiny", IDS, Settings(), stop_reason="stopped"))
    await views.facts(trace_id, 3)
    await views.neurons(trace_id, 3, 9, None, 5)
    monkeypatch.setattr(views_module, "reading", failing)
    monkeypatch.setattr(jobs, "writings", failing)
    assert len((await views.neurons(trace_id, 3, 9, None, 7)).toward) == 7
    assert len((await views.products(trace_id, 3, 9, 5)).largest) == 5
    assert views.shelf.nbytes > 0
    engine.store.drop([trace_id])
    assert views.shelf.nbytes == 0
