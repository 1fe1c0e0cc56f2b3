"""Shows the inside of an encoder-only model: what the head says after each layer.

Knows models. Does not know pages.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from playground import values
from playground.decoding.measures import most_probable, probabilities, rank
from playground.encoders.texts import Text
from playground.engine.worker import Worker
from playground.errors import PlaygroundError
from playground.models.masked_model import MaskedModel
from playground.on_host import on_host

MOST_TOKENS = 512
"""The most tokens of a text whose inside is shown, as for a model that writes."""
MOST_LISTED = 100
"""The most tokens that are listed for a layer."""


@dataclass(frozen=True, eq=False)
class Layer:
    """What the head says of one token after one layer.

    Attributes:
        kl_nats: KL(model ‖ layer): what is lost if this layer speaks for the model.
        rank_of_final: the rank of the token that the model itself ends with, from 1.
        top: (token id, probability) of the most probable tokens, best first.
    """

    kl_nats: float
    rank_of_final: int
    top: tuple[tuple[int, float], ...]


async def layers(worker: Worker[MaskedModel], text: Text, position: object, count: object) -> list[Layer]:
    """Returns what the head of a model that fills blanks says of one token after the embedding and after each layer.

    Args:
        position: the place of the token, a mask or not; below 0 from the end.
        count: the number of most probable tokens of each layer, 1 to `MOST_LISTED`.

    Raises:
        PlaygroundError: a value is out of range, or the text is too long.
    """
    size = len(text.ids)
    place = values.whole("position", position, -size, size - 1) % size
    listed = min(values.whole("count", count, 1, MOST_LISTED), worker.model.vocabulary_size)
    _check_length(text)
    rows = (await worker.work(partial(_layers, text.ids, place))).numpy()
    own, [final] = probabilities(rows[-1]), most_probable(rows[-1], 1)
    return [_layer(row, own, final, listed) for row in rows]


def _layer(row: np.ndarray, own: np.ndarray, final: int, count: int) -> Layer:
    shares, some = probabilities(row), own > 0
    lost = (own[some] * np.log(own[some] / np.maximum(shares[some], np.finfo(float).tiny))).sum()
    top = tuple((token_id, float(shares[token_id])) for token_id in most_probable(row, count))
    return Layer(max(0.0, float(lost)), rank(row, final), top)


def _layers(ids: Sequence[int], place: int, model: MaskedModel) -> Generator[None, None, torch.Tensor]:
    states = model.states(ids)[:, place : place + 1]
    yield
    rows = on_host(model.read_out(states)[:, 0])
    yield
    return rows


def _check_length(text: Text) -> None:
    if len(text.ids) > MOST_TOKENS:
        raise PlaygroundError(
            f"The text has {len(text.ids):,} tokens, and a text to look at has at most {MOST_TOKENS}. Shorten it.",
            status=413,
        )
