"""Tests what the page and the API get of the layers: the stream of the grid, a column, a row, the terms of a logit."""

import asyncio
import base64
import json

import numpy as np
import pytest
import torch

from playground.decoding.measures import most_probable, probabilities
from playground.decoding.settings import Settings
from playground.errors import PlaygroundError
from playground.inside import layers as views_module
from playground.inside import lens as jobs
from playground.inside.layers import LayerViews
from playground.traces.trace import Trace
from playground.web.inside import layers as api
from tests import fakes

IDS = (5, 9, 12, 40, 9, 77, 31, 8)
HERE = "/playground/traces/{}/inside"


@pytest.fixture
def trace_id(engine) -> str:
    return engine.store.open(Trace("tiny", IDS, Settings(), stop_reason="stopped"))


@torch.inference_mode()
def expected(engine, ids=IDS) -> np.ndarray:
    """Returns (layer, position, vocab) logits of the lens."""
    hf = engine.model.hf
    outputs = hf(torch.tensor([ids]), output_hidden_states=True, use_cache=False)
    below = [hf.lm_head(hf.model.norm(hidden[0])) for hidden in outputs.hidden_states[:-1]]
    return torch.stack([*below, outputs.logits[0]]).numpy()


def lines(client, path: str) -> list[dict]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def numbers(text: str, kind: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), kind)


def test_the_grid_comes_layer_by_layer_from_the_slice_in_view(client, engine, trace_id, monkeypatch):
    monkeypatch.setattr(views_module, "SLICE_POSITIONS", 3)
    head, *told = lines(client, HERE.format(trace_id) + "/lens?near=4")
    assert head == {"tokens": 8, "layers": 3, "top": 3, "after": ""}
    assert [(one["start"], one["layer"]) for one in told] == [
        (start, layer) for start in (3, 0, 6) for layer in (2, 1, 0)
    ]
    assert [one["done"] for one in told] == list(range(1, 10))
    assert {one["of"] for one in told} == {9}
    logits = expected(engine)
    for one in told:
        rows = logits[one["layer"], one["start"] : one["start"] + 3]
        finals = [most_probable(row, 1)[0] for row in logits[-1, one["start"] : one["start"] + 3]]
        best = [most_probable(row, 3) for row in rows]
        assert numbers(one["ids"], "<u4").reshape(-1, 3).tolist() == best
        shares = [probabilities(row) for row in rows]
        found = numbers(one["shares"], "<f4").reshape(-1, 3)
        np.testing.assert_allclose(found, [share[ids] for share, ids in zip(shares, best, strict=True)], atol=1e-5)
        own = [share[final] for share, final in zip(shares, finals, strict=True)]
        np.testing.assert_allclose(numbers(one["finals"], "<f4"), own, atol=1e-5)
        assert len(numbers(one["ranks"], "<u4")) == len(numbers(one["kl_nats"], "<f4")) == len(rows)


def test_a_grid_is_computed_once(client, engine, trace_id, monkeypatch):
    first = lines(client, HERE.format(trace_id) + "/lens")
    monkeypatch.setattr(jobs, "Slice", None)
    assert lines(client, HERE.format(trace_id) + "/lens") == first


def test_a_column_tells_rivals_and_the_texts_own_next_token(client, engine, trace_id):
    told = client.get(HERE.format(trace_id) + "/lens/3").json()
    logits = expected(engine)[:, 3]
    best = most_probable(logits[-1], 5)
    assert told["watched"] == list(dict.fromkeys([*best, IDS[4]]))
    assert [[token_id for token_id, _ in layer["top"]] for layer in told["layers"]] == [
        most_probable(row, 3) for row in logits
    ]


def test_a_row_is_a_layers_logits(client, engine, trace_id):
    answer = client.get(HERE.format(trace_id) + "/lens/7/1")
    np.testing.assert_allclose(np.frombuffer(answer.content, "<f4"), expected(engine)[1, 7], atol=1e-4)


def test_terms_are_those_of_the_logit(client, engine, trace_id):
    told = client.get(HERE.format(trace_id) + "/contributions/5?token_id=9&against=2").json()
    row = expected(engine)[-1, 5]
    assert told["logit"] == pytest.approx(row[9] - row[2], abs=1e-4)
    assert abs(told["remainder"]) < 1e-3
    assert told["after"] == ""
    alone = client.get(HERE.format(trace_id) + "/contributions/5?token_id=9").json()
    assert alone["logit"] == pytest.approx(row[9], abs=1e-4)


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("lens/8", "position is 8, and this text has 8 tokens. Choose one from 0 to 7."),
        ("lens/-1", "position is -1"),
        ("lens/x", "position must be a whole number, but is 'x'."),
        ("lens/0/3", "layer is 3, and tiny with the embedding has 3 of them. Choose one from 0 to 2."),
        ("lens?near=x", "near must be a whole number, but is 'x'."),
        ("contributions/3?token_id=300", "token_id is 300, and the vocabulary of tiny has 300 of them."),
        ("contributions/3?token_id=3&against=-1", "against is -1, and the vocabulary of tiny has 300 of them."),
        ("contributions/8?token_id=3", "position is 8"),
        ("contributions/3", "token_id is missing"),
    ],
)
def test_what_cannot_be_had_is_a_sentence(client, trace_id, path, sentence):
    answer = client.get(f"{HERE.format(trace_id)}/{path}")
    assert answer.status_code == 400
    assert sentence in answer.json()["detail"]


def test_a_long_text_is_read_to_the_limit(client, engine, trace_id, monkeypatch):
    monkeypatch.setattr(views_module, "LENS_TOKENS", 5)
    assert lines(client, HERE.format(trace_id) + "/lens")[0]["tokens"] == 5
    answer = client.get(HERE.format(trace_id) + "/lens/6")
    assert (answer.status_code, "the lens reads the first 5 tokens" in answer.text) == (413, True)
    assert client.get(HERE.format(trace_id) + "/contributions/6?token_id=3").status_code == 200


def test_a_model_whose_blocks_are_not_found_says_so(client, engine, trace_id):
    kinds, engine.model.hf._no_split_modules = engine.model.hf._no_split_modules, None
    try:
        for path in ("lens", "lens/0", "lens/0/0", "contributions/0?token_id=1"):
            answer = client.get(f"{HERE.format(trace_id)}/{path}")
            assert (answer.status_code, "model family is not known" in answer.text) == (422, True)
    finally:
        engine.model.hf._no_split_modules = kinds


async def test_what_was_computed_goes_with_its_trace(engine):
    views = LayerViews(engine)
    trace_id = engine.store.open(Trace("tiny", IDS, Settings(), stop_reason="stopped"))
    assert len([drawn async for drawn in views.grid(trace_id, 0)]) == 3
    await views.contributions(trace_id, 3, 9, None)
    assert views.shelf.nbytes > 0
    engine.store.drop([trace_id])
    assert views.shelf.nbytes == 0


async def test_a_reader_who_leaves_ends_the_work_and_one_who_is_slow_stops_nobody(engine, monkeypatch):
    monkeypatch.setattr(views_module, "SLICE_POSITIONS", 2)
    views = LayerViews(engine)
    slow, other = (engine.store.open(Trace("tiny", ids, Settings(), stop_reason="stopped")) for ids in (IDS, IDS[::-1]))
    reading = views.grid(slow, 0)
    await anext(reading)
    async with asyncio.timeout(fakes.PATIENCE_SECONDS):
        assert len([drawn async for drawn in views.grid(other, 0)]) == 12
    await reading.aclose()
    assert not views._turn.locked()


# the API


async def test_the_lens_of_the_api_ends_with_the_models_own_distribution(engine):
    told = await api.lens(engine, "the tin on", -2, 4)
    ids = engine.model.tokenizer.encode("the tin on")
    assert told["tokens"] == [engine.model.tokenizer.decode([token_id]) for token_id in ids]
    row = expected(engine, ids)[-1, len(ids) - 2]
    last = told["layers"][-1]
    assert [layer["layer"] for layer in told["layers"]] == [0, 1, 2]
    assert [one["token_id"] for one in last["top"]] == most_probable(row, 4)
    assert [one["probability"] for one in last["top"]] == pytest.approx(
        probabilities(row)[most_probable(row, 4)].tolist(), abs=1e-6
    )
    assert last["rank_of_final"] == 1
    assert set(last["top"][0]) == {"token_id", "token", "probability"}


async def test_the_contributions_of_the_api_add_up(engine):
    told = await api.contributions(engine, "the tin on", -1, 9, None)
    assert set(told) == {"logit", "embedding", "attention", "feed_forward", "heads", "bias", "remainder"}
    terms = told["embedding"] + sum(told["attention"]) + sum(told["feed_forward"]) + told["bias"] + told["remainder"]
    assert terms == pytest.approx(told["logit"], abs=1e-6)
    assert json.dumps(told)


async def test_the_api_refuses_a_count_out_of_range(engine):
    with pytest.raises(PlaygroundError, match="count is 0, which is out of range. Give one from 1 to 100."):
        await api.lens(engine, "the", 0, 0)


@pytest.mark.parametrize(
    ("text", "position", "token_id", "against", "sentence"),
    [
        ("", 0, 1, None, "The text is empty"),
        ("the tin", 9, 1, None, "position is 9, which is out of range."),
        ("the tin", "0", 1, None, "position must be a whole number"),
        ("the tin", 0, 300, None, "token_id is 300, which is out of range. Give one from 0 to 299."),
        ("the tin", 0, 1, True, "against must be a whole number, but is True."),
    ],
)
async def test_the_api_refuses_in_sentences(engine, text, position, token_id, against, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        await api.contributions(engine, text, position, token_id, against)
