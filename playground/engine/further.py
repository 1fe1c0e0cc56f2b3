"""Writes a text further from its end, by one token or by many.

Knows the engine. Does not know who asks.
"""

from dataclasses import replace

from playground.decoding.settings import Settings
from playground.engine.any_engine import AnyEngine
from playground.engine.fork import child
from playground.engine.request import Request
from playground.engine.run import Run
from playground.errors import PlaygroundError
from playground.traces.trace import Origin, Trace

ENDED = (
    "This text has ended: its last token is the model's end token. To go on all the same, click a candidate of any "
    "step, or write a text below the candidates and press Continue. Generate begins again from the prompt."
)


def write_further(engine: AnyEngine, trace_id: str, settings: Settings, *, one_step: bool, in_place: bool) -> Run:
    """Asks for the tokens that follow the end of a text.

    A text that was only paused grows. Any other text stays as it is, and what follows it is a text of its own that
    begins with its steps.

    Args:
        settings: those of the new steps. The random number of a step depends only on their seed and the step.
        one_step: whether one token follows, and not `settings.max_new_tokens`.
        in_place: whether the text may grow, because nobody else looks at it.

    Raises:
        PlaygroundError: the text is not known any more, still runs or has ended, or it is over a limit.
    """
    trace = engine.store.get(trace_id)
    _check(engine, trace)
    length = _full_length(len(trace.steps), settings.max_new_tokens, engine.limits.new_tokens, one_step=one_step)
    longer = replace(settings, max_new_tokens=length)
    most = 1 if one_step else None
    request = Request(trace.prompt_ids, longer, trace.token_ids, max_steps=most, source_ids=trace.source_ids)
    if in_place and trace.stop_reason == "stopped":
        return engine.trace(request, trace_id)
    return child(engine, Origin(trace_id, len(trace.steps)), settings, request)


def _check(engine: AnyEngine, trace: Trace) -> None:
    if trace.stop_reason is None:
        raise PlaygroundError(
            "This text is still being generated. Press Stop first, or wait until it ends.", status=409
        )
    if trace.steps and trace.steps[-1].token_id in engine.model.eos_token_ids:
        raise PlaygroundError(ENDED, status=409)
    if len(trace.steps) >= engine.limits.new_tokens:
        raise PlaygroundError(
            f"This text has {len(trace.steps):,} new tokens, and this server writes at most "
            f"{engine.limits.new_tokens:,}. For a longer text, {engine.limits.raising('new_tokens')}.",
            status=422,
        )


def _full_length(now: int, most: int, limit: int, *, one_step: bool) -> int:
    """Returns the number of new tokens at which the text ends at its limit.

    A single step that goes beyond `most` does not reach a limit: the text is paused after it.
    """
    if not one_step:
        return min(now + most, limit)
    return most if now < most else min(now + 2, limit)
