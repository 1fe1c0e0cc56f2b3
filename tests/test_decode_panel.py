"""Tests that a visitor's Decode tab holds every text in its list, no matter who wrote it."""

import asyncio

import gradio as gr
import pytest

from playground.conversation import Conversation, Message
from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.engine.request import Request
from playground.models.prompt_ids import PromptIds
from playground.traces.store import TraceStore
from playground.values import Values
from playground.web.panels import beams
from playground.web.panels.chosen import of_last
from playground.web.panels.decode import Session, _forget, _look, _run
from playground.web.panels.events import Call
from playground.web.panels.example import written_example
from playground.web.panels.opened import MOST, Opened
from playground.web.panels.prompt import Prompt
from tests import fakes


async def text(engine) -> str:
    run = engine.trace(Request(fakes.prompt(5), fakes.greedy(3)))
    await fakes.collect(run)
    return run.trace_id


@pytest.mark.parametrize("way", ["drop", "release"])
async def test_a_text_of_another_tab_stays_when_that_tab_lets_go(engine, way):
    trace_id, session = await text(engine), Session()
    for _ in range(2):  # the reader opens it again
        _look(engine.store, session, trace_id)
    getattr(engine.store, way)([trace_id])
    assert engine.store.step(trace_id, 2) is not None
    assert session.trace_ids == [trace_id]
    _forget(engine.store, session, [trace_id])
    assert not engine.store.holds(trace_id)


async def test_two_visitors_look_at_one_text(engine):
    trace_id, one, other = await text(engine), Session(), Session()
    _look(engine.store, one, trace_id)
    _look(engine.store, other, trace_id)
    engine.store.drop([trace_id])
    _forget(engine.store, one, [trace_id])
    _forget(engine.store, one, [trace_id])
    assert engine.store.holds(trace_id), "who forgets twice lets go once"
    engine.store.release(other.trace_ids)
    assert not engine.store.holds(trace_id)


async def test_a_text_nobody_knows_is_looked_at_without_being_held(engine):
    session = Session()
    _look(engine.store, session, "unknown")
    assert session.trace_ids == []


async def test_texts_that_were_opened_stay_in_the_list_however_many_follow(engine):
    opened, session, asked = Opened(), Session(), Values("The text to open", {"ticket": 0})
    for _ in range(MOST + 3):
        message = await opened.write(engine, asked, PromptIds(fakes.prompt(5)), fakes.greedy(3))
        _look(engine.store, session, message["trace_id"])
    assert len(session.trace_ids) == MOST + 3
    assert all(engine.store.holds(trace_id) for trace_id in session.trace_ids)
    engine.store.release(opened.trace_ids)
    assert all(engine.store.holds(trace_id) for trace_id in session.trace_ids)


async def test_a_text_that_begins_when_its_visitor_has_left_belongs_to_nobody(engine):
    """A text is not held if its visitor leaves while the prompt is being tokenised."""
    engine.model.eos_token_ids = frozenset()
    session, begun = Session(), []

    async def begin():
        session.has_left = True
        begun.append(engine.trace(Request(fakes.prompt(5), fakes.greedy(100))))
        return begun[0]

    assert [message async for message in _run(engine, session, begin)] == []
    await fakes.collect(begun[0])
    assert engine.store.get(begun[0].trace_id).stop_reason == "stopped"
    assert not engine.store.holds(begun[0].trace_id)
    assert session.trace_ids == []


async def test_only_the_last_message_says_why_a_text_ended_though_the_engine_was_done_before_the_first(engine):
    """The page counts ends: after an early one, a press of Step was refused while the step before was under way."""

    async def begin():
        run = engine.trace(Request(fakes.prompt(5), fakes.greedy(1)))
        async with asyncio.timeout(fakes.PATIENCE_SECONDS):
            while engine.store.get(run.trace_id).stop_reason is None:
                await asyncio.sleep(0)
        return run

    messages = [message async for message in _run(engine, Session(), begin, one_step=True)]
    assert [message["stop_reason"] for message in messages] == [None] * (len(messages) - 1) + ["length"]


@pytest.mark.parametrize("strategy", ["beam", "greedy"])
async def test_a_text_of_a_search_keeps_the_conversation_of_its_prompt(engine, strategy):
    told, ids = Conversation((Message("user", "the"),)), fakes.prompt(5)
    session = beams.Session(prompt=Prompt("", ids, told))
    settings = fakes.greedy(2).to_dict() | {"strategy": strategy, "num_beams": 2 if strategy == "beam" else 1}

    async def opened(prompt_ids) -> Conversation | None:
        given = {"ticket": 1, "prompt_ids": list(prompt_ids), "settings": settings, "token_ids": [7, 8]}
        [message] = [message async for message in beams._open(engine, session, given)]
        return engine.store.get(message["trace_id"]).conversation

    assert await opened(ids) == told
    assert await opened(ids[:-1]) is None, "the tree of an older search has another prompt"


async def test_the_page_opens_with_a_whole_example_though_the_store_has_no_room(llama):
    engine = Engine(llama, TraceStore(0)).start()
    message = await written_example(Engines.only(engine))
    trace = engine.store.get(message["trace_id"])
    assert len(trace.steps) > 1
    assert all(step.logits is not None for step in trace.steps)
    engine.close()


async def test_a_model_that_is_chosen_no_more_changes_nothing():
    """The answer about it may come after that about the model that was chosen later."""
    loaded = {name: asyncio.Event() for name in ("slow", "fast")}

    async def answer(call):
        await loaded[call.values["model"]].wait()
        return call.values["model"]

    suit = of_last("model", answer)
    asked = [("a", "slow"), ("a", "fast"), ("b", "slow")]
    slow, fast, other = [asyncio.create_task(suit(Call(who, values={"model": name}))) for who, name in asked]
    await asyncio.sleep(0)
    loaded["fast"].set()
    assert await fast == "fast"
    loaded["slow"].set()
    assert (await slow, await other) == (gr.skip(), "slow")
