"""The bounded store that holds the traces of all sessions.

Knows traces. Does not know sessions: whoever holds a trace says so, and says when it lets go.
A trace is a skeleton, a few hundred bytes a step that say how each token was chosen, and the tensors it was seen with.
The skeleton stays for as long as somebody holds the trace. The tensors are bounded: they can be computed again.
"""

import secrets
import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from playground.errors import PlaygroundError
from playground.traces.trace import Step, Trace

REMEMBERED_TRACES = 1000
REMEMBERED_TOKENS = 100_000
"""Of skeletons that nobody holds any more: should their visitor come back, they are still there."""


@dataclass(eq=False)
class _Entry:
    """One trace.

    `holders` counts those who have not let go; `pinned` traces stay whatever they do.
    """

    trace: Trace
    steps: list[Step]
    holders: int = 1
    pinned: bool = False

    @property
    def tokens(self) -> int:
        return len(self.trace.prompt_ids) + len(self.steps)

    @property
    def may_be_bared(self) -> bool:
        return self.trace.stop_reason is not None and not self.pinned


class TraceStore:
    """Holds traces under unguessable ids, with at most `max_bytes` of tensors beside those of running traces.

    When there are more, the finished traces that were not looked at for longest give up their tensors and keep their
    skeletons. A running trace gives up nothing, so that running traces alone may exceed `max_bytes`: what they hold is
    bounded by the limits on rows and tokens, and counts as soon as they end. Tensors that several traces share count
    once. Safe to use from several threads.

    Whoever opens a trace holds it, and so does everybody who adopts it. It goes when the last one lets go: `drop`
    forgets it, `release` keeps its skeleton for a while.

    Attributes:
        on_gone: called, outside the store's lock, after traces may have lost their last holder.
    """

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._nbytes = 0
        self._sharers: Counter[int] = Counter()  # of a step's tensors, by the identity of its logits
        self._held: dict[str, _Entry] = {}
        self._remembered: OrderedDict[str, _Entry] = OrderedDict()
        self._remembered_tokens = 0
        self._whole: OrderedDict[str, None] = OrderedDict()  # finished, with tensors; the next to give them up is first
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
            entry = self._held[trace_id] = _Entry(replace(trace, steps=()), list(trace.steps))
            for step in trace.steps:
                self._share(step)
            self._queue(trace_id, entry)
            self._make_room()
        return trace_id

    def append(self, trace_id: str, step: Step) -> None:
        """Adds the next step. A trace that nobody holds takes no more steps, silently: nobody waits for it."""
        with self._lock:
            entry = self._held.get(trace_id)
            if entry is None:
                return
            entry.steps.append(step)
            self._share(step)
            self._make_room()

    def mark(self, trace_id: str, stop_reason: str | None) -> None:
        """Sets why the trace ended, None when it goes on."""
        with self._lock:
            entry = self._find(trace_id)
            if entry is None:
                return
            entry.trace = replace(entry.trace, stop_reason=stop_reason)
            if trace_id in self._held:
                self._queue(trace_id, entry)
                self._make_room()

    def pin(self, trace_id: str) -> None:
        """Keeps a trace whole for as long as the store lives, whoever drops it: the example every visitor sees."""
        with self._lock:
            self._held[trace_id].pinned = True
            self._whole.pop(trace_id, None)

    def adopt(self, trace_id: str) -> bool:
        """Becomes one more holder of a trace. Whether it is there at all."""
        with self._lock:
            entry = self._held.get(trace_id)
            if entry is not None:
                entry.holders += 1
                return True
            entry = self._remembered.pop(trace_id, None)
            if entry is None:
                return False
            self._remembered_tokens -= entry.tokens
            entry.holders = 1
            self._held[trace_id] = entry
            return True

    def holds(self, trace_id: str) -> bool:
        """Whether anybody holds it."""
        with self._lock:
            return trace_id in self._held

    def get(self, trace_id: str) -> Trace:
        """The trace as it is now; of its steps, those whose tensors were given up are bare.

        Raises:
            PlaygroundError: there is no such trace, or none any more.
        """
        with self._lock:
            entry = self._find(trace_id)
            if entry is None:
                raise PlaygroundError(
                    "This text is no longer kept. "
                    "Press Generate to make it again: the same settings and seed give the same text.",
                    status=404,
                )
            self._looked_at(trace_id)
            return replace(entry.trace, steps=tuple(entry.steps))

    def ids(self, trace_id: str) -> tuple[tuple[int, ...], int]:
        """The ids of prompt and completion, and how many are the prompt's.

        Raises:
            PlaygroundError: no such trace.
        """
        trace = self.get(trace_id)
        return trace.prompt_ids + trace.token_ids, len(trace.prompt_ids)

    def ids_before(self, trace_id: str, index: int) -> tuple[int, ...]:
        """The ids that predicted step `index`. Below 0, `index` is a token of the prompt.

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
        """The prompt.

        Raises:
            PlaygroundError: no such trace.
        """
        return self.get(trace_id).prompt_ids

    def step(self, trace_id: str, index: int) -> Step | None:
        """Step `index` if its tensors are held, else None."""
        with self._lock:
            entry = self._held.get(trace_id)
            if entry is None or not 0 <= index < len(entry.steps):
                return None
            self._looked_at(trace_id)
            step = entry.steps[index]
            return step if step.logits is not None else None

    def release(self, trace_ids: Sequence[str]) -> None:
        """Lets go of traces whose visitor left. Of those that nobody else holds the skeletons stay known for a while.

        How many stay is bounded by `REMEMBERED_TRACES` and `REMEMBERED_TOKENS`; the ones let go first are forgotten
        first.
        """
        with self._lock:
            for trace_id in trace_ids:
                entry = self._let_go(trace_id)
                if entry is not None:
                    self._remembered[trace_id] = entry
                    self._remembered_tokens += entry.tokens
            while len(self._remembered) > REMEMBERED_TRACES or self._remembered_tokens > REMEMBERED_TOKENS:
                self._remembered_tokens -= self._remembered.popitem(last=False)[1].tokens
        self._tell_gone()

    def drop(self, trace_ids: Sequence[str]) -> None:
        """Lets go of traces that nobody needs any more, and forgets those that nobody else holds.

        Unknown ids and pinned traces are passed over.
        """
        with self._lock:
            for trace_id in trace_ids:
                self._let_go(trace_id)
                forgotten = self._remembered.pop(trace_id, None)
                if forgotten is not None:
                    self._remembered_tokens -= forgotten.tokens
        self._tell_gone()

    def _tell_gone(self) -> None:
        for listener in self.on_gone:
            listener()

    def _find(self, trace_id: str) -> _Entry | None:
        return self._held.get(trace_id) or self._remembered.get(trace_id)

    def _let_go(self, trace_id: str) -> _Entry | None:
        """One holder fewer. Returns the entry, bare, if it was the last one."""
        entry = self._held.get(trace_id)
        if entry is None or entry.pinned:
            return None
        entry.holders -= 1
        if entry.holders:
            return None
        self._bare(trace_id, entry)
        return self._held.pop(trace_id)

    def _queue(self, trace_id: str, entry: _Entry) -> None:
        """Lines a trace up to give up its tensors if it has ended, else takes it out of the line."""
        if entry.may_be_bared:
            self._whole[trace_id] = None
            self._whole.move_to_end(trace_id)
        else:
            self._whole.pop(trace_id, None)

    def _looked_at(self, trace_id: str) -> None:
        if trace_id in self._whole:
            self._whole.move_to_end(trace_id)

    def _make_room(self) -> None:
        while self._nbytes > self.max_bytes and self._whole:
            trace_id = next(iter(self._whole))
            self._bare(trace_id, self._held[trace_id])

    def _bare(self, trace_id: str, entry: _Entry) -> None:
        self._whole.pop(trace_id, None)
        for step in entry.steps:
            self._part(step)
        entry.steps = [step if step.logits is None else step.bare() for step in entry.steps]

    def _share(self, step: Step) -> None:
        if step.logits is None:
            return
        self._sharers[id(step.logits)] += 1
        if self._sharers[id(step.logits)] == 1:
            self._nbytes += step.nbytes

    def _part(self, step: Step) -> None:
        if step.logits is None:
            return
        self._sharers[id(step.logits)] -= 1
        if not self._sharers[id(step.logits)]:
            del self._sharers[id(step.logits)]
            self._nbytes -= step.nbytes
