"""The runs of one visitor on the Compare prompts tab, one after the other."""

import asyncio
from contextlib import aclosing

import pytest

from playground.web.panels.events import Call
from playground.web.panels.prompts import Session, _run
from tests import fakes

ASKED = {"prompts": [{"text": "the", "templated": False}], "stop": "", "settings": fakes.greedy(4).to_dict()}
CALL = Call("visitor", ASKED)


async def test_the_newest_run_does_not_wait_for_one_that_was_asked_for_before_and_has_not_begun(engine):
    engine.model.eos_token_ids = frozenset()
    engine.model.hold()
    session = Session()
    first, second, third = (_run(engine, None, session, CALL, number) for number in range(3))
    async with aclosing(first), aclosing(second), aclosing(third), asyncio.timeout(fakes.PATIENCE_SECONDS):
        await anext(first)
        waiting = [asyncio.create_task(anext(messages, None)) for messages in (second, third)]
        await asyncio.sleep(0)  # both come while the first one is running
        engine.model.free()
        *_, last = [message["columns"]["0"] async for message in first]
        assert last["stop_reason"] == "stopped"
        assert await waiting[0] is None
        assert "0" in (await waiting[1])["columns"]


@pytest.mark.parametrize("stopped", [6, 7])
async def test_a_request_to_stop_may_come_before_the_run_that_it_stops(engine, stopped):
    engine.model.eos_token_ids = frozenset()
    session = Session(stopped=stopped)
    async with aclosing(_run(engine, None, session, CALL, 7)) as messages, asyncio.timeout(fakes.PATIENCE_SECONDS):
        *_, last = [message["columns"]["0"] async for message in messages]
    assert last["stop_reason"] == ("stopped" if stopped == 7 else "length")


async def test_the_last_message_has_the_end_of_every_column(engine):
    """The page may not see a message that another one follows at once, and a column without its end runs for ever."""
    engine.model.eos_token_ids = frozenset()
    prompts = [{"text": text, "templated": False} for text in ("the", "a", "c")]
    call = Call("visitor", ASKED | {"prompts": prompts})
    async with aclosing(_run(engine, None, Session(), call, 0)) as messages, asyncio.timeout(fakes.PATIENCE_SECONDS):
        *_, last = [message["columns"] async for message in messages]
    assert {number: column["stop_reason"] for number, column in last.items()} == dict.fromkeys("012", "length")
