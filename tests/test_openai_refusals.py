"""Tests that `/v1` refuses by name what it cannot do, in OpenAI's form, and lets in nobody who may not use it."""

import json
from collections.abc import Iterator

import openai
import pytest
from openai import OpenAI
from starlette.testclient import TestClient

from playground import command_line
from playground.engine.engines import Engines
from playground.web.guards import rates
from tests.openai_site import speaking
from tests.shelf import paced_shelf
from tests.test_chat_template import THINKING

LOCAL = ("127.0.0.1", 50_000)
HERE = "http://127.0.0.1"


@pytest.fixture
def client(engine) -> Iterator[OpenAI]:
    with speaking(engine) as client:
        yield client


@pytest.mark.parametrize(
    ("given", "param", "code", "sentence"),
    [
        ({"frequency_penalty": "x"}, "frequency_penalty", None, "frequency_penalty must be a number"),
        ({"logit_bias": {"5": 1000}}, "logit_bias", None, "The logit_bias of 5 is 1000"),
        ({"order": "mine"}, "order", None, "order is 'mine'"),
        ({"best_of": 3}, "best_of", "unsupported_parameter", "best_of is 3"),
        ({"suffix": "x"}, "suffix", "unsupported_parameter", "suffix is 'x'"),
        ({"tools": [{}]}, "tools", "unsupported_parameter", "tools is [{}]"),
        ({"store": True}, "store", "unsupported_parameter", "store is True"),
        ({"temprature": 1}, "temprature", "unknown_parameter", "'temprature' is not a parameter"),
        ({"messages": []}, "messages", "unknown_parameter", "'messages' is not a parameter"),
        ({"half \ud800": 1}, "half ?", "unknown_parameter", "'half \\ud800' is not a parameter"),
        ({"temperature": "hot"}, "temperature", None, "temperature must be a number, but is 'hot'."),
        ({"temperature": -1}, "temperature", None, "temperature is -1, which is out of range."),
        ({"temperature": True}, "temperature", None, "temperature must be a number, but is True."),
        ({"top_p": 1.5}, "top_p", None, "top_p is 1.5, which is out of range."),
        ({"top_k": -1}, "top_k", None, "top_k is -1"),
        ({"seed": -1}, "seed", None, "seed is -1"),
        ({"n": 0}, "n", None, "n is 0, which is out of range."),
        ({"n": 65}, "n", None, "n is 65, which is out of range."),
        ({"n": 40, "prompt": ["a", "b"]}, "n", None, "2 prompts with n = 40 are more than 64 texts."),
        ({"logprobs": 21}, "logprobs", None, "logprobs is 21"),
        ({"logprobs": True}, "logprobs", None, "logprobs must be a whole number"),
        ({"max_tokens": -1}, "max_tokens", None, "max_tokens is -1"),
        ({"max_tokens": 513}, "max_tokens", None, "max_tokens is 513, and this server generates at most 512"),
        ({"stop": [""]}, "stop", None, "stop holds ''."),
        ({"stop": 5}, "stop", None, "stop must be a list of texts"),
        ({"stream": 1}, "stream", None, "stream is 1. Give true or false."),
        ({"stream_options": {"include_usage": True}}, "stream_options", None, "stream_options is for streams."),
        ({"stream": True, "stream_options": {"x": 1}}, "stream_options", None, "stream_options has 'x'"),
        ({"echo": "yes"}, "echo", None, "echo is 'yes'."),
        ({"user": 5}, "user", None, "user must be a text"),
        ({"prompt": None}, "prompt", None, "The request has no prompt."),
        ({"prompt": []}, "prompt", None, "prompt is an empty list."),
        ({"prompt": [[]]}, "prompt", None, "prompt holds an empty list of ids."),
        ({"prompt": 5}, "prompt", None, "prompt is 5."),
        ({"prompt": [5, "a"]}, "prompt", None, "'a' is no token of tiny."),
        ({"prompt": [300]}, "prompt", None, "300 is no token of tiny."),
        ({"prompt": [5] * 96}, "prompt", "context_length_exceeded", "The prompt has 96 tokens, and tiny has a window"),
    ],
)
def test_a_completion_is_refused_by_name(client, given, param, code, sentence):
    body = json.dumps({"model": "tiny", "prompt": "a", "max_tokens": 2} | given)
    with pytest.raises(openai.BadRequestError) as refused:
        client.post("/completions", content=body.encode(), cast_to=object)
    error = refused.value.response.json()["error"]
    assert set(error) == {"message", "type", "param", "code"}
    assert (error["type"], error["param"], error["code"]) == ("invalid_request_error", param, code)
    assert error["message"].startswith(sentence)


def formatted(**schema) -> dict:
    """Returns a JSON schema in OpenAI's form; what is given stands beside the name, or in its place."""
    return {"type": "json_schema", "json_schema": {"name": "city", "schema": {"type": "object"}} | schema}


@pytest.mark.parametrize("route", ["/completions", "/chat/completions"])
@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("json", "response_format must be an object of names and values, but is 'json'."),
        ({}, "response_format.type is None. Choose one of text, json_object, json_schema."),
        ({"type": "xml"}, "response_format.type is 'xml'. Choose one of"),
        ({"type": "text", "schema": {}}, "response_format has 'schema', which is not supported."),
        ({"type": "json_object", "schema": 5}, "response_format.schema must be an object of names and values"),
        ({"type": "json_schema"}, "response_format.json_schema must be an object of names and values, but is None."),
        (formatted(name=None), "response_format.json_schema.name is None. Give a name"),
        (formatted(name="two words"), "response_format.json_schema.name is 'two words'. Give a name"),
        (formatted(strict="yes"), "response_format.json_schema.strict is 'yes'. Give true or false."),
        (formatted(schema=None), "response_format.json_schema.schema must be an object of names and values, but is N"),
        (formatted(schema={"type": "thing"}), "The JSON schema cannot be followed"),
        (formatted(size=5), "response_format.json_schema has 'size', which is not supported."),
    ],
)
def test_a_format_of_the_answer_is_refused_by_name(client, route, given, sentence):
    prompt = {"messages": [{"role": "user", "content": "a"}]} if "chat" in route else {"prompt": "a"}
    with pytest.raises(openai.BadRequestError) as refused:
        client.post(route, body={"model": "tiny", "response_format": given} | prompt, cast_to=object)
    assert (refused.value.param, refused.value.type) == ("response_format", "invalid_request_error")
    assert refused.value.body["message"].startswith(sentence)


@pytest.mark.parametrize("other", [{"regex": "a"}, {"json_schema": {}}, {"choices": ["a"]}, {"grammar": 'start: "a"'}])
def test_a_text_has_one_constraint_however_it_is_asked_for(client, other):
    sentence = f"response_format and {next(iter(other))} are given together, but a text has one constraint. Keep one."
    body = {"model": "tiny", "prompt": "a", "response_format": {"type": "json_object"}} | other
    for stream in (False, True):
        with pytest.raises(openai.BadRequestError, match=sentence) as refused:
            client.post("/completions", body=body | {"stream": stream}, cast_to=object)
        assert refused.value.param == "response_format"
    body["response_format"] = {"type": "text"}
    assert client.post("/completions", body=body | {"max_tokens": 2}, cast_to=object)


@pytest.mark.parametrize(
    ("given", "param", "sentence"),
    [
        ({}, "messages", "tiny has no chat template. Use /v1/completions, or another model."),
        ({"messages": None}, "messages", "The request has no messages."),
        ({"top_logprobs": 2}, "top_logprobs", "top_logprobs needs logprobs."),
        ({"logprobs": 2}, "logprobs", "logprobs is 2. Give true or false."),
        ({"max_completion_tokens": 0}, "max_completion_tokens", "max_completion_tokens is 0"),
        ({"chat_template_kwargs": 5}, "chat_template_kwargs", "chat_template_kwargs must be an object"),
        ({"tool_choice": "required"}, "tool_choice", "tool_choice is 'required'"),
        ({"prompt": "a"}, "prompt", "'prompt' is not a parameter of this route."),
    ],
)
def test_a_chat_is_refused_by_name(client, given, param, sentence):
    body = {"model": "tiny", "messages": [{"role": "user", "content": "a"}]} | given
    with pytest.raises(openai.BadRequestError) as refused:
        client.post("/chat/completions", body=body, cast_to=object)
    assert refused.value.param == param
    assert refused.value.body["message"].startswith(sentence)


def test_values_that_ask_for_nothing_are_accepted(client):
    nothing = {
        "frequency_penalty": 0,
        "presence_penalty": 0.0,
        "logit_bias": {},
        "best_of": 1,
        "suffix": None,
        "user": "me",
    }
    assert client.completions.create(model="tiny", prompt="a", max_tokens=2, **nothing).choices


def test_an_unknown_model_is_not_found(client):
    for model in ("gpt-4", ""):
        with pytest.raises(openai.NotFoundError, match="There is no model") as refused:
            client.completions.create(model=model, prompt="a")
        assert (refused.value.code, refused.value.param) == ("model_not_found", "model")


def test_a_chat_that_is_too_long_is_refused_by_the_name_that_it_used(client, engine, monkeypatch):
    monkeypatch.setattr(engine.model.tokenizer.hf, "chat_template", THINKING)
    for name in ("max_tokens", "max_completion_tokens"):
        with pytest.raises(openai.BadRequestError, match=f"{name} is 513, and this server") as refused:
            client.chat.completions.create(
                model="tiny", messages=[{"role": "user", "content": "a"}], extra_body={name: 513}
            )
        assert refused.value.param == name


def test_a_model_that_cannot_be_loaded_is_refused_by_name(tiny_models):
    with paced_shelf(tiny_models) as (engines, _), speaking(engines) as client:
        with pytest.raises(openai.InternalServerError, match="broken cannot be read") as refused:
            client.completions.create(model="broken", prompt="a")
        assert (refused.value.status_code, refused.value.param, refused.value.type) == (503, "model", "server_error")


def test_other_routes_and_other_bodies_are_refused_in_the_same_form(client):
    with pytest.raises(openai.NotFoundError, match="There is no POST /v1/embeddings here."):
        client.embeddings.create(model="tiny", input="a")
    with pytest.raises(openai.NotFoundError, match="There is no GET /v1/completions here."):
        client.get("/completions", cast_to=object)
    with pytest.raises(openai.NotFoundError, match="There is no GET /v1/? here."):
        client.get("", cast_to=object)
    for content in (b"{", b"[" * 100_000, b"5"):
        with pytest.raises(openai.BadRequestError, match="The body"):
            client.post("/completions", content=content, cast_to=object)


def test_an_error_while_a_stream_runs_is_its_last_event(client, llama):
    llama.spoil = lambda ids, seen: seen._replace(logits=seen.logits * float("nan"))
    with pytest.raises(openai.APIError, match="not numbers"):
        list(client.completions.create(model="tiny", prompt="the tin", max_tokens=5, stream=True))
    with pytest.raises(openai.BadRequestError, match="not numbers"):
        client.completions.create(model="tiny", prompt="the tin", max_tokens=5)


def served(engine, *options: str) -> TestClient:
    app = command_line.build_app(Engines.only(engine), command_line.arguments(list(options)))
    return TestClient(app, base_url=HERE, client=LOCAL, raise_server_exceptions=False)


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_a_server_with_a_key_asks_for_it(engine):
    with served(engine, "--api-key", "s3cret") as client:
        for headers in (
            {},
            bearer("wrong"),
            bearer(""),
            {"Authorization": "s3cret"},
            {"Authorization": "Basic s3cret"},
        ):
            refused = client.get("/v1/models", headers=headers)
            assert refused.status_code == 401
            assert refused.json()["error"]["code"] == "invalid_api_key"
        assert client.get("/v1/models", headers=bearer("s3cret")).json()["data"][0]["id"] == "tiny"
        assert client.get("/playground/models.json").status_code == 200  # the page needs no key


def test_with_a_login_the_key_opens_v1_and_nothing_else(engine):
    with served(engine, "--auth", "class:secret", "--api-key", "s3cret") as client:
        assert client.get("/v1/models", headers=bearer("s3cret")).status_code == 200
        assert client.get("/playground/models.json", headers=bearer("s3cret")).status_code == 401
        assert client.get("/v1/models", auth=("class", "secret")).status_code == 401


def test_with_a_login_and_no_key_v1_is_closed(engine):
    with served(engine, "--auth", "class:secret") as client:
        for headers in ({}, bearer("secret"), bearer("None")):
            refused = client.post("/v1/completions", json={"prompt": "a"}, headers=headers)
            assert refused.status_code == 401
            assert "Start it with --api-key" in refused.json()["error"]["message"]
        assert client.get("/v1/models", auth=("class", "secret")).status_code == 401


def test_pages_of_other_sites_may_not_use_it(engine):
    with served(engine) as client:
        for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
            refused = client.post("/v1/completions", json={"prompt": "a"}, headers={"Origin": origin})
            assert refused.status_code == 403
            assert "answers its own pages only" in refused.json()["error"]["message"]
            assert "access-control-allow-origin" not in refused.headers
        assert client.get("/v1/models", headers={"Host": "evil.example"}).status_code == 400


def test_an_address_that_sends_too_many_requests_is_told_so(engine, monkeypatch):
    monkeypatch.setattr(rates.Buckets, "take", lambda buckets, key, rate: 7.0)
    with served(engine) as client:
        refused = client.post("/v1/completions", json={"prompt": "a"})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "7")
    assert refused.json()["error"]["type"] == "rate_limit_error"


@pytest.mark.parametrize("key", ["", "two words", "schlüssel"])
def test_a_key_that_no_header_can_hold_is_refused(key, capsys):
    with pytest.raises(SystemExit):
        command_line.arguments(["--api-key", key])
    assert "--api-key has to be" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "local", "expected"),
    [
        ([], True, 204),
        (["--api-history", "3"], True, 200),
        (["--api-history", "3"], False, 204),
        (["--api-history", "3", "--root-path", "/"], True, 204),
    ],
)
def test_recent_requests_are_for_a_local_visitor_only(engine, options, local, expected):
    app = command_line.build_app(Engines.only(engine), command_line.arguments(options))
    with TestClient(app, base_url=HERE, client=LOCAL if local else ("192.0.2.7", 50_000)) as client:
        assert client.post("/v1/completions", json={"prompt": "the tin", "max_tokens": 2}).status_code == 200
        told = client.get("/playground/requests")
    assert told.status_code == expected
    if expected == 200:
        assert [one["prompt"] for one in told.json()] == ["the tin"]
