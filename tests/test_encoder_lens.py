"""Tests that the pane Layers reads the layers of encoder-only models through the head that fills blanks."""

import asyncio
import json
from base64 import b64decode

import numpy as np
import pytest
import torch
from fastapi import FastAPI
from starlette.testclient import TestClient

from playground.engine.engines import Engines
from playground.engine.reader import Reader
from playground.inside.layers import RIVALS
from playground.traces.store import TraceStore
from playground.web.inside import opening
from playground.web.routes.beside_gradio import add_routes
from tests import encoders


def client_of(kind, task="fill-mask"):
    """Returns a client of a server with one model, the id of an opened text, and the model's reader."""
    reader = Reader(encoders.named(kind, task), TraceStore(1_000_000)).start()
    trace_id = asyncio.run(opening.open_text(reader, encoders.TEXT))
    app = FastAPI()
    add_routes(app, Engines.only(reader))
    return TestClient(app), trace_id, reader


@pytest.mark.parametrize("kind", encoders.SHAPES)
def test_every_layer_says_what_the_head_makes_of_it_and_the_last_is_the_model(kind):
    client, trace_id, reader = client_of(kind)
    ids, here = reader.store.prompt_ids(trace_id), f"/playground/traces/{trace_id}/inside"
    with torch.inference_mode():
        logits = encoders.tiny(kind)(input_ids=torch.tensor([ids])).logits[0]
    told, *lines = [json.loads(line) for line in client.get(f"{here}/lens?near=4").text.splitlines()]
    assert (told["tokens"], told["layers"], told["after"]) == (len(ids), 4, "")
    assert len(lines) == 4
    best = np.frombuffer(b64decode(next(line for line in lines if line["layer"] == 3)["ids"]), "<u4")
    assert best.reshape(len(ids), -1)[:, 0].tolist() == logits.argmax(-1).tolist()
    for position in (0, 4, len(ids) - 1):
        row = np.frombuffer(client.get(f"{here}/lens/{position}/3").content, "<f4")
        np.testing.assert_allclose(row, logits[position], atol=1e-5)
        column = client.get(f"{here}/lens/{position}").json()
        if ids[position] == reader.model.mask_id:
            assert len(column["watched"]) == RIVALS  # a blank is no answer
        else:
            assert ids[position] in column["watched"]
        for layer, one in enumerate(column["layers"]):
            states = reader.model.states(ids)[layer, position]
            shares = reader.model.read_out(states[None, None])[0, 0].softmax(-1)
            assert one["top"][0][1] == pytest.approx(shares.max().item(), abs=1e-6)
        assert column["layers"][-1]["kl_nats"] == pytest.approx(0, abs=1e-6)
        assert column["layers"][-1]["top"][0][0] == logits[position].argmax()
    reader.close()


def test_labels_and_the_sum_of_a_logit_are_refused_in_a_sentence():
    client, trace_id, reader = client_of("distilbert", "text-classification")
    answer = client.get(f"/playground/traces/{trace_id}/inside/lens")
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("The head of distilbert gives labels, so that no layer can be read")
    answer = client.get(f"/playground/traces/{trace_id}/inside/contributions/1?token_id=2")
    assert (answer.status_code, answer.json()["detail"][:37]) == (422, "The head of distilbert gives labels, ")
    reader.close()
