"""Tests that the routes and the endpoint of the embeddings answer with plain products, or with a sentence."""

import asyncio
import json
import threading

import pytest
import torch
from fastapi import FastAPI

from playground.engine.engines import Engines
from playground.engine.errands import SHUTTING_DOWN
from playground.errors import PlaygroundError
from playground.inside import contexts, embeddings
from playground.web.inside.embeddings import neighbours
from playground.web.routes.beside_gradio import add_routes
from tests import fakes

HERE = "/playground/inside/embeddings"
PLACES = [{"ids": list(fakes.prompt(9)), "position": 3}, {"ids": list(fakes.prompt(7)), "position": 6}]


def lines(answer) -> list[dict]:
    return [json.loads(line) for line in answer.text.splitlines()]


async def test_the_endpoint_names_the_neighbours(engine):
    found = await neighbours(engine, 40, 3, "output")
    weight = torch.nn.functional.normalize(engine.model.hf.get_output_embeddings().weight.detach().double(), dim=1)
    best = (weight @ weight[40]).sort(descending=True)
    assert [one["token_id"] for one in found] == best.indices[1:4].tolist()
    assert [one["cosine"] for one in found] == pytest.approx(best.values[1:4].tolist(), abs=1e-6)
    assert all(one["token"] == engine.model.tokenizer.decode([one["token_id"]]) for one in found)


@pytest.mark.parametrize(
    ("token_id", "count", "space", "sentence"),
    [
        (300, 3, "input", "token_id is 300, and tiny has 300 tokens. Give one from 0 to 299."),
        (-1, 3, "input", "token_id is -1, and tiny has 300 tokens. Give one from 0 to 299."),
        ("4", 3, "input", "token_id must be a whole number"),
        (4, 0, "input", "count is 0, which is out of range. Give one from 1 to 100."),
        (4, 101, "input", "count is 101, which is out of range"),
        (4, 3, "middle", "space is 'middle'. Choose one of input, output."),
    ],
)
async def test_the_endpoint_refuses_in_sentences(engine, token_id, count, space, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        await neighbours(engine, token_id, count, space)


def test_the_facts_say_whether_the_matrices_are_one(client):
    facts = client.get(f"{HERE}.json").json()
    assert facts["tied"] is False
    assert facts["tokens"] == 300
    assert facts["widths"] == {"input": 32, "output": 32}


def test_the_page_asks_for_neighbours_points_and_sums(client):
    near = client.get(f"{HERE}/neighbours/40?count=5&space=input").json()
    assert len(near) == 5
    points = client.post(f"{HERE}/points", json={"words": ["#40", "#50"], "beside": 2, "space": "input"}).json()
    assert len(points["points"]) == len(points["cosines"]) == 6
    total = client.post(f"{HERE}/sum", json={"plus": ["#40", "#60"], "minus": ["#50"], "space": "input"}).json()
    assert len(total["ranked"]) == 13


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("points", {"words": "the", "beside": 0, "space": "input"}, "words must be a list"),
        ("points", {"words": 61 * ["the"], "beside": 0, "space": "input"}, "words has 61 values. Give at most 60."),
        ("points", {"words": ["x" * 61, "on"], "beside": 0, "space": "input"}, "number 1, has 61 characters"),
        ("points", {"words": ["the", "on"], "beside": 6, "space": "input"}, "beside is 6, which is out of range"),
        ("points", [], "must be an object of names and values"),
        ("sum", {"plus": [], "minus": [], "space": "input"}, "The sum has no words"),
        ("sum", {"plus": ["the"], "minus": [], "space": "both"}, "Choose one of input, output"),
        ("read", {"texts": ["the", " "]}, "A text is empty. Write a sentence."),
        ("read", {"texts": ["the " * 100]}, "at most 96. Shorten it by"),
        ("layers", {"places": PLACES[:1]}, "nothing to compare with"),
        ("layers", {"places": [*PLACES, {"ids": [999], "position": 0}]}, "999 is no token of tiny"),
        ("layers", {"places": [*PLACES, {"ids": [9], "position": 1}]}, "position is 1, and this text has 1 tokens"),
    ],
)
def test_the_routes_refuse_in_sentences(client, path, body, sentence):
    answer = client.post(f"{HERE}/{path}", json=body)
    assert 400 <= answer.status_code < 500
    assert sentence in answer.json()["detail"]


def test_texts_are_read_and_compared_with_progress(client, engine, monkeypatch):
    monkeypatch.setattr(contexts, "SLICE_TOKENS", 4)
    texts = ["the tin on the tin", "on the tin"]
    ids = client.post(f"{HERE}/read", json={"texts": texts}).json()["ids"]
    assert ids == [list(engine.model.tokenizer.encode(text)) for text in texts]
    *progress, last = lines(client.post(f"{HERE}/layers", json={"places": PLACES}))
    assert progress == [{"done": done, "of": 5} for done in range(5)]
    assert len(last["pairs"][0]["cosines"]) == 3


def test_a_failure_while_it_reads_is_the_last_line(client, engine):
    def fail():
        raise PlaygroundError(SHUTTING_DOWN)

    engine.model.on_prefill = fail
    assert lines(client.post(f"{HERE}/layers", json={"places": PLACES}))[-1] == {"error": SHUTTING_DOWN}


async def test_a_client_that_leaves_a_question_with_a_body_is_answered_no_more(engine, monkeypatch):
    begun, cancelled = asyncio.Event(), asyncio.Event()

    async def endless(*_asked):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    monkeypatch.setattr(embeddings, "total", endless)
    app = FastAPI()
    add_routes(app, Engines.only(engine))
    body = json.dumps({"plus": ["the"], "minus": [], "space": "input"}).encode()
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> dict:
        for message in messages:
            return message
        await begun.wait()
        return {"type": "http.disconnect"}

    async def send(_message: dict) -> None:
        pass

    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": f"{HERE}/sum", "headers": headers, "query_string": b""}
    async with asyncio.timeout(fakes.PATIENCE_SECONDS):
        await app(scope | {"client": ("127.0.0.1", 1)}, receive, send)
    assert cancelled.is_set()


async def test_a_reading_that_nobody_waits_for_ends_with_its_slice(engine, monkeypatch):
    monkeypatch.setattr(contexts, "SLICE_TOKENS", 2)
    reached, goes_on = threading.Event(), threading.Event()

    def wait():
        reached.set()
        assert goes_on.wait(fakes.PATIENCE_SECONDS)

    engine.model.on_prefill = wait
    places = [contexts.check_place(engine, **place) for place in PLACES]

    async def told():
        return [news async for news in contexts.compared(engine, places)]

    reading = asyncio.create_task(told())
    await asyncio.to_thread(reached.wait, fakes.PATIENCE_SECONDS)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    goes_on.set()
    await engine.call(lambda model: None)
    assert engine.model.forwards == [("prefill", 2)]
