"""The runs of one visitor on the Compare prompts tab, one after the other."""

import asyncio
from contextlib import aclosing

from playground.web.panels.events import Call
from playground.web.panels.prompts import Session, _run
from tests import fakes


async def test_the_newest_run_does_not_wait_for_one_that_was_asked_for_before_and_has_not_begun(engine):
    engine.model.eos_token_ids = frozenset()
    engine.model.hold()
    asked = {"prompts": [{"text": "the", "templated": False}], "stop": "", "settings": fakes.greedy(4).to_dict()}
    session = Session()
    first, second, third = (_run(engine, None, session, Call("visitor", asked)) for _ in range(3))
    async with aclosing(first), aclosing(second), aclosing(third), asyncio.timeout(fakes.PATIENCE_SECONDS):
        await anext(first)
        waiting = [asyncio.create_task(anext(messages, None)) for messages in (second, third)]
        await asyncio.sleep(0)  # both come while the first one is running
        engine.model.free()
        *_, last = [message["columns"]["0"] async for message in first]
        assert last["stop_reason"] == "stopped"
        assert await waiting[0] is None
        assert "0" in (await waiting[1])["columns"]
