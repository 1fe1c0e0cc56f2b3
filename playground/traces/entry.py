"""Defines what the store keeps of one trace: the trace, its steps so far, and how many hold it."""

from dataclasses import dataclass

from playground.traces.trace import Step, Trace


@dataclass(eq=False)
class Entry:
    """One trace.

    `holders` is the number of holders that have not released it, of whom `followers` are told what is added. A `pinned`
    trace stays even without holders.
    """

    trace: Trace
    steps: list[Step]
    holders: int = 1
    followers: int = 0
    pinned: bool = False

    @property
    def tokens(self) -> int:
        return len(self.trace.prompt_ids) + len(self.steps)

    @property
    def is_running(self) -> bool:
        return self.trace.stop_reason is None
