"""From the last vector to a word: a token's logit as a sum of products, and the neurons that wrote toward a token.

Knows models. Each norm between a neuron and the logit is frozen: its scale is taken as it is for this text. These are
the final norm, the norm after a feed-forward where there is one, and the later norms of the stream where norms stand in
it. So what the neurons and the rest write adds up to the logit, but it does not say what the model would do without a
neuron.
"""

from collections.abc import Generator
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np
import torch
from torch import nn

from playground.errors import PlaygroundError
from playground.inside.ending import ending
from playground.inside.frozen import Frozen
from playground.inside.reading import Neurons, Reading
from playground.models.language_model import LanguageModel
from playground.models.parts import Block, is_packed, matrix, parts
from playground.models.split import check_whole
from playground.models.spread import weight_of

PIECE_WEIGHTS = 50_000_000
"""The most weights that are multiplied in one piece."""
MEAN = "mean"
"""Stands for the average of all tokens. What raises all logits alike changes no probability."""


@dataclass(frozen=True)
class Product:
    """One of the products that h · w is a sum of."""

    dimension: int
    h: float
    w: float
    product: float


@dataclass(frozen=True)
class Products:
    """A token's logit as a sum: `largest` + `rest` + `bias` = `total`. The model makes its logit of that total.

    Attributes:
        largest: the products with the largest magnitude, the largest first.
        others, rest: how many products are left, and their sum.
        bias: that of the output matrix, 0 without one.
        after: the total, after the softcap or the scale that the model has.
        logit: the model's own, None where it rules the token out.
        rounding: `logit` - `after`.
    """

    largest: list[Product]
    others: int
    rest: float
    bias: float
    total: float
    after: float
    logit: float | None
    rounding: float


@dataclass(frozen=True, eq=False)
class Writings:
    """What each neuron wrote toward a token, or toward it rather than another one.

    Attributes:
        values: for each block (neuron,) float32, activation times `pushes`.
        pushes: for each block (neuron,) float32, what a neuron adds to the logit when its activation is 1.
        biases: for each block what the bias of its feed-forward adds.
    """

    values: tuple[np.ndarray, ...]
    pushes: tuple[np.ndarray, ...]
    biases: tuple[float, ...]

    @property
    def nbytes(self) -> int:
        """The bytes of all values."""
        return sum(one.nbytes for one in (*self.values, *self.pushes))


@torch.inference_mode()
def products(model: LanguageModel, seen: Reading, token_id: int, count: int) -> Products:
    """Returns a token's logit as a sum of products, with the `count` largest ones. It is a short call."""
    end = ending(model)
    own = weight_of(end.unembedding)[token_id].float().cpu()
    terms = (seen.vector * own).double()
    bias = 0.0 if end.unembedding.bias is None else float(weight_of(end.unembedding, "bias")[token_id])
    total = float(terms.sum()) + bias
    after = float(end.finish(torch.tensor(total, dtype=torch.float64)))
    order = terms.abs().argsort(descending=True, stable=True)[:count].tolist()
    largest = [Product(at, float(seen.vector[at]), float(own[at]), float(terms[at])) for at in order]
    logit = float(seen.row[token_id])
    is_possible = bool(np.isfinite(logit))
    return Products(
        largest,
        len(terms) - len(largest),
        total - bias - sum(one.product for one in largest),
        bias,
        total,
        after,
        logit if is_possible else None,
        logit - after if is_possible else 0.0,
    )


def writings(
    model: LanguageModel, seen: Reading, token_id: int, against: int | str | None = None
) -> Generator[None, None, Writings]:
    """Returns what each neuron wrote toward the logit of a token, minus what it wrote toward that of `against`.

    `against` may also be `MEAN`: then what it wrote toward all tokens on average is subtracted.

    Raises:
        PlaygroundError: the model's neurons are not known.
    """
    neurons = check_neurons(model, seen)
    weight = weight_of(ending(model).unembedding)
    own = weight[token_id].detach().float().cpu()
    if isinstance(against, str):
        own = own - (yield from _mean_row(model))
    elif against is not None:
        own = own - weight[against].detach().float().cpu()
    direction = neurons.final.back(own)
    values, pushes, biases, done = [], [], [], 0
    blocks = parts(model.hf, model.name).check_blocks()
    for block, norm, active in zip(blocks, neurons.norms, neurons.active, strict=True):
        last = _last(block)
        with torch.inference_mode():
            back = direction if norm is None else norm.back(direction)
            weights = matrix(last, model.hf)
            push = (weights.float().T @ back.to(weights.device)).cpu()
            bias = 0.0 if last.bias is None else float(weight_of(last, "bias").float().cpu() @ back)
        biases.append(bias + float(norm.bias @ direction) if isinstance(norm, Frozen) else bias)
        pushes.append(push.numpy())
        values.append((active * push).numpy())
        done += weights.numel()
        if done >= PIECE_WEIGHTS or is_packed(last):
            done = 0
            yield
    return Writings(tuple(values), tuple(pushes), tuple(biases))


def pushed(model: LanguageModel, seen: Reading, layer: int, neuron: int) -> Generator[None, None, np.ndarray]:
    """Returns what one neuron added to the logit of each token, (vocab,) float32. Index 0 is the first block.

    Raises:
        PlaygroundError: the model's neurons are not known.
    """
    neurons = check_neurons(model, seen)
    last = _last(parts(model.hf, model.name).check_blocks()[layer])
    column = matrix(last, model.hf)[:, neuron].detach().float().cpu()
    written = column * neurons.active[layer][neuron]
    for norm in (neurons.norms[layer], neurons.final):
        written = written if norm is None else norm.through(written)
    weight = weight_of(ending(model).unembedding).detach()
    written = written.to(weight.device)
    shares = []
    for rows in weight.split(_rows_of_a_piece(weight)):
        shares.append((rows.float() @ written).cpu())
        yield
    return torch.cat(shares).numpy()


def check_neurons(model: LanguageModel, seen: Reading) -> Neurons:
    """Returns the neurons.

    Raises:
        PlaygroundError: they are not known, or the model is split.
    """
    check_whole(model.hf, model.name)
    if seen.neurons is None:
        raise PlaygroundError(
            f"The neurons of {model.name} cannot be told apart: its blocks are not the sum of their input, an "
            "attention and a feed-forward with one output matrix, or its norms are of another kind. Choose another "
            "model to see its neurons.",
            status=422,
        )
    return seen.neurons


_mean_rows: WeakKeyDictionary[LanguageModel, torch.Tensor] = WeakKeyDictionary()


def _mean_row(model: LanguageModel) -> Generator[None, None, torch.Tensor]:
    """Returns the mean row of the output matrix, (width,) float32 on the CPU. It is computed once for each model."""
    if model not in _mean_rows:
        weight = weight_of(ending(model).unembedding).detach()
        total = torch.zeros(weight.shape[1])
        for rows in weight.split(_rows_of_a_piece(weight)):
            total += rows.float().sum(0).cpu()
            yield
        _mean_rows[model] = total / len(weight)
    return _mean_rows[model]


def _rows_of_a_piece(weight: torch.Tensor) -> int:
    return max(1, PIECE_WEIGHTS // weight.shape[1])


def _last(block: Block) -> nn.Module:
    last = block.feed_forward and block.feed_forward.last
    assert last is not None, "the neurons are known"
    return last
