"""Makes a trace again from what a page sends, for a server that restarted or no longer keeps the trace.

Knows traces, models and limits. Does not know routes or who asks. Every value from the page is checked, because the
page is not trusted. The trace has no tensors; they are computed when a visitor looks at a step.
"""

from collections.abc import Mapping
from typing import Any

from playground.conversation import Conversation, conversation
from playground.decoding.measures import RawFacts
from playground.decoding.settings import Rule, Settings
from playground.engine.request import Limits, Tokens, check_source, checked_ids
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.traces.trace import STOP_REASONS, Step, Trace
from playground.values import Values, shown

SHARE = Rule(0, 1)
ENTROPY_BITS = Rule(0, 64)
SECONDS = Rule(0, 1e9)


def reopened(told: Any, model: LanguageModel, limits: Limits) -> Trace:
    """Returns the trace that `told` describes. Its steps are bare: they have no tensors.

    Args:
        told: `{model, prompt_ids, settings, stop_reason, steps}`, the steps as in the message that describes a trace to
            the page (`trace_message`); each may also have `seconds`. The `conversation` and the `source_ids` of the
            message's header may be there too. Other names are ignored. A text that was still running gets the stop
            reason "stopped".

    Raises:
        PlaygroundError: a value is missing, out of range or over a limit, or another model made the text.
    """
    if not isinstance(told, Mapping):
        raise PlaygroundError("A text must be an object with model, prompt_ids, settings, stop_reason and steps.")
    if told.get("model") != model.name:
        raise PlaygroundError(
            f"This text was made by {shown(told.get('model'))}, and this server runs {model.name}, which cannot "
            "continue it. Press Generate to begin a new one.",
            status=422,
        )
    steps = _list("steps", told.get("steps"), limits, "new_tokens")
    prompt_ids = checked_ids(_list("prompt_ids", told.get("prompt_ids"), limits, "prompt_tokens"), model)
    if not prompt_ids:
        raise PlaygroundError("prompt_ids is empty. A text has a prompt of at least one token.")
    if len(prompt_ids) + len(steps) > model.window:
        raise PlaygroundError(
            f"The text has {len(prompt_ids) + len(steps):,} tokens, and {model.name} has a window of {model.window:,}. "
            "Shorten it."
        )
    source_ids = checked_ids(_list("source_ids", told.get("source_ids") or [], limits, "prompt_tokens"), model)
    settings = Settings.from_dict(told.get("settings"))
    check_source(source_ids, model, limits)
    return Trace(
        model=model.name,
        prompt_ids=prompt_ids,
        settings=settings,
        steps=tuple(_step(index, step, model) for index, step in enumerate(steps)),
        stop_reason=_stop_reason(told.get("stop_reason")),
        conversation=_conversation(told.get("conversation"), limits),
        source_ids=source_ids,
    )


def _conversation(told: Any, limits: Limits) -> Conversation | None:
    if told is None:
        return None
    given = Values("conversation", told)
    return conversation(given.get("messages"), given.get("template_options"), limits.characters)


def _step(index: int, told: Any, model: LanguageModel) -> Step:
    if not isinstance(told, Mapping) or told.get("index") != index:
        raise PlaygroundError(f"Step {index} must be an object whose index is {index}, but is {shown(told)}.")
    forced, draw, settings = told.get("forced"), told.get("draw"), told.get("settings")
    if not isinstance(forced, bool):
        raise PlaygroundError(f"forced of step {index} must be true or false, but is {shown(forced)}.")
    count = Rule(1, model.vocabulary_size, whole=True)
    raw = RawFacts(
        probability=SHARE.check("raw_probability", told.get("raw_probability")),
        entropy_bits=ENTROPY_BITS.check("entropy_bits", told.get("entropy_bits")),
        rank=int(count.check("rank", told.get("rank"))),
    )
    return Step(
        index=index,
        logits=None,
        token_id=checked_ids([told.get("token_id")], model)[0],
        draw=None if draw is None else SHARE.check("draw", draw),
        probability=SHARE.check("probability", told.get("probability")),
        kept=int(count.check("kept", told.get("kept"))),
        attention=None,
        seconds=SECONDS.check("seconds", told.get("seconds", 0)),
        forced=forced,
        settings=None if settings is None else Settings.from_dict(settings),
        raw=raw,
    )


def _list(name: str, value: Any, limits: Limits, limit: Tokens) -> list[Any]:
    most = getattr(limits, limit)
    if not isinstance(value, list):
        raise PlaygroundError(f"{name} must be a list, but is {shown(value)}.")
    if len(value) > most:
        raise PlaygroundError(
            f"{name} has {len(value):,} entries, and this server takes at most {most:,}. To open the text, "
            f"{limits.raising(limit)}.",
            status=413,
        )
    return value


def _stop_reason(value: Any) -> str:
    if value is None:
        return "stopped"
    if value not in STOP_REASONS:
        raise PlaygroundError(f"stop_reason is {shown(value)}. Choose one of {', '.join(STOP_REASONS)}.")
    return value
