"""Tests evaluations that the page requests: a stopped one keeps what is done, and one runs at a time."""

from contextlib import aclosing

import pytest

from playground.engine.request import Limits
from playground.errors import PlaygroundError
from playground.prompts.columns import Columns, task_json
from playground.prompts.labels import Scorer
from playground.prompts.tasks import TASKS
from playground.web.panels.evaluation import Session, _evaluate

SWITCHES = {"orders": 1, "flip": False, "one_class": False, "nonsense": False, "calibrate": False}


def ask(**changes) -> dict:
    """Returns a request for eight items of few tokens, because the tiny models have a window of 96."""
    task = task_json(TASKS[0]) | {"instruction": "", "cue": ":", "examples": []}
    items = [{"input": f"t{number}", "answer": ("Positive", "Negative")[number % 2]} for number in range(8)]
    return {
        "task": task,
        "items": items,
        "form": "plain",
        "spelling": "space",
        "shots": [0, 1],
        "switches": SWITCHES,
    } | changes


async def test_an_evaluation_that_is_stopped_keeps_what_is_done(engine, monkeypatch):
    monkeypatch.setattr("playground.web.panels.evaluation.PAUSE_SECONDS", 0)
    session, told = Session(), []
    columns, scorer = Columns(engine.model, Limits()), Scorer(engine)
    async with aclosing(_evaluate(columns, scorer, session, ask())) as messages:
        async for message in messages:
            told.append(message)
            session.halted = message["done"] >= 3
    assert told[0]["done"] == 0
    assert told[-1]["ended"]
    assert 3 <= told[-1]["done"] < told[-1]["total"] == 16
    assert told[-1]["shots"][0]["items"] == told[-1]["done"]
    assert not session.running


async def test_a_second_evaluation_is_refused_and_the_first_goes_on(engine):
    session = Session()
    columns, scorer = Columns(engine.model, Limits()), Scorer(engine)
    async with aclosing(_evaluate(columns, scorer, session, ask())) as first:
        await anext(first)
        with pytest.raises(PlaygroundError, match="Another evaluation is still running. Press Stop first"):
            await anext(_evaluate(columns, scorer, session, ask()))
        *_, last = [message async for message in first]
    assert last["done"] == last["total"] == 16
    assert [len(item["found"]) for item in last["items"]] == [2] * 8


async def test_who_leaves_frees_the_session(engine):
    session = Session()
    messages = _evaluate(Columns(engine.model, Limits()), Scorer(engine), session, ask())
    await anext(messages)
    await messages.aclose()
    assert not session.running


async def test_two_wordings_are_compared_item_by_item(engine):
    session = Session()
    asked = ask(wordings=["the", "on"], shots=[0])
    messages = _evaluate(Columns(engine.model, Limits()), Scorer(engine), session, asked)
    *_, last = [message async for message in messages]
    found = last["wordings"]
    assert found["items"] == 8
    assert found["right"][0] - found["right"][1] == found["only_first"] - found["only_second"]
    assert len(found["differing"]) == found["only_first"] + found["only_second"]
    assert all(item["said"][0] != item["said"][1] for item in found["differing"])
