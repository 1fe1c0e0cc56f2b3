"""Tests that the page makes a forgotten text known to the server again: same facts and rows, or a sentence."""

import asyncio
import math

import numpy as np
import pytest

from playground.decoding.settings import Settings
from playground.engine.fork import fork
from playground.engine.reopening import reopened
from playground.engine.request import Limits, Request
from playground.errors import PlaygroundError
from playground.traces.trace import Origin
from playground.web.messages.trace import trace_message
from tests import fakes

PROMPT = "the in on"
SETTINGS = Settings(temperature=0.8, top_k=40, max_new_tokens=8, seed=3)


@pytest.fixture
def trace_id(engine):
    engine.model.eos_token_ids = frozenset()

    async def make() -> str:
        run = engine.trace(Request(engine.model.tokenizer.encode(PROMPT), SETTINGS))
        await fakes.collect(run)
        branch = fork(engine, Origin(run.trace_id, 2), [7], Settings(max_new_tokens=8, seed=4))
        await fakes.collect(branch)
        return branch.trace_id

    return asyncio.run(make())


def told_of(client, trace_id: str) -> dict:
    """Returns what a page knows of a trace, in the form in which the server asks for it."""
    message = client.get(f"/playground/traces/{trace_id}").json()
    header = message["header"]
    named = {name: header[name] for name in ("model", "prompt_ids", "settings", "origin", "conversation")}
    return named | {"stop_reason": message["stop_reason"], "steps": message["steps"]}


@pytest.fixture
def told(client, trace_id) -> dict:
    return told_of(client, trace_id)


def test_a_text_is_known_again_as_it_was(client, engine, trace_id, told):
    expected = engine.store.get(trace_id)
    engine.store.drop([trace_id])
    answer = client.post("/playground/traces", json=told)
    assert answer.status_code == 200
    again_id = answer.json()["trace_id"]
    assert again_id != trace_id
    assert told_of(client, again_id) == told | {"origin": None}
    again = engine.store.get(again_id)
    assert (again.settings, again.stop_reason, again.origin) == (expected.settings, expected.stop_reason, None)
    for ours, theirs in zip(again.steps, expected.steps, strict=True):
        facts = ("token_id", "draw", "probability", "kept", "forced", "settings", "raw")
        assert [getattr(ours, name) for name in facts] == [getattr(theirs, name) for name in facts]
        row = client.get(f"/playground/traces/{again_id}/logits/{ours.index}").content
        np.testing.assert_allclose(np.frombuffer(row, "<f4"), theirs.logits, rtol=0, atol=1e-5)
        position = len(again.prompt_ids) + ours.index
        weights = client.get(f"/playground/traces/{again_id}/attention/rows/{position}")
        assert len(weights.content) == 2 * 2 * 4 * position


def test_a_text_that_is_still_known_keeps_its_id_and_its_rows(client, trace_id, told):
    named = told | {"trace_id": trace_id}
    assert client.post("/playground/traces", json=named).json() == {"trace_id": trace_id}
    other = named | {"steps": told["steps"][:-1]}
    again_id = client.post("/playground/traces", json=other).json()["trace_id"]
    assert again_id != trace_id
    assert len(told_of(client, again_id)["steps"]) == len(told["steps"]) - 1
    refused = client.post("/playground/traces", json=told | {"trace_id": ["a"]})
    assert (refused.status_code, "is not the id of a text" in refused.json()["detail"]) == (400, True)


def test_a_text_that_grows_is_made_known_under_another_id(client, engine, trace_id, told):
    engine.store.mark(trace_id, None)
    again_id = client.post("/playground/traces", json=told | {"trace_id": trace_id}).json()["trace_id"]
    assert again_id != trace_id


def test_the_conversation_of_a_text_is_known_again(client, engine, told):
    said = {"messages": [{"role": "user", "content": "the"}], "template_options": {"tools": []}}
    again_id = client.post("/playground/traces", json=told | {"conversation": said}).json()["trace_id"]
    assert engine.store.get(again_id).conversation.to_dict() == said
    assert told_of(client, again_id)["conversation"] == said
    broken = client.post("/playground/traces", json=told | {"conversation": {"messages": []}})
    assert (broken.status_code, broken.json()) == (400, {"detail": "conversation has no template_options. Give one."})


def test_everything_can_be_done_with_it(client, engine, trace_id, told):
    again_id = client.post("/playground/traces", json=told).json()["trace_id"]
    for path in ("prompt", "logits/0", "logits/-1", "written", "script/3", "file?kind=full", "file?kind=light"):
        assert client.get(f"/playground/traces/{again_id}/{path}").status_code == 200, path
    for path in ("measures.json", "thumbnails", "rollout", "maps/0/0", "bertviz/0"):
        assert client.get(f"/playground/traces/{again_id}/attention/{path}").status_code == 200, path


async def test_a_text_goes_on_from_it(engine):
    """After the server's restart a step and a fork continue the text as they would have without it."""
    engine.model.eos_token_ids = frozenset()
    _, whole = await fakes.trace(engine, Request(fakes.prompt(5), SETTINGS))
    run = engine.trace(Request(fakes.prompt(5), SETTINGS, max_steps=4))
    await fakes.collect(run)
    message = trace_message(run.trace_id, engine.store.get(run.trace_id), None, fakes.VOCABULARY, [])
    expected = fork(engine, Origin(run.trace_id, 2), [7], SETTINGS)
    await fakes.collect(expected)
    told = message["header"] | {"stop_reason": "stopped", "steps": message["steps"]}
    again_id = engine.store.open(reopened(told, engine.model, engine.limits))
    branch = fork(engine, Origin(again_id, 2), [7], SETTINGS)
    await fakes.collect(branch)
    assert engine.store.get(branch.trace_id).token_ids == engine.store.get(expected.trace_id).token_ids
    stepped = Request(fakes.prompt(5), SETTINGS, engine.store.get(again_id).token_ids)
    await fakes.collect(engine.trace(stepped, again_id))
    assert engine.store.get(again_id).token_ids == whole.token_ids


def test_nobody_holds_it_until_somebody_looks(client, engine, told):
    again_id = client.post("/playground/traces", json=told).json()["trace_id"]
    assert not engine.store.holds(again_id)
    assert engine.store.adopt(again_id)


def test_a_text_that_was_running_is_stopped(engine, told):
    assert reopened(told | {"stop_reason": None}, engine.model, engine.limits).stop_reason == "stopped"


def test_a_prompt_alone_is_a_text_too(engine, told):
    alone = reopened(told | {"steps": [], "stop_reason": "scored"}, engine.model, engine.limits)
    assert (alone.prompt_ids, alone.steps) == (engine.model.tokenizer.encode(PROMPT), ())


@pytest.mark.parametrize(
    ("change", "status", "sentence"),
    [
        ({"model": "other"}, 422, "There is no model 'other' on this server"),
        ({"model": None}, 422, "made by None"),
        ({"prompt_ids": []}, 400, "prompt_ids is empty"),
        ({"prompt_ids": [fakes.VOCABULARY]}, 400, f"{fakes.VOCABULARY} is no token of tiny"),
        ({"prompt_ids": ["5"]}, 400, "'5' is no token"),
        ({"prompt_ids": "5"}, 400, "prompt_ids must be a list"),
        ({"prompt_ids": [5] * 50_000}, 413, "prompt_ids has 50,000 entries, and this server takes at most 2,048"),
        ({"prompt_ids": [5] * 93}, 400, "101 tokens, and tiny has a window of 96"),
        ({"steps": None}, 400, "steps must be a list"),
        ({"steps": [{}] * 600}, 413, "steps has 600 entries, and this server takes at most 512"),
        ({"steps": [5]}, 400, "Step 0 must be an object"),
        ({"settings": None}, 400, "settings must be an object"),
        ({"settings": {"temperature": -1}}, 400, "temperature is -1"),
        ({"stop_reason": "tired"}, 400, "stop_reason is 'tired'"),
        ({"stop_reason": ["length"]}, 400, "stop_reason is ['length']"),
    ],
)
def test_what_is_no_text_is_refused_with_a_sentence(client, told, change, status, sentence):
    answer = client.post("/playground/traces", json=told | change)
    assert (answer.status_code, answer.json()["detail"].count(sentence)) == (status, 1), answer.json()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("index", 1),
        ("index", None),
        ("token_id", -1),
        ("token_id", 1.5),
        ("token_id", True),
        ("token_id", fakes.VOCABULARY),
        ("probability", 1.1),
        ("probability", math.nan),
        ("probability", "1"),
        ("raw_probability", -0.1),
        ("raw_probability", None),
        ("entropy_bits", math.inf),
        ("rank", 0),
        ("rank", fakes.VOCABULARY + 1),
        ("kept", 0),
        ("kept", 2.5),
        ("draw", 2),
        ("forced", 1),
        ("settings", []),
        ("settings", {"top_p": 7}),
        ("seconds", -1),
    ],
)
def test_a_step_that_cannot_be_is_refused(engine, told, name, value):
    told["steps"][0] |= {name: value}
    with pytest.raises(PlaygroundError):
        reopened(told, engine.model, engine.limits)


@pytest.mark.parametrize("told", [None, [], "text", 5])
def test_what_is_no_object_is_refused(engine, told):
    with pytest.raises(PlaygroundError, match="must be an object"):
        reopened(told, engine.model, Limits())
