"""Tests `/v1` with the official client: texts are those of the API, numbers are those of transformers."""

import asyncio
import json
import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest
from openai import OpenAI
from openai.types import Completion

from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.engine.peers import Peers
from playground.engine.request import Limits, Request
from playground.engine.speed import Speed
from playground.models.language_model import LanguageModel
from playground.models.offer import Offer
from playground.traces.store import TraceStore
from playground.web import api
from playground.web.openai.history import History
from tests import fakes
from tests.openai_site import speaking
from tests.test_chat_template import THINKING

TEXT = "the tin on the"


@pytest.fixture
def client(engine) -> Iterator[OpenAI]:
    engine.model.eos_token_ids = frozenset()  # random texts would end at any step
    with speaking(engine) as client:
        yield client


def traced(engine: Engine, prompt: str = TEXT, **settings) -> dict:
    return asyncio.run(api.trace(engine, prompt, {"strategy": "greedy", "max_new_tokens": 12} | settings))


def raw(engine: Engine, ids: list[int]):
    """Returns (position, vocab) log-probabilities of a plain forward of transformers, in float64."""
    return fakes.full_forward(engine.model.hf, ids)[0].float().double().log_softmax(-1)


def test_a_greedy_completion_is_that_of_the_api(client, engine):
    answer = client.completions.create(model="tiny", prompt=TEXT, temperature=0, max_tokens=12)
    [choice] = answer.choices
    assert choice.text == traced(engine)["text"]
    assert (choice.index, choice.finish_reason, choice.logprobs) == (0, "length", None)
    read = len(engine.model.tokenizer.encode(TEXT))
    usage = answer.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (read, 12, read + 12)


def test_a_sampled_completion_is_that_of_the_api_with_its_seed_and_stages(client, engine):
    others = {"top_k": 40, "repetition_penalty": 1.3, "order": "llama.cpp"}
    ours = {"top_p": 0.9, "frequency_penalty": 0.4, "presence_penalty": 0.2, "logit_bias": {"250": 5}}
    stages, few = ours | others, ours | {"extra_body": others, "temperature": 0.7}
    answer = client.completions.create(model="tiny", prompt=TEXT, seed=5, n=3, max_tokens=12, **few)
    expected = [traced(engine, strategy="sample", seed=5 + n, temperature=0.7, **stages)["text"] for n in range(3)]
    assert [choice.text for choice in answer.choices] == expected
    assert len(set(expected)) == 3
    assert answer.usage.completion_tokens == 36


def test_without_a_seed_texts_differ(client):
    asked = {"model": "tiny", "prompt": TEXT, "max_tokens": 12}
    assert client.completions.create(**asked).choices[0].text != client.completions.create(**asked).choices[0].text


def test_log_probabilities_are_the_raw_ones_whatever_the_settings(client, engine):
    asked = {"model": "tiny", "prompt": TEXT, "seed": 2, "max_tokens": 8, "temperature": 0.5, "top_p": 0.8}
    found = client.completions.create(**asked, logprobs=3).choices[0].logprobs
    written = traced(engine, strategy="sample", seed=2, temperature=0.5, top_p=0.8, max_new_tokens=8)
    ids = [step["token_id"] for step in written["steps"]]
    rows = raw(engine, written["prompt_ids"] + ids)[len(written["prompt_ids"]) - 1 : -1]
    assert found.token_logprobs == pytest.approx(
        [row[one].item() for one, row in zip(ids, rows, strict=True)], abs=1e-5
    )
    for one, row, told in zip(ids, rows, found.top_logprobs, strict=True):
        best = row.topk(3)
        assert sorted(told.values(), reverse=True)[:3] == pytest.approx(best.values.tolist(), abs=1e-5)
        assert len(told) == (3 if one in best.indices.tolist() else 4)


def test_echo_scores_a_text(client, engine):
    answer = client.completions.create(model="tiny", prompt=TEXT, max_tokens=0, echo=True, logprobs=1)
    ids = list(engine.model.tokenizer.encode(TEXT))
    expected = [row[one].item() for one, row in zip(ids[1:], raw(engine, ids), strict=False)]
    found = answer.choices[0].logprobs
    assert answer.choices[0].text == TEXT == "".join(found.tokens)
    assert found.token_logprobs[0] is None
    assert found.token_logprobs[1:] == pytest.approx(expected, abs=1e-5)
    assert [TEXT[place : place + len(token)] for place, token in zip(found.text_offset, found.tokens, strict=True)] == (
        found.tokens
    )
    assert answer.usage.completion_tokens == 0
    assert answer.choices[0].finish_reason == "length"


def test_echo_comes_before_what_is_written(client, engine):
    asked = {"model": "tiny", "prompt": TEXT, "temperature": 0, "max_tokens": 5}
    alone = client.completions.create(**asked, logprobs=0).choices[0]
    both = client.completions.create(**asked, logprobs=0, echo=True).choices[0]
    assert both.text == TEXT + alone.text
    assert both.logprobs.tokens[-5:] == alone.logprobs.tokens
    assert both.logprobs.text_offset[-5:] == [len(TEXT) + place for place in alone.logprobs.text_offset]


def test_prompts_are_texts_or_ids_one_or_several(client, engine):
    texts = ["the tin", "on the inn"]
    ids = [list(engine.model.tokenizer.encode(text)) for text in texts]
    for prompt in (texts, ids):
        answer = client.completions.create(model="tiny", prompt=prompt, temperature=0, max_tokens=6, n=2)
        expected = [traced(engine, text, max_new_tokens=6)["text"] for text in texts for _ in range(2)]
        assert [choice.text for choice in answer.choices] == expected
        assert [choice.index for choice in answer.choices] == [0, 1, 2, 3]
    alone = client.completions.create(model="tiny", prompt=ids[0], temperature=0, max_tokens=6, echo=True)
    assert alone.choices[0].text == texts[0] + traced(engine, texts[0], max_new_tokens=6)["text"]


def test_a_stream_says_what_the_whole_answer_says(client):
    asked = {"model": "tiny", "prompt": TEXT, "seed": 4, "max_tokens": 20, "n": 2, "logprobs": 1, "echo": True}
    whole = client.completions.create(**asked)
    parts = list(client.completions.create(**asked, stream=True, stream_options={"include_usage": True}))
    *news, last = parts
    assert (last.choices, last.usage) == ([], whole.usage)
    for choice in whole.choices:
        own = [part.choices[0] for part in news if part.choices[0].index == choice.index]
        assert "".join(part.text for part in own) == choice.text
        assert [part.finish_reason for part in own] == [None] * (len(own) - 1) + ["length"]
        assert len(own) > 10
        for name, told in choice.logprobs.model_dump().items():
            streamed = [one for part in own for one in part.logprobs.model_dump()[name]]
            assert streamed == pytest.approx(told) if name == "token_logprobs" else len(streamed) == len(told)
    assert all(part.usage is None for part in client.completions.create(**asked, stream=True))


def test_a_text_ends_before_its_stop_text(client, engine):
    whole = traced(engine, max_new_tokens=20)["text"]
    stop = whole[7:9]
    asked = {"model": "tiny", "prompt": TEXT, "temperature": 0, "max_tokens": 20, "stop": [stop, "no such text"]}
    [choice] = client.completions.create(**asked, logprobs=0).choices
    assert choice.text == whole[: whole.index(stop)]
    assert choice.finish_reason == "stop"
    assert all(place < len(choice.text) for place in choice.logprobs.text_offset)
    streamed = [part.choices[0].text for part in client.completions.create(**asked, stream=True)]
    assert "".join(streamed) == choice.text


def test_an_end_token_ends_the_text_and_does_not_belong_to_it(client, engine):
    steps = traced(engine, max_new_tokens=20)["steps"]
    end = steps[6]["token_id"]
    first = next(step["index"] for step in steps if step["token_id"] == end)
    engine.model.eos_token_ids = frozenset({end})
    answer = client.completions.create(model="tiny", prompt=TEXT, temperature=0, max_tokens=20, logprobs=0)
    [choice] = answer.choices
    assert choice.finish_reason == "stop"
    assert choice.text == engine.model.tokenizer.decode([step["token_id"] for step in steps[:first]])
    assert len(choice.logprobs.tokens) == first
    assert answer.usage.completion_tokens == first + 1


def test_a_chat_is_the_text_of_the_chat_template(client, engine):
    engine.model.tokenizer.hf.chat_template = THINKING
    try:
        messages = [{"role": "system", "content": "Be brief"}, {"role": "user", "content": "the tin"}]
        told = {"messages": messages, "template_options": {"enable_thinking": False}}
        expected = traced(engine, "", **told)
        asked = {"model": "tiny", "temperature": 0, "extra_body": {"chat_template_kwargs": told["template_options"]}}
        in_parts = [messages[0], {"role": "user", "content": [{"type": "text", "text": "the tin"}]}]
        for given in (messages, in_parts):
            answer = client.chat.completions.create(**asked, messages=given, max_completion_tokens=12)
            assert answer.choices[0].message.content == expected["text"]
            assert answer.choices[0].message.role == "assistant"
            assert answer.usage.prompt_tokens == len(expected["prompt_ids"])
        streamed = list(client.chat.completions.create(**asked, messages=messages, max_tokens=12, stream=True))
        assert streamed[0].choices[0].delta.role == "assistant"
        assert "".join(part.choices[0].delta.content or "" for part in streamed) == expected["text"]
        found = client.chat.completions.create(**asked, messages=messages, max_tokens=12, logprobs=True, top_logprobs=2)
        ids = expected["prompt_ids"] + [step["token_id"] for step in expected["steps"]]
        rows = raw(engine, ids)[len(expected["prompt_ids"]) - 1 : -1]
        for token, step, row in zip(found.choices[0].logprobs.content, expected["steps"], rows, strict=True):
            assert token.logprob == pytest.approx(row[step["token_id"]].item(), abs=1e-5)
            assert [one.logprob for one in token.top_logprobs] == pytest.approx(row.topk(2).values.tolist(), abs=1e-5)
            assert bytes(token.bytes).decode("utf-8", "replace") == token.token
    finally:
        engine.model.tokenizer.hf.chat_template = None


def test_a_chat_without_a_length_fills_the_window(client, engine):
    engine.model.tokenizer.hf.chat_template = THINKING
    try:
        answer = client.chat.completions.create(model="tiny", messages=[{"role": "user", "content": "a"}], seed=1)
    finally:
        engine.model.tokenizer.hf.chat_template = None
    assert answer.usage.total_tokens == fakes.WINDOW
    assert answer.choices[0].finish_reason == "length"


def test_a_completion_without_a_length_has_16_tokens_or_what_the_server_allows(client, llama):
    assert client.completions.create(model="tiny", prompt=TEXT).usage.completion_tokens == 16
    engine = Engine(llama, TraceStore(1_000_000), Limits(new_tokens=7)).start()
    try:
        with speaking(engine) as short:
            assert short.completions.create(model="tiny", prompt=TEXT).usage.completion_tokens == 7
    finally:
        engine.close()


def test_each_model_answers_for_itself(tiny_models, tokenizer):
    models = [LanguageModel(tiny_models[kind], tokenizer, kind) for kind in ("gpt2", "llama")]
    store, speed = TraceStore(50_000_000), Speed()
    peers: Peers[Engine] = Peers()
    offers = [Offer(one.name, 1, "float32", "cpu", 0, lambda one=one: one) for one in models]
    start = lambda offer, room: (Engine(offer.load(), store, peers=peers, speed=speed).start(), 0)  # noqa: E731
    engines = Engines(offers, store, speed, start, memory=2**40)
    asked = {"prompt": TEXT, "temperature": 0, "max_tokens": 12, "logprobs": 0}
    try:
        with speaking(engines) as client, ThreadPoolExecutor(8) as pool:
            names = [("gpt2", "llama")[number % 2] for number in range(16)]
            answers = list(pool.map(lambda name: client.completions.create(model=name, **asked), names))
            first = client.post("/completions", body=asked, cast_to=Completion)
        alone = {one.name: fakes.run(engines.loaded(one.name), plain(one))[1].token_ids for one in models}
    finally:
        engines.close()
    for name, answer in zip([*names, "gpt2"], [*answers, first], strict=True):
        ids = [one for one in alone[name] if one != fakes.EOS]
        assert answer.model == name
        assert answer.choices[0].text == models[0].tokenizer.decode(ids)
    assert alone["gpt2"] != alone["llama"]


def plain(model: LanguageModel) -> Request:
    return Request(model.tokenizer.encode(TEXT), fakes.greedy(12))


def test_models_are_listed(client):
    assert [model.id for model in client.models.list()] == ["tiny"]
    assert client.models.retrieve("tiny").object == "model"
    with pytest.raises(openai.NotFoundError, match="There is no model 'gpt-4'") as refused:
        client.models.retrieve("gpt-4")
    assert refused.value.code == "model_not_found"


def test_a_client_that_leaves_ends_its_text(client, engine, llama):
    llama.hold()
    stream = client.completions.create(model="tiny", prompt=TEXT, max_tokens=80, stream=True)
    llama.allow(3)
    next(stream)
    stream.close()
    with pytest.raises(openai.APITimeoutError):
        client.with_options(timeout=0.3).completions.create(model="tiny", prompt=TEXT, max_tokens=80)
    llama.allow(8)
    until = time.monotonic() + fakes.PATIENCE_SECONDS
    while engine.busy or engine.store.nbytes:
        assert time.monotonic() < until
        time.sleep(0.01)
    assert len(llama.batch_sizes) < 12


def test_nothing_is_kept_without_a_history(client, engine):
    client.completions.create(model="tiny", prompt=TEXT, max_tokens=5, n=2)
    until = time.monotonic() + fakes.PATIENCE_SECONDS
    while engine.store.nbytes:  # the texts are dropped after the answer was sent
        assert time.monotonic() < until


def test_the_last_requests_are_kept(engine):
    history = History(engine.store, 2)
    with speaking(engine, history) as client:
        for prompt in ("one", "two", "three"):
            client.completions.create(model="tiny", prompt=prompt, max_tokens=3, n=2, temperature=0.5, seed=5)
        client.completions.create(model="tiny", prompt="the tin", max_tokens=0, echo=True)
        client.close()
    until = time.monotonic() + fakes.PATIENCE_SECONDS
    while len(history.listed()) < 2 or history.listed()[0]["prompt"] != "the tin":
        assert time.monotonic() < until
    scored, written = history.listed()
    assert (scored["route"], scored["model"], written["prompt"]) == ("/v1/completions", "tiny", "three")
    traces = [engine.store.get(trace_id) for trace_id in written["trace_ids"]]
    assert [len(trace.steps) for trace in traces] == [3, 3]
    assert {trace.settings.temperature for trace in traces} == {0.5}
    assert engine.store.get(scored["trace_ids"][0]).stop_reason == "scored"


def test_who_asks_too_much_at_once_is_told_so(llama):
    engine = Engine(llama, TraceStore(1_000_000), Limits(rows=1, waiting_each=2)).start()
    try:
        with speaking(engine) as client, pytest.raises(openai.RateLimitError, match="already waiting") as refused:
            client.completions.create(model="tiny", prompt=TEXT, n=8, max_tokens=40)
        assert refused.value.response.headers["retry-after"] == "5"
        assert refused.value.code == "rate_limit_exceeded"
    finally:
        engine.close()


def formatted(schema: dict) -> dict:
    return {"type": "json_schema", "json_schema": {"name": "found", "strict": True, "schema": schema}}


@pytest.mark.parametrize(
    ("format", "own", "found"),
    [
        (formatted({"enum": [[1, 2]]}), {"json_schema": {"enum": [[1, 2]]}}, [1, 2]),
        ({"type": "json_object", "schema": {"enum": [{"a": 1}]}}, {"json_schema": {"enum": [{"a": 1}]}}, {"a": 1}),
        ({"type": "json_object"}, {"json_schema": {"type": "object"}}, None),
        ({"type": "text"}, {}, None),
    ],
)
def test_a_format_is_the_constraint_of_its_schema(client, engine, format, own, found):
    engine.model.eos_token_ids = frozenset({fakes.EOS})  # a constraint needs an end
    asked = {"model": "tiny", "prompt": TEXT, "seed": 3, "max_tokens": 40}
    told = client.completions.create(**asked, extra_body={"response_format": format}).choices[0]
    same = client.completions.create(**asked, extra_body=own).choices[0]
    parts = list(client.completions.create(**asked, extra_body={"response_format": format}, stream=True))
    assert told.text == same.text == "".join(part.choices[0].text for part in parts)
    assert told.text.startswith("{") == (own == {"json_schema": {"type": "object"}} or found == {"a": 1})
    if found is not None:
        assert (json.loads(told.text), told.finish_reason) == (found, "stop")


PERSON = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 20},
        "age": {"type": "integer", "minimum": 1, "maximum": 99},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
}


@pytest.mark.model
def test_the_default_models_answer_in_a_format_parses(default_model):
    engine = Engine(default_model, TraceStore(50_000_000)).start()
    messages = [{"role": "user", "content": "Describe a person as JSON, with a name and an age."}]
    asked = {"model": default_model.name, "max_tokens": 120, "seed": 1}
    try:
        with speaking(engine) as client:
            chat = {"messages": messages, "response_format": formatted(PERSON)}
            whole = client.chat.completions.create(**asked, **chat, n=4).choices
            parts = list(client.chat.completions.create(**asked, **chat, stream=True))
            free = client.chat.completions.create(
                **asked, messages=messages, temperature=0, response_format={"type": "json_object"}
            )
    finally:
        engine.close()
    streamed = "".join(part.choices[0].delta.content or "" for part in parts)
    assert streamed == whole[0].message.content
    for choice in whole:
        found = json.loads(choice.message.content)
        assert choice.finish_reason == "stop"
        assert found.keys() == {"name", "age"}
        assert isinstance(found["name"], str)
        assert 1 <= found["age"] <= 99
    assert isinstance(json.loads(free.choices[0].message.content), dict)


@pytest.mark.model
def test_the_default_model_says_what_transformers_says(default_model):
    engine = Engine(default_model, TraceStore(50_000_000)).start()
    text = "The capital of France is Paris, and the capital of Italy is"
    try:
        with speaking(engine) as client:
            asked = {"model": default_model.name, "prompt": text, "temperature": 0, "max_tokens": 12}
            whole = client.completions.create(**asked, echo=True, logprobs=1).choices[0]
        written = traced(engine, text)
        assert whole.text == text + written["text"]
        ids = written["prompt_ids"] + [step["token_id"] for step in written["steps"]]
        rows = raw(engine, ids)[:-1]
        expected = [row[one].item() for one, row in zip(ids[1:], rows, strict=True)]
        assert whole.logprobs.token_logprobs[1:] == pytest.approx(expected, abs=2e-5)
        assert all(math.isfinite(one) for one in expected)
    finally:
        engine.close()
