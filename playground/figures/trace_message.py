"""What the page's own JavaScript is told of a trace: plain JSON values, small enough to be sent with every token.

Knows traces and measures. Whole rows of logits are not in it; the page fetches the one it shows.
"""

from collections.abc import Sequence
from typing import Any

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
    }
    return {
        "trace_id": trace_id,
        "first": first,
        "header": header if first == 0 else None,
        "steps": [_step_facts(trace, step) for step in told],
        "loop": found._asdict() if (found := loop(trace.token_ids)) else None,
        "waiting": waiting,
        "stop_reason": trace.stop_reason,
        "first_token_seconds": trace.steps[0].seconds if trace.steps else None,
        "tokens_per_second": _tokens_per_second(trace.steps),
        "error": None,
    }


def error_message(sentence: str) -> dict[str, Any]:
    """News that something was refused; the trace in view stays."""
    return {"error": sentence}


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
    }


def _tokens_per_second(steps: Sequence[Step]) -> float | None:
    """After the first token, whose time is told apart."""
    seconds = sum(step.seconds for step in steps[1:])
    return (len(steps) - 1) / seconds if seconds > 0 else None
