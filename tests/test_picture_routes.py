"""Tests the routes of the pane Picture: the drawing of the model, and the lengths of the vectors of a text."""

import pytest
import torch

from playground.decoding.settings import Settings
from playground.traces.trace import Trace
from tests import fakes

IDS = fakes.prompt(7)


@pytest.fixture
def lengths(engine, client):
    """A function that fetches the lengths of the vector at a position of a text."""
    trace_id = engine.store.open(Trace(engine.model.name, IDS, Settings(), stop_reason="stopped"))
    return lambda position: client.get(f"/playground/traces/{trace_id}/inside/lengths/{position}")


def test_the_drawing_names_every_parameter(engine, client):
    found = client.get("/playground/inside/drawing.json").json()
    assert found["parameters"] == engine.model.hf.num_parameters()
    assert sum(part["parameters"] for part in found["parts"]) == found["parameters"]
    assert [kind["layers"] for kind in found["kinds"]] == [list(range(found["layers"]))]
    assert found["kinds"][0]["shape"]["steps"] == ["norm", "attention", "add", "norm", "feed_forward", "add"]


def test_lengths_are_read_once_for_all_positions(engine, lengths):
    told = [lengths(position).json()["lengths"] for position in range(len(IDS))]
    with torch.no_grad():
        hidden = engine.model.hf(torch.tensor([IDS]), output_hidden_states=True).hidden_states
    assert told[3][:-1] == pytest.approx([float(state[0, 3].norm()) for state in hidden[:-1]], rel=1e-4)
    prefills = [tokens for kind, tokens in engine.model.forwards if kind == "prefill"]
    assert prefills.count(len(IDS)) == 1


@pytest.mark.parametrize("position", ["7", "-1", "x"])
def test_a_position_that_the_text_does_not_have_is_refused(lengths, position):
    answer = lengths(position)
    assert answer.status_code == 400
    assert "position" in answer.json()["detail"]


def test_a_position_that_is_too_far_is_refused(lengths, monkeypatch):
    monkeypatch.setattr("playground.inside.picture.DRAWN_TOKENS", 4)
    answer = lengths(5)
    assert answer.status_code == 413
    assert "the first 4 tokens" in answer.json()["detail"]
