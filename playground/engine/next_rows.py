"""What would follow a text that a search looked at: the model's own logits, computed when somebody asks.

Knows the engine. Does not know trees, traces or pages. A search's rows are not kept: beams times steps times the
vocabulary is more than a visit may hold.
"""

from collections.abc import Sequence

import numpy as np

from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.request import Request, check, checked_ids
from playground.errors import PlaygroundError


async def next_row(engine: Engine, prompt_ids: Sequence[int], completion_ids: Sequence[int]) -> np.ndarray:
    """(vocab,) float32 raw logits of what follows.

    Raises:
        PlaygroundError: not ids of this model, or a text over a limit.
    """
    model, limits = engine.model, engine.limits
    prompt, completion = checked_ids(prompt_ids, model), checked_ids(completion_ids, model)
    if not prompt:
        raise PlaygroundError("There is no prompt that anything could follow.")
    settings = Settings(strategy="greedy", max_new_tokens=max(1, len(completion)))
    check(Request(prompt, settings, completion), model, limits)
    return (await engine.observe(prompt + completion)).row
