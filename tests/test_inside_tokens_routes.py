"""Tests the routes and the API of the pane Tokens: the model's tokeniser, a visitor's own file, a space at the end."""

import asyncio
import gzip
import json
import re
import subprocess
import sys

import pytest
from fastapi import FastAPI
from tokenizers import Regex as Expression
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import ByT5Tokenizer

from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.errors import PlaygroundError
from playground.inside import tokenizer_files
from playground.inside.tokenizer_files import TokenizerFiles, unpacked
from playground.inside.tokens import after_space, made
from playground.models.language_model import LanguageModel
from playground.traces.store import TraceStore
from playground.web.guards.rates import LOOKS, LOOKS_OF_A_PAGE, rates_of
from playground.web.inside.tokens import tokens
from playground.web.routes.beside_gradio import add_routes
from tests import fakes

TOKENS = "/playground/inside/tokens"


def file_of(backend: Tokenizer) -> bytes:
    return gzip.compress(backend.to_str().encode())


async def test_the_api_tells_tokens_and_merges(engine):
    answer = await tokens(engine, "the the")
    assert answer["tokens"] == [
        {"token_id": 85, "token": "t", "bytes": [116], "start": 0, "end": 1, "special": False},
        {"token_id": 259, "token": "he", "bytes": [104, 101], "start": 1, "end": 3, "special": False},
        {"token_id": 260, "token": " the", "bytes": [32, 116, 104, 101], "start": 3, "end": 7, "special": False},
    ]
    assert answer["merges"] == [["h", "e", 1], ["Ġ", "t", 0], ["h", "e", 1], ["Ġt", "he", 2]]
    assert json.loads(json.dumps(answer)) == answer
    assert await tokens(engine, "") == {"tokens": [], "merges": []}


async def test_the_ids_are_those_that_the_model_reads(engine):
    for text in ("</s>the", "🙂 éü the\n\n", " a"):
        assert tuple(
            one["token_id"] for one in (await tokens(engine, text))["tokens"]
        ) == engine.model.tokenizer.encode(text)


@pytest.mark.parametrize("make", [fakes.word_piece_tokenizer, fakes.sentence_piece_tokenizer])
async def test_a_tokeniser_that_does_not_merge_has_no_merges(tiny_models, make):
    engine = Engine(LanguageModel(tiny_models["llama"], make(), "tiny"), TraceStore(10**6))
    assert (await tokens(engine, "the the"))["merges"] is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (7, "text must be a text, but is 7. Give a text."),
        ("x" * 4001, "text has 4,001 characters, and at most 4,000 are taken apart. Shorten it by 1."),
        ("a\ud800", "text holds U+D800 at character 2, half of a surrogate pair"),
    ],
)
async def test_a_text_that_cannot_be_taken_apart_is_refused(engine, text, sentence):
    with pytest.raises(PlaygroundError, match=re.escape(sentence)):
        await tokens(engine, text)


def test_a_tokeniser_in_python_shows_its_pieces_without_steps():
    told = made(ByT5Tokenizer()).message("hé y")
    assert [(one["bytes"], one["start"], one["end"], one["isPutIn"]) for one in told["tokens"]][:4] == [
        ("68", 0, 1, False),
        ("", 1, 1, False),  # half of a character, which this tokeniser decodes to nothing
        ("", 1, 2, False),
        ("20", 2, 3, False),
    ]
    assert [one["special"] for one in told["tokens"]] == 5 * [False] + [True]
    assert told["words"] is None
    assert told["reason"].startswith("This tokeniser is written in Python")


# the routes


def test_the_page_gets_tokens_words_and_counts_of_several_texts(client):
    answers = client.post(TOKENS, json={"texts": ["the", "  "]}).json()["answers"]
    assert [[one["shown"] for one in answer["tokens"]] for answer in answers] == [["t", "he"], ["··"]]
    assert answers[0]["algorithm"] == "BPE"
    assert answers[0]["words"][0]["merges"] == [[1, 1]]
    assert answers[0]["counts"] == {"tokens": 2, "words": 1, "characters": 3, "bytes": 3}


@pytest.mark.parametrize(
    ("asked", "status", "sentence"),
    [
        ({"texts": "the"}, 400, "texts must be a list"),
        ({"texts": ["a"] * 25}, 413, "texts has 25 values. Give at most 24."),
        ({"texts": ["a" * 4001]}, 413, "at most 4,000 are taken apart"),
        ({}, 400, "The request has no texts"),
        ({"texts": ["a"], "file": "../x"}, 400, "which is not the id of a text"),
        ({"texts": ["a"], "file": "nobody"}, 404, "Choose the file again."),
    ],
)
def test_a_request_that_cannot_be_answered_is_refused_in_a_sentence(client, asked, status, sentence):
    answer = client.post(TOKENS, json=asked)
    assert answer.status_code == status
    assert sentence in answer.json()["detail"]


def test_a_space_at_the_end_changes_what_comes_next(client, engine):
    told = client.post(f"{TOKENS}/space", json={"text": "the tin "}).json()
    encode = engine.model.tokenizer.encode
    rows = [
        fakes.full_forward(engine.model.hf, encode(text))[0][-1].double().softmax(-1)
        for text in ("the tin ", "the tin")
    ]
    for one in told["candidates"]:
        expected = [row[one["token_id"]].item() for row in rows]
        assert [one["with_space"], one["without"]] == pytest.approx(expected, abs=1e-5)
    assert {rows[0].argmax().item(), rows[1].argmax().item()} <= {one["token_id"] for one in told["candidates"]}
    leading = [number for number, text in enumerate(engine.model.vocabulary) if text.startswith("·")]
    assert told["begins"] == pytest.approx([row[leading].sum().item() for row in rows], abs=1e-5)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("the", "does not end in a space"), ("  ", "nothing but spaces"), ("the " * 100, "window")],
)
async def test_a_space_that_cannot_be_compared_is_refused(engine, text, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        await after_space(engine, text)


@pytest.mark.model
def test_the_default_model_wants_a_word_that_begins_with_a_space(default_model):
    engine = Engine(default_model, TraceStore(10**7)).start()
    try:
        told = asyncio.run(after_space(engine, "The capital of France is "))
    finally:
        engine.close()
    assert told["begins"][0] < 0.2 < 0.8 < told["begins"][1]


# a visitor's own file


@pytest.fixture
async def files():
    files = TokenizerFiles()
    yield files
    files.close()


async def test_a_file_takes_texts_apart_as_its_own_tokeniser_does(files):
    backend = fakes.byte_level_tokenizer().backend_tokenizer
    facts = await files.open(file_of(backend))
    assert (facts["algorithm"], facts["size"]) == ("BPE", 267)
    [told] = await files.messages(facts["id"], ["the éü\n</s>"])
    assert told == json.loads(json.dumps(made(fakes.byte_level_tokenizer()).message("the éü\n</s>")))


@pytest.mark.parametrize(
    ("packed", "sentence"),
    [
        (b"not compressed", "did not come as a whole"),
        (gzip.compress(b"\xff\xfe"), "is no tokenizer.json (it is not text in UTF-8)"),
        (gzip.compress(b"{}"), "is no tokenizer.json ("),
        (gzip.compress(b"[" * 100_000), "is no tokenizer.json ("),
    ],
    ids=["not packed", "not text", "no model", "too deep"],  # what is packed holds the time
)
async def test_a_file_that_is_no_tokeniser_is_refused(files, packed, sentence):
    with pytest.raises(PlaygroundError) as refused:
        await files.open(packed)
    assert sentence in str(refused.value)
    assert len(str(refused.value)) < 400


def test_a_file_that_unpacks_to_too_much_is_not_unpacked(monkeypatch):
    monkeypatch.setattr(tokenizer_files, "LARGEST_FILE", 1000)
    with pytest.raises(PlaygroundError, match="more than 1,000 bytes"):
        unpacked(gzip.compress(b" " * 10**7))


EXPONENTIAL = r"(a|a|aa)+[bc]"


@pytest.mark.parametrize(
    ("text", "seconds", "sentence"),
    [(("a" * 14 + "z") * 200, 1.0, "longer than 1 s, so"), ("a" * 40, 60.0, "failed at this text .Onig")],
)
async def test_an_expression_that_takes_for_ever_is_stopped(files, monkeypatch, text, seconds, sentence):
    monkeypatch.setattr(tokenizer_files, "ANSWER_SECONDS", seconds)
    backend = Tokenizer(models.BPE({"a": 0}, []))
    backend.pre_tokenizer = pre_tokenizers.Split(Expression(EXPONENTIAL), "isolated")
    facts = await files.open(file_of(backend))
    with pytest.raises(PlaygroundError, match=sentence):
        await files.messages(facts["id"], [text])
    with pytest.raises(PlaygroundError, match="Choose the file again"):
        await files.messages(facts["id"], ["a"])


async def test_the_file_used_longest_ago_is_given_up(files):
    packed = file_of(fakes.byte_level_tokenizer().backend_tokenizer)
    first, *others = [(await files.open(packed))["id"] for _ in range(tokenizer_files.MOST_FILES + 1)]
    with pytest.raises(PlaygroundError, match="Choose the file again"):
        await files.messages(first, ["a"])
    for one in others:
        assert len(await files.messages(one, ["a", "b"])) == 2


def test_a_file_comes_by_its_route(client):
    packed = file_of(fakes.word_piece_tokenizer().backend_tokenizer)
    facts = client.post(f"{TOKENS}/files", content=packed).json()
    assert (facts["algorithm"], facts["size"]) == ("WordPiece", 5)
    [told] = client.post(TOKENS, json={"texts": ["there"], "file": facts["id"]}).json()["answers"]
    assert [one["shown"] for one in told["tokens"]] == ["the", "re"]
    assert told["words"][0]["spans"] == [[0, 3], [3, 5]]
    assert client.post(f"{TOKENS}/files", content=b"").status_code == 400


def test_the_process_of_a_file_ends_when_nobody_asks_it_for_long():
    program = "from playground.inside import tokenizer_process as own; own.IDLE_SECONDS = 0.1; own.main()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE) as process:
        assert process.wait(fakes.PATIENCE_SECONDS) == 0


# who asks


async def test_a_question_with_a_body_ends_when_its_client_leaves(engine, monkeypatch):
    begun, ended = asyncio.Event(), asyncio.Event()

    async def after(ids):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    monkeypatch.setattr(engine.lookups, "after", after)
    app = FastAPI()
    add_routes(app, Engines.only(engine))
    body = json.dumps({"text": "the "}).encode()
    messages = [{"type": "http.request", "body": body}]

    async def receive():
        if messages:
            return messages.pop()
        await begun.wait()
        return {"type": "http.disconnect"}

    async def send(message):
        pass

    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": f"{TOKENS}/space", "headers": headers, "query_string": b""}
    async with asyncio.timeout(fakes.PATIENCE_SECONDS):
        await app(scope, receive, send)
        await ended.wait()


def test_questions_about_the_inside_count_as_looks():
    scope = {"path": TOKENS, "client": ("10.0.0.1", 1), "headers": []}
    assert [rate for _, rate in rates_of(scope)] == [LOOKS_OF_A_PAGE, LOOKS]
