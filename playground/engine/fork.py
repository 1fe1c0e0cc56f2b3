"""Makes forks. A fork shows how a text would have continued if one of its tokens had been another one.

Knows the engine. Does not know who asks.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import takewhile

from playground.decoding.settings import Settings
from playground.engine.any_engine import AnyEngine
from playground.engine.request import Request
from playground.engine.run import Run
from playground.errors import PlaygroundError
from playground.traces.trace import Origin, Step, Trace


def fork(engine: AnyEngine, origin: Origin, forced_ids: Sequence[int], settings: Settings) -> Run:
    """Asks for a trace that has its parent's steps before `origin.at`, then `forced_ids`, then what follows them.

    The steps keep their indices, so that with the same seed each step draws the same random number as in the parent.

    Args:
        origin: the parent, and the step at which the fork leaves it.
        forced_ids: at least one; the first takes the place of the parent's token, with the logits recorded there. If
            the store has given these logits up, the fork begins by computing them again.
        settings: of the steps from the fork on.

    Raises:
        PlaygroundError: the parent is not known any more or has no such step, or the request is over a limit.
    """
    parent, index = engine.store.get(origin.trace_id), origin.at
    if not 0 <= index < len(parent.steps):
        raise PlaygroundError(f"Step {index + 1} does not exist: this text has {len(parent.steps)} steps.", status=404)
    request = Request(
        parent.prompt_ids, settings, parent.token_ids[:index], tuple(forced_ids), source_ids=parent.source_ids
    )
    known = parent.steps[index]
    return child(engine, origin, settings, request, known if known.logits is not None else None)


def child(engine: AnyEngine, origin: Origin, settings: Settings, request: Request, known: Step | None = None) -> Run:
    """Asks for a trace that has its parent's steps before `origin.at`, and then those of `request`.

    Args:
        settings: those that the trace names; `request` may have another length.
        known: as in `Engine.trace`.

    Raises:
        PlaygroundError: the parent is not known any more, or the request is over a limit.
    """
    parent = engine.store.get(origin.trace_id)
    shared = tuple(_taken_over(step, parent, settings) for step in parent.steps[: origin.at])
    begun = replace(parent, settings=settings, steps=shared, stop_reason=None, origin=origin)
    trace_id = engine.store.open(begun)
    try:
        return engine.trace(request, trace_id, known)
    except PlaygroundError:
        engine.store.drop([trace_id])
        raise


def write_again(engine: AnyEngine, trace_id: str, settings: Settings) -> Run:
    """Asks for a text anew under other settings. It keeps its seed, so that only the settings make a difference.

    A fork is made again at the same place with the same chosen tokens. If its parent is gone, the whole text is new.

    Raises:
        PlaygroundError: the text is not known any more, or the request is over a limit.
    """
    trace = engine.store.get(trace_id)
    settings = replace(settings, seed=trace.settings.seed)
    origin = trace.origin
    while origin is not None and engine.store.holds(origin.trace_id):
        forced = [step.token_id for step in takewhile(lambda step: step.forced, trace.steps[origin.at :])]
        if forced:
            return fork(engine, origin, forced, settings)
        origin = engine.store.get(origin.trace_id).origin  # the text only goes on from its parent
    return engine.trace(
        Request(trace.prompt_ids, settings, conversation=trace.conversation, source_ids=trace.source_ids)
    )


def _taken_over(step: Step, parent: Trace, settings: Settings) -> Step:
    """Returns the parent's step. It names the settings it was chosen under if the fork continues under others."""
    under = step.settings or parent.settings
    told = None if under.chooses_as(settings) else under
    return step if told == step.settings else replace(step, settings=told)
