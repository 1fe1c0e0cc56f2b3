"""Tests what the page fetches of encoder-only models, the endpoints /fill and /classify, and what is refused."""

import re

import numpy as np
import pytest
import torch
from fastapi import FastAPI
from starlette.testclient import TestClient

from playground.decoding.chance import uniform
from playground.engine.engines import Engines
from playground.engine.reader import Reader
from playground.engine.request import Limits
from playground.engine.starting import Bounds, start_engines
from playground.engine.worker import Worker
from playground.errors import PlaygroundError
from playground.models.built_in import BUILT_IN
from playground.models.offer import offer
from playground.traces.store import TraceStore
from playground.web import api, filling
from playground.web.families import using_encoder
from playground.web.openai.routes import add_openai_routes
from playground.web.page import build_page
from playground.web.routes.beside_gradio import add_routes
from tests import encoders, fakes

BOUNDS = Bounds(Limits(), 10_000_000, 10_000_000)


@pytest.fixture(scope="module")
def engines(tmp_path_factory):
    """A server with four models: a Llama that writes, a BERT and a RoBERTa that fill blanks, and a classifier."""
    folder = tmp_path_factory.mktemp("models")
    fakes.tiny("llama").save_pretrained(folder / "llama")
    fakes.byte_level_tokenizer().save_pretrained(folder / "llama")
    names = [
        encoders.folder(folder / "bert", "bert"),
        str(folder / "llama"),
        encoders.folder(folder / "roberta", "roberta"),
        encoders.folder(folder / "labels", "distilbert", "text-classification", num_labels=3),
        encoders.folder(folder / "tagger", "bert", "token-classification", num_labels=3),
    ]
    started = start_engines([offer(name, "cpu") for name in names], BOUNDS)
    yield started
    started.close()


@pytest.fixture
def client(engines):
    app = FastAPI()
    add_routes(app, engines)
    with TestClient(app) as client:
        yield client


def post(client, path, **body):
    answer = client.post(f"/playground/encoder/{path}", json=body)
    assert answer.status_code == 200, answer.text
    return answer


def test_the_models_come_in_the_order_given_and_each_tells_its_task(engines, client):
    told = client.get("/playground/models.json").json()
    assert [(one["model"], one["family"], one["task"]) for one in told] == [
        ("bert", "encoder", "fill-mask"),
        ("llama", "decoder", None),
        ("roberta", "encoder", "fill-mask"),
        ("labels", "encoder", "text-classification"),
        ("tagger", "encoder", "token-classification"),
    ]
    assert [one["task"] for one in api.models(engines)] == [one["task"] for one in told]
    told = client.get("/playground/model.json?model=bert").json()
    assert (told["loaded"], told["mask_token"]) == (True, "[MASK]")
    assert client.get(f"/playground/{told['words']}").json()["tokens"][4] == "[MASK]"


def test_a_text_is_told_as_it_is_read_with_a_draw_for_each_mask(client):
    told = post(client, "text?model=bert", text="the ____ is [MASK].", seed=7).json()
    assert told["text"] == "the [MASK] is [MASK]."
    assert [told["ids"][place] for place in told["masks"]] == [told["mask_id"]] * 2
    assert told["special"] == [0, len(told["ids"]) - 1]
    assert told["draws"] == [uniform(7, 0), uniform(7, 1)]
    start, end, word = told["places"][told["masks"][0]]
    assert (told["text"][start:end], word) == ("[MASK]", 1)
    assert told["places"][0][2] is None
    assert post(client, "text?model=bert", text="the cat").json()["draws"] is None


def test_a_row_holds_the_logits_of_one_place(client):
    told = post(client, "text?model=roberta", text=encoders.TEXT).json()
    content = post(client, "row?model=roberta", ids=told["ids"], position=told["masks"][0]).content
    logits = encoders.tiny("roberta")(input_ids=torch.tensor([told["ids"]])).logits[0, told["masks"][0]]
    assert np.frombuffer(content, "<f4") == pytest.approx(logits.detach().numpy(), abs=1e-5)


def test_scores_and_labels_of_a_text(client):
    told = post(client, "likelihood?model=bert", text="a red cat").json()
    assert told["sum_nats"] == pytest.approx(sum(told["logprobs_nats"][1:-1]))
    assert [told["logprobs_nats"][place] for place in (0, -1)] == [None, None]
    [best, *_] = post(client, "labels?model=labels", text="a red cat").json()["labels"]
    assert set(best) == {"label", "probability"}
    tagged = post(client, "labels?model=tagger", ids=told["ids"]).json()
    assert [len(bars) for bars in tagged["tokens"]] == [3] * len(told["ids"])


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("row?model=bert", {"ids": [2, 99], "position": 0}, "99 is no token of bert"),
        ("row?model=bert", {"ids": [2, 5], "position": 2}, "position is 2"),
        ("row?model=bert", {"ids": [], "position": 0}, "The text is empty"),
        (
            "row?model=labels",
            {"ids": [2, 5], "position": 0},
            "labels cannot fill blanks. Choose one of: bert, rob",
        ),
        ("labels?model=bert", {"text": "a"}, "bert cannot label texts or label tokens. Choose one of: labels, tagger"),
        ("text?model=llama", {"text": "a"}, "llama cannot fill blanks .* Choose one of: bert"),
        ("text?model=bert", {"text": "  "}, "The text is empty"),
        (
            "text?model=bert",
            {"text": "a " * 30},
            r"The text has 32 tokens, and bert reads at most 24. Shorten .* 8",
        ),
        ("text?model=bert", {}, "The request has no text"),
        ("likelihood?model=bert", {"text": "[MASK]"}, "The text has no word to score"),
        ("text?model=none", {"text": "a"}, "There is no model 'none'"),
    ],
)
def test_what_cannot_be_answered_is_a_sentence(client, path, body, sentence):
    answer = client.post(f"/playground/encoder/{path}", json=body)
    assert answer.status_code in (400, 413, 422)
    assert re.search(sentence, answer.json()["detail"])


def test_what_writes_refuses_an_encoder_in_one_sentence(client):
    answer = client.post("/playground/next-logits?model=bert", json={"prompt_ids": [2], "completion_ids": []})
    assert (answer.status_code, answer.json()["detail"][:28]) == (422, "bert is encoder-only: it rea")


def test_clients_of_openai_are_not_offered_it(engines):
    app = FastAPI()
    add_routes(app, engines)
    add_openai_routes(app, engines, None)
    with TestClient(app) as client:
        assert [one["id"] for one in client.get("/v1/models").json()["data"]] == ["llama"]
        answer = client.post("/v1/completions", json={"model": "bert", "prompt": "a"})
        assert answer.json()["error"]["message"].startswith("bert is encoder-only")


def test_its_tokens_are_taken_apart(client):
    answer = client.post("/playground/inside/tokens?model=bert", json={"texts": ["a cat"]})
    assert answer.status_code == 200, answer.text


async def test_fill_and_classify_answer_plain_values(engines):
    async with using_encoder(engines, None, ["fill-mask"]) as worker:
        assert worker.model.name in ("bert", "roberta")
        [found] = await filling.fill(worker, encoders.TEXT, {"top_k": 2})
        assert (found["position"], found["kept"], found["unknown_words"]) == (4, 2, None)
        assert set(found["candidates"][0]) == {"token_id", "token", "probability"}
        [biased] = await filling.fill(worker, encoders.TEXT, {"logit_bias": [[7, 80]]})
        assert biased["candidates"][0]["token_id"] == 7
        for settings, sentence in (
            ({"repetition_penalty": 1.2}, "'repetition_penalty' says nothing about a blank"),
            ({"top_p": 2}, "top_p is 2"),
            (3, "settings must be an object"),
        ):
            with pytest.raises(PlaygroundError, match=sentence):
                await filling.fill(worker, encoders.TEXT, settings)
        with pytest.raises(PlaygroundError, match=r"The text has no blank. Write \[MASK\] or ___ where a"):
            await filling.fill(worker, "the capital of france", {})
        seen = await filling.attention(worker, "a cat", 0, 1)
        assert [len(row) for row in seen["weights"]] == [len(seen["tokens"])] * 4
    async with using_encoder(engines, "tagger", ["text-classification", "token-classification"]) as worker:
        found = await filling.classify(worker, "a cat")
        assert [one["token"] for one in found][1:3] == ["a", "cat"]
        assert sum(bar["probability"] for bar in found[1]["labels"]) == pytest.approx(1)
    async with using_encoder(engines, "labels") as worker:
        assert sum(bar["probability"] for bar in await filling.classify(worker, "a cat")) == pytest.approx(1)


async def test_what_only_a_decoder_has_is_refused(engines):
    async with using_encoder(engines, None, ["fill-mask"]) as worker:
        both = [await filling.attention(worker, "a cat", 0, 1, kind) for kind in ("self", "encoder")]
        assert both[0] == both[1]
        for kind, target, sentence in (
            ("cross", "", "kind is 'cross', and .* has no decoder. Choose the kind 'encoder'"),
            ("diagonal", "", "kind is 'diagonal'. Choose one of"),
            ("encoder", "a dog", "has no decoder, so that it has no target. Leave target out"),
        ):
            with pytest.raises(PlaygroundError, match=sentence):
                await filling.attention(worker, "a cat", 0, 1, kind, target)
        with pytest.raises(PlaygroundError, match="has no target"):
            await filling.lens(worker, "a cat", 1, 2, "a dog")


async def test_the_built_in_model_names_the_words_that_it_does_not_know():
    worker = Worker(offer(str(BUILT_IN / "fill-the-blank"), "cpu").load()).start()
    first, second = await filling.fill(worker, "The zebra ___ in [MASK].", {})
    assert first["unknown_words"] == second["unknown_words"] == ["zebra"]
    [known] = await filling.fill(worker, "The cat sleeps in the ___.", {})
    assert known["unknown_words"] == []
    app = FastAPI()
    add_routes(app, Engines.only(Reader(worker.model, TraceStore(1_000_000))))
    told = TestClient(app).post("/playground/encoder/text", json={"text": "The zebra ___."})
    worker.close()
    assert told.status_code == 200, told.text
    assert told.json()["unknown"].startswith("‘zebra’ is not among the 827 words")


async def test_a_server_without_such_a_model_says_so(engine):
    with pytest.raises(PlaygroundError, match="No model of this server is of the family encoder and can fill blanks"):
        async with using_encoder(Engines.only(engine), None, ["fill-mask"]):
            pass


async def test_a_server_with_encoder_only_models_alone_serves_them(tmp_path):
    names = [
        encoders.folder(tmp_path / "bert", "bert"),
        encoders.folder(tmp_path / "mood", "bert", "text-classification"),
    ]
    engines = start_engines([offer(name, "cpu") for name in names], BOUNDS)
    assert (engines.first, engines.writer, engines.loaded("mood")) == ("bert", None, None)
    async with engines.using_any(None) as reader:
        assert len(await filling.fill(reader, "the ___", {})) == 1
    with pytest.raises(PlaygroundError, match="bert is encoder-only"):
        async with engines.using(None):
            pass
    assert build_page(engines)
    engines.close()


async def test_the_first_model_stays_the_first_and_another_one_writes(tmp_path):
    fakes.tiny("llama").save_pretrained(tmp_path / "llama")
    fakes.byte_level_tokenizer().save_pretrained(tmp_path / "llama")
    names = [encoders.folder(tmp_path / "bert", "bert"), str(tmp_path / "llama")]
    engines = start_engines([offer(name, "cpu") for name in names], BOUNDS)
    assert (engines.first, engines.writer) == ("bert", "llama")
    assert isinstance(engines.loaded("bert"), Reader)
    async with engines.using(None) as engine, engines.using_any(None) as reader:
        assert (engine.model.name, reader.model.name) == ("llama", "bert")
    engines.close()


async def test_a_tokenizer_without_a_mask_token_is_told(tokenizer):
    model = encoders.named("bert")
    model.tokenizer.hf.mask_token = None
    worker = Worker(model).start()
    with pytest.raises(PlaygroundError, match="The tokenizer of bert has no mask token"):
        await filling.fill(worker, "the ___", {})
    worker.close()
