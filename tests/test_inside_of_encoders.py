"""Tests that Embeddings and Positions say of encoder-only models what the models' own modules say."""

import asyncio
import json

import numpy as np
import pytest
import torch
from fastapi import FastAPI
from starlette.testclient import TestClient

from playground.decoding.measures import kl_bits, probabilities
from playground.engine.engines import Engines
from playground.engine.reader import Reader
from playground.inside.positions import experiment_on_blank, positions
from playground.models.masked_model import MaskedModel
from playground.traces.store import TraceStore
from playground.web.inside import opening
from playground.web.routes.beside_gradio import add_routes
from tests import encoders
from tests.many_models import done

HERE = "/playground/inside/embeddings"
FIRST = {"bert": 0, "roberta": 1, "distilbert": 0}
"""The number of each shape's first position: RoBERTa counts from behind that of padding, whose id is 0 here."""


@pytest.fixture(params=encoders.SHAPES)
def kind(request):
    return request.param


@pytest.fixture
def reader(kind):
    with_model = Reader(encoders.named(kind), TraceStore(1_000_000)).start()
    yield with_model
    with_model.close()


def client_of(reader) -> TestClient:
    app = FastAPI()
    add_routes(app, Engines.only(reader))
    return TestClient(app)


@pytest.fixture
def client(reader):
    return client_of(reader)


@pytest.mark.parametrize("space", ["input", "output"])
def test_neighbours_are_the_best_of_a_plain_product(reader, client, space):
    hf = reader.model.hf
    weight = (hf.get_input_embeddings() if space == "input" else hf.get_output_embeddings()).weight.double()
    unit = torch.nn.functional.normalize(weight, dim=1)
    cosines = unit @ unit[8]
    order = [token_id for token_id in cosines.sort(descending=True).indices.tolist() if token_id != 8][:5]
    told = client.get(f"{HERE}/neighbours/8?count=5&space={space}").json()
    assert [one["token_id"] for one in told] == order
    assert [one["cosine"] for one in told] == pytest.approx(cosines[order].tolist(), abs=1e-6)
    facts = client.get(f"{HERE}.json").json()
    assert (facts["tied"], facts["tokens"]) == (True, 18)


def test_a_word_of_several_tokens_or_of_none_has_no_point(reader, client):
    asked = {"words": ["cat", "cats", "red", "zebra"], "beside": 0, "space": "input"}
    told = client.post(f"{HERE}/points", json=asked).json()
    assert [len(ids) for ids in told["words"]] == [1, 2, 1, 0]
    assert [one["word"] for one in told["points"]] == [0, 2]
    refused = client.post(f"{HERE}/sum", json={"plus": ["zebra"], "minus": [], "space": "input"})
    assert refused.json()["detail"].startswith("'zebra' is not in the vocabulary of")


def test_a_head_for_labels_leaves_the_input_embedding(kind):
    reader = Reader(encoders.named(kind, "text-classification"), TraceStore(1_000_000)).start()
    client = client_of(reader)
    facts = client.get(f"{HERE}.json").json()
    assert facts["widths"] == {"input": 32}
    assert not facts["tied"]
    assert len(client.get(f"{HERE}/neighbours/8?count=5&space=input").json()) == 5
    refused = client.get(f"{HERE}/neighbours/8?count=5&space=output")
    assert (refused.status_code, refused.json()["detail"].partition(",")[0]) == (422, f"{kind} has no output embedding")
    assert client.get("/playground/inside/positions.json").json()["kind"] == "learned"
    trace_id = asyncio.run(opening.open_text(reader, encoders.TEXT))
    refused = client.get(f"/playground/traces/{trace_id}/inside/order/4")
    assert refused.json()["detail"].startswith(f"{kind} guesses no words")
    reader.close()


def test_a_word_in_two_sentences_is_compared_by_the_models_hidden_states(reader, client):
    read = client.post(f"{HERE}/read", json={"texts": ["the red cat sleeps.", "a cat of ___"]}).json()["ids"]
    assert read[1][-2] == reader.model.mask_id
    places = [{"ids": read[0], "position": 3}, {"ids": read[1], "position": 2}]
    *progress, last = client.post(f"{HERE}/layers", json={"places": places}).text.splitlines()
    assert [json.loads(line) for line in progress] == [{"done": 0, "of": 2}, {"done": 1, "of": 2}]
    [pair] = json.loads(last)["pairs"]
    with torch.inference_mode():
        hidden = [reader.model.hf(torch.tensor([ids]), output_hidden_states=True).hidden_states for ids in read]
    assert len(pair["cosines"]) == len(hidden[0]) == 4
    for layer, (first, second) in enumerate(zip(*hidden, strict=True)):
        one, other = (torch.nn.functional.normalize(states[0].double(), dim=1) for states in (first, second))
        assert pair["cosines"][layer] == pytest.approx((one[3] @ other[2]).item(), abs=1e-5)
        inner = one[[1, 2, 4, 5]] @ other[[1, 3, 4]].T  # without [CLS], [SEP] and the chosen token
        assert pair["others"][layer] == pytest.approx(inner.mean().item(), abs=1e-5)


def test_the_table_of_positions_begins_where_the_model_begins(kind):
    model = encoders.named(kind)
    table = model.hf.base_model.embeddings.position_embeddings.weight[FIRST[kind] :]
    found = positions(model)
    assert (found.kind, found.can_remove, found.places) == ("learned", True, tuple(range(24)))
    assert found.first_row == FIRST[kind]
    expected = torch.nn.functional.cosine_similarity(table[:, None], table[None], dim=-1)
    np.testing.assert_allclose(found.cosines, expected, atol=1e-4)
    tokenizer = encoders.tokenizer()
    tokenizer.model_max_length = 10  # shorter than the table
    short = positions(MaskedModel(encoders.tiny(kind), tokenizer, kind, "fill-mask"))
    assert short.places == tuple(range(10))
    np.testing.assert_allclose(short.cosines, expected[:10, :10], atol=1e-4)


def test_the_experiment_masks_a_token_and_moves_all_other_words(kind):
    model = encoders.named(kind)
    ids = model.tokenizer.encode("the capital of france is paris.")
    places = (0, 7, 6, 3, 4, 5, 2, 1, 8)
    found = done(experiment_on_blank(model, ids, places, 4, can_remove=True))
    own = [*ids[:4], model.mask_id, *ids[5:]]
    assert found.ids == tuple(own)
    assert found.moved == tuple(own[place] for place in places)
    first = FIRST[kind]
    for name, read, told in [
        ("as it is", own, range(first, first + 9)),
        ("moved", found.moved, range(first, first + 9)),
        ("no positions", own, [first] * 9),
        ("moved, no positions", found.moved, [first] * 9),
    ]:
        with torch.inference_mode():
            logits = model.hf(torch.tensor([list(read)]), position_ids=torch.tensor([list(told)])).logits
        np.testing.assert_allclose(found.rows[name], logits[0, 4], atol=1e-5)
    np.testing.assert_allclose(found.rows["no positions"], found.rows["moved, no positions"], atol=1e-4)


def test_the_routes_of_positions_serve_a_text(reader, client, kind):
    trace_id = asyncio.run(opening.open_text(reader, encoders.TEXT))
    ids, here = reader.store.prompt_ids(trace_id), f"/playground/traces/{trace_id}/inside"
    told = client.get(f"{here}/order/4").json()
    assert told["token_ids"] == list(ids)
    assert told["moved_ids"] == [ids[place] for place in (0, 7, 6, 5, 4, 3, 2, 1, 8)]
    rows = done(experiment_on_blank(reader.model, ids, (0, 7, 6, 5, 4, 3, 2, 1, 8), 4, can_remove=True)).rows
    assert told["runs"][1]["kl_bits"] == pytest.approx(kl_bits(rows["as it is"], rows["moved"]), abs=1e-9)
    best = max(told["tokens"], key=lambda one: one["probabilities"][0])
    assert best["probabilities"][0] == pytest.approx(probabilities(rows["as it is"]).max(), abs=1e-9)
    entering = client.get(f"{here}/entering/4").json()
    assert [one["row"] for one in entering["added"] if one["name"] == "position"] == [4 + FIRST[kind]]
    assert sum(one["share"] for one in entering["added"]) == pytest.approx(1, abs=1e-6)
    assert entering["is_normed"]
    assert client.get(f"{here}/entering/9").status_code == 400
