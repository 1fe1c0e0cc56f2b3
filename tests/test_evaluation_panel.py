"""Tests evaluations that the page requests: on which models they run, what a stopped one keeps, what ends one."""

import asyncio
import threading
from contextlib import aclosing

import pytest

from playground.engine.engines import Engines
from playground.engine.request import Limits, Request
from playground.errors import PlaygroundError
from playground.prompts.columns import Columns, parse_task, task_json
from playground.prompts.evaluation import MOST_PROMPTS, Switches, plan
from playground.prompts.labels import Scorer
from playground.prompts.prompting import Example
from playground.prompts.tasks import TASKS
from playground.web.panels.evaluation import Session, _evaluate
from tests import fakes
from tests.shelf import BROKEN, paced_shelf, shelf, tiny_language_models

SWITCHES = {"orders": 1, "flip": False, "one_class": False, "nonsense": False, "calibrate": False}
ALONE = "tiny"
"""The name of the model of the fixture `engine`."""


@pytest.fixture
def several(tiny_models, monkeypatch):
    """The engines of the models "one", "two", "three" and "broken", which tell of each answer, and the models."""
    monkeypatch.setattr("playground.web.panels.evaluation.PAUSE_SECONDS", 0)
    with paced_shelf(tiny_models) as several:
        yield several


@pytest.fixture
def engines(several):
    return several[0]


def ask(*models: str, **changes) -> dict:
    """Returns a request for eight items of few tokens, because the tiny models have a window of 96."""
    task = task_json(TASKS[0]) | {"instruction": "", "cue": ":", "examples": []}
    items = [{"input": f"t{number}", "answer": ("Positive", "Negative")[number % 2]} for number in range(8)]
    return {
        "models": list(models) or [ALONE],
        "task": task,
        "items": items,
        "form": "plain",
        "spelling": "space",
        "shots": [0, 1],
        "switches": SWITCHES,
    } | changes


async def told(engines, asked, session=None, on_message=lambda message: None) -> dict:
    """Returns the last message of an evaluation. Each one is given to `on_message` first."""
    async with (
        asyncio.timeout(fakes.PATIENCE_SECONDS),
        aclosing(_evaluate(engines, session or Session(), asked)) as news,
    ):
        async for message in news:
            on_message(message)
    assert message["ended"]
    return message


async def test_an_evaluation_that_is_stopped_keeps_what_is_done(engine, monkeypatch):
    monkeypatch.setattr("playground.web.panels.evaluation.PAUSE_SECONDS", 0)
    session, messages = Session(), []

    def watch(message):
        messages.append(message["models"]["0"])
        if messages[-1]["done"] >= 3:
            session.halt(0)

    last = (await told(Engines.only(engine), ask(), session, watch))["models"]["0"]
    assert messages[0]["done"] == 0
    assert last["ended"]
    assert 3 <= last["done"] < last["total"] == 16
    assert last["shots"][0]["items"] == last["done"]
    assert not session.running


async def test_a_second_evaluation_is_refused_and_the_first_goes_on(engine):
    session, engines = Session(), Engines.only(engine)
    async with aclosing(_evaluate(engines, session, ask())) as first:
        await anext(first)
        with pytest.raises(PlaygroundError, match="Another evaluation is still running. Press Stop first"):
            await anext(_evaluate(engines, session, ask()))
        *_, last = [message async for message in first]
    found = last["models"]["0"]
    assert found["done"] == found["total"] == 16
    assert [len(item["found"]) for item in found["items"]] == [2] * 8
    assert last["pairs"] == []


async def test_who_leaves_frees_the_session(engine):
    session = Session()
    messages = _evaluate(Engines.only(engine), session, ask())
    await anext(messages)
    await messages.aclose()
    assert not session.running


async def test_two_wordings_are_compared_item_by_item(engine):
    last = await told(Engines.only(engine), ask(wordings=["the", "on"], shots=[0]))
    found = last["models"]["0"]["wordings"]
    assert found["items"] == 8
    assert found["right"][0] - found["right"][1] == found["only_first"] - found["only_second"]
    assert len(found["differing"]) == found["only_first"] + found["only_second"]
    assert all(item["said"][0] != item["said"][1] for item in found["differing"])


async def alone(engine) -> dict:
    """Returns what an evaluation finds that runs on one model, without the panel."""
    asked = ask()
    items = [Example(item["input"], item["answer"]) for item in asked["items"]]
    evaluation = plan(parse_task(asked["task"]), items, asked["shots"], Switches())
    async for _ in evaluation.run(Scorer(engine), Columns(engine.model, Limits())):
        pass
    return {"shots": evaluation.by_shots(), "items": evaluation.by_item()}


async def test_each_model_finds_what_it_finds_alone_while_the_other_writes_texts(engines):
    """The models have different vocabularies. The text begins before, and its steps take turns with them."""
    async with engines.using("one") as engine:
        text = engine.trace(Request(engine.model.tokenizer.encode("the tin"), fakes.greedy(90)))
        last = await told(engines, ask("three", "two"))
        assert engine.store.get(text.trace_id).steps
        text.close()
    last_beside = await told(engines, ask("one", "three"))
    for name, found in zip(
        ("three", "two", "one", "three"),
        [*last["models"].values(), *last_beside["models"].values()],
        strict=True,
    ):
        async with engines.using(name) as engine:
            expected = await alone(engine)
        assert (found["done"], found["total"]) == (16, 16)
        assert found["shots"] == expected["shots"]
        assert found["items"] == expected["items"]


async def test_each_two_models_are_compared_on_the_same_items(engines):
    last = await told(engines, ask("one", "two", "three"))
    assert [pair["places"] for pair in last["pairs"]] == [[0, 1], [0, 2], [1, 2]]
    for pair in last["pairs"]:
        first, second = (last["models"][str(place)]["items"] for place in pair["places"])
        assert [row["shots"] for row in pair["shots"]] == [0, 1]
        for number, row in enumerate(pair["shots"]):
            both = [
                (one["found"][number][3], other["found"][number][3]) for one, other in zip(first, second, strict=True)
            ]
            assert row["items"] == 8
            assert row["right"] == [sum(one for one, _ in both), sum(other for _, other in both)]
            assert row["only_first"] == both.count((True, False))
            assert row["only_second"] == both.count((False, True))


async def test_stop_in_the_second_model_keeps_the_first_and_tries_no_third(engines):
    session = Session()

    def watch(message):
        if message["models"].get("1", {}).get("done", 0) >= 3:
            session.halt(0)

    last = await told(engines, ask("one", "two", "three"), session, watch)
    assert list(last["models"]) == ["0", "1"]
    first, second = last["models"].values()
    assert first["done"] == 16
    assert 3 <= second["done"] < 16
    assert [row["items"] for row in last["pairs"][0]["shots"]] == [second["done"]]
    assert not session.running


async def test_stop_while_a_model_is_loaded_does_not_wait_for_it(several, monkeypatch):
    """The model goes on to be loaded, because others may wait for it too."""
    engines, _ = several
    session, loading = Session(), threading.Event()
    start = engines._start

    def slow(*given):
        assert loading.wait(fakes.PATIENCE_SECONDS)
        return start(*given)

    monkeypatch.setattr(engines, "_start", slow)

    def watch(message):
        if message["models"].get("1", {}).get("is_loading"):
            session.halt(0)

    last = await told(engines, ask("one", "two"), session, watch)
    assert engines.loaded("two") is None
    assert [found["done"] for found in last["models"].values()] == [16, 0]
    assert last["pairs"] == []
    loading.set()
    async with engines.using("two"):
        pass


async def test_stop_counts_for_an_evaluation_that_is_still_on_its_way(engines):
    session = Session()
    session.halt(7)
    news = [message async for message in _evaluate(engines, session, ask("one"), 7)]
    assert news == [{"models": {}, "pairs": [], "ended": True}]
    *_, last = [message async for message in _evaluate(engines, session, ask("one"), 8)]
    assert last["models"]["0"]["done"] == 16


async def test_each_model_makes_room_for_the_next_one(tiny_models):
    """The server has room for one of its three models at once, and for none that a run before still holds."""
    engines = shelf(tiny_language_models(tiny_models), room=1)
    try:
        last = await told(engines, ask("first", "second", "third", shots=[0]))
        assert [found["done"] for found in last["models"].values()] == [8, 8, 8]
        assert [engine.model.name for engine in engines.running()] == ["third"]
    finally:
        engines.close()


async def test_a_model_that_fails_says_so_and_the_others_are_tried(engines, several):
    def spoil(*_):
        raise OSError("the device is gone")

    several[1]["two"].go_on = spoil
    last = await told(engines, ask("broken", "nobody's", "two", "three"))
    broken, unknown, dying, whole = last["models"].values()
    assert (broken["error"], broken["done"], broken["ended"]) == (BROKEN, 0, True)
    assert unknown["error"].startswith('There is no model "nobody\'s" on this server. Choose one of: one, two')
    assert dying["error"].startswith("The playground failed with an internal error")
    assert ("error" in whole, whole["done"]) == (False, 16)
    assert last["pairs"] == []


async def test_labels_that_one_model_cannot_tell_apart_are_refused_for_this_model(engines):
    """In the vocabulary of "three", " o" is one token, and " on" begins with it."""
    task = ask()["task"] | {"labels": ["o", "on"]}
    last = await told(engines, ask("three", "one", task=task, items=[{"input": "t", "answer": "on"}], shots=[0]))
    refused, tried = last["models"].values()
    assert refused["error"].startswith("The tokens of the label ' o' begin those of ' on'")
    assert ("error" in tried, tried["done"]) == (False, 1)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"models": []}, "No model is chosen. Choose 1 to 6."),
        ({"models": ["one", "one"]}, "A model is chosen twice"),
        ({"models": list("abcdefg")}, "has 7 values. Give at most 6"),
        ({"models": "one"}, "must be a list, but is 'one'"),
        ({"models": [7]}, "must be a text, but is 7"),
        ({"items": []}, "There are no items to try"),
        (
            {
                "models": ["one", "two", "three"],
                "items": [{"input": "t", "answer": "Positive"}] * 1000,
                "shots": list(range(9)),
            },
            f"This asks for 27,000 prompts on 3 models. Ask for at most {MOST_PROMPTS:,}",
        ),
    ],
)
async def test_what_cannot_be_tried_is_refused_before_any_model_is_used(engines, changes, sentence):
    session = Session()
    with pytest.raises(PlaygroundError, match=sentence):
        await told(engines, ask("one") | changes, session)
    assert not session.running
