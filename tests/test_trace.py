"""Traces are what was seen, and all sessions' traces together stay within the store's bytes."""

from dataclasses import replace

import pytest
import torch

from playground.errors import PlaygroundError
from playground.settings import Settings
from playground.trace import Origin, Step, Trace, TraceStore


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


def test_what_is_opened_appended_and_marked_is_what_is_got():
    store = TraceStore(10_000)
    trace_id = store.open(trace())
    for index in range(3):
        store.append(trace_id, step(index, 10 + index))
    running = store.get(trace_id)
    assert (running.token_ids, running.stop_reason) == ((10, 11, 12), None)
    store.mark(trace_id, "length")
    assert store.get(trace_id).stop_reason == "length"
    assert running.stop_reason is None, "a trace that was handed out does not change"
    store.mark(trace_id, None)
    assert store.get(trace_id).stop_reason is None
    assert store.step(trace_id, 1).token_id == 11
    assert (store.step(trace_id, 3), store.step(trace_id, -1), store.step("unknown", 0)) == (None, None, None)


def test_ids_cannot_be_guessed():
    store = TraceStore(10_000)
    ids = {store.open(trace()) for _ in range(100)}
    assert len(ids) == 100
    assert all(len(trace_id) == 24 for trace_id in ids)


def test_the_store_stays_within_its_bytes_by_letting_the_longest_unseen_go():
    room_for_two = 2 * 4 * step(0).nbytes
    store = TraceStore(room_for_two)
    first, second = store.open(trace(4)), store.open(trace(4))
    store.get(first)
    third = store.open(trace(4))
    assert store.nbytes <= room_for_two
    assert len(store.get(first).steps) == len(store.get(third).steps) == 4
    with pytest.raises(PlaygroundError, match="no longer kept.*Press Generate"):
        store.get(second)


def test_looking_at_a_step_keeps_its_trace():
    store = TraceStore(2 * 4 * step(0).nbytes)
    first, second = store.open(trace(4)), store.open(trace(4))
    store.step(first, 0)
    store.open(trace(1))
    assert store.step(first, 0) is not None
    assert store.step(second, 0) is None


def test_a_growing_trace_makes_others_go_and_not_itself():
    store = TraceStore(5 * step(0).nbytes)
    old, growing = store.open(trace(2)), store.open(trace())
    for index in range(5):
        store.append(growing, step(index))
    assert len(store.get(growing).steps) == 5
    with pytest.raises(PlaygroundError):
        store.get(old)
    assert store.nbytes == 5 * step(0).nbytes


def test_a_trace_larger_than_the_store_is_kept_while_it_is_the_newest():
    store = TraceStore(3 * step(0).nbytes)
    large = store.open(trace(3))
    store.append(large, step(3))
    assert len(store.get(large).steps) == 4
    store.open(trace(1))
    assert store.nbytes == step(0).nbytes


def test_the_ids_of_an_evicted_trace_stay_known():
    store = TraceStore(4 * step(0).nbytes)
    evicted = store.open(trace(4))
    store.open(trace(4))
    assert store.step(evicted, 2) is None
    assert store.ids_before(evicted, 2) == (1, 2, 3, 10, 11)
    assert (store.ids_before(evicted, -1), store.ids_before(evicted, -2)) == ((1, 2), (1,))
    assert store.prompt_ids(evicted) == (1, 2, 3)
    with pytest.raises(PlaygroundError, match="Step 4 does not exist: this text has the steps 0 to 3"):
        store.ids_before(evicted, 4)
    with pytest.raises(PlaygroundError, match="nothing predicts the prompt's first token, .* the steps -2 to -1"):
        store.ids_before(evicted, -3)
    with pytest.raises(PlaygroundError, match="no longer kept"):
        store.ids_before("unknown", 0)


def test_a_dropped_trace_is_gone_and_takes_no_more_steps():
    store = TraceStore(10_000)
    dropped, other = store.open(trace(2)), store.open(trace(2))
    store.drop([dropped, "unknown"])
    store.drop([dropped])
    store.append(dropped, step(2))
    store.mark(dropped, "length")
    assert store.nbytes == 2 * step(0).nbytes
    assert len(store.get(other).steps) == 2
    with pytest.raises(PlaygroundError):
        store.get(dropped)


def test_an_evicted_trace_can_be_dropped_too():
    store = TraceStore(4 * step(0).nbytes)
    evicted = store.open(trace(4))
    store.open(trace(4))
    store.drop([evicted])
    with pytest.raises(PlaygroundError):
        store.ids_before(evicted, 0)


def test_a_pinned_trace_outlives_eviction_and_dropping():
    store = TraceStore(4 * step(0).nbytes)
    example = store.open(trace(3))
    store.pin(example)
    store.drop([example])
    for _ in range(3):
        store.open(trace(4))
    assert len(store.get(example).steps) == 3


def test_steps_that_traces_share_count_once():
    store = TraceStore(10_000)
    parent = trace(3)
    parent_id = store.open(parent)
    branch = Trace("tiny", (1, 2, 3), Settings(), parent.steps[:2], origin=Origin(parent_id, 2))
    branch_id = store.open(branch)
    assert store.nbytes == 3 * step(0).nbytes
    store.append(branch_id, step(2))
    assert store.nbytes == 4 * step(0).nbytes
    store.drop([parent_id])
    assert store.nbytes == 3 * step(0).nbytes
    assert store.get(branch_id).origin == (parent_id, 2)
    store.drop([branch_id])
    assert store.nbytes == 0


def test_a_step_tells_what_it_was_chosen_under():
    hot = Settings(temperature=2)
    mixed = Trace("tiny", (1,), Settings(), (replace(step(0), settings=hot), step(1)))
    assert [mixed.settings_at(index) for index in (0, 1)] == [hot, Settings()]


def test_whoever_holds_something_beside_a_trace_is_told_when_it_goes():
    store = TraceStore(2 * step(0).nbytes)
    told = []
    store.on_gone.append(lambda: told.append(store.nbytes))  # it may ask: the store is not locked
    first = store.open(trace(1))
    store.append(first, step(1))
    assert told == []
    second = store.open(trace(1))
    assert told == [step(0).nbytes], "the first one was evicted"
    store.release([second])
    store.drop([second])
    assert told[1:] == [0, 0]
