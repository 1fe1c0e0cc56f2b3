"""What would follow a text that a search looked at: the model's own logits, computed when somebody asks.

Knows the engine. Does not know trees, traces or pages. A search's rows are not kept: beams times steps times the
vocabulary is more than a visit may hold.
"""

from collections.abc import Generator, Sequence
from functools import partial

import numpy as np
from transformers import DynamicCache

from playground.attention.shelf import Shelf
from playground.engine import Engine
from playground.errors import PlaygroundError
from playground.model import LanguageModel
from playground.prompt_line import SLICE_TOKENS
from playground.request import Request, check, checked_ids
from playground.settings import Settings

KEPT_BYTES = 32 * 2**20


class NextRows:
    """Rows of logits by the text before them; the latest are kept, in at most `max_bytes`."""

    def __init__(self, engine: Engine, max_bytes: int = KEPT_BYTES) -> None:
        self._engine = engine
        self._shelf = Shelf(max_bytes)

    async def after(self, prompt_ids: Sequence[int], completion_ids: Sequence[int]) -> np.ndarray:
        """(vocab,) float32 raw logits of what follows. Who asks for the same row meanwhile waits for the same work.

        Raises:
            PlaygroundError: not ids of this model, or a text over a limit.
        """
        model, limits = self._engine.model, self._engine.limits
        prompt, completion = checked_ids(prompt_ids, model), checked_ids(completion_ids, model)
        if not prompt:
            raise PlaygroundError("There is no prompt that anything could follow.")
        settings = Settings(strategy="greedy", max_new_tokens=max(1, len(completion)))
        check(Request(prompt, settings, completion), model, limits)
        ids = prompt + completion
        return await self._shelf.get((repr(ids),), lambda: self._engine.work(partial(_row, ids)))


def _row(ids: tuple[int, ...], model: LanguageModel) -> Generator[None, None, np.ndarray]:
    """A job for the engine: one forward, for a long text one a slice."""
    cache = DynamicCache()
    *before, last = [ids[start : start + SLICE_TOKENS] for start in range(0, len(ids), SLICE_TOKENS)]
    for part in before:
        model.prefill(part, cache)
        yield
    return model.extend([last], cache)[0].float().numpy()
