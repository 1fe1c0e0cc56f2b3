"""A fork: what a text would have been, had one of its tokens been another.

Knows the engine. Does not know who asks.
"""

from collections.abc import Sequence
from dataclasses import replace

from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.request import Request
from playground.engine.run import Run
from playground.errors import PlaygroundError
from playground.traces.trace import Origin, Step, Trace


def fork(engine: Engine, origin: Origin, forced_ids: Sequence[int], settings: Settings) -> Run:
    """Asks for a trace that has its parent's steps before `origin.index`, then `forced_ids`, then what follows them.

    The steps keep their indices, so that under an equal seed every one sees the number its parent's saw.

    Args:
        forced_ids: at least one; the first takes the place of the parent's token, with the logits recorded there. Where
            the store has given those up, the fork begins by computing them again.
        settings: of the steps from the fork on.

    Raises:
        PlaygroundError: the parent is not known any more or has no such step, or the request is over a limit.
    """
    parent, index = engine.store.get(origin.trace_id), origin.index
    if not 0 <= index < len(parent.steps):
        raise PlaygroundError(f"Step {index + 1} does not exist: this text has {len(parent.steps)} steps.", status=404)
    beginning = parent.steps[:index]
    request = Request(parent.prompt_ids, settings, parent.token_ids[:index], tuple(forced_ids))
    shared = tuple(_taken_over(step, parent, settings) for step in beginning)
    trace_id = engine.store.open(Trace(parent.model, parent.prompt_ids, settings, shared, origin=origin))
    try:
        known = parent.steps[index]
        return engine.trace(request, trace_id, known if known.logits is not None else None)
    except PlaygroundError:
        engine.store.drop([trace_id])
        raise


def _taken_over(step: Step, parent: Trace, settings: Settings) -> Step:
    """The parent's own step, which says under what it was chosen if the fork goes on under something else."""
    under = step.settings or parent.settings
    told = None if under.processing() == settings.processing() else under
    return step if told == step.settings else replace(step, settings=told)
