"""Tests the routes and the API of the Why pane: what they answer, how they tell progress, and what they refuse."""

import asyncio
import json

import pytest
from fastapi import FastAPI

from playground.attention.views import open_text
from playground.engine.engines import Engines
from playground.errors import PlaygroundError
from playground.inside import attribution as jobs
from playground.inside import gradients, patching
from playground.inside import why as answers
from playground.inside.attribution import Target
from playground.web.inside import why as api
from playground.web.routes.beside_gradio import add_routes
from tests import fakes
from tests.test_attribution import done

TEXT = "the tin on the tin a"
PAIR = {"clean": "the tin on a", "corrupted": "the tin in a"}


@pytest.fixture
def trace_id(engine) -> str:
    return asyncio.run(open_text(engine, TEXT))


def lines(answer) -> list[dict]:
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def ask(client, trace_id, position, **options):
    return client.get(f"/playground/traces/{trace_id}/inside/attribution/{position}", params=options)


@pytest.mark.parametrize("method", jobs.METHODS)
def test_an_attribution_tells_its_progress_and_then_its_result(client, engine, trace_id, method, monkeypatch):
    for module in (jobs, gradients):
        monkeypatch.setattr(module, "PIECE_TOKENS", 8)
    ids = engine.model.tokenizer.encode(TEXT)
    *news, last = lines(ask(client, trace_id, 7, token_id=5, against=9, method=method))
    result = last["result"]
    spans = [(place, place + 1) for place in range(8)]
    alone = done(jobs.JOBS[method](engine.model, ids[:8], spans, Target(5, 9, "log_probability")))
    assert result["scores"] == pytest.approx(alone.scores, abs=1e-5)
    assert result["spans"] == [list(span) for span in spans]
    assert (result["completeness_error"] is None) == (method != "integrated_gradients")
    assert news[-1]["done"] == news[-1]["of"]
    assert len(news) > 1 or method == "gradient_x_input"
    again = lines(ask(client, trace_id, 7, token_id=5, against=9, method=method))
    assert again == [{"result": result}], "it was kept"


def test_the_page_explains_the_log_probability_unless_it_asks_for_the_logit(client, engine, trace_id):
    ids, spans = engine.model.tokenizer.encode(TEXT)[:6], [(place, place + 1) for place in range(6)]
    for options, scale in (({}, "log_probability"), ({"scale": "logit"}, "logit")):
        [*_, last] = lines(ask(client, trace_id, 5, token_id=5, method="leave_one_out", **options))
        alone = done(jobs.leave_one_out(engine.model, ids, spans, Target(5, scale=scale)))
        assert last["result"]["scores"] == pytest.approx(alone.scores, abs=1e-5)


def test_words_and_zeroed_tokens_are_other_questions(client, engine, trace_id):
    base = {"token_id": 5, "method": "leave_one_out"}
    tokens, words, zeroed = (
        lines(ask(client, trace_id, 7, **base, **more))[-1]["result"]
        for more in ({}, {"parts": "words"}, {"how": "zero"})
    )
    assert words["spans"][-1][1] == 8
    assert len(words["spans"]) < len(tokens["spans"]) == 8
    assert zeroed["scores"] != tokens["scores"]
    assert zeroed["baseline"] != tokens["baseline"]


def test_the_candidates_are_those_of_the_position(client, engine, trace_id):
    ids = engine.model.tokenizer.encode(TEXT)
    path = f"/playground/traces/{trace_id}/inside/attribution"
    told = client.get(f"{path}/3/candidates.json").json()
    row = fakes.full_forward(engine.model.hf, ids)[0][3].softmax(-1)
    assert told["next"]["token_id"] == ids[4]
    assert told["top"][0]["token_id"] == int(row.argmax())
    assert told["top"][0]["probability"] == pytest.approx(row.max().item(), abs=1e-4)
    assert client.get(f"{path}/{len(ids) - 1}/candidates.json").json()["next"] is None


def test_results_are_forgotten_with_their_text(engine):
    async def asked() -> None:
        trace_id = await open_text(engine, TEXT)
        why = answers.Why(engine)
        await why.attribution(trace_id, 3, answers.Question(Target(5), "gradient_x_input"))
        assert why.shelf.nbytes > 0
        engine.store.drop([trace_id])
        assert why.shelf.nbytes == 0

    asyncio.run(asked())


@pytest.mark.parametrize(
    ("position", "options", "sentence"),
    [
        (99, {}, "position is 99, and this text has 10 tokens. Choose one from 0 to 9."),
        (-1, {}, "position is -1"),
        ("x", {}, "position must be a whole number, but is 'x'"),
        (3, {"token_id": 300}, "300 is no token of tiny. Give a whole number from 0 to 299."),
        (3, {"against": 5}, "against is 5, which is the token itself"),
        (3, {"method": "magic"}, "method is 'magic'. Choose one of gradient_x_input"),
        (3, {"scale": "odds"}, "scale is 'odds'. Choose one of logit, log_probability"),
        (3, {"parts": "lines"}, "parts is 'lines'"),
        (3, {"steps": 1}, "steps is 1, which is out of range"),
        (3, {"how": "burn"}, "how is 'burn'"),
        (0, {"method": "leave_one_out"}, "is one token, and nothing is left without it"),
    ],
)
def test_what_cannot_be_explained_is_a_sentence(client, trace_id, position, options, sentence):
    answer = ask(client, trace_id, position, **({"token_id": 5, "method": "gradient_x_input"} | options))
    assert answer.status_code == 400
    assert sentence in answer.json()["detail"]


def test_a_text_that_is_too_long_says_the_limit(client, trace_id, monkeypatch):
    monkeypatch.setattr(answers, "ATTRIBUTION_TOKENS", 5)
    answer = ask(client, trace_id, 7, token_id=5, method="gradient_x_input")
    assert answer.status_code == 413
    assert "There are 8 tokens up to this position, and at most 5 are explained." in answer.json()["detail"]
    assert ask(client, trace_id, 4, token_id=5, method="gradient_x_input").status_code == 200


def test_patching_tells_its_progress_and_then_its_result(client, engine, monkeypatch):
    monkeypatch.setattr(patching, "PIECE_TOKENS", 1)
    *news, last = lines(client.post("/playground/inside/patching", json=PAIR | {"token_id": None}))
    result = last["result"]
    clean = engine.model.tokenizer.encode(PAIR["clean"])
    assert result["ids"] == [list(clean), list(engine.model.tokenizer.encode(PAIR["corrupted"]))]
    assert result["answer"] == int(fakes.full_forward(engine.model.hf, clean)[0][-1].argmax())
    assert result["recovered"][-1][-1] == pytest.approx(1, abs=1e-3)
    assert len(result["recovered"]) == 2
    assert news[0]["done"] == 0 < news[-1]["done"] == news[-1]["of"]


def test_texts_of_unequal_length_are_shown_and_mended(client, engine):
    unequal = {"clean": "the tin on the a", "corrupted": "the tin on"}
    refused = client.post("/playground/inside/patching", json=unequal)
    assert refused.status_code == 422
    assert "tokens, and patching needs equally many. Clean: t | he | ·t | in" in refused.json()["detail"]
    told = client.post("/playground/inside/patching/tokens.json", json=unequal).json()
    assert len(told["clean"]) > len(told["corrupted"])
    clean, corrupted = told["mended"]
    assert clean == unequal["clean"]
    assert len(engine.model.tokenizer.encode(corrupted)) == len(told["clean"])
    assert client.post("/playground/inside/patching/tokens.json", json=PAIR).json()["mended"] is None


@pytest.mark.parametrize("clean", ["", "a" * 70])
def test_texts_are_told_while_they_are_typed(client, clean):
    told = client.post("/playground/inside/patching/tokens.json", json={"clean": clean, "corrupted": "a"}).json()
    assert (len(told["clean"]), len(told["corrupted"])) == (len(clean), 1)
    assert (told["mended"], told["most"]) == (None, 64)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (PAIR | {"clean": PAIR["corrupted"]}, "The two texts are the same"),
        (PAIR | {"token_id": 300}, "300 is no token of tiny"),
        (PAIR | {"clean": ""}, "The clean text is empty. Write one."),
        (PAIR | {"corrupted": "a" * 70}, "The corrupted text has 70 tokens, and this takes at most 64. Shorten it."),
        (PAIR | {"clean": 3}, "clean must be a text, but is 3"),
        ({"clean": "a"}, "The request has no corrupted"),
        ([], "The request must be an object"),
    ],
)
def test_texts_that_cannot_be_patched_are_a_sentence(client, given, sentence):
    answer = client.post("/playground/inside/patching", json=given)
    assert answer.status_code in (400, 413, 422)
    assert sentence in answer.json()["detail"]


def test_an_answer_that_does_not_change_cannot_come_back(client, monkeypatch):
    monkeypatch.setattr("playground.inside.patching.LEAST_NATS", 1e9)
    [*_, last] = lines(client.post("/playground/inside/patching", json=PAIR | {"token_id": 5}))
    assert "equally probable after both texts, so nothing can come back" in last["error"]


async def test_a_client_that_stops_ends_the_work(engine, monkeypatch):
    """Its job would never end. The next job begins, which shows that the first one's place is free."""
    begun, left = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def endless(model, ids, spans, target, told, source_spans):
        told(1, 2)
        while True:
            yield

    monkeypatch.setitem(jobs.JOBS, "gradient_x_input", endless)
    app = FastAPI()
    add_routes(app, Engines.only(engine))
    trace_id = await open_text(engine, TEXT)

    async def receive() -> dict:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict) -> None:
        if b'{"done": 1, "of": 2}' in message.get("body", b""):
            loop.call_soon(begun.set)

    path = f"/playground/traces/{trace_id}/inside/attribution/3"
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "http",
    }
    scope |= {"query_string": b"token_id=5&method=gradient_x_input", "headers": [], "client": ("127.0.0.1", 1)}
    scope |= {"server": ("127.0.0.1", 80), "app": app, "asgi": {"spec_version": "2.3"}}
    asking = asyncio.create_task(app(scope, receive, send))
    async with asyncio.timeout(fakes.PATIENCE_SECONDS):
        await begun.wait()
        left.set()
        await asking
        await answers.patched(engine, *await answers.pair(engine, PAIR["clean"], PAIR["corrupted"]), 5)


async def test_all_who_wait_for_one_result_hear_how_far_it_is(engine, monkeypatch):
    monkeypatch.setattr(jobs, "PIECE_TOKENS", 8)
    trace_id, why = await open_text(engine, TEXT), answers.Why(engine)
    question = answers.Question(Target(5), "leave_one_out")
    told: list[list] = [[], []]
    asked = [why.attribution(trace_id, 7, question, lambda *news, one=one: one.append(news)) for one in told]
    first, second = await asyncio.gather(*asked)
    assert first[1] is second[1]
    assert told[0] == told[1] != []


# the API


@pytest.mark.parametrize("position", [5, -1])
@pytest.mark.parametrize("method", jobs.METHODS)
async def test_the_api_explains_the_logit_of_a_text(engine, position, method):
    answer = await api.attribution(engine, TEXT, position, 5, 9, method)
    ids = engine.model.tokenizer.encode(TEXT)
    size = position % len(ids) + 1
    alone = done(jobs.JOBS[method](engine.model, ids[:size], [(at, at + 1) for at in range(size)], Target(5, 9)))
    assert answer["tokens"] == [engine.model.tokenizer.decode([token_id]) for token_id in ids]
    assert answer["scores"] == pytest.approx([*alone.scores, *[0] * (len(ids) - size)], abs=1e-5)
    assert set(answer) == {"tokens", "scores", "baseline", "completeness_error"}
    json.dumps(answer, allow_nan=False)


async def test_the_api_patches(engine):
    answer = await api.patching(engine, **PAIR, token_id=5)
    assert answer["layers"] == 2 == len(answer["recovered"])
    assert len(answer["tokens"]) == len(answer["recovered"][0])
    assert answer["recovered"][-1][-1] == pytest.approx(1, abs=1e-3)
    json.dumps(answer, allow_nan=False)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ((TEXT, 99, 5, None, "leave_one_out"), "position is 99, which is out of range"),
        ((TEXT, True, 5, None, "leave_one_out"), "position must be a whole number"),
        ((TEXT, -1, 300, None, "leave_one_out"), "300 is no token of tiny"),
        ((TEXT, -1, 5, "a", "leave_one_out"), "'a' is no token of tiny"),
        ((TEXT, -1, 5, 5, "leave_one_out"), "against is 5"),
        ((TEXT, -1, 5, None, "magic"), "method is 'magic'"),
        ((3, -1, 5, None, "leave_one_out"), "text must be a text"),
        (("", -1, 5, None, "leave_one_out"), "text is empty"),
    ],
)
async def test_the_api_refuses_in_a_sentence(engine, values, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        await api.attribution(engine, *values)
