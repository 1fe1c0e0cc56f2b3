"""Stores the traces of all sessions in bounded memory.

Knows traces. Does not know sessions: callers say when they begin and when they stop to hold a trace.
A trace has a skeleton and tensors. The skeleton is a few hundred bytes for each step, which say how the token was
chosen. It stays for as long as anybody holds the trace. The tensors are bounded, because they can be computed again:
each step's logits, and its attention, which in a large model is most of the bytes and is given up first.
"""

import secrets
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from playground.errors import PlaygroundError
from playground.traces.entry import Entry
from playground.traces.remembered import Remembered
from playground.traces.tensors import Tensors
from playground.traces.trace import Step, Trace

ATTENTION_SHARE = 1 / 2
"""The share of a full store that attention may keep.

In the default model in float32, attention takes less than half of the bytes of a text with up to 700 tokens, so that
such texts give up logits and attention together. In a model of 8 billion parameters it takes four fifths.
"""


class TraceStore:
    """Holds traces under unguessable ids, with about `max_bytes` of tensors.

    While the tensors of all traces are more than `max_bytes`, some are given up in the order of
    `playground.traces.tensors`, and the skeletons stay. The newest step of a running trace and all steps of a pinned
    one keep their tensors, so that these alone may exceed `max_bytes`. The store is safe to use from several threads.

    The caller that opens a trace holds it, and so does each caller that adopts it. When its last holder calls `drop`,
    the trace is forgotten. When the last holder calls `release`, the trace's skeleton is kept for a while.

    Args:
        max_bytes: the bound of all tensors.
        max_attention_bytes: the most attention that a full store keeps; None for `ATTENTION_SHARE` of `max_bytes`.

    Attributes:
        on_gone: functions that are called, outside the store's lock, after traces may have lost their last holder.
        on_growth: functions that are called, outside the store's lock, with the id of a trace that got a step or ended.
    """

    def __init__(self, max_bytes: int, max_attention_bytes: int | None = None) -> None:
        if max_attention_bytes is None:
            max_attention_bytes = int(max_bytes * ATTENTION_SHARE)
        self._tensors = Tensors(max_bytes, max_attention_bytes)
        self._held: dict[str, Entry] = {}
        self._remembered = Remembered()
        self._lock = threading.Lock()
        self.on_gone: list[Callable[[], None]] = []
        self.on_growth: list[Callable[[str], None]] = []

    @property
    def nbytes(self) -> int:
        """The bytes of the tensors held now."""
        with self._lock:
            return self._tensors.nbytes

    def open(self, trace: Trace, trace_id: str | None = None) -> str:
        """Adds a trace, usually one without steps, and returns its id. The caller holds the trace.

        Args:
            trace_id: the id that the trace has elsewhere; None for a new one.
        """
        trace_id = trace_id or secrets.token_urlsafe(18)
        with self._lock:
            entry = self._held[trace_id] = Entry(replace(trace, steps=()), list(trace.steps))
            for step in trace.steps:
                self._tensors.hold(step)
            self._line_up(trace_id, entry)
            self._make_room()
        return trace_id

    def append(self, trace_id: str, step: Step) -> None:
        """Adds the next step. Does nothing if nobody holds the trace, because nobody waits for the step."""
        with self._lock:
            entry = self._held.get(trace_id)
            if entry is None:
                return
            entry.steps.append(step)
            self._tensors.hold(step)
            if entry.is_running and not entry.pinned and len(entry.steps) > 1:
                self._tensors.offer(trace_id, len(entry.steps) - 2)
            self._make_room()
        self._tell_growth(trace_id)

    def mark(self, trace_id: str, stop_reason: str | None) -> None:
        """Sets why the trace ended, or None when it goes on. Does nothing for an unknown id."""
        with self._lock:
            entry = self._find(trace_id)
            if entry is None:
                return
            entry.trace = replace(entry.trace, stop_reason=stop_reason)
            if trace_id in self._held:
                self._line_up(trace_id, entry)
                self._make_room()
            else:
                self._remembered.take(trace_id)
                self._remembered.put(trace_id, entry)
        self._tell_growth(trace_id)

    def pin(self, trace_id: str) -> None:
        """Keeps a trace and its tensors as long as the store lives, such as the example that every visitor sees."""
        with self._lock:
            entry = self._held[trace_id]
            entry.pinned = True
            self._line_up(trace_id, entry)

    def adopt(self, trace_id: str) -> bool:
        """Adds one holder to a trace. Returns whether the store has the trace."""
        with self._lock:
            entry = self._held.get(trace_id)
            if entry is not None:
                entry.holders += 1
                return True
            entry = self._remembered.take(trace_id)
            if entry is None:
                return False
            self._held[trace_id] = entry
            return True

    def follow(self, trace_id: str) -> bool:
        """Adds one holder who is told what is added, so that the trace may grow. Returns whether there is the trace."""
        if not self.adopt(trace_id):
            return False
        with self._lock:
            if (entry := self._held.get(trace_id)) is not None:
                entry.followers += 1
        return True

    def unfollow(self, trace_id: str) -> None:
        """Removes one holder that `follow` has added, as `release` does."""
        with self._lock:
            if (entry := self._held.get(trace_id)) is not None:
                entry.followers -= 1
        self.release([trace_id])

    def holds(self, trace_id: str) -> bool:
        """Returns whether anybody holds the trace."""
        with self._lock:
            return trace_id in self._held

    def knows(self, trace_id: str) -> bool:
        """Returns whether `get` finds the trace, which perhaps nobody holds."""
        with self._lock:
            return trace_id in self._held or trace_id in self._remembered

    def is_shared(self, trace_id: str) -> bool:
        """Returns whether others than one holder and those who follow have the trace, and would see a change of it."""
        with self._lock:
            entry = self._held.get(trace_id)
            return entry is not None and (entry.pinned or entry.holders - entry.followers > 1)

    def get(self, trace_id: str) -> Trace:
        """Returns the trace as it is now. The steps whose tensors were given up are bare.

        Raises:
            PlaygroundError: there is no such trace, or it is no longer kept.
        """
        with self._lock:
            entry = self._find(trace_id)
            if entry is None:
                raise PlaygroundError(
                    "This text is no longer kept. "
                    "Press Generate to make it again: the same settings and the same locked seed give the same text.",
                    status=404,
                )
            self._tensors.looked_at(trace_id)
            return replace(entry.trace, steps=tuple(entry.steps))

    def ids(self, trace_id: str) -> tuple[tuple[int, ...], int]:
        """Returns the ids of prompt and completion, and how many of them are the prompt's.

        Raises:
            PlaygroundError: there is no such trace.
        """
        trace = self.get(trace_id)
        return trace.prompt_ids + trace.token_ids, len(trace.prompt_ids)

    def ids_before(self, trace_id: str, index: int) -> tuple[int, ...]:
        """Returns the ids before step `index`, which predicted it. Below 0, `index` is a token of the prompt.

        Raises:
            PlaygroundError: there is no such trace, or no such step.
        """
        ids, prompt_length = self.ids(trace_id)
        if -prompt_length < index < len(ids) - prompt_length:
            return ids[: prompt_length + index]
        if index < 0:
            raise PlaygroundError(
                f"Step {index} does not exist: nothing predicts the prompt's first token, "
                f"and the others are the steps {1 - prompt_length} to -1.",
                status=404,
            )
        raise PlaygroundError(
            f"Step {index} does not exist: this text has the steps 0 to {len(ids) - prompt_length - 1}.", status=404
        )

    def prompt_ids(self, trace_id: str) -> tuple[int, ...]:
        """Returns the prompt's ids.

        Raises:
            PlaygroundError: there is no such trace.
        """
        return self.get(trace_id).prompt_ids

    def step(self, trace_id: str, index: int) -> Step | None:
        """Returns step `index` if its logits are held, or else None. Its attention may be given up all the same."""
        with self._lock:
            entry = self._held.get(trace_id)
            if entry is None or not 0 <= index < len(entry.steps):
                return None
            self._tensors.looked_at(trace_id)
            step = entry.steps[index]
            return step if step.logits is not None else None

    def release(self, trace_ids: Sequence[str]) -> None:
        """Removes one holder from each of these traces. The skeletons of those without holders are kept for a while.

        How many are kept is bounded; those released first are forgotten first. Unknown ids and pinned traces are
        ignored.
        """
        with self._lock:
            for trace_id in trace_ids:
                entry = self._let_go(trace_id)
                if entry is not None:
                    self._remembered.put(trace_id, entry)
        self._tell_gone()

    def drop(self, trace_ids: Sequence[str]) -> None:
        """Removes one holder from each of these traces, and forgets the traces that have no other holder.

        Unknown ids and pinned traces are ignored.
        """
        with self._lock:
            for trace_id in trace_ids:
                self._let_go(trace_id)
                self._remembered.take(trace_id)
        self._tell_gone()

    def _tell_gone(self) -> None:
        for listener in tuple(self.on_gone):
            listener()

    def _tell_growth(self, trace_id: str) -> None:
        for listener in tuple(self.on_growth):
            listener(trace_id)

    def _find(self, trace_id: str) -> Entry | None:
        return self._held.get(trace_id) or self._remembered.find(trace_id)

    def _let_go(self, trace_id: str) -> Entry | None:
        """Removes one holder. If it was the last one, takes the entry out of the held ones and returns it, bare."""
        entry = self._held.get(trace_id)
        if entry is None or entry.pinned:
            return None
        entry.holders -= 1
        if entry.holders:
            return None
        self._tensors.withdraw(trace_id, len(entry.steps))
        for index in range(len(entry.steps)):
            self._strip(entry.steps, index, Step.bare)
        return self._held.pop(trace_id)

    def _line_up(self, trace_id: str, entry: Entry) -> None:
        """Puts what a trace may give up at the end of the line, in place of what stood there before."""
        self._tensors.withdraw(trace_id, len(entry.steps))
        if entry.pinned:
            return
        if not entry.is_running:
            self._tensors.offer(trace_id)
            return
        for index, step in enumerate(entry.steps[:-1]):
            if step.logits is not None:
                self._tensors.offer(trace_id, index)

    def _make_room(self) -> None:
        while given_up := self._tensors.give_up():
            steps = self._held[given_up.trace_id].steps
            for index in range(len(steps)) if given_up.step_index is None else (given_up.step_index,):
                self._strip(steps, index, given_up.stripped)

    def _strip(self, steps: list[Step], index: int, stripped: Callable[[Step], Step]) -> None:
        step = steps[index]
        if step.logits is not None:
            steps[index] = stripped(step)
            self._tensors.hold(steps[index])
            self._tensors.let_go(step)
