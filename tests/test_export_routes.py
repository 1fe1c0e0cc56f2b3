"""Tests exports: a file that opens again, the prompt of a link, and a script. Other requests get a sentence."""

import asyncio

import pytest
import torch

from playground.decoding.settings import Settings
from playground.engine.request import Request
from playground.models.word_ids import words_of
from playground.sharing import page as pages
from playground.sharing.page import page
from playground.sharing.recorded import words_recorded
from playground.traces.trace import Trace
from tests import fakes
from tests.saved_trace import open_on_the_page, told

PROMPT = "the in on"


@pytest.fixture
def trace_id(engine):
    async def make() -> str:
        run = engine.trace(Request(engine.model.tokenizer.encode(PROMPT), Settings(max_new_tokens=4, top_k=9, seed=2)))
        await fakes.collect(run)
        return run.trace_id

    return asyncio.run(make())


@pytest.mark.parametrize("kind", ["full", "light"])
def test_the_file_opens_again(client, engine, trace_id, kind):
    answer = client.get(f"/playground/traces/{trace_id}/file?kind={kind}")
    assert answer.headers["content-type"] == "application/gzip"
    assert "content-encoding" not in answer.headers, "the browser is to save it as it is"
    trace, opened = engine.store.get(trace_id), open_on_the_page(answer.content)
    assert told(answer.content)["kind"] == kind
    assert opened.token_ids == trace.token_ids
    for ours, theirs in zip(opened.rows, trace.steps, strict=True):
        assert torch.equal(ours, theirs.logits.float()), "a tiny vocabulary fits into a light file whole"
    word = engine.model.vocabulary[trace.token_ids[0]]
    assert opened.message["header"]["words"][str(trace.token_ids[0])] == word


def test_a_trace_that_goes_while_it_is_written_is_written_whole(client, engine, trace_id):
    trace = engine.store.get(trace_id)
    with client.stream("GET", f"/playground/traces/{trace_id}/file") as answer:
        engine.store.drop([trace_id])
        content = answer.read()
    assert open_on_the_page(content).token_ids == trace.token_ids


@pytest.mark.parametrize("kind", ["full", "light"])
def test_the_page_to_take_home_holds_the_file_and_the_words_of_settings(client, engine, trace_id, kind):
    answer = client.get(f"/playground/traces/{trace_id}/page?kind={kind}&lang=fr")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="text.html"', "it is saved and never shown"
    file = client.get(f"/playground/traces/{trace_id}/file?kind={kind}").content
    trace = engine.store.get(trace_id)
    words = words_recorded(trace.model, [trace.settings], words_of(engine.model))
    if kind == "light":  # a whole page has attention too
        assert answer.text == page(file, "fr", words)
    assert answer.content == client.get(f"/playground/traces/{trace_id}/page?kind={kind}&lang=fr").content


def test_a_page_that_grows_too_large_is_refused(client, trace_id, monkeypatch):
    monkeypatch.setattr(pages, "MOST_BYTES", 100)
    answer = client.get(f"/playground/traces/{trace_id}/page")
    assert (answer.status_code, "Save the light page" in answer.json()["detail"]) == (413, True)


def test_the_prompt_is_told_as_it_was_written(client, engine, trace_id):
    assert client.get(f"/playground/traces/{trace_id}/written").json() == {
        "prompt": PROMPT,
        "chat": False,
        "earlier": [],
        "fields": {},
        "languages": {},
        "answer": engine.model.tokenizer.decode(engine.store.get(trace_id).token_ids),
    }


def test_the_script_is_plain_text_that_compiles(client, trace_id):
    answer = client.get(f"/playground/traces/{trace_id}/script/2")
    assert answer.headers["content-type"].startswith("text/plain")
    compile(answer.text, "script.py", "exec")


@pytest.mark.parametrize(
    ("path", "status", "sentence"),
    [
        ("nobody/file", 404, "no longer kept"),
        ("nobody/written", 404, "no longer kept"),
        ("nobody/script/0", 404, "no longer kept"),
        ("{trace_id}/script/9", 404, "Step 9 does not exist"),
        ("{trace_id}/script/-1", 400, "-1 is a token of the prompt"),
        ("{empty}/file", 400, "no step to save"),
        ("{trace_id}/file?kind=heavy", 400, "kind is 'heavy'. Choose one of full, light"),
        ("nobody/page", 404, "no longer kept"),
        ("{empty}/page", 400, "no step to save"),
        ("{trace_id}/page?kind=heavy", 400, "kind is 'heavy'. Choose one of full, light"),
        ("{trace_id}/page?lang=xx", 400, "lang is 'xx'. Choose one of de, en, fr"),
    ],
)
def test_what_is_not_there_is_a_sentence(client, engine, trace_id, path, status, sentence):
    empty = engine.store.open(Trace("tiny", (2,), Settings()))
    answer = client.get("/playground/traces/" + path.format(trace_id=trace_id, empty=empty))
    assert answer.status_code == status
    assert sentence in str(answer.json()["detail"])
