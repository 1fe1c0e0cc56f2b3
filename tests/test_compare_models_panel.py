"""Tests the runs of Compare models, on tiny models with different vocabularies, and how texts are scored."""

import asyncio
from contextlib import aclosing
from types import SimpleNamespace

import pytest
import torch

from playground.decoding import draws
from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.traces.store import TraceStore
from playground.values import CHARACTERS_A_TOKEN
from playground.web.panels import sidebar as panels
from playground.web.panels.compare_models import Session, _run
from playground.web.panels.events import Call
from playground.web.panels.prompt import read
from tests import fakes
from tests.shelf import BROKEN, PACED, client_of, paced_shelf

SETTINGS = fakes.greedy(5)


class Sidebar(SimpleNamespace):
    """The sidebar, as far as a run reads it."""

    holding, further_of = panels.Sidebar.holding, panels.Sidebar.further_of

    def settings(self, values):
        return SETTINGS


NAMES = {"prompt": "prompt", "chat": "chat", "conversation": "conversation", "languages": "languages"}
SIDEBAR = Sidebar(**NAMES, controls={}, further="further")


@pytest.fixture
def several(tiny_models):
    with paced_shelf(tiny_models) as several:
        yield several


@pytest.fixture
def engines(several):
    return several[0]


@pytest.fixture
def models(several):
    return several[1]


def asked(*names: str, prompt: str = "the tin on") -> Call:
    return Call("visitor", {"run": 1, "models": list(names)}, {"prompt": prompt, "chat": False})


async def told(engines, call, session=None, number=1) -> list[list[dict]]:
    """Returns the messages of each column until the run has ended."""
    columns: dict[str, list[dict]] = {}
    async with aclosing(_run(engines, SIDEBAR, session or Session(), call, number)) as news:
        async with asyncio.timeout(fakes.PATIENCE_SECONDS):
            async for message in news:
                for place, messages in message["columns"].items():
                    columns.setdefault(place, []).extend(messages)
    return [columns[place] for place in sorted(columns)]


def ids_in(messages) -> list[int]:
    return [step["token_id"] for message in messages for step in message["steps"]]


async def test_each_column_has_the_text_that_its_model_writes_alone(engines):
    columns = await told(engines, asked("one", "two", "three"))
    for name, messages in zip(PACED, columns, strict=True):
        engine = engines.loaded(name)
        prompt_ids = engine.model.tokenizer.encode("the tin on")
        _, alone = await fakes.trace(engine, Request(prompt_ids, SETTINGS))
        header = messages[0]["header"]
        assert (header["model"], header["prompt_ids"]) == (name, list(prompt_ids))
        assert ids_in(messages) == list(alone.token_ids)
        assert messages[-1]["stop_reason"] == alone.stop_reason
    same, other = columns[1], columns[2]
    assert same[0]["header"]["prompt_ids"] == columns[0][0]["header"]["prompt_ids"]
    assert other[0]["header"]["prompt_ids"] != columns[0][0]["header"]["prompt_ids"]


async def test_a_stop_string_ends_the_texts(engines):
    first = (await told(engines, asked("one")))[0]
    text = engines.loaded("one").model.tokenizer.decode(ids_in(first)[:1])
    call = Call("visitor", {"run": 1, "models": ["one", "two"], "stop": text}, asked().values)
    stopped = (await told(engines, call))[0]
    assert ids_in(stopped) == ids_in(first)[:1]
    assert stopped[-1]["stop_reason"] == "stop_string"
    long = Call("visitor", {"run": 1, "models": ["one"], "stop": "x" * 1001}, asked().values)
    with pytest.raises(PlaygroundError, match="stop"):
        await told(engines, long)


async def test_the_texts_of_a_link_have_its_prompt_and_settings_and_not_those_of_the_sidebar(engines):
    written = {"prompt": "on a tin", "chat": False, "earlier": [], "fields": {}}
    settings = {"strategy": "greedy", "max_new_tokens": 3}
    link = {"version": 1, "models": ["one", "two"], "written": written, "settings": settings}
    call = Call("visitor", {"run": 1, "models": ["one", "two"], "link": link}, asked().values)
    for name, messages in zip(["one", "two"], await told(engines, call), strict=True):
        assert messages[0]["header"]["prompt_ids"] == list(engines.loaded(name).model.tokenizer.encode("on a tin"))
        assert len(ids_in(messages)) == 3
    with pytest.raises(PlaygroundError, match="This link cannot be followed"):
        await told(engines, Call("visitor", {"run": 1, "models": ["one"], "link": link | {"version": 9}}, {}))


async def test_a_model_that_cannot_be_loaded_says_so_in_its_column_only(engines):
    one, broken, missing = await told(engines, asked("one", "broken", "nobody"))
    assert len(ids_in(one)) == 5
    assert broken == 2 * [{"error": BROKEN}]  # when it ends, and when all have ended
    assert "There is no model 'nobody' on this server" in missing[0]["error"]


async def test_a_prompt_too_long_for_one_model_does_not_stop_the_others(engines):
    one, three = await told(engines, asked("one", "three", prompt=" the" * 35))
    assert len(ids_in(one)) == 5
    assert f"has a window of {fakes.WINDOW}" in three[-1]["error"]


async def test_stop_ends_the_texts_and_waits_for_no_model_any_more(engines, models):
    models["one"].hold()
    models["one"].eos_token_ids = frozenset()
    loading = asyncio.Event()
    loop = asyncio.get_running_loop()
    go_on = asyncio.Event()
    start = engines._start

    def slow(offer, most_bytes):
        loop.call_soon_threadsafe(loading.set)
        asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result()
        return start(offer, most_bytes)

    engines._start = slow
    session = Session()
    running = asyncio.create_task(told(engines, asked("one", "two"), session))
    async with asyncio.timeout(fakes.PATIENCE_SECONDS):
        await loading.wait()
        await models["one"].arrived()
        session.stopped = 1
        session.stop(engines)
        models["one"].free()
        one, two = await running
    assert one[-1]["stop_reason"] == "stopped"
    assert two[-1] == {"error": "You pressed Stop before two was loaded."}
    go_on.set()
    async with engines.using("two"):
        pass  # the loading goes on for whoever asks next


async def test_a_request_to_stop_may_come_before_the_run(engines):
    with pytest.raises(PlaygroundError, match="stopped before it began"):
        await told(engines, asked("one"), Session(stopped=1))


async def test_a_visitor_who_leaves_while_the_prompt_is_read_leaves_no_text(engines, monkeypatch):
    session = Session()

    async def read_and_leave(*given):
        session.has_left = True
        return await read(*given)

    monkeypatch.setattr("playground.web.panels.compare_models.read", read_and_leave)
    opened, open_trace = [], engines.store.open
    monkeypatch.setattr(engines.store, "open", lambda trace: opened.append(open_trace(trace)) or opened[-1])
    await told(engines, asked("one", "two"), session)
    assert session.trace_ids == []
    assert [engines.store.holds(trace_id) for trace_id in opened] == [False, False]


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        ([], "No model is chosen"),
        (["one", "one"], "is chosen twice"),
        (["one"] * 5, "has 5 values"),
        ("one", "must be a list"),
    ],
)
async def test_a_choice_that_is_none_is_refused(engines, names, sentence):
    call = Call("visitor", {"run": 1, "models": names}, {"prompt": "the", "chat": False})
    with pytest.raises(PlaygroundError, match=sentence):
        await told(engines, call)


@pytest.fixture
def client(engines):
    with client_of(engines) as client:
        yield client


@pytest.mark.parametrize("name", ["one", "three"])
def test_a_text_is_scored_as_a_plain_forward_does(client, models, name):
    text = "the ☃ tin"
    answer = client.post(f"/playground/scores?model={name}", json={"text": text}).json()
    ids = models[name].tokenizer.encode(text)
    assert [token["token_id"] for token in answer["tokens"]] == list(ids)
    logits, _ = fakes.full_forward(models[name].hf, ids)
    wanted = logits[:-1].double().log_softmax(-1)[range(len(ids) - 1), list(ids[1:])].tolist()
    assert answer["tokens"][0]["logprob_nats"] is None
    assert [token["logprob_nats"] for token in answer["tokens"][1:]] == pytest.approx(wanted, abs=1e-4)
    assert max(token["end"] for token in answer["tokens"]) == len(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "There is no text to score"),
        ("t", "is a single token"),
        ("a" * fakes.WINDOW, "has a window of"),
        ("a" * 2048 * (CHARACTERS_A_TOKEN + 1), "Shorten it"),
        (7, "must be a text"),
    ],
)
def test_a_text_that_cannot_be_scored_is_refused(client, text, sentence):
    answer = client.post("/playground/scores?model=three", json={"text": text})
    assert answer.status_code >= 400
    assert sentence in answer.json()["detail"]


@pytest.fixture
def other_default():
    """Torch's default dtype as it is for a moment while a model in 16 bits is loaded."""
    torch.set_default_dtype(torch.bfloat16)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("kind", fakes.KINDS)
def test_a_text_does_not_change_while_another_model_is_loaded(tiny_models, tokenizer, kind, request, monkeypatch):
    monkeypatch.setattr(draws, "COMPACT_TOKENS", 40)  # as in a vocabulary that is larger
    model = fakes.PacedModel(tiny_models[kind], tokenizer)
    engine = Engine(model, TraceStore(50_000_000)).start()
    asked = Request(fakes.prompt(9), Settings(temperature=1.5, top_k=20, max_new_tokens=12, seed=3))
    try:
        _, alone = fakes.run(engine, asked)
        request.getfixturevalue("other_default")
        engine.caches.clear()
        _, beside = fakes.run(engine, asked)
    finally:
        engine.close()
    assert alone.token_ids == beside.token_ids
    assert all(torch.equal(one.logits, other.logits) for one, other in zip(alone.steps, beside.steps, strict=True))
    assert [step.probability for step in alone.steps] == [step.probability for step in beside.steps]
