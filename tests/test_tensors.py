"""Tests that whatever is done with traces, in any order and from several threads, their tensors stay within bounds."""

import random
import threading
from dataclasses import replace

import pytest
import torch

from playground.decoding.settings import Settings
from playground.traces.store import TraceStore
from playground.traces.trace import Step, Trace

BOUND, ATTENTION_BOUND = 2000, 600
"""A step has 40 bytes of logits and 100 of attention."""


def step(index: int) -> Step:
    return Step(index, torch.zeros(10), 5, 0.5, 0.25, 4, torch.zeros(1, 5, 10, dtype=torch.float16), 0.01)


class Visitors:
    """Does random things with the traces of a store, as visitors and the engine do."""

    def __init__(self, store: TraceStore, seed: int) -> None:
        self.store, self.chance = store, random.Random(seed)
        self.ids: list[str] = []
        self.running: set[str] = set()
        self.pinned: set[str] = set()

    def act(self) -> None:
        acts = [self.write] * 6 + [self.look] * 3 + [self.fork, self.end, self.go_on, self.leave]
        self.chance.choice(acts)()

    def write(self) -> None:
        if not self.running or self.chance.random() < 0.1:
            self.open(Trace("tiny", (1,), Settings()))
        trace_id = self.chance.choice(sorted(self.running))
        self.store.append(trace_id, step(len(self.store.get(trace_id).steps)))

    def open(self, trace: Trace) -> None:
        trace_id = self.store.open(trace)
        self.ids.append(trace_id)
        self.running.add(trace_id)
        if self.chance.random() < 0.02 and not self.pinned:
            self.store.pin(trace_id)
            self.pinned.add(trace_id)

    def fork(self) -> None:
        if self.ids:
            trace = self.store.get(self.chance.choice(self.ids))
            self.open(replace(trace, steps=trace.steps[: self.chance.randint(0, len(trace.steps))], stop_reason=None))

    def look(self) -> None:
        if self.ids:
            self.store.step(self.chance.choice(self.ids), self.chance.randint(-1, 9))

    def end(self) -> None:
        if self.running:
            self.store.mark(self.chance.choice(sorted(self.running)), "stopped")
            self.running = {trace_id for trace_id in self.running if self.store.get(trace_id).stop_reason is None}

    def go_on(self) -> None:
        if self.ids:
            trace_id = self.chance.choice(self.ids)
            self.store.mark(trace_id, None)
            self.running.add(trace_id)

    def leave(self) -> None:
        if len(self.ids) > 4:
            trace_id = self.chance.choice([trace_id for trace_id in self.ids if trace_id not in self.pinned])
            self.chance.choice([self.store.drop, self.store.release])([trace_id])
            self.ids.remove(trace_id)
            self.running.discard(trace_id)


def tensors(store: TraceStore, ids: list[str]) -> dict[int, torch.Tensor]:
    steps = [step for trace_id in ids for step in store.get(trace_id).steps]
    held = [tensor for step in steps for tensor in (step.logits, step.attention) if tensor is not None]
    return {id(tensor): tensor for tensor in held}


def must_keep(visitors: Visitors) -> set[int]:
    """Returns the tensors that stay however full the store is."""
    found: set[int] = set()
    for trace_id in visitors.ids:
        steps = visitors.store.get(trace_id).steps
        if trace_id not in visitors.pinned:
            steps = steps[-1:] if trace_id in visitors.running else ()
        found |= {id(tensor) for step in steps for tensor in (step.logits, step.attention)}
    return found


@pytest.mark.parametrize("seed", range(20))
def test_the_bytes_are_those_of_the_tensors_and_stay_within_the_bound(seed):
    visitors = Visitors(TraceStore(BOUND, ATTENTION_BOUND), seed)
    for _ in range(400):
        visitors.act()
        held = tensors(visitors.store, visitors.ids)
        assert visitors.store.nbytes == sum(tensor.nbytes for tensor in held.values())
        assert visitors.store.nbytes <= BOUND or held.keys() <= must_keep(visitors)
        for trace_id in visitors.ids:
            steps = visitors.store.get(trace_id).steps
            assert all(step.logits is not None for step in steps if step.attention is not None)
    visitors.store.drop([trace_id for trace_id in visitors.ids if trace_id not in visitors.pinned])
    rest = tensors(visitors.store, sorted(visitors.pinned))
    assert visitors.store.nbytes == sum(tensor.nbytes for tensor in rest.values())


def test_threads_may_write_look_and_leave_at_once():
    store = TraceStore(BOUND, ATTENTION_BOUND)
    all_visitors = [Visitors(store, seed) for seed in range(100, 106)]
    errors: list[BaseException] = []

    def visit(visitors: Visitors) -> None:
        try:
            for _ in range(1500):
                visitors.act()
            store.drop(visitors.ids)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=visit, args=(visitors,)) for visitors in all_visitors]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    rest = tensors(store, [trace_id for visitors in all_visitors for trace_id in visitors.pinned])
    assert store.nbytes == sum(tensor.nbytes for tensor in rest.values())


def test_a_step_costs_the_same_however_many_others_there_are(monkeypatch):
    stripped = 0

    def counted(strip):
        def strip_and_count(step: Step) -> Step:
            nonlocal stripped
            stripped += 1
            return strip(step)

        return strip_and_count

    monkeypatch.setattr(Step, "bare", counted(Step.bare))
    monkeypatch.setattr(Step, "without_attention", counted(Step.without_attention))
    store = TraceStore(100 * BOUND, 100 * ATTENTION_BOUND)
    finished = [store.open(Trace("tiny", (1,), Settings(), tuple(map(step, range(50))), "length")) for _ in range(40)]
    running = [store.open(Trace("tiny", (1,), Settings())) for _ in range(32)]
    most = appended = 0
    for index in range(200):
        for trace_id in running:
            are_alone = not any(store.step(other, 0) for other in finished)
            before = stripped
            store.append(trace_id, step(index))
            appended += 1
            most = max(most, stripped - before) if are_alone else 0
    assert store.nbytes <= 100 * BOUND
    assert stripped <= 2 * (appended + 40 * 50), "no step gives up anything more than twice"
    assert 1 <= most <= 4, "once only running texts are left, a new step costs the tensors of a few old ones"
