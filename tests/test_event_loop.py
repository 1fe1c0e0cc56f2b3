"""Tests that texts are tokenised beside the event loop, which answers other requests meanwhile."""

import asyncio
import threading
from types import SimpleNamespace

import httpx
import pytest
from fastapi import FastAPI

from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.engine.reader import Reader
from playground.models.language_model import LanguageModel
from playground.models.loaded_model import LoadedModel
from playground.traces.store import TraceStore
from playground.web import filling
from playground.web.one_sentence import seen
from playground.web.panels.prompt import as_read
from playground.web.routes import encoders as routes
from playground.web.routes.beside_gradio import add_routes
from playground.web.translation import translate
from tests import encoder_decoders, encoders, fakes

SIDEBAR = SimpleNamespace(
    prompt="prompt", chat="chat", conversation="conversation", languages="languages", as_read="read", refusal="refusal"
)


@pytest.fixture
def held(monkeypatch):
    """Returns a function that makes the first call of another one wait until `answered` is set."""
    began, answered = threading.Event(), threading.Event()

    def hold(owner, name):
        original = getattr(owner, name)

        def waiting(*given):
            if not began.is_set():
                began.set()
                assert answered.wait(fakes.PATIENCE_SECONDS), "the event loop answers nobody meanwhile"
            return original(*given)

        monkeypatch.setattr(owner, name, waiting)

    async def meanwhile(first, other):
        """Starts `first`, and does `other` while its text is being read. Returns what both return."""
        task = asyncio.create_task(first)
        await asyncio.to_thread(began.wait, fakes.PATIENCE_SECONDS)
        told = await other
        assert not task.done()
        answered.set()
        return await task, told

    return SimpleNamespace(hold=hold, meanwhile=meanwhile)


@pytest.fixture
def reader():
    running = Reader(encoders.named("bert"), TraceStore(10_000_000)).start()
    yield running
    running.close()


@pytest.fixture
def translator():
    model = LanguageModel(encoder_decoders.tiny("bart"), fakes.byte_level_tokenizer(), "bart")
    running = Engine(model, TraceStore(10_000_000)).start()
    yield running
    running.close()


async def test_the_route_of_a_text_with_blanks(reader, held):
    held.hold(routes, "places")
    app = FastAPI()
    add_routes(app, Engines.only(reader))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        asked = client.post("/playground/encoder/text", json={"text": "the [MASK] " * 5000, "ids": [5, 6]})
        other = client.post("/playground/encoder/text", json={"text": "the tin"})
        long, short = await held.meanwhile(asked, other)
    assert (long.status_code, short.status_code) == (200, 200)
    assert long.json()["ids"] == [5, 6]


@pytest.mark.parametrize("family", ["encoder-only", "encoder-decoder"])
async def test_a_sentence_in_a_model(reader, translator, held, family):
    worker = reader if family == "encoder-only" else translator
    held.hold(LoadedModel, "told_unknown")
    told, other = await held.meanwhile(seen(worker, "the tin"), seen(worker, "the tin"))
    assert told == other


@pytest.mark.parametrize("family", ["fill", "translate", "prompt"])
async def test_the_words_that_a_model_does_not_know(reader, translator, held, family):
    held.hold(LoadedModel, "unknown_words")
    values = {"prompt": "the tin", "chat": False}
    settings = {"strategy": "greedy", "max_new_tokens": 2}
    asks = {
        "fill": lambda: filling.fill(reader, "the [MASK]", {}),
        "translate": lambda: translate(translator, "the tin", settings),
        "prompt": lambda: as_read(translator, SIDEBAR, values),
    }
    told, other = await held.meanwhile(asks[family](), asks[family]())
    assert told == other
