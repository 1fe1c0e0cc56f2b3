"""Tests traces, the records of what was seen while a text was generated."""

from dataclasses import replace

import torch

from playground.decoding.settings import Settings
from playground.traces.trace import Step, Trace


def step(index: int, token_id: int = 5) -> Step:
    attention = torch.zeros(1, 2, 3, dtype=torch.float16)
    return Step(index, torch.full((10,), float(index)), token_id, 0.5, 0.25, 4, attention, 0.01)


def trace(steps: int = 0) -> Trace:
    return Trace("tiny", (1, 2, 3), Settings(), tuple(step(index, 10 + index) for index in range(steps)))


def test_a_trace_knows_the_ids_before_each_step():
    three = trace(3)
    assert three.token_ids == (10, 11, 12)
    assert [three.ids_before(index) for index in (0, 2)] == [(1, 2, 3), (1, 2, 3, 10, 11)]
    assert [three.ids_before(index) for index in (-1, -2)] == [(1, 2), (1,)]


def test_bytes_are_those_of_the_tensors():
    assert step(0).nbytes == 4 * 10 + 2 * 6
    assert Step(0, torch.zeros(10), 1, None, 1.0, 1, None, 0.0).nbytes == 40


def test_a_bare_step_is_the_same_step_without_its_tensors():
    whole = step(1)
    assert (whole.bare().logits, whole.bare().attention, whole.bare().nbytes) == (None, None, 0)
    assert replace(whole.bare(), logits=whole.logits, attention=whole.attention).row is not None
    for name in ("index", "token_id", "draw", "probability", "kept", "seconds", "forced", "settings", "raw"):
        assert getattr(whole.bare(), name) == getattr(whole, name)


def test_a_step_tells_what_it_was_chosen_under():
    hot = Settings(temperature=2)
    mixed = Trace("tiny", (1,), Settings(), (replace(step(0), settings=hot), step(1)))
    assert [mixed.settings_at(index) for index in (0, 1)] == [hot, Settings()]
