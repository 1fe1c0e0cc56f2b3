"""Computes the model's own logits for the token after a text that a search looked at, when a visitor asks for them.

Knows the engine. Does not know trees, traces or pages. The rows of logits of a search are not kept, because beams
times steps times the vocabulary is more memory than one visit may hold.
"""

from collections.abc import Sequence

import numpy as np

from playground.decoding.settings import Settings
from playground.engine.any_engine import AnyEngine
from playground.engine.request import Request, check, checked_ids
from playground.errors import PlaygroundError


async def next_row(
    engine: AnyEngine, prompt_ids: Sequence[int], completion_ids: Sequence[int], source_ids: Sequence[int] = ()
) -> np.ndarray:
    """Returns the raw logits, (vocab,) float32, of the token that follows the prompt and the completion.

    Args:
        source_ids: what the encoder reads; empty for a decoder-only model.

    Raises:
        PlaygroundError: the ids are not this model's, the prompt is empty, or the text is over a limit.
    """
    model, limits = engine.model, engine.limits
    prompt, completion, source = (checked_ids(ids, model) for ids in (prompt_ids, completion_ids, source_ids))
    if not prompt:
        raise PlaygroundError("The prompt is empty. Give at least one token.")
    settings = Settings(strategy="greedy", max_new_tokens=max(1, len(completion)))
    check(Request(prompt, settings, completion, source_ids=source), model, limits)
    return (await engine.lookups.after(prompt + completion, source)).row
