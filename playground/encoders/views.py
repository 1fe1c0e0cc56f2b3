"""Shows the inside of an encoder-only model: the attention of a text, in both directions.

Knows models. Does not know pages.
"""

from collections.abc import Generator, Sequence
from functools import partial

import numpy as np

from playground import values
from playground.encoders.texts import Text
from playground.engine.worker import Worker
from playground.errors import PlaygroundError
from playground.models.masked_model import MaskedModel
from playground.on_host import on_host

MOST_TOKENS = 512
"""The most tokens of a text whose attention is shown, as for a model that writes."""


async def attention(worker: Worker[MaskedModel], text: Text, layer: object) -> np.ndarray:
    """Returns the (head, query, key) float32 weights of one layer, from 0. A token sees those before and after it.

    Raises:
        PlaygroundError: the layer does not exist, the text is too long, or the model does not return its attention.
    """
    model, tokens = worker.model, len(text.ids)
    chosen = values.whole("layer", layer, 0, int(model.facts()["layers"]) - 1)
    if tokens > MOST_TOKENS:
        raise PlaygroundError(
            f"The text has {tokens:,} tokens, and a text to look at has at most {MOST_TOKENS}. Shorten it.", status=413
        )
    found = await worker.work(partial(_attention, text.ids, chosen))
    if found is None:
        raise PlaygroundError(f"{model.name} does not return its attention weights.", status=422)
    return found


def _attention(ids: Sequence[int], layer: int, model: MaskedModel) -> Generator[None, None, np.ndarray | None]:
    weights = model.attention(ids, layer)
    yield
    return None if weights is None else on_host(weights).numpy()
