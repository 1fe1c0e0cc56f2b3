"""Tests the routes of the pane Positions: how the model knows the order, and what becomes of the next token."""

import pytest

from playground.decoding.measures import kl_bits, probabilities
from playground.decoding.settings import Settings
from playground.traces.trace import Trace
from tests import fakes

IDS = fakes.prompt(7)


@pytest.fixture
def order(engine, client):
    """A function that fetches the experiment at a position of a text."""
    trace_id = engine.store.open(Trace(engine.model.name, IDS, Settings(), stop_reason="stopped"))
    return lambda position, order="reversed": client.get(
        f"/playground/traces/{trace_id}/inside/order/{position}?order={order}"
    )


def test_the_model_says_how_it_knows_the_order(client):
    found = client.get("/playground/inside/positions.json").json()
    assert found["kind"] == "rotary"
    assert len(found["turning"][0]["frequencies"]) == 4
    assert found["can_remove"]


def test_the_runs_are_compared_with_the_text_as_it_is(engine, order):
    told = order(5).json()
    assert [run["name"] for run in told["runs"]] == ["as it is", "moved", "no positions", "moved, no positions"]
    assert told["token_ids"] == list(IDS[:6])
    assert sorted(told["moved_ids"]) == sorted(IDS[:6])
    assert told["moved_ids"][-1] == IDS[5]
    rows = [fakes.next_logits(engine.model, ids) for ids in (told["token_ids"], told["moved_ids"])]
    assert told["runs"][0]["kl_bits"] == pytest.approx(0, abs=1e-9)
    assert told["runs"][1]["kl_bits"] == pytest.approx(kl_bits(*(row.numpy() for row in rows)), abs=1e-4)
    for token in told["tokens"]:
        own = [float(probabilities(row.numpy())[token["token_id"]]) for row in rows]
        assert token["probabilities"][:2] == pytest.approx(own, abs=1e-5)


def test_an_experiment_is_made_once(engine, order):
    assert order(6).json() == order(6).json()
    assert order(6, "shuffled").json()["moved_ids"] != IDS


@pytest.mark.parametrize(("position", "kind"), [("7", "reversed"), ("-1", "reversed"), ("x", "reversed"), ("3", "odd")])
def test_a_value_out_of_range_is_refused(order, position, kind):
    answer = order(position, kind)
    assert answer.status_code == 400
    assert answer.json()["detail"]


def test_a_position_that_is_too_far_is_refused(order, monkeypatch):
    monkeypatch.setattr("playground.inside.ordered.MOST_TOKENS", 4)
    answer = order(5)
    assert answer.status_code == 413
    assert "the first 4 tokens" in answer.json()["detail"]
