"""What the page's own JavaScript is told of a trace: plain JSON values, small enough to be sent with every token.

Knows traces and measures. Whole rows of logits are not in it; the page fetches the one it shows.
"""

from collections.abc import Sequence
from itertools import takewhile
from typing import Any
from weakref import WeakKeyDictionary

from playground.measures import NGRAM, loop, rank, raw_measures, repeats
from playground.trace import Step, Trace


def trace_message(
    trace_id: str,
    trace: Trace,
    steps: Sequence[Step] | None,
    vocabulary_size: int,
    stage_notes: Sequence[str],
    waiting: int | None = None,
) -> dict[str, Any]:
    """News of a trace, for `assets/decode/tab.js`.

    Args:
        trace: as it is now.
        steps: the new ones, None for all from the beginning. A message that starts at step 0 carries the header.
        vocabulary_size: the number of logits.
        stage_notes: names of the processors the model brings, which the page cannot reshape.
        waiting: the place in line, while not yet running.
    """
    told = trace.steps if steps is None else steps
    first = told[0].index if told else len(trace.steps)
    header = {
        "model": trace.model,
        "prompt_ids": list(trace.prompt_ids),
        "settings": trace.settings.to_dict(),
        "vocabulary_size": vocabulary_size,
        "stage_notes": list(stage_notes),
        "origin": trace.origin and trace.origin._asdict(),
    }
    pace = _Pace(trace)
    return {
        "trace_id": trace_id,
        "first": first,
        "header": header if first == 0 else None,
        "steps": [_facts_of(trace, step) for step in told],
        "loop": found._asdict() if (found := loop(trace.token_ids)) else None,
        "waiting": waiting,
        "stop_reason": trace.stop_reason,
        "first_token_seconds": pace.first_token_seconds,
        "tokens_per_second": pace.tokens_per_second,
        "error": None,
    }


def error_message(sentence: str) -> dict[str, Any]:
    """News that something was refused; the trace in view stays."""
    return {"error": sentence}


_FACTS: WeakKeyDictionary[Step, dict[str, Any]] = WeakKeyDictionary()


def _facts_of(trace: Trace, step: Step) -> dict[str, Any]:
    """Remembered for as long as the step lives: a fork tells all of its parent's steps at once."""
    facts = _FACTS.get(step)
    if facts is None:
        facts = _FACTS[step] = _step_facts(trace, step)
    return facts


def _step_facts(trace: Trace, step: Step) -> dict[str, Any]:
    row = step.row
    raw = raw_measures(row, step.token_id)
    return {
        "index": step.index,
        "token_id": step.token_id,
        "probability": step.probability,
        "raw_probability": raw.probability,
        "entropy_bits": raw.entropy_bits,
        "rank": rank(row, step.token_id),
        "draw": step.draw,
        "kept": step.kept,
        "repeats": NGRAM if repeats(trace.ids_before(step.index + 1)) else 0,
        "forced": step.forced,
        "settings": step.settings and step.settings.to_dict(),
    }


class _Pace:
    """How fast a trace came: of a fork, what was made for it. The first token's time is told apart."""

    def __init__(self, trace: Trace) -> None:
        own = trace.steps[trace.origin.index if trace.origin else 0 :]
        first = len(list(takewhile(lambda step: step.forced, own)))
        seconds = sum(step.seconds for step in own[first + 1 :])
        self.first_token_seconds = sum(step.seconds for step in own[: first + 1]) if len(own) > first else None
        self.tokens_per_second = (len(own) - first - 1) / seconds if seconds > 0 else None
