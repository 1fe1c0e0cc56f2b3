"""Labels of a text, or of each of its tokens, by a head for labels.

Knows models. The numbers are those of transformers' pipelines "text-classification" and "token-classification".
"""

from collections.abc import Generator, Sequence
from functools import partial

import torch

from playground.encoders.texts import Text
from playground.engine.worker import Worker
from playground.models.masked_model import MaskedModel
from playground.on_host import on_host

Labels = tuple[tuple[str, float], ...]
"""(label, probability) of every label, most probable first."""


async def labels_of_text(worker: Worker[MaskedModel], text: Text) -> Labels:
    """Returns the labels of a text, from a model whose task is "text-classification".

    The probabilities are a softmax over the labels; one sigmoid for each label where the config says that several may
    be right at once, or there is only one. Of a regression they are the logits themselves.
    """
    [row] = await worker.work(partial(_logits, text.ids))
    config = worker.model.hf.config
    if config.problem_type == "regression":
        return _ordered(worker.model, row)
    if config.problem_type == "multi_label_classification" or len(row) == 1:
        return _ordered(worker.model, row.sigmoid())
    return _ordered(worker.model, row.softmax(-1))


async def labels_of_tokens(worker: Worker[MaskedModel], text: Text) -> list[Labels]:
    """Returns the labels of each token, special tokens too, from a model whose task is "token-classification"."""
    [rows] = await worker.work(partial(_logits, text.ids))
    return [_ordered(worker.model, row) for row in rows.softmax(-1)]


def _logits(ids: Sequence[int], model: MaskedModel) -> Generator[None, None, torch.Tensor]:
    found = yield from model.logits_in_slices([ids])
    return on_host(found).double()


def _ordered(model: MaskedModel, row: torch.Tensor) -> Labels:
    found = zip(model.labels, row.tolist(), strict=True)
    return tuple(sorted(found, key=lambda one: -one[1]))
