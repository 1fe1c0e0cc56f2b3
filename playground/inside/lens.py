"""The logit lens (nostalgebraist 2020): what a model would say if it ended after the embedding, or after each block.

Knows models. Defines the jobs for the engine's thread and their results. A vector of the residual stream goes through
the model's own final norm and unembedding, as the last one does; that of an encoder-only model goes through the head
that fills blanks. Layer 0 is the embedding, and the last layer is the model itself. Every job is a generator that
yields between slices, so that other texts can take their steps.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch

from playground.decoding.measures import most_probable, probabilities, rank
from playground.errors import PlaygroundError
from playground.inside.ending import ending
from playground.models.language_model import LanguageModel
from playground.models.masked_model import MaskedModel
from playground.models.parts import first, parts
from playground.on_host import on_host

Model = LanguageModel | MaskedModel
LENS_TOKENS = 512
"""The longest text of which all positions are read."""
SLICE_TOKENS = 128
"""The most tokens that are read in one piece."""
SLICE_POSITIONS = 64
"""The most positions whose logits are in memory at once. One unembedding of so many is one piece."""
TOP = 3
"""The number of tokens that a cell of the grid knows by name."""


@dataclass(frozen=True, eq=False)
class Cells:
    """One layer of the grid, at some positions in a row.

    Attributes:
        ids: (position, TOP) int32, the most probable tokens, best first.
        shares: (position, TOP) float32, their probabilities.
        final_shares: (position,) float32, the probability of the token that the model itself ends with.
        ranks: (position,) int32, that token's rank, from 1.
        kl_nats: (position,) float32, KL(model ‖ layer): what is lost if the layer speaks for the model.
    """

    ids: np.ndarray
    shares: np.ndarray
    final_shares: np.ndarray
    ranks: np.ndarray
    kl_nats: np.ndarray


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer at one position.

    Attributes:
        kl_nats: KL(model ‖ layer), as in `Cells`.
        rank_of_final: the rank of the token that the model itself ends with, from 1.
        top: (token id, probability) of the most probable tokens, best first.
        ranks, shares: the ranks and the probabilities of the watched tokens.
        norm: the length of the vector.
    """

    kl_nats: float
    rank_of_final: int
    top: list[tuple[int, float]]
    ranks: list[int]
    shares: list[float]
    norm: float


@dataclass(frozen=True, eq=False)
class Column:
    """All layers at one position, the embedding first, with the tokens whose ranks they tell."""

    watched: list[int]
    layers: list[Layer]


def after(model: Model) -> str:
    """Returns what the model does to the logits of its output matrix, in words; "" if nothing. It is a short call.

    Raises:
        PlaygroundError: the end of the model is not found, or has no logit for each token.
    """
    if isinstance(model, LanguageModel):
        return ending(model).after
    if model.task != "fill-mask":
        raise PlaygroundError(
            f"The head of {model.name} gives labels, so that no layer can be read as a word. Choose a model that fills "
            "blanks.",
            status=422,
        )
    return ""


def end_of(model: Model) -> Callable[[torch.Tensor], torch.Tensor]:
    """Returns what makes (position, vocab) float32 logits of (position, width) vectors, as the model's end does."""
    if isinstance(model, LanguageModel):
        return ending(model).logits
    return lambda vectors: model.read_out(vectors[:, None].to(model.hf.device))[:, 0]


def streams(model: Model, ids: Sequence[int]) -> Generator[None, None, torch.Tensor]:
    """Reads a text and returns the residual stream: (layer, position, width) in the model's dtype, on the CPU.

    Raises:
        PlaygroundError: the model's blocks are not found.
    """
    if isinstance(model, MaskedModel):
        states = on_host(model.states(ids))
        yield
        return states
    blocks = [block.module for block in parts(model.hf, model.name).check_blocks()]
    kept: torch.Tensor | None = None
    start = 0

    def keep(layer: int, vectors: torch.Tensor) -> None:
        nonlocal kept
        if kept is None:
            kept = torch.empty(len(blocks) + 1, len(ids), vectors.shape[-1], dtype=vectors.dtype)
        kept[layer, start : start + vectors.shape[1]] = vectors[0]

    cache = model.new_cache()
    for start in range(0, len(ids), SLICE_TOKENS):
        hooks = [
            blocks[0].register_forward_pre_hook(
                lambda _module, args, kwargs: keep(0, args[0] if args else kwargs["hidden_states"]), with_kwargs=True
            )
        ]
        for number, block in enumerate(blocks, start=1):
            hooks.append(block.register_forward_hook(partial(_output_to, keep, number)))
        try:
            model.prefill(ids[start : start + SLICE_TOKENS], cache)
        finally:
            for hook in hooks:
                hook.remove()
        yield
    assert kept is not None, "a text has at least one token"
    return kept


def _output_to(keep: Callable[[int, torch.Tensor], None], layer: int, *called: Any) -> None:
    """Hands the output of a block on. A forward hook is called with the block, its input and its output."""
    keep(layer, first(called[-1]))


class Slice:
    """Some positions in a row, whose layers are read one by one. It holds the model's own distribution at each of them.

    Args:
        model: the model; this and `cells` run on its thread.
        vectors: (layer, position, width) of the residual stream.
    """

    @torch.inference_mode()
    def __init__(self, model: Model, vectors: torch.Tensor) -> None:
        self._end = end_of(model)
        self._vectors = vectors
        logits = self._last = self._logits(-1)
        size = logits.shape[-1]
        flipped = logits.cpu().numpy()[:, ::-1]  # of equal logits the higher id is first
        self._finals = torch.from_numpy((size - 1 - flipped.argmax(-1)).copy()).to(logits.device)[:, None]
        self._own = logits.softmax(-1)
        self._whole = self._own.sum(-1, dtype=torch.float64).float()  # nearly 1; what rounding left out cancels
        self._level = self._expected(logits) - self._whole * logits.logsumexp(-1)

    @torch.inference_mode()
    def cells(self, layer: int) -> Cells:
        """Returns one layer of the grid."""
        is_last = layer == len(self._vectors) - 1
        logits = self._last if is_last else self._logits(layer)
        total = logits.logsumexp(-1)
        top, ids = logits.topk(min(TOP, logits.shape[-1]), dim=-1)
        ids, order = ids.sort(-1, descending=True)
        top, order = top.gather(-1, order).sort(stable=True, dim=-1, descending=True)
        own = logits.gather(-1, self._finals)
        lost = self._level - (self._expected(logits) - self._whole * total)
        return Cells(
            ids.gather(-1, order).int().cpu().numpy(),
            (top - total[:, None]).exp().cpu().numpy(),
            (own[:, 0] - total).exp().cpu().numpy(),
            self._ranks(logits),
            lost.clamp_min(0).cpu().numpy(),
        )

    def _logits(self, layer: int) -> torch.Tensor:
        """Returns (position, vocab) logits, finite ones also for tokens that the model rules out."""
        logits = self._end(self._vectors[layer])
        return logits.clamp_(min=torch.finfo(logits.dtype).min)

    def _expected(self, logits: torch.Tensor) -> torch.Tensor:
        """Returns the mean of the logits under the model's own distribution, (position,)."""
        return (self._own * logits).sum(-1)  # a product of matrices adds one by one, and loses four digits

    def _ranks(self, logits: torch.Tensor) -> np.ndarray:
        rows, finals = logits.cpu().numpy(), self._finals[:, 0].tolist()
        return np.array([rank(row, final) for row, final in zip(rows, finals, strict=True)], np.int32)


@torch.inference_mode()
def row(model: Model, vector: torch.Tensor) -> np.ndarray:
    """Returns the (vocab,) float32 logits of one vector (width,) of the residual stream."""
    return end_of(model)(vector[None])[0].cpu().numpy()


@torch.inference_mode()
def column(model: Model, vectors: torch.Tensor, count: int, rivals: int, also: Sequence[int] = ()) -> Column:
    """Reads every layer at one position.

    Args:
        model: the model.
        vectors: (layer, width) of the residual stream at the position.
        count: the number of most probable tokens that each layer names.
        rivals: the number of tokens to watch through the layers: those that are most probable at the end.
        also: other tokens to watch.
    """
    rows = end_of(model)(vectors).cpu().numpy()
    own = probabilities(rows[-1])
    watched = list(dict.fromkeys([*most_probable(rows[-1], max(1, rivals)), *also]))
    some = own > 0
    layers = []
    for logits, norm in zip(rows, vectors.float().norm(dim=-1).tolist(), strict=True):
        shares = probabilities(logits)
        lost = (own[some] * np.log(own[some] / np.maximum(shares[some], np.finfo(float).tiny))).sum()
        layers.append(
            Layer(
                max(0.0, float(lost)),
                rank(logits, watched[0]),
                [(token_id, float(shares[token_id])) for token_id in most_probable(logits, count)],
                [rank(logits, token_id) for token_id in watched],
                [float(shares[token_id]) for token_id in watched],
                norm,
            )
        )
    return Column(watched, layers)
