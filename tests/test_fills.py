"""Tests what a run of Decode brings for the sidebar."""

import gradio as gr
import pytest

from playground.decoding.settings import Settings
from playground.engine.request import Limits
from playground.web.panels import sidebar
from playground.web.panels.fills import with_fills


@pytest.fixture(scope="module")
def built():
    with gr.Blocks(analytics_enabled=False):
        return sidebar.build(["none"], Limits(), None, "the", {})


async def messages():
    yield {"steps": [1]}
    yield {"steps": [2]}


async def test_each_message_brings_the_values_because_the_page_may_miss_one(built):
    link = {built.prompt: "the cat", built.lock: True} | built.holding(Settings(temperature=0.5, seed=3))
    first, second = [message async for message in with_fills(messages(), built, link)]
    assert (first["steps"], second["steps"]) == ([1], [2])
    assert first["fills"] == second["fills"]
    assert {name: first["fills"][name] for name in ("prompt", "lock", "temperature", "seed")} == {
        "prompt": "the cat",
        "lock": True,
        "temperature": 0.5,
        "seed": 3,
    }


async def test_a_locked_seed_fills_nothing(built):
    assert [message async for message in with_fills(messages(), built, {})] == [{"steps": [1]}, {"steps": [2]}]


async def test_a_refused_run_fills_nothing(built):
    async def refused():
        raise ValueError("no")
        yield {}

    with pytest.raises(ValueError, match="no"):
        [message async for message in with_fills(refused(), built, {built.prompt: "the cat"})]
