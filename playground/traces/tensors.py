"""Counts the tensors that the steps of traces hold, and says which are given up next when they take too much room.

Knows steps by their numbers and traces by their ids. Does not know what else is kept of a trace.
"""

from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import NamedTuple

import torch

from playground.traces.trace import Step


class GivenUp(NamedTuple):
    """What is given up next.

    Attributes:
        trace_id: the trace that gives up tensors.
        step_index: its step; None for all of its steps.
        stripped: returns what is left of a step.
    """

    trace_id: str
    step_index: int | None
    stripped: Callable[[Step], Step]


class Tensors:
    """The logits and the attention of all traces, within about `max_bytes`.

    Attention is given up first, until `max_attention_bytes` of it are left, and then whole steps, so that a step that
    holds its attention holds its logits. Each of the two is given up in this order: finished traces as a whole, first
    the one that was looked at longest ago; then steps of running traces, first the one that was added longest ago.
    A tensor that several steps share counts once. A step costs the same time however many others there are.
    """

    def __init__(self, max_bytes: int, max_attention_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.max_attention_bytes = max_attention_bytes
        self._logits, self._attention = _Kind(), _Kind()
        self._kinds = (self._logits, self._attention)

    @property
    def nbytes(self) -> int:
        """The bytes of all tensors."""
        return self._logits.nbytes + self._attention.nbytes

    def hold(self, step: Step) -> None:
        """Counts the tensors of one more step."""
        self._logits.hold(step.logits)
        self._attention.hold(step.attention)

    def let_go(self, step: Step) -> None:
        """Counts the tensors of one step less."""
        self._logits.let_go(step.logits)
        self._attention.let_go(step.attention)

    def offer(self, trace_id: str, index: int | None = None) -> None:
        """Puts one step of a running trace, or the whole of a finished one, at the end of the line."""
        for kind in self._kinds:
            (kind.traces if index is None else kind.steps)[trace_id, index] = None

    def withdraw(self, trace_id: str, steps: int) -> None:
        """Takes a trace of so many steps out of the line."""
        for kind in self._kinds:
            kind.traces.pop((trace_id, None), None)
            for index in range(steps):
                kind.steps.pop((trace_id, index), None)

    def looked_at(self, trace_id: str) -> None:
        """Moves a finished trace to the end of the line, if it is there."""
        for kind in self._kinds:
            if (trace_id, None) in kind.traces:
                kind.traces.move_to_end((trace_id, None))

    def give_up(self) -> GivenUp | None:
        """Takes out of the line what must be given up next; None if there is room, or if nothing is left in line."""
        if self.nbytes <= self.max_bytes:
            return None
        is_over = self._attention.nbytes > self.max_attention_bytes
        if is_over and (given_up := self._attention.take()):
            return GivenUp(*given_up, Step.without_attention)
        given_up = self._logits.take()
        return given_up and GivenUp(*given_up, Step.bare)


class _Kind:
    """The bytes of one kind of tensor, and the line of those that may be given up."""

    def __init__(self) -> None:
        self.nbytes = 0
        self.traces: OrderedDict[tuple[str, int | None], None] = OrderedDict()
        self.steps: OrderedDict[tuple[str, int | None], None] = OrderedDict()
        self._sharers: Counter[int] = Counter()  # by a tensor's identity

    def hold(self, tensor: torch.Tensor | None) -> None:
        if tensor is None:
            return
        self._sharers[id(tensor)] += 1
        if self._sharers[id(tensor)] == 1:
            self.nbytes += tensor.nbytes

    def let_go(self, tensor: torch.Tensor | None) -> None:
        if tensor is None:
            return
        self._sharers[id(tensor)] -= 1
        if not self._sharers[id(tensor)]:
            del self._sharers[id(tensor)]
            self.nbytes -= tensor.nbytes

    def take(self) -> tuple[str, int | None] | None:
        for line in (self.traces, self.steps):
            if line:
                return line.popitem(last=False)[0]
        return None
