"""Tests that a reader is told how much of a long text is read, and of a short one nothing."""

import asyncio

import pytest

from playground.decoding.settings import Settings
from playground.engine import prompt_line
from playground.engine.fork import fork
from playground.engine.news import Reading, Waiting
from playground.engine.request import Request
from playground.engine.row import Row
from playground.traces.trace import Origin, Trace
from playground.web.messages.trace import trace_message
from tests import fakes


@pytest.fixture(autouse=True)
def slices(monkeypatch):
    """Slices of eight tokens."""
    monkeypatch.setattr(prompt_line, "SLICE_TOKENS", 8)


def readings(told) -> list[Reading]:
    return [one for one in told if isinstance(one, Reading)]


async def test_each_slice_of_a_long_prompt_is_told(engine):
    told, trace = await fakes.trace(engine, Request(fakes.prompt(30), fakes.greedy(3)))
    assert readings(told) == [Reading(read, 30) for read in (8, 16, 24)]
    assert told[:3] == readings(told), "before the first step"
    assert trace.stop_reason == "length"


async def test_of_what_is_read_at_once_nothing_is_told(engine):
    short, _ = await fakes.trace(engine, Request(fakes.prompt(8), fakes.greedy(3)))
    long = engine.trace(Request(fakes.prompt(30), fakes.greedy(3)))
    assert readings(await fakes.collect(long))
    forked = await fakes.collect(fork(engine, Origin(long.trace_id, 1), (5,), fakes.greedy(3)))
    assert (readings(short), readings(forked)) == ([], [])
    assert short
    assert forked


async def test_a_text_that_waits_for_what_another_one_reads_is_told_too(engine, llama):
    llama.hold()
    prompt = fakes.prompt(40)
    runs = [engine.trace(Request(prompt, fakes.greedy(2))) for _ in range(2)]
    llama.free()
    told = await asyncio.gather(*map(fakes.collect, runs))
    assert [readings(one)[0] for one in told] == [Reading(8, 40), Reading(0, 40)]
    assert all(len(set(readings(one))) == len(readings(one)) for one in told), "nothing is told twice"


def test_a_short_text_that_waits_to_be_read_is_told_nothing():
    told: list[Reading] = []
    rows = [Row(Request(fakes.prompt(length), fakes.greedy(2)), "id", told.append, ()) for length in (8, 9)]
    for _ in range(2):
        prompt_line._tell_read(rows, 8)
    assert told == [Reading(0, 9)]


def test_the_message_says_where_a_text_without_a_step_is():
    def told(news):
        message = trace_message("id", Trace("tiny", (0, 1), Settings()), [], 3, [], news)
        return message["waiting"], message["reading"]

    assert told(None) == (None, None)
    assert told(Waiting(3)) == (3, None)
    assert told(Reading(256, 2000)) == (None, {"read": 256, "tokens": 2000})
