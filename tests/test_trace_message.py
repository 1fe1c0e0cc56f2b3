"""Tests the message about a trace: plain values, one for each step, and for a fork only its own speed."""

import json

import pytest

from playground.decoding.measures import RawFacts
from playground.decoding.settings import Settings
from playground.traces.trace import Origin, Step, Trace
from playground.web.messages.trace import trace_message


def step(index: int, seconds: float, *, forced: bool = False, settings: Settings | None = None) -> Step:
    return Step(index, None, 2, None, 0.5, 3, None, seconds, forced, settings, RawFacts(0.4, 1.2, 3))


def told(trace: Trace) -> dict:
    message = trace_message("id", trace, None, 3, [])
    return json.loads(json.dumps(message, allow_nan=False))


def test_a_text_of_its_own_has_no_origin_and_no_forced_step():
    message = told(Trace("tiny", (0, 1), Settings(), (step(0, 2.0), step(1, 0.5), step(2, 0.5)), "length"))
    assert message["header"]["origin"] is None
    assert [(fact["forced"], fact["settings"]) for fact in message["steps"]] == [(False, None)] * 3
    assert (message["first_token_seconds"], message["tokens_per_second"]) == (2.0, 2.0)


def test_a_fork_tells_where_it_left_and_how_fast_it_came_by_itself():
    hot = Settings(temperature=2)
    steps = (step(0, 50.0, settings=hot), step(1, 0.1, forced=True), step(2, 0.2), step(3, 0.25), step(4, 0.25))
    message = told(Trace("tiny", (0, 1), Settings(), steps, "length", Origin("parent", 1)))
    assert message["header"]["origin"] == {"trace_id": "parent", "index": 1}
    assert message["steps"][0]["settings"]["temperature"] == 2
    assert message["steps"][1]["forced"] is True
    assert message["first_token_seconds"] == pytest.approx(0.3), "the forced step, and the first one after it"
    assert message["tokens_per_second"] == pytest.approx(4.0)


def test_a_fork_that_has_drawn_nothing_yet_has_no_times():
    message = told(Trace("tiny", (0, 1), Settings(), (step(0, 1.0, forced=True),), None, Origin("parent", 0)))
    assert (message["first_token_seconds"], message["tokens_per_second"]) == (None, None)


def test_a_message_looks_at_no_row():
    """A message needs no row, because the facts that the page needs were computed when the step was made."""
    [facts] = told(Trace("tiny", (0, 1), Settings(), (step(0, 1.0),)))["steps"]
    assert (facts["raw_probability"], facts["entropy_bits"], facts["rank"]) == (0.4, 1.2, 3)


def test_why_a_text_ended_is_told_with_its_last_step():
    """The stop reason comes with the last step, although the engine may end the text earlier."""
    steps = (step(0, 1.0), step(1, 1.0), step(2, 1.0))
    trace = Trace("tiny", (0, 1), Settings(), steps, "length")
    reasons = [trace_message("id", trace, [one], 3, [])["stop_reason"] for one in steps]
    assert reasons == [None, None, "length"]
    assert trace_message("id", trace, [], 3, [])["stop_reason"] == "length"
