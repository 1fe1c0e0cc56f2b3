"""One text that a fleet writes: what the page's process keeps of it, so that it can go on on another replica.

Knows orders. Does not know replicas.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from playground.engine.request import Request
from playground.engine.row import Mail, Row, stop_reason
from playground.fleet.order import Order, rest
from playground.models.language_model import LanguageModel
from playground.traces.trace import Step, Trace


@dataclass(eq=False)
class Text:
    """A text under way.

    Attributes:
        trace_id: the id of its trace.
        request: what was asked for.
        begun: its trace when it was asked for.
        model: its model.
        visitor: who asked.
        post: tells its reader.
        key: the key of its newest order; "" while it is on no replica.
        replica: the replica that has its newest order.
        over: set when it has ended.
    """

    trace_id: str
    request: Request
    begun: Trace
    model: LanguageModel
    visitor: str
    post: Callable[[Mail], None]
    key: str = ""
    replica: str | None = None
    stopped: bool = False
    over: asyncio.Event = field(default_factory=asyncio.Event)
    _steps: list[Step] = field(init=False)

    def __post_init__(self) -> None:
        before = self.begun.steps[: len(self.request.completion_ids)]
        self._before = len(before)
        self._steps = [step.bare() for step in before]

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self.over.is_set()

    @property
    def taken(self) -> int:
        """The number of steps that were made of it."""
        return len(self._steps) - self._before

    def take(self, step: Step) -> None:
        """Adds a step."""
        self._steps.append(step.bare())

    def ended(self) -> str | None:
        """Returns why the text ends with its newest step, or None if it goes on.

        A replica may die when it has told the last step, and not yet that it was the last.
        """
        if not self.taken:
            return None
        return stop_reason(Row(rest(self.request, self._trace), self.trace_id, self.post, ()), self.model)

    @property
    def _trace(self) -> Trace:
        return replace(self.begun, steps=tuple(self._steps), stop_reason=None)

    def order(self, client: str) -> Order:
        """Returns the order for what is missing of it."""
        trace = self._trace
        return Order(self.trace_id, rest(self.request, trace), trace, self.visitor, client, self.key)
