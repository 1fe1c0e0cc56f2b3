"""Tests `/watermark`, of the API and of the page: both say of a text what transformers' detector says."""

import json

import pytest
import torch
from starlette.testclient import TestClient
from transformers import LlamaConfig, WatermarkDetector, WatermarkingConfig

from playground import command_line
from playground.decoding.settings import Settings
from playground.engine.engines import Engines
from playground.engine.request import Request
from playground.web.watermarks import MOST_CHARACTERS, found
from tests import fakes

HERE = "http://127.0.0.1"
KEY = {"watermark_ratio": 0.5, "watermark_key": 7}
TEXT = "the tin on the tin in the tin"


@pytest.fixture
def page(engine):
    with TestClient(command_line.build_app(Engines.only(engine), command_line.arguments([])), base_url=HERE) as page:
        yield page


def call(page: TestClient, *asked) -> str:
    event = page.post("/gradio_api/call/watermark", json={"data": asked}).json()["event_id"]
    return page.get(f"/gradio_api/call/watermark/{event}").text


def test_the_scores_are_those_of_transformers_without_special_tokens(engine):
    told = found(engine.model, TEXT, Settings(**KEY))
    ids = [token["token_id"] for token in told["tokens"]]
    assert "".join(token["token"] for token in told["tokens"]) == TEXT
    config = WatermarkingConfig(greenlist_ratio=0.5, hashing_key=7)
    detector = WatermarkDetector(LlamaConfig(vocab_size=fakes.VOCABULARY, bos_token_id=fakes.BOS), "cpu", config)
    theirs = detector(torch.tensor([ids]), return_dict=True)
    assert (told["green"], told["scored"]) == (theirs.num_green_tokens[0], theirs.num_tokens_scored[0])
    assert told["z_score"] == pytest.approx(theirs.z_score[0])
    assert told["p_value"] == pytest.approx(theirs.p_value[0])
    assert told["tokens"][0]["is_green"] is None
    assert sum(token["is_green"] for token in told["tokens"][1:]) == told["green"]


@pytest.mark.parametrize("text", ["", "a"])
def test_without_a_scored_token_there_is_no_score(engine, text):
    told = found(engine.model, text, Settings(**KEY))
    assert (told["z_score"], told["p_value"], told["green"], told["scored"]) == (None, None, 0, 0)
    assert len(told["tokens"]) == len(text)


def test_a_client_may_give_the_settings_of_a_trace(page, engine):
    asked = {"model": engine.model.name, "strategy": "greedy", "watermark_bias": 3.0, **KEY}
    event, data = call(page, TEXT, asked).strip().split("\n")
    assert event == "event: complete"
    assert json.loads(data.removeprefix("data: "))[0] == found(engine.model, TEXT, Settings(**KEY))


def test_bad_input_is_refused_in_a_sentence(page):
    long = "x" * (MOST_CHARACTERS + 1)
    assert "text has 20,001 characters. Give at most 20,000." in call(page, long, KEY)
    assert "text must be a text, but is 7. Give a text." in call(page, 7, KEY)
    assert "watermark_ratio is 1, which is out of range." in call(page, TEXT, {"watermark_ratio": 1})
    assert "watermark_keys" in call(page, TEXT, {"watermark_keys": 1})


def test_the_page_is_told_which_tokens_of_a_text_are_green(client, engine):
    """With a high bias every token that the model chooses is green; of those of the prompt that is chance."""
    settings = Settings(max_new_tokens=25, seed=3, watermark_bias=100.0, **KEY)
    trace = fakes.run(engine, Request(fakes.prompt(5), settings))[1]
    prompt_ids, ids = trace.prompt_ids, trace.token_ids
    assert len(ids) > 10
    answer = client.post("/playground/watermark", json=KEY | {"ids": [prompt_ids[-1], *ids]})
    assert answer.json()["is_green"] == [True] * len(ids)
    assert answer.json()["z_score"] == pytest.approx(len(ids) ** 0.5), "each is green, at a ratio of a half"
    other = client.post("/playground/watermark", json=KEY | {"ids": [prompt_ids[-1], *ids], "watermark_key": 8})
    assert not all(other.json()["is_green"])


def test_the_page_s_route_refuses_what_is_no_text(client):
    assert client.post("/playground/watermark", json=KEY | {"ids": [10**9]}).status_code == 400
    refused = client.post("/playground/watermark", json={"ids": [7, 8], "watermark_ratio": 0.5})
    assert refused.status_code == 400
    assert "watermark_key" in refused.json()["detail"]
