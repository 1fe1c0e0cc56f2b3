"""Defines what a replica is told of a text, and how a text goes on elsewhere after its replica has died.

Knows requests and traces. Does not know Ray.
"""

from dataclasses import dataclass, replace

from playground.engine.request import Request
from playground.traces.trace import Trace


@dataclass(frozen=True)
class Order:
    """A text to write.

    Attributes:
        trace_id: its id, which is the same everywhere.
        request: what to write.
        trace: the text so far, with bare steps: as many as the request's completion has tokens.
        visitor: who asked.
        client: the process that reads its steps.
        key: names this order in what the reader is told. A text that goes on elsewhere has another order.
    """

    trace_id: str
    request: Request
    trace: Trace
    visitor: str
    client: str
    key: str


def rest(request: Request, trace: Trace) -> Request:
    """Returns the request for what is missing of a text of which a part was written.

    A token depends on the tokens before it, and its random number on the seed and the step alone. So the text goes on
    as it would have, on any replica that computes the same logits.

    Args:
        request: the first request for the text.
        trace: the text as far as it came.
    """
    taken = len(trace.steps) - len(request.completion_ids)
    most = None if request.max_steps is None else request.max_steps - taken
    return replace(request, completion_ids=trace.token_ids, forced_ids=request.forced_ids[taken:], max_steps=most)
