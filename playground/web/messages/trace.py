"""Builds the JSON message that describes a trace to the page, small enough to be sent with every token.

Knows traces and measures. Reads no row of logits, because each step already holds what the page needs of its row.
No whole row is in the message; the page fetches the row that it shows.
"""

from collections.abc import Sequence
from itertools import count, takewhile
from typing import Any

from playground.decoding.measures import NGRAM, loop, repeats
from playground.engine.news import News, Reading, Waiting
from playground.traces.trace import Step, Trace

_refusals = count()


def trace_message(
    trace_id: str,
    trace: Trace,
    steps: Sequence[Step] | None,
    vocabulary_size: int,
    stage_notes: Sequence[str],
    news: News | None = None,
) -> dict[str, Any]:
    """Builds the message that describes a trace, or only its new steps; `assets/common/trace.js` reads it.

    Args:
        trace: the trace as it is now.
        steps: the new ones, None for all from the beginning. A message that starts at step 0 also holds the header. A
            message that holds the trace's last step, or comes after it, also says why the trace ended.
        vocabulary_size: the number of logits in a row.
        stage_notes: the names of the processors that the model brings; the page cannot apply them itself.
        news: where the text is that has no step yet: in the line, or how much of it is read. None for another one.
    """
    told = trace.steps if steps is None else steps
    first = told[0].index if told else len(trace.steps)
    is_last = first + len(told) >= len(trace.steps)  # the store may have newer steps already
    pace, completion = _Pace(trace), trace.token_ids
    ids, prompt_length = trace.prompt_ids + completion, len(trace.prompt_ids)
    return {
        "trace_id": trace_id,
        "first": first,
        "header": _header(trace, vocabulary_size, stage_notes) if first == 0 else None,
        "steps": [_facts(step, ids[: prompt_length + step.index + 1]) for step in told],
        "loop": found._asdict() if (found := loop(completion)) else None,
        "waiting": news.place if isinstance(news, Waiting) else None,
        "reading": news._asdict() if isinstance(news, Reading) else None,
        "stop_reason": trace.stop_reason if is_last else None,
        "first_token_seconds": pace.first_token_seconds,
        "tokens_per_second": pace.tokens_per_second,
        "error": None,
    }


def error_message(sentence: str) -> dict[str, Any]:
    """Builds the message that something was refused. The trace in view stays there.

    No two messages are equal, because Gradio does not pass on a value that equals the one before.
    """
    return {"error": sentence, "refusal": next(_refusals)}


def _header(trace: Trace, vocabulary_size: int, stage_notes: Sequence[str]) -> dict[str, Any]:
    return {
        "model": trace.model,
        "prompt_ids": list(trace.prompt_ids),
        "source_ids": list(trace.source_ids),
        "settings": trace.settings.to_dict(),
        "vocabulary_size": vocabulary_size,
        "stage_notes": list(stage_notes),
        "conversation": trace.conversation and trace.conversation.to_dict(),
        "origin": trace.origin and {"trace_id": trace.origin.trace_id, "index": trace.origin.at},
    }


def _facts(step: Step, ids: Sequence[int]) -> dict[str, Any]:
    """Builds the entry of one step. `ids` are those of the text up to this step, its own token included."""
    return {
        "index": step.index,
        "token_id": step.token_id,
        "probability": step.probability,
        "raw_probability": step.raw_facts.probability,
        "entropy_bits": step.raw_facts.entropy_bits,
        "rank": step.raw_facts.rank,
        "draw": step.draw,
        "kept": step.kept,
        "repeats": NGRAM if repeats(ids) else 0,
        "forced": step.forced,
        "settings": step.settings and step.settings.to_dict(),
    }


class _Pace:
    """Measures how fast a trace was generated; of a fork, only the steps that were made for it count.

    `first_token_seconds` is the time to the first token that was not given. `tokens_per_second` is the rate after it.
    """

    def __init__(self, trace: Trace) -> None:
        own = trace.steps[trace.origin.at if trace.origin else 0 :]
        first = len(list(takewhile(lambda step: step.forced, own)))
        seconds = sum(step.seconds for step in own[first + 1 :])
        self.first_token_seconds = sum(step.seconds for step in own[: first + 1]) if len(own) > first else None
        self.tokens_per_second = (len(own) - first - 1) / seconds if seconds > 0 else None
