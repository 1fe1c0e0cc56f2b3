"""Tests that all who look at the same text inside the model share it, and what the model has read of it."""

import asyncio
from typing import Any

import gradio as gr
import pytest

from playground.decoding.settings import Settings
from playground.engine.engines import Engines
from playground.traces.store import TraceStore
from playground.traces.trace import Trace
from playground.web.inside import opening
from playground.web.inside.open_texts import OpenTexts
from playground.web.page import build_page
from tests.classes import Site
from tests.test_class_pause import PAUSED, addresses, asking, layers  # noqa: F401  # a fixture

TEXT = "the tin on the tin"


@pytest.fixture
def page(engine) -> gr.Blocks:
    return build_page(Engines.only(engine))


async def read(page: gr.Blocks, session: str, *texts: Any, why: str | None = None) -> dict[str, Any]:
    """Returns what a page is told that asks for texts."""
    event = next(one for one in page.fns.values() if ("texts" in {name for _, name in one.targets}))
    request = asking(why)
    request.session_hash = session
    messages = event.fn(gr.EventData(None, {"asked": 1, "texts": list(texts)}), request)
    [told] = [message async for message in messages]
    return told


def leave(page: gr.Blocks, session: str) -> None:
    for event in page.fns.values():
        if "unload" in {name for _, name in event.targets} and event.fn.__module__ == "playground.web.panels.inside":
            event.fn(gr.Request(session_hash=session))


async def test_thirty_who_read_a_text_cost_the_model_what_one_costs(engine, page, layers):  # noqa: F811
    site = Site(engine)
    sessions = [f"pupil {number}" for number in range(30)]
    told = await asyncio.gather(*(read(page, session, TEXT) for session in sessions))
    [shared] = {one["texts"][0]["trace_id"] for one in told}
    alone = await opening.open_text(engine, TEXT)
    asked, costly = [], []
    for method, address, _ in addresses(site, alone):
        if method != "GET" or alone not in address:
            continue
        layers.clear()
        expected = await site.ask("GET", address)
        if expected.status != 200:
            continue
        asked.append(address)
        once = len(layers)
        layers.clear()
        answers = await asyncio.gather(*(site.ask("GET", address.replace(alone, shared)) for _ in sessions))
        if len(layers) > once:
            costly.append(address)
        assert {answer.status for answer in answers} == {200}
        assert {answer.body for answer in answers} == {expected.body.replace(alone.encode(), shared.encode())}
    assert len(asked) > 15
    assert costly == [], " ".join(costly)
    for session in sessions[1:]:
        leave(page, session)
    assert engine.store.holds(shared), "one still looks at it"
    leave(page, sessions[0])
    assert not engine.store.holds(shared)
    assert (await read(page, "later", TEXT))["texts"][0]["trace_id"] != shared


async def test_while_the_class_is_paused_only_open_texts_are_read(engine, page, layers):  # noqa: F811
    for texts in ((TEXT,), (7,), ([],)):
        assert (await read(page, "ada", *texts, why=PAUSED))["error"] == PAUSED
    assert layers == []
    teachers = await read(page, "teacher", TEXT)
    assert (await read(page, "ada", TEXT, why=PAUSED))["texts"] == teachers["texts"]
    assert (await read(page, "ada", TEXT, "on", why=PAUSED))["error"] == PAUSED


async def test_whoever_waits_for_a_text_that_cannot_be_opened_tries_it_too():
    store, tries = TraceStore(1000), []
    texts = OpenTexts(store)

    async def make() -> str:
        tries.append(len(tries))
        await asyncio.sleep(0)
        if len(tries) == 1:
            raise ValueError("too long")
        return store.open(Trace("tiny", (7,), Settings(), stop_reason="stopped"))

    first, *others = await asyncio.gather(*(texts.open(("tiny", "a"), make) for _ in range(3)), return_exceptions=True)
    assert isinstance(first, ValueError)
    assert len(set(others)) == 1
    assert tries == [0, 1]
    store.drop([others[0]])
    assert texts.has(("tiny", "a")), "another one holds it"
    store.drop([others[0]])
    assert not texts.has(("tiny", "a"))
