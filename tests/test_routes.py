"""Tests what the page's JavaScript fetches: exact rows, the vocabulary once, and sentences where nothing exists."""

import asyncio
import json
import math
from dataclasses import asdict

import numpy as np
import pytest

from playground.decoding.settings import Settings
from playground.decoding.stages import BY_NAME, STAGES
from playground.engine.request import Request
from playground.places import ASSETS
from playground.web.bundles import joined
from playground.web.languages import catalogue_files
from playground.web.messages.head import head_message
from playground.web.routes.files import MEDIA_TYPES, Words
from tests import fakes


@pytest.fixture
def trace_id(engine):
    async def make() -> str:
        run = engine.trace(Request(fakes.prompt(5), Settings(max_new_tokens=4, top_k=9, seed=2)))
        await fakes.collect(run)
        return run.trace_id

    return asyncio.run(make())


def test_a_row_is_the_recorded_logits_as_little_endian_float32(client, engine, trace_id):
    for step in engine.store.get(trace_id).steps:
        answer = client.get(f"/playground/traces/{trace_id}/logits/{step.index}")
        assert answer.headers["content-type"] == "application/octet-stream"
        assert np.frombuffer(answer.content, "<f4").tolist() == step.logits.tolist()


def test_a_row_the_store_let_go_is_computed_again(client, engine, trace_id):
    recorded = engine.store.get(trace_id).steps[2].logits
    engine.store.release([trace_id])
    answer = client.get(f"/playground/traces/{trace_id}/logits/2")
    np.testing.assert_allclose(np.frombuffer(answer.content, "<f4"), recorded.numpy(), atol=1e-5)


def test_the_prompts_tokens_are_steps_before_the_first(client, engine, trace_id):
    prompt_ids = engine.store.get(trace_id).prompt_ids
    logits = fakes.full_forward(engine.model.hf, prompt_ids)[0]
    expected = logits.double().log_softmax(-1)[range(4), list(prompt_ids[1:])]
    for _ in range(2):  # while it is held, and after its release
        told = client.get(f"/playground/traces/{trace_id}/prompt").json()
        assert [(step["index"], step["token_id"]) for step in told["steps"]] == list(
            enumerate(prompt_ids[1:], start=-4)
        )
        assert [math.log(step["probability"]) for step in told["steps"]] == pytest.approx(expected.tolist(), abs=1e-5)
        assert told["score"]["logprob_nats"] == pytest.approx(expected.sum().item(), abs=1e-5)
        for step in told["steps"]:
            answer = client.get(f"/playground/traces/{trace_id}/logits/{step['index']}")
            row = np.frombuffer(answer.content, "<f4")
            np.testing.assert_allclose(row, logits[5 + step["index"] - 1], rtol=0, atol=1e-5)
        engine.store.release([trace_id])


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("traces/nobody-guesses-this", "no longer kept"),
        ("traces/nobody-guesses-this/logits/0", "no longer kept"),
        ("traces/{trace_id}/logits/99", "Step 99 does not exist: this text has the steps 0 to 3."),
        ("traces/{trace_id}/logits/-5", "Step -5 does not exist"),
        ("traces/nobody-guesses-this/prompt", "no longer kept"),
    ],
)
def test_what_is_not_there_is_a_sentence(client, trace_id, path, sentence):
    answer = client.get("/playground/" + path.format(trace_id=trace_id))
    assert answer.status_code == 404
    assert sentence in answer.json()["detail"]


def test_a_trace_is_told_whole_and_without_its_rows(client, engine, trace_id):
    told = client.get(f"/playground/traces/{trace_id}").json()
    trace = engine.store.get(trace_id)
    assert told["first"] == 0
    assert told["header"]["prompt_ids"] == list(trace.prompt_ids)
    assert Settings.from_dict(told["header"]["settings"]) == trace.settings
    assert told["header"]["vocabulary_size"] == fakes.VOCABULARY
    assert [step["token_id"] for step in told["steps"]] == list(trace.token_ids)
    assert told["stop_reason"] == trace.stop_reason == "length"


def test_the_vocabulary_is_sent_once_and_packed(client, engine):
    first = client.get("/playground/vocabulary.json", headers={"Accept-Encoding": "gzip"})
    assert first.headers["content-encoding"] == "gzip"
    assert first.json()["tokens"] == engine.model.vocabulary
    again = client.get("/playground/vocabulary.json", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_vocabulary_reaches_clients_that_cannot_unpack(client, engine):
    plain = client.get("/playground/vocabulary.json", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert json.loads(plain.content)["tokens"] == engine.model.vocabulary


def test_plotly_is_sent_once_and_packed(client):
    first = client.get("/playground/plotly.js", headers={"Accept-Encoding": "gzip"})
    assert "javascript" in first.headers["content-type"]
    assert first.headers["content-encoding"] == "gzip"
    assert "Plotly" in first.text
    again = client.get("/playground/plotly.js", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_file_with_a_hash_is_kept_for_ever_and_packed(client, engine):
    for file in (*joined().files, *catalogue_files().values(), Words(engine).file):
        answer = client.get(f"/playground/{file.address}", headers={"Accept-Encoding": "gzip"})
        assert answer.content == file.content
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["content-type"].split(";")[0] == MEDIA_TYPES[file.name.rpartition(".")[2]]


def test_only_an_address_with_a_hash_is_kept_for_ever(client):
    for path in ("assets/page.js", "assets/page.css", "vocabulary.json", "plotly.js"):
        assert client.get(f"/playground/{path}").headers["cache-control"] == "no-cache", path


def test_a_file_of_another_version_of_the_server_is_refused(client):
    answer = client.get("/playground/files/0123456789abcdef/page.js")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "This server has another version of page.js. Load the page again."
    assert "cache-control" not in answer.headers


def test_the_head_of_a_row_holds_its_best_tokens_and_the_weight_of_the_others(client, engine, trace_id):
    trace = engine.store.get(trace_id)
    told = client.get(f"/playground/traces/{trace_id}/head/2").json()
    assert told == head_message(trace.steps[2].row, trace.settings)
    assert told["size"] == fakes.VOCABULARY


def test_modules_are_served_as_modules_and_asked_about_anew(client):
    for file in ASSETS.rglob("*.js"):
        answer = client.get(f"/playground/assets/{file.relative_to(ASSETS).as_posix()}")
        assert "javascript" in answer.headers["content-type"]  # text/ or application/, depending on the machine
        assert answer.headers["cache-control"] == "no-cache"
    assert client.get("/playground/assets/../app.py").status_code == 404


def test_the_examples_of_the_stages_are_told_with_the_model_that_they_are_of(client):
    told = client.get("/playground/stages/examples.json").json()
    assert told["model"] == "SmolLM2-135M-Instruct"
    assert list(told["examples"]) == [stage.name for stage in STAGES]
    assert told["examples"]["top_k"] == asdict(BY_NAME["top_k"].example)
