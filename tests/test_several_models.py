"""Tests that what is asked of one of several models is answered by that model alone."""

import asyncio
import random

import numpy as np
import pytest

from playground import visitor
from playground.attention.views import layer_weights
from playground.decoding.settings import Settings
from playground.engine.line import in_turn
from playground.engine.request import Limits, Request
from playground.errors import PlaygroundError
from playground.prompts.labels import Query, Scorer
from playground.strategies.beams import searched
from playground.web import api, endpoints
from tests import fakes
from tests.shelf import NAMES, client_of, shelf, tiny_language_models

VISITORS, CALLS = 10, 200
GREEDY = {"strategy": "greedy", "max_new_tokens": 6}
PROMPTS = ("the tin", "on a tin", "in", "a the in")


@pytest.fixture
def engines(tiny_models):
    made = shelf(tiny_language_models(tiny_models))
    yield made
    made.close()


async def text(engines, name: str, prompt: str) -> object:
    async with engines.using(name) as engine:
        return (await api.trace(engine, prompt, GREEDY))["text"]


async def attention(engines, name: str, prompt: str) -> object:
    async with engines.using(name) as engine:
        return await layer_weights(engine, engine.model.tokenizer.encode(prompt), 0)


async def labels(engines, name: str, prompt: str) -> object:
    async with engines.using(name) as engine:
        encode = engine.model.tokenizer.encode
        query = Query(encode(prompt), (encode(" a"), encode(" on")))
        return (await engine.beside(Scorer).probabilities([query]))[0]


async def beams(engines, name: str, prompt: str) -> object:
    async with engines.using(name) as engine:
        settings = Settings(strategy="beam", num_beams=2, max_new_tokens=4)
        tree = await searched(engine, engine.model.tokenizer.encode(prompt), settings)
        return [one.token_ids for one in tree.hypotheses]


async def row(engines, name: str, prompt: str) -> object:
    async with engines.using(name) as engine:
        return (await engine.lookups.after(engine.model.tokenizer.encode(prompt))).row


async def test_two_hundred_calls_of_ten_visitors_over_three_models_are_not_mixed_up(engines):
    kinds = (text, attention, labels, beams, row)
    alone = {
        (kind, name, prompt): await kind(engines, name, prompt)
        for kind in kinds
        for name in NAMES
        for prompt in PROMPTS
    }
    assert alone[text, "first", PROMPTS[0]] != alone[text, "second", PROMPTS[0]]
    draw = random.Random(7)
    chosen = [draw.choice(list(alone)) for _ in range(CALLS)]

    async def visit(number: int) -> None:
        visitor.current.set(f"visitor {number}")
        for kind, name, prompt in chosen[number::VISITORS]:
            answer = await kind(engines, name, prompt)
            if kind in (text, beams):
                assert answer == alone[kind, name, prompt]
            else:
                np.testing.assert_allclose(answer, alone[kind, name, prompt], atol=1e-4)

    await asyncio.gather(*(visit(number) for number in range(VISITORS)))


async def test_texts_of_two_models_that_run_together_are_those_of_each_alone(engines):
    async with engines.using("first") as first, engines.using("second") as second:
        request = Request(fakes.prompt(6), fakes.greedy(20))
        alone = [(await fakes.trace(engine, request))[1] for engine in (first, second)]
        both = await asyncio.gather(*(fakes.trace(engine, request) for engine in (first, second) for _ in range(3)))
        for number, (_, trace) in enumerate(both):
            expected = alone[number // 3]
            assert trace.model == expected.model
            assert trace.token_ids == expected.token_ids
            for one, other in zip(trace.steps, expected.steps, strict=True):
                np.testing.assert_allclose(one.weights, other.weights, atol=1e-3)


async def test_waiting_texts_of_a_visitor_are_counted_in_all_models(engines):
    async with engines.using("first") as first, engines.using("second") as second:
        for engine in (first, second):
            engine.limits = Limits(rows=1, waiting_each=3)
        visitor.current.set("greedy")
        with first._news, second._news:  # so that nothing is admitted meanwhile
            runs = [
                engine.trace(Request(fakes.prompt(3), fakes.greedy(2))) for engine in (first, first, second, second)
            ]
            with pytest.raises(PlaygroundError, match="4 of your texts are already waiting"):
                first.trace(Request(fakes.prompt(3), fakes.greedy(2)))
        await asyncio.gather(*map(fakes.collect, runs))


async def test_a_place_goes_to_who_has_the_fewest_texts_in_all_models(engines):
    async with engines.using("first") as first, engines.using("second") as second:
        runs = {}
        with first._news, second._news:
            for name, engine in (("greedy", second), ("greedy", first), ("modest", first)):
                visitor.current.set(name)
                runs[name, engine] = engine.trace(Request(fakes.prompt(3), fakes.greedy(2)))
            [elsewhere] = second._waiting
            assert [row.visitor for row in in_turn(first._waiting, [elsewhere])] == ["modest", "greedy"]
        await asyncio.gather(*map(fakes.collect, runs.values()))


# routes and the API


@pytest.fixture
def client(engines):
    with client_of(engines) as client:
        yield client


async def test_recorded_steps_of_models_that_take_turns_in_memory_are_seen_without_loading_them(tiny_models):
    engines = shelf(tiny_language_models(tiny_models), room=1)
    texts = {}
    for name in ("first", "second"):
        async with engines.using(name) as engine:
            run = engine.trace(Request(fakes.prompt(6), fakes.greedy(4)))
            await fakes.collect(run)
            texts[name] = (run.trace_id, engine.store.get(run.trace_id))
    assert [engine.model.name for engine in engines.running()] == ["second"]
    with client_of(engines) as client:
        for step in range(4):
            for trace_id, trace in texts.values():
                answer = client.get(f"/playground/traces/{trace_id}/logits/{step}")
                assert np.array_equal(np.frombuffer(answer.content, "<f4"), trace.steps[step].row)
                assert client.get(f"/playground/traces/{trace_id}/head/{step}").status_code == 200
        assert [engine.model.name for engine in engines.running()] == ["second"]
        trace_id, trace = texts["first"]
        engines.store.release([trace_id])
        computed = np.frombuffer(client.get(f"/playground/traces/{trace_id}/logits/1").content, "<f4")
        np.testing.assert_allclose(computed, trace.steps[1].row, atol=1e-4)
    assert [engine.model.name for engine in engines.running()] == ["first"], "it is loaded to compute the step again"
    engines.close()


def test_the_models_are_told_with_what_is_known_of_each(client, engines):
    told = client.get("/playground/models.json").json()
    assert [(one["model"], one["loaded"]) for one in told] == [(name, False) for name in NAMES]
    second = client.get("/playground/model.json", params={"model": "second"}).json()
    assert (second["model"], second["loaded"], second["size"]) == ("second", True, "1 k")
    assert f"vocabulary {fakes.VOCABULARY} · window {fakes.WINDOW}" in second["details"]
    assert client.get("/playground/loading.json", params={"model": "second"}).json() is None
    words = client.get(f"/playground/{second['words']}")
    assert words.headers["cache-control"].endswith("immutable")
    assert words.json()["tokens"] != client.get("/playground/vocabulary.json").json()["tokens"]
    for path in ("model.json", "loading.json", "vocabulary.json", "inside/drawing.json"):
        refused = client.get(f"/playground/{path}", params={"model": "fourth"})
        assert refused.status_code == 422, path
        assert "There is no model 'fourth'" in refused.json()["detail"]
    assert client.get("/playground/loading.json").status_code == 400


def test_a_request_about_a_text_is_answered_by_its_model(client, engines):
    told = {"settings": GREEDY, "stop_reason": None, "steps": [], "prompt_ids": [7, 8, 9]}
    for name in NAMES:
        trace_id = client.post("/playground/traces", json=told | {"model": name}).json()["trace_id"]
        answer = client.get(f"/playground/traces/{trace_id}/logits/-1")
        row = np.frombuffer(answer.content, "<f4")
        engine = engines.loaded(name)
        expected = fakes.next_logits(engine.model, (7, 8)).numpy()
        np.testing.assert_allclose(row, expected, atol=1e-4)
        asked = {"prompt_ids": [7, 8], "completion_ids": []}
        after = client.post("/playground/next-logits", params={"model": name}, json=asked)
        np.testing.assert_allclose(np.frombuffer(after.content, "<f4"), expected, atol=1e-4)


def test_a_text_of_a_model_that_is_not_there_is_refused_in_a_sentence(client):
    told = {"model": "gone", "settings": GREEDY, "stop_reason": None, "steps": [], "prompt_ids": [7]}
    refused = client.post("/playground/traces", json=told)
    assert refused.status_code == 422
    assert "There is no model 'gone' on this server. Choose one of: first, second, third" in refused.json()["detail"]


def test_a_model_is_in_use_until_its_answer_is_sent(client, engines):
    client.get("/playground/model.json", params={"model": "second"})
    assert [place.users for place in engines._places.values()] == [0, 0, 0]


async def test_settings_name_the_model_of_a_call(engines):
    for name in NAMES:
        async with endpoints._named(engines, GREEDY | {"model": name}) as (engine, settings):
            assert (engine.model.name, settings) == (name, GREEDY)
    async with endpoints._named(engines, GREEDY) as (engine, _):
        assert engine.model.name == "first"
    rows = [GREEDY | {"model": "third"}, GREEDY | {"model": "third", "max_new_tokens": 2}]
    assert len((await api.grid(engines, ["the"], rows, [1]))["rows"]) == 2
    with pytest.raises(PlaygroundError, match="The rows name several models"):
        await api.grid(engines, ["the"], [*rows, GREEDY], [1])


def test_the_api_tells_which_models_there_are(engines):
    assert api.models(engines)[1] == {
        "model": "second",
        "family": "decoder",
        "task": None,
        "parameters": 1000,
        "dtype": "float32",
        "loaded": False,
    }
