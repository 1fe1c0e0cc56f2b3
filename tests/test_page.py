"""Tests the page that Gradio serves on a tiny model: its endpoints, its privacy, and a large class."""

import json
import queue
import re
import threading

import pytest
import torch
from starlette.testclient import TestClient

from playground import command_line
from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.engine.request import Limits
from playground.models.language_model import LanguageModel
from playground.traces.store import TraceStore
from playground.web import gradio_files
from playground.web.bundles import joined
from playground.web.page import _model_line
from tests import fakes

HERE = "http://127.0.0.1"
SETTINGS = {"strategy": "greedy", "max_new_tokens": 2}


@pytest.fixture
def client(engine):
    with TestClient(command_line.build_app(Engines.only(engine), command_line.arguments([])), base_url=HERE) as client:
        yield client


def call(client: TestClient, endpoint: str, *values) -> str:
    """Returns the event that answers a call of the documented API."""
    event = client.post(f"/gradio_api/call/{endpoint}", json={"data": values}).json()["event_id"]
    return client.get(f"/gradio_api/call/{endpoint}/{event}").text


def test_a_message_of_a_stream_makes_gradio_build_no_other_component_anew(client):
    events = client.get("/config").json()["dependencies"]
    streams = [event for event in events if event["types"]["generator"]]
    assert len(streams) > 10
    assert [len(event["outputs"]) for event in streams] == [1] * len(streams)


def test_only_the_documented_endpoints_have_names(client):
    assert set(client.get("/gradio_api/info").json()["named_endpoints"]) == {
        "/trace",
        "/attention",
        "/attribution",
        "/neighbours",
        "/tokens",
        "/beams",
        "/grid",
        "/reshape",
        "/paste_settings",
        "/copy_settings",
        "/watermark",
        "/label_probabilities",
        "/compare_prompts",
        "/model",
        "/models",
        "/lens",
        "/contributions",
        "/patching",
        "/translate",
        "/fill",
        "/classify",
    }


def test_trace_and_model_answer(client, engine):
    event, data = call(client, "trace", "the", SETTINGS).strip().split("\n")
    assert event == "event: complete"
    assert len(json.loads(data.removeprefix("data: "))[0]["steps"]) == 2
    assert engine.model.name in call(client, "model")


def test_prompts_and_labels_answer(client):
    event, data = call(client, "label_probabilities", "the", ["a", "on"]).strip().split("\n")
    assert event == "event: complete"
    assert [label["label"] for label in json.loads(data.removeprefix("data: "))[0]["labels"]] == ["a", "on"]
    event, data = call(client, "compare_prompts", ["the", "on"], SETTINGS).strip().split("\n")
    assert event == "event: complete"
    assert [len(trace["steps"]) for trace in json.loads(data.removeprefix("data: "))[0]] == [2, 2]


def test_attribution_and_patching_answer(client):
    event, data = call(client, "attribution", "the tin", -1, 5, None, "leave_one_out").strip().split("\n")
    assert event == "event: complete"
    answer = json.loads(data.removeprefix("data: "))[0]
    assert len(answer["scores"]) == len(answer["tokens"]) > 1
    event, data = call(client, "patching", "the tin on", "the tin in", 5).strip().split("\n")
    assert event == "event: complete"
    assert json.loads(data.removeprefix("data: "))[0]["layers"] == 2


def test_a_refusal_reaches_the_client_as_its_sentence(client):
    assert "top_p is 7, which is out of range. Give top_p a value from 0 to 1" in call(
        client, "trace", "x", {"top_p": 7}
    )


def test_only_the_page_is_packed_and_begins_with_what_it_will_load(client):
    page = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert page.headers["content-encoding"] == "gzip"
    assert int(page.headers["content-length"]) < len(page.content) / 4
    beginning = page.text.partition("window.gradio_config =")[0]
    fetched = re.findall(r'<link rel="(?:module)?preload"[^>]* href="([^"]+)"', beginning)
    assert len(fetched) > 30
    assert {client.get(f"/{address}").status_code for address in fetched} == {200}
    assert {f"playground/{joined().styles.address}", f"playground/{joined().address('page.js')}"} <= set(fetched)
    config = client.get("/config", headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in config.headers


def test_the_language_is_chosen_before_anything_is_loaded(client):
    head = client.get("/").text.partition("</head>")[0]
    assert head.index("globalThis.playgroundLanguages = [") < head.index("<link") < head.index("window.gradio_config =")


def test_gradio_s_styles_come_as_one_file_and_no_second_time(client):
    head = client.get("/").text.partition("</head>")[0].rpartition('rel="stylesheet" crossorigin')[2]
    [whole] = re.findall(r'<link rel="stylesheet" href="(assets/gradio-[^"]+)">', head)
    parts = re.findall(r'<link rel="stylesheet" href="([^"]+)" disabled>', head)
    text = client.get(f"/{whole}").text
    places = [text.index(client.get(f"/{part}").text) for part in parts]
    assert len(parts) > 20
    assert places == sorted(places)


@pytest.mark.parametrize("encoding", ["br", "gzip", "identity"])
def test_gradio_s_files_are_kept_for_ever_and_most_are_as_they_are(client, encoding):
    names = [name for name in gradio_files.gradio_files({"slider"}) if name.endswith(".js")]
    answer = client.get(f"/assets/{names[0]}", headers={"Accept-Encoding": encoding})
    assert answer.headers.get("content-encoding", "identity") == encoding
    assert answer.headers["cache-control"].endswith("immutable")
    assert answer.content == (gradio_files.ASSETS / names[0]).read_bytes()
    again = client.get(f"/assets/{names[0]}", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_file_that_gradio_does_not_have_is_not_found(client):
    assert client.get("/assets/none.js").status_code == 404


def test_nothing_is_asked_of_another_host(client):
    page = client.get("/").text
    assert "fonts.googleapis" not in page
    config = client.get("/config").json()
    assert config["analytics_enabled"] is False
    assert not config.get("space_id")


@pytest.mark.parametrize(("visits", "places"), [(60, 20), pytest.param(1200, 1000, marks=pytest.mark.long)])
def test_more_visits_than_gradio_has_places_come_and_stay(engine, monkeypatch, visits, places):
    """A visit does not use a place among the events that Gradio runs at once, whether its visitor leaves or not."""
    monkeypatch.setattr("playground.web.page.EVENTS_AT_ONCE", places)
    with TestClient(command_line.build_app(Engines.only(engine), command_line.arguments([])), base_url=HERE) as client:
        [visit] = [
            number
            for number, dependency in enumerate(client.get("/config").json()["dependencies"])
            if dependency["backend_fn"] and any(target[1] == "load" for target in dependency["targets"])
        ]
        for number in range(visits):
            joined = {"data": [], "fn_index": visit, "session_hash": f"visitor{number}"}
            assert client.post("/gradio_api/queue/join", json=joined).status_code == 200
        answers: queue.Queue[str] = queue.Queue()
        threading.Thread(target=lambda: answers.put(call(client, "trace", "the", SETTINGS)), daemon=True).start()
        assert "event: complete" in answers.get(timeout=60)


def test_an_event_that_names_no_session_is_refused(client):
    """It is refused because its visitor could never leave. A page always has a session."""
    events = [
        number
        for number, dependency in enumerate(client.get("/config").json()["dependencies"])
        if dependency["backend_fn"] and not dependency["queue"] and dependency["targets"][0][1] != "unload"
    ]
    assert len(events) > 4
    for number in events:
        asked = {"data": [], "fn_index": number, "event_data": {"trace_id": "x", "trace_ids": []}}
        answer = client.post("/gradio_api/run/predict", json=asked)
        assert "The event has no session." in answer.text, number


def test_the_page_is_closed_to_who_has_no_password(engine):
    application = command_line.build_app(Engines.only(engine), command_line.arguments(["--auth", "class:secret"]))
    with TestClient(application, base_url=HERE) as client:
        assert client.get("/config").status_code == 401
        assert client.post("/login", data={"username": "class", "password": "wrong"}).status_code == 400
        assert client.post("/login", data={"username": "class", "password": "secret"}).status_code == 200
        assert client.get("/config").status_code == 200


@pytest.mark.parametrize(
    ("dtype", "rows", "note"),
    [
        ("float32", 32, ""),
        ("float32", 1, "<p>This server writes one text at a time.</p>"),
        (
            "bfloat16",
            32,
            "<p>In bfloat16, a seed may give another text while other texts are generated, or after a text that "
            "begins alike.</p>",
        ),
        (
            "bfloat16",
            1,
            "<p>This server writes one text at a time. In bfloat16, a seed may give another text after a text that "
            "begins alike.</p>",
        ),
    ],
)
def test_the_page_says_when_a_seed_may_give_another_text(tokenizer, dtype, rows, note):
    model = LanguageModel(fakes.tiny("llama").to(getattr(torch, dtype)), tokenizer, "tiny")
    engine = Engine(model, TraceStore(10_000_000), Limits(rows=rows))
    assert _model_line(engine).partition("</p>")[2] == note
