"""Tests the store: a trace is known while somebody holds it, and the tensors stay within the store's bytes."""

from dataclasses import replace

import pytest
import torch

from playground.conversation import Conversation, Message
from playground.decoding.settings import Settings
from playground.errors import PlaygroundError
from playground.traces import remembered
from playground.traces.store import TraceStore
from playground.traces.trace import Origin, Step, Trace

LOGITS, ATTENTION = 4 * 10, 2 * 6
ONE = LOGITS + ATTENTION
"""The bytes of a step."""


def step(index: int, token_id: int = 5) -> Step:
    attention = torch.zeros(1, 2, 3, dtype=torch.float16)
    return Step(index, torch.full((10,), float(index)), token_id, 0.5, 0.25, 4, attention, 0.01)


def trace(steps: int = 0, stop_reason: str | None = "length") -> Trace:
    made = tuple(step(index, 10 + index) for index in range(steps))
    return Trace("tiny", (1, 2, 3), Settings(), made, stop_reason)


def is_whole(store: TraceStore, trace_id: str) -> bool:
    return all(step.logits is not None for step in store.get(trace_id).steps)


def held(store: TraceStore, trace_id: str) -> str:
    """Returns one letter for each step: W with all tensors, L with its logits only, - with none."""
    letters = {(True, True): "W", (True, False): "L", (False, False): "-"}
    steps = store.get(trace_id).steps
    return "".join(letters[step.logits is not None, step.attention is not None] for step in steps)


def test_what_is_opened_appended_and_marked_is_what_is_got():
    store = TraceStore(10_000)
    trace_id = store.open(trace(stop_reason=None))
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


def test_the_store_stays_within_its_bytes_by_taking_the_rows_of_the_longest_unseen():
    store = TraceStore(2 * 4 * ONE)
    first, second = store.open(trace(4)), store.open(trace(4))
    store.get(first)
    third = store.open(trace(4))
    assert store.nbytes == 2 * 4 * ONE
    assert [is_whole(store, trace_id) for trace_id in (first, second, third)] == [True, False, True]


def test_looking_at_a_step_keeps_its_trace():
    store = TraceStore(2 * 4 * ONE)
    first, second = store.open(trace(4)), store.open(trace(4))
    store.step(first, 0)
    store.open(trace(1))
    assert store.step(first, 0) is not None
    assert store.step(second, 0) is None


def test_a_trace_without_rows_is_known_as_it_was():
    store = TraceStore(4 * ONE)
    made = replace(trace(4), settings=Settings(seed=9), origin=Origin("parent", 1))
    bare = store.open(made)
    store.open(trace(4))
    assert store.step(bare, 2) is None
    found = store.get(bare)
    assert (found.model, found.prompt_ids, found.settings) == (made.model, made.prompt_ids, made.settings)
    assert (found.stop_reason, found.origin) == ("length", made.origin)
    for ours, theirs in zip(found.steps, made.steps, strict=True):
        assert (ours.token_id, ours.draw, ours.probability, ours.kept) == (theirs.token_id, 0.5, 0.25, 4)


@pytest.mark.parametrize("running_first", [True, False])
def test_a_finished_trace_gives_up_its_rows_before_a_running_one(running_first):
    store = TraceStore(5 * ONE)
    opened = [store.open(trace(2, None if running_first == (place == 0) else "length")) for place in range(2)]
    running, finished = opened if running_first else opened[::-1]
    for index in range(2, 5):
        store.append(running, step(index))
    assert is_whole(store, running)
    assert not is_whole(store, finished)
    assert len(store.get(finished).steps) == 2
    assert store.nbytes == 5 * ONE


def test_running_traces_give_up_what_is_oldest_but_never_the_newest_step():
    store = TraceStore(4 * LOGITS + 2 * ATTENTION, max_attention_bytes=ATTENTION)
    first, second = store.open(trace(stop_reason=None)), store.open(trace(stop_reason=None))
    for index in range(2):
        store.append(first, step(index))
        store.append(second, step(index))
    assert (held(store, first), held(store, second)) == ("LW", "LW")
    store.append(first, step(2))
    store.append(second, step(2))
    assert (held(store, first), held(store, second)) == ("-LW", "-LW")
    assert store.nbytes == 4 * LOGITS + 2 * ATTENTION
    for index in range(3, 40):
        store.append(first, step(index))
    assert (held(store, first)[-4:], held(store, second)) == ("-LLW", "--W")
    none = TraceStore(0)
    running = none.open(trace(5, None))
    assert (held(none, running), none.nbytes) == ("----W", ONE), "the newest step alone may exceed the bound"
    none.append(running, step(5))
    assert held(none, running) == "-----W"
    none.mark(running, "length")
    assert (held(none, running), none.nbytes) == ("------", 0)
    none.mark(running, None)
    none.append(running, step(6))
    assert held(none, running) == "------W"


def test_attention_is_given_up_first_in_the_order_in_which_traces_were_looked_at():
    store = TraceStore(12 * LOGITS + 4 * ATTENTION, max_attention_bytes=4 * ATTENTION)
    first, second, running = store.open(trace(4)), store.open(trace(4)), store.open(trace(stop_reason=None))
    assert [held(store, trace_id) for trace_id in (first, second)] == ["WWWW", "WWWW"], "until the store is full"
    store.step(first, 0)
    for index in range(3):
        store.append(running, step(index))
    assert [held(store, trace_id) for trace_id in (second, first, running)] == ["LLLL", "WWWW", "WWW"]
    store.append(running, step(3))
    assert [held(store, trace_id) for trace_id in (second, first, running)] == ["LLLL", "LLLL", "WWWW"]
    store.append(running, step(4))
    assert [held(store, trace_id) for trace_id in (second, first, running)] == ["----", "LLLL", "LWWWW"]
    assert store.step(first, 0).attention is None


def test_a_trace_with_little_attention_gives_up_both_together():
    """So it is with the default model, whose attention is less than a half."""
    store = TraceStore(8 * ONE)
    opened = [store.open(trace(4)) for _ in range(3)]
    assert [held(store, trace_id) for trace_id in opened] == ["----", "WWWW", "WWWW"]


def test_a_model_without_attention_gives_up_logits():
    plain = replace(trace(4), steps=tuple(step.without_attention() for step in trace(4).steps))
    store = TraceStore(4 * LOGITS, max_attention_bytes=0)
    opened = [store.open(plain), store.open(plain)]
    assert [held(store, trace_id) for trace_id in opened] == ["LLLL", "LLLL"], "they are the same tensors"
    store.open(replace(plain, steps=tuple(replace(step, logits=step.logits.clone()) for step in plain.steps)))
    assert [held(store, trace_id) for trace_id in opened] == ["----", "----"]
    assert store.nbytes == 4 * LOGITS


def test_a_paused_trace_that_goes_on_keeps_the_rows_it_has():
    store = TraceStore(2 * ONE)
    paused = store.open(trace(2, "stopped"))
    store.mark(paused, None)
    store.open(trace(2))
    assert is_whole(store, paused)
    store.mark(paused, "stopped")
    store.open(trace(2))
    assert not is_whole(store, paused)
    store.mark(paused, None)
    store.append(paused, step(2, 99))
    assert [step.logits is None for step in store.get(paused).steps] == [True, True, False]
    assert store.get(paused).token_ids == (10, 11, 99)


def test_a_trace_without_steps_is_never_lost():
    store = TraceStore(ONE)
    empty = store.open(trace(stop_reason="scored"))
    for _ in range(3):
        store.open(trace(4))
    assert store.get(empty).prompt_ids == (1, 2, 3)


def test_the_ids_of_a_trace_without_rows_stay_known():
    store = TraceStore(4 * ONE)
    bare = store.open(trace(4))
    store.open(trace(4))
    assert store.step(bare, 2) is None
    assert store.ids_before(bare, 2) == (1, 2, 3, 10, 11)
    assert (store.ids_before(bare, -1), store.ids_before(bare, -2)) == ((1, 2), (1,))
    assert store.prompt_ids(bare) == (1, 2, 3)
    with pytest.raises(PlaygroundError, match="Step 4 does not exist: this text has the steps 0 to 3"):
        store.ids_before(bare, 4)
    with pytest.raises(PlaygroundError, match="nothing predicts the prompt's first token, .* the steps -2 to -1"):
        store.ids_before(bare, -3)
    with pytest.raises(PlaygroundError, match="no longer kept.*Press Generate"):
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


@pytest.mark.parametrize("gone", ["bare", "released"])
def test_what_has_no_rows_can_be_dropped_too(gone):
    store = TraceStore(4 * ONE)
    dropped = store.open(trace(4))
    if gone == "bare":
        store.open(trace(4))
    else:
        store.release([dropped])
    store.drop([dropped])
    with pytest.raises(PlaygroundError):
        store.ids_before(dropped, 0)


def test_what_is_released_has_no_rows_and_stays_known(monkeypatch):
    monkeypatch.setattr(remembered, "REMEMBERED_TRACES", 2)
    store = TraceStore(10_000)
    ids = [store.open(trace(2)) for _ in range(3)]
    running = store.open(trace(1, None))
    store.release(ids[:2])
    assert store.nbytes == 3 * ONE
    assert [store.holds(trace_id) for trace_id in ids] == [False, False, True]
    assert store.get(ids[0]).token_ids == (10, 11)
    store.release([running])
    store.append(running, step(1))
    store.mark(running, "stopped")
    assert (store.get(running).token_ids, store.get(running).stop_reason) == ((10,), "stopped")
    with pytest.raises(PlaygroundError, match="no longer kept"):
        store.get(ids[0])
    assert store.get(ids[1]).token_ids == (10, 11)


def test_a_text_of_a_conversation_is_remembered_as_it_was():
    store = TraceStore(10_000)
    said = Conversation((Message("user", "hello"), Message("assistant", None, {"tool_calls": []})), {"tools": []})
    trace_id = store.open(replace(trace(2), conversation=said))
    store.release([trace_id])
    assert store.get(trace_id).conversation == said
    assert store.adopt(trace_id)
    assert store.get(trace_id).conversation == said


def test_what_is_released_is_bounded_by_its_tokens_too(monkeypatch):
    monkeypatch.setattr(remembered, "REMEMBERED_TOKENS", 10)
    store = TraceStore(10_000)
    ids = [store.open(trace(2)) for _ in range(3)]  # each has five tokens, the prompt's included
    store.release(ids)
    assert [store.knows(trace_id) for trace_id in ids] == [False, True, True]
    assert store.adopt(ids[1])
    store.release([store.open(trace(2))])
    assert [store.knows(trace_id) for trace_id in ids] == [False, True, True], "what is adopted takes no place there"
    store.drop(ids)
    store.release([store.open(trace(2))])
    assert store._remembered._tokens == 10


@pytest.mark.parametrize("let_go", [TraceStore.drop, TraceStore.release])
def test_a_trace_goes_when_the_last_who_holds_it_lets_go(let_go):
    store = TraceStore(10_000)
    trace_id = store.open(trace(2))
    assert store.adopt(trace_id)
    let_go(store, [trace_id])
    assert is_whole(store, trace_id)
    assert store.nbytes == 2 * ONE, "which counts once, however many hold it"
    let_go(store, [trace_id])
    assert (store.holds(trace_id), store.nbytes) == (False, 0)
    assert store.knows(trace_id) is (let_go is TraceStore.release)


def test_what_was_released_can_be_adopted_and_goes_on():
    store = TraceStore(10_000)
    trace_id = store.open(trace(2))
    store.release([trace_id])
    assert store.adopt(trace_id)
    assert store.holds(trace_id)
    store.append(trace_id, step(2, 99))
    assert store.get(trace_id).token_ids == (10, 11, 99)
    assert not store.adopt("unknown")


def test_a_pinned_trace_keeps_its_rows_whoever_drops_it():
    store = TraceStore(4 * ONE)
    example = store.open(trace(3))
    store.pin(example)
    store.adopt(example)
    store.drop([example])
    store.release([example])
    for _ in range(3):
        store.open(trace(4))
    running = store.open(trace(9, None))
    assert held(store, example) == "WWW"
    assert held(store, running) == "--------W", "which counts towards the bound all the same"


def test_steps_that_traces_share_count_once():
    store = TraceStore(10_000)
    parent = trace(3)
    parent_id = store.open(parent)
    branch = Trace("tiny", (1, 2, 3), Settings(), parent.steps[:2], "length", origin=Origin(parent_id, 2))
    branch_id = store.open(branch)
    assert store.nbytes == 3 * step(0).nbytes
    store.append(branch_id, step(2))
    assert store.nbytes == 4 * step(0).nbytes
    store.drop([parent_id])
    assert store.nbytes == 3 * step(0).nbytes
    assert store.get(branch_id).origin == (parent_id, 2)
    store.drop([branch_id])
    assert store.nbytes == 0


def test_attention_that_a_fork_shares_counts_until_both_have_given_it_up():
    store = TraceStore(8 * LOGITS + 3 * ATTENTION, max_attention_bytes=3 * ATTENTION)
    parent = trace(4)
    parent_id = store.open(parent)
    branch_id = store.open(replace(parent, steps=parent.steps[:3], stop_reason=None))
    for index in range(3, 7):
        store.append(branch_id, step(index))
    assert (held(store, parent_id), held(store, branch_id)) == ("LLLL", "LLLLWWW")
    assert store.nbytes == 8 * LOGITS + 3 * ATTENTION
    store.drop([branch_id])
    assert (held(store, parent_id), store.nbytes) == ("LLLL", 4 * LOGITS)
    store.drop([parent_id])
    assert store.nbytes == 0


def test_a_fork_keeps_the_rows_that_its_parent_gives_up():
    store = TraceStore(4 * ONE)
    parent = trace(3)
    parent_id = store.open(parent)
    branch_id = store.open(replace(parent, steps=parent.steps[:2], stop_reason=None))
    store.append(branch_id, step(2))
    store.append(branch_id, step(3))
    assert not is_whole(store, parent_id)
    assert is_whole(store, branch_id)
    assert store.nbytes == 4 * ONE
    store.mark(branch_id, "length")
    store.drop([branch_id])
    assert store.nbytes == 0


def test_whoever_keeps_something_beside_a_trace_is_told_when_it_goes():
    store = TraceStore(2 * ONE)
    told = []
    store.on_gone.append(lambda: told.append(store.nbytes))  # it may call the store, which is not locked
    first, second = store.open(trace(2)), store.open(trace(1))
    assert (told, is_whole(store, first)) == ([], False), "without its rows a trace is still there"
    store.release([second])
    store.drop([second])
    assert told == [0, 0]
