"""What was observed while a text was generated, and the bounded store that holds it for all sessions.

Knows settings. Does not know models, processors or pages, and derives nothing.
"""

import secrets
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import torch

from playground.errors import PlaygroundError
from playground.settings import Settings

REMEMBERED = 1000
"""Evicted traces whose ids stay known."""

STOP_REASONS = ("end_token", "stop_string", "length", "window", "stopped", "scored")


@dataclass(frozen=True, eq=False)
class Step:
    """One generated token.

    Attributes:
        index: 0 for the first generated token.
        logits: (vocab,) the model's own, in its dtype, with its own storage on the CPU.
        token_id: the token that was chosen.
        draw: the uniform number in [0, 1) that chose it, None if nothing was drawn.
        probability: of that token after all stages, as it was when chosen.
        kept: the number of tokens that were left to choose from.
        attention: (layer, head, key) float16, the row of the position that predicted the token over the tokens
            before it; None for a model that does not return attention.
        seconds: since the step before, for the first since the request was made.
        forced: whether the token was given by a person, whatever its probability.
        settings: what it was chosen under, if that is not its trace's settings: a fork takes steps over.
    """

    index: int
    logits: torch.Tensor
    token_id: int
    draw: float | None
    probability: float
    kept: int
    attention: torch.Tensor | None
    seconds: float
    forced: bool = False
    settings: Settings | None = None

    @property
    def row(self) -> np.ndarray:
        """`logits` as (vocab,) float32, for those who compute beside the engine's thread."""
        return self.logits.float().numpy()

    @property
    def nbytes(self) -> int:
        """Bytes of the tensors."""
        return self.logits.nbytes + (0 if self.attention is None else self.attention.nbytes)


class Origin(NamedTuple):
    """Where a fork leaves its parent: all steps before `index` are the parent's own."""

    trace_id: str
    index: int


@dataclass(frozen=True, eq=False)
class Trace:
    """A completion with every step that made it.

    `stop_reason` is None while it runs, `origin` for one that is no fork.
    """

    model: str
    prompt_ids: tuple[int, ...]
    settings: Settings
    steps: tuple[Step, ...] = ()
    stop_reason: str | None = None
    origin: Origin | None = None

    @property
    def token_ids(self) -> tuple[int, ...]:
        """The completion's ids, without the prompt."""
        return tuple(step.token_id for step in self.steps)

    def ids_before(self, index: int) -> tuple[int, ...]:
        """Prompt and completion up to, not including, step `index`; below 0 it counts from the prompt's end."""
        return (self.prompt_ids + self.token_ids)[: len(self.prompt_ids) + index]

    def settings_at(self, index: int) -> Settings:
        """What step `index` was chosen under."""
        return self.steps[index].settings or self.settings


@dataclass(eq=False)
class _Entry:
    trace: Trace
    steps: list[Step] = field(default_factory=list)
    pinned: bool = False


class TraceStore:
    """Holds the traces of all sessions under unguessable ids, in at most `max_bytes` of tensors.

    When it is full the traces that were not looked at for longest give up their tensors; their ids stay known, so
    that what is asked for can be computed again. Steps that several traces share count once. Safe to use from several
    threads.

    Attributes:
        on_gone: called, outside the store's lock, after traces may have been evicted, released or dropped.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._nbytes = 0
        self._holders: Counter[int] = Counter()  # of a step's tensors, by the identity of its logits
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._evicted: OrderedDict[str, tuple[tuple[int, ...], int]] = OrderedDict()
        self._lock = threading.Lock()
        self.on_gone: list[Callable[[], None]] = []

    @property
    def nbytes(self) -> int:
        """Bytes of tensors held now."""
        with self._lock:
            return self._nbytes

    def open(self, trace: Trace) -> str:
        """Takes a trace, usually one without steps, and returns its id."""
        trace_id = secrets.token_urlsafe(18)
        with self._lock:
            self._entries[trace_id] = _Entry(trace, list(trace.steps))
            for step in trace.steps:
                self._hold(step)
            evicted = self._make_room()
        if evicted:
            self._tell_gone()
        return trace_id

    def append(self, trace_id: str, step: Step) -> None:
        """Adds the next step. A trace that was dropped meanwhile takes no more steps, silently: nobody waits for it."""
        with self._lock:
            entry = self._entries.get(trace_id)
            if entry is None:
                return
            entry.steps.append(step)
            self._hold(step)
            self._entries.move_to_end(trace_id)
            evicted = self._make_room()
        if evicted:
            self._tell_gone()

    def mark(self, trace_id: str, stop_reason: str | None) -> None:
        """Sets why the trace ended, None when it goes on."""
        with self._lock:
            entry = self._entries.get(trace_id)
            if entry is not None:
                entry.trace = replace(entry.trace, stop_reason=stop_reason)

    def pin(self, trace_id: str) -> None:
        """Keeps a trace for as long as the store lives, whoever drops it: the example every visitor sees."""
        with self._lock:
            self._entries[trace_id].pinned = True

    def holds(self, trace_id: str) -> bool:
        """Whether `get` would find it."""
        with self._lock:
            return trace_id in self._entries

    def get(self, trace_id: str) -> Trace:
        """The trace as it is now.

        Raises:
            PlaygroundError: the id is unknown, dropped or evicted.
        """
        with self._lock:
            entry = self._entries.get(trace_id)
            if entry is None:
                raise PlaygroundError(
                    "This text is no longer kept, because newer ones needed its place. "
                    "Press Generate to make it again: the same settings and seed give the same text.",
                    status=404,
                )
            self._entries.move_to_end(trace_id)
            return replace(entry.trace, steps=tuple(entry.steps))

    def ids(self, trace_id: str) -> tuple[tuple[int, ...], int]:
        """The ids of prompt and completion, also of an evicted trace, and how many are the prompt's.

        Raises:
            PlaygroundError: no such trace.
        """
        with self._lock:
            evicted = self._evicted.get(trace_id)
        if evicted is not None:
            return evicted
        trace = self.get(trace_id)
        return trace.prompt_ids + trace.token_ids, len(trace.prompt_ids)

    def ids_before(self, trace_id: str, index: int) -> tuple[int, ...]:
        """The ids that predicted step `index`, also of an evicted trace. Below 0, `index` is a token of the prompt.

        Raises:
            PlaygroundError: no such trace, or no such step.
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
        """The prompt, also of an evicted trace.

        Raises:
            PlaygroundError: no such trace.
        """
        ids, prompt_length = self.ids(trace_id)
        return ids[:prompt_length]

    def step(self, trace_id: str, index: int) -> Step | None:
        """Step `index` if its tensors are held, else None."""
        with self._lock:
            entry = self._entries.get(trace_id)
            if entry is None or not 0 <= index < len(entry.steps):
                return None
            self._entries.move_to_end(trace_id)
            return entry.steps[index]

    def release(self, trace_ids: Sequence[str]) -> None:
        """Gives up the tensors of traces whose visitor left; their ids stay known, should the visitor come back."""
        with self._lock:
            for trace_id in trace_ids:
                entry = self._entries.get(trace_id)
                if entry is not None and not entry.pinned:
                    self._evict(trace_id, entry)
        self._tell_gone()

    def drop(self, trace_ids: Sequence[str]) -> None:
        """Forgets traces; unknown ids and pinned traces are passed over."""
        with self._lock:
            for trace_id in trace_ids:
                entry = self._entries.get(trace_id)
                if entry is not None and not entry.pinned:
                    self._let_go(trace_id, entry)
                self._evicted.pop(trace_id, None)
        self._tell_gone()

    def _tell_gone(self) -> None:
        for listener in self.on_gone:
            listener()

    def _make_room(self) -> bool:
        """Evicts while there is too much. Whether it had to."""
        if self._nbytes <= self.max_bytes:
            return False
        before = len(self._entries)
        newest = next(reversed(self._entries))
        for trace_id, entry in list(self._entries.items()):
            if self._nbytes <= self.max_bytes:
                break
            if not entry.pinned and trace_id != newest:
                self._evict(trace_id, entry)
        return len(self._entries) < before

    def _hold(self, step: Step) -> None:
        self._holders[id(step.logits)] += 1
        if self._holders[id(step.logits)] == 1:
            self._nbytes += step.nbytes

    def _let_go(self, trace_id: str, entry: _Entry) -> None:
        del self._entries[trace_id]
        for step in entry.steps:
            self._holders[id(step.logits)] -= 1
            if not self._holders[id(step.logits)]:
                del self._holders[id(step.logits)]
                self._nbytes -= step.nbytes

    def _evict(self, trace_id: str, entry: _Entry) -> None:
        self._let_go(trace_id, entry)
        prompt_ids = entry.trace.prompt_ids
        self._evicted[trace_id] = (prompt_ids + tuple(step.token_id for step in entry.steps), len(prompt_ids))
        if len(self._evicted) > REMEMBERED:
            self._evicted.popitem(last=False)
