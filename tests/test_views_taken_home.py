"""Tests the views of the model in a page to take home: their answers are those of the server, within their room."""

import asyncio
import base64
import json
import re
from urllib.parse import quote

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from playground.attention.maps import triangular
from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.engine.request import Request
from playground.models.language_model import LanguageModel
from playground.traces.store import TraceStore
from playground.web.inside import taken_home
from playground.web.routes.beside_gradio import add_routes
from tests import encoder_decoders, fakes
from tests.encoder_decoders import END, START

PROMPT = fakes.prompt(9)
STEPS = 4
LENGTH = len(PROMPT) + STEPS


def written(engine, request: Request) -> str:
    async def write() -> str:
        run = engine.trace(request)
        await fakes.collect(run)
        return run.trace_id

    return asyncio.run(write())


def is_answered_alike(client, trace_id, path: str, answer: bytes) -> bool:
    said = server_says(client, trace_id, path)
    return json.loads(answer) == json.loads(said) if ".json" in path else answer == said


@pytest.fixture
def trace_id(engine):
    engine.model.eos_token_ids = frozenset()
    return written(engine, Request(PROMPT, Settings(max_new_tokens=STEPS, seed=2)))


def answers_of(client, trace_id, asked: str) -> dict[str, bytes]:
    """Returns what the page holds in place of the server's answers."""
    answer = client.get(f"/playground/traces/{trace_id}/page?{asked}")
    assert answer.status_code == 200, answer.text
    told = json.loads(re.search(r"globalThis\.playgroundRecorded = (.*);", answer.text)[1])
    return {path: base64.b64decode(content) for path, content in told.items()}


def server_says(client, trace_id, path: str) -> bytes:
    answer = client.get("/playground/" + path.replace("traces/text/", f"traces/{trace_id}/"))
    assert answer.status_code == 200, answer.text
    return answer.content


def test_attention_is_answered_as_the_server_does(client, trace_id):
    found = answers_of(client, trace_id, "views=attention&step=2&layer=1&head=0")
    told = json.loads(found["views.json"])
    assert told["views"] == ["attention"]
    assert (told["step"], told["choice"]) == (2, {"layer": 1, "head": 0})
    here = "traces/text/attention"
    facts = json.loads(found["attention.json"])
    assert facts.pop("left_out") == []
    assert facts == json.loads(server_says(client, trace_id, "attention.json"))
    for path in (f"{here}/measures.json?tokens={LENGTH}", f"{here}/rollout?tokens={LENGTH}"):
        assert is_answered_alike(client, trace_id, path, found[path])
    maps = np.frombuffer(found[f"{here}/layers"], "<u2").reshape(facts["layers"], facts["heads"], -1)
    for layer, heads in enumerate(maps):
        for head, one in enumerate(heads):
            assert one.tobytes() == server_says(client, trace_id, f"{here}/maps/{layer}/{head}?tokens={LENGTH}")


def test_a_whole_page_has_attention_and_a_light_one_only_what_is_asked_for(client, trace_id):
    assert "views.json" not in answers_of(client, trace_id, "kind=light")
    assert json.loads(answers_of(client, trace_id, "kind=full")["views.json"])["views"] == ["attention"]


def test_the_layers_next_to_the_one_in_view_come_first_where_not_all_have_room(client, engine, trace_id, monkeypatch):
    of_layer = engine.model.facts()["heads"] * triangular(LENGTH) * 2
    monkeypatch.setitem(taken_home.ROOM, "light", of_layer)
    found = answers_of(client, trace_id, "views=attention&layer=1")
    assert json.loads(found["attention.json"])["left_out"] == [0]
    assert len(found["traces/text/attention/layers"]) == of_layer
    measures = json.loads(found[f"traces/text/attention/measures.json?tokens={LENGTH}"])
    assert (measures["self"][0], len(measures["self"][1])) == (None, engine.model.facts()["heads"])
    monkeypatch.setitem(taken_home.ROOM, "light", of_layer - 1)
    found = answers_of(client, trace_id, "views=attention")
    assert json.loads(found["attention.json"])["left_out"] == [0, 1]
    assert "traces/text/attention/layers" not in found


def test_all_kinds_of_an_encoder_decoder_are_answered_as_the_server_does(tokenizer):
    hf = encoder_decoders.tiny("t5")
    engine = Engine(LanguageModel(hf, tokenizer, "t5"), TraceStore(50_000_000)).start()
    engine.model.eos_token_ids = frozenset()
    app = FastAPI()
    add_routes(app, Engines.only(engine))
    source = (*fakes.prompt(7), END)
    request = Request((START,), Settings(max_new_tokens=STEPS, seed=2), source_ids=source)
    with TestClient(app) as client:
        trace_id = written(engine, request)
        found = answers_of(client, trace_id, "views=attention")
        seen = {"cross": f"tokens={STEPS + 1}&kind=cross", "self": f"tokens={STEPS + 1}", "encoder": "&kind=encoder"}
        for kind, asked in seen.items():
            of_kind = "" if kind == "self" else f"?kind={kind}"
            facts = json.loads(found[f"attention.json{of_kind}"])
            layers = np.frombuffer(found[f"traces/text/attention/layers{of_kind}"], "<u2")
            last = layers.reshape(facts["layers"], facts["heads"], -1)[-1, -1]
            path = f"traces/text/attention/maps/{facts['layers'] - 1}/{facts['heads'] - 1}?{asked}"
            assert last.tobytes() == server_says(client, trace_id, path)
        further = [path for path in found if "rollout" in path or "measures" in path]
        assert len(further) == 5, "rollout follows one text only"
        assert all(is_answered_alike(client, trace_id, path, found[path]) for path in further)
    engine.close()


def test_layers_are_answered_as_the_server_does_and_terms_at_the_token_in_view(client, engine, trace_id):
    found = answers_of(client, trace_id, "views=layers&step=1&terms=token_id%3D3%26against%3D5")
    position = len(PROMPT)
    assert json.loads(found["views.json"])["position"] == position
    here, words = "traces/text/inside", json.loads(found["words.json"])
    assert found[f"{here}/lens"] == server_says(client, trace_id, f"{here}/lens?near={position}")
    for place in range(LENGTH):
        column = json.loads(found[f"{here}/lens/{place}"])
        assert column == json.loads(server_says(client, trace_id, f"{here}/lens/{place}"))
        named = [*column["watched"], *(token_id for layer in column["layers"] for token_id, _ in layer["top"])]
        assert all(words[str(token_id)] == engine.model.vocabulary[token_id] for token_id in named)
        if place == position:
            asked = [f"token_id={token_id}" for token_id in column["watched"]]
            paths = {f"{here}/contributions/{place}?{query}" for query in (*asked, "token_id=3&against=5")}
    assert {path for path in found if "contributions" in path} == paths
    assert all(json.loads(found[one]) == json.loads(server_says(client, trace_id, one)) for one in paths)


def test_layers_next_to_the_token_in_view_come_first_where_not_all_have_room(client, trace_id, monkeypatch):
    whole = answers_of(client, trace_id, "views=layers&step=1")
    size = sum(len(answer) for path, answer in whole.items() if path.startswith("traces/text/inside"))
    monkeypatch.setitem(taken_home.ROOM, "light", size // 2)
    found = answers_of(client, trace_id, "views=layers&step=1")
    places = [place for place in range(LENGTH) if f"traces/text/inside/lens/{place}" in found]
    assert places == list(range(places[0], places[-1] + 1))
    assert len(PROMPT) in places
    assert 1 < len(places) < LENGTH
    assert sum(len(found[path]) for path in found if path.startswith("traces/text/inside")) <= size // 2


def test_why_is_answered_as_the_server_does_for_what_was_asked(client, trace_id):
    asked = ["token_id=7&method=gradient_x_input&scale=logit&parts=tokens&how=zero&steps=50&against=9"]
    query = "&".join(f"why={quote(one)}" for one in asked)
    for sent in ("", f"&{query}"):
        found = answers_of(client, trace_id, f"views=why&step=0&position=4{sent}")
        here = "traces/text/inside/attribution/4"
        assert json.loads(found[f"{here}/candidates.json"]) == json.loads(
            server_says(client, trace_id, f"{here}/candidates.json")
        )
        told = json.loads(found["views.json"])["why"]
        assert (told == asked) if sent else len(told) == 2
        for one in told[-1:]:  # of the usual two, the first has nothing to leave out in these texts of one word
            last = server_says(client, trace_id, f"{here}?{one}").splitlines()[-1]
            assert json.loads(found[f"{here}?{one}"]) == json.loads(last)


def test_a_method_that_has_nothing_to_say_says_why_in_the_page_too(client, trace_id):
    found = answers_of(client, trace_id, "views=why&position=0")
    [refused] = [json.loads(one) for path, one in found.items() if "method=leave_one_out" in path]
    assert "nothing is left without it" in refused["error"]


def test_the_same_page_twice_is_the_same_bytes(client, trace_id):
    path = f"/playground/traces/{trace_id}/page?views=attention,layers,why&step=2"
    assert client.get(path).content == client.get(path).content


@pytest.mark.parametrize(
    ("asked", "status", "sentence"),
    [
        ("views=lens", 400, "views is 'lens'. Choose one of attention"),
        ("views=attention&step=9", 404, "Step 9 does not exist"),
        ("views=attention&step=x", 400, "step must be a whole number, but is 'x'"),
        ("views=attention&layer=1.5", 400, "layer must be a whole number, but is '1.5'"),
        ("views=attention&layer=2", 400, "layer"),
        ("views=attention&head=most", 400, "head must be a whole number, but is 'most'"),
        ("views=attention&head=-1", 400, "head"),
        ("views=layers&position=99", 400, "position"),
        ("views=layers&terms=against%3D5", 400, "cannot be read"),
        ("views=layers&terms=token_id%3D5%26near%3D5", 400, "cannot be read"),
        ("views=why&why=token_id%3D5%26method%3Dguess", 400, "method is 'guess'"),
        ("views=why&why=x", 400, "cannot be read"),
    ],
)
def test_a_view_that_is_not_there_is_a_sentence(client, trace_id, asked, status, sentence):
    answer = client.get(f"/playground/traces/{trace_id}/page?{asked}")
    assert (answer.status_code, sentence in answer.json()["detail"]) == (status, True)
