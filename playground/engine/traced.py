"""Runs a request to its end and returns the whole text, with the row of logits of each step. Knows the engine."""

from dataclasses import replace

from playground.engine.any_engine import AnyEngine
from playground.engine.request import Request
from playground.traces.trace import Step, Trace


async def traced(engine: AnyEngine, request: Request) -> Trace:
    """Runs a request, and returns its trace with all tensors. The store does not keep it.

    Raises:
        PlaygroundError: the request is over a limit.
    """
    tracing = engine.trace(request)
    try:
        # The steps are collected here, because the store may give up their rows meanwhile.
        steps = tuple([news async for news in tracing if isinstance(news, Step)])
        return replace(engine.store.get(tracing.trace_id), steps=steps)
    finally:
        tracing.close()
        engine.store.drop([tracing.trace_id])
