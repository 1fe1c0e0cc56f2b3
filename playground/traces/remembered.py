"""Remembers traces that nobody holds any more, in case their visitor comes back.

Knows what the store keeps of a trace. Does not know who holds it.
"""

import pickle
from collections import OrderedDict
from dataclasses import replace
from typing import NamedTuple

from playground.traces.entry import Entry
from playground.traces.trace import Trace

REMEMBERED_TRACES = 1000
REMEMBERED_TOKENS = 100_000
"""The bounds for all traces together."""


class _Packed(NamedTuple):
    """A trace as bytes, which take a fifth of the memory that its objects take, and the number of its tokens."""

    content: bytes
    tokens: int


class Remembered:
    """Traces with bare steps by their ids. Those that came first are forgotten first. The caller locks it."""

    def __init__(self) -> None:
        self._traces: OrderedDict[str, _Packed] = OrderedDict()
        self._tokens = 0

    def __contains__(self, trace_id: str) -> bool:
        return trace_id in self._traces

    def put(self, trace_id: str, entry: Entry) -> None:
        """Remembers a trace that is not remembered yet, and forgets others if they are too many."""
        content = pickle.dumps(replace(entry.trace, steps=tuple(entry.steps)))
        self._traces[trace_id] = _Packed(content, entry.tokens)
        self._tokens += entry.tokens
        while len(self._traces) > REMEMBERED_TRACES or self._tokens > REMEMBERED_TOKENS:
            self._tokens -= self._traces.popitem(last=False)[1].tokens

    def find(self, trace_id: str) -> Entry | None:
        """Returns an entry with one holder, which is a copy, or None."""
        found = self._traces.get(trace_id)
        if found is None:
            return None
        trace: Trace = pickle.loads(found.content)
        return Entry(replace(trace, steps=()), list(trace.steps))

    def take(self, trace_id: str) -> Entry | None:
        """As `find`, and forgets the trace."""
        entry = self.find(trace_id)
        if entry is not None:
            self._tokens -= self._traces.pop(trace_id).tokens
        return entry
