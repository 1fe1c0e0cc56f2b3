"""Computes whole attention maps of a text in slices. Defines the jobs for the engine's thread and their results.

Knows models and measures. Does not know traces, threads or pages. Every job is a generator that yields between slices
of `SLICE_TOKENS` queries, so that other texts can take their steps in between. A job receives one layer's slice of
weights at a time in float32 and keeps weights as `quantised`. It computes on the model's device, and what it returns
leaves the device at its end.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from transformers import PreTrainedConfig

from playground.attention.head_probes import weights_taken
from playground.attention.kinds import is_merged, side
from playground.attention.measures import Tally, Thumbnails, rolled_out
from playground.models.language_model import LanguageModel
from playground.models.reach import reaches
from playground.models.source_forward import PROBE
from playground.on_host import float64_device

MAP_TOKENS = 512
"""The longest text of which maps are made: at 512 tokens and 270 heads they take 71 MB."""
SLICE_TOKENS = 128
THUMBNAIL_SIDE = 32
WHOLE = 65535
"""What a weight of 1 is quantised to."""
MAX_ERROR = 1.6e-5
"""The largest error of a quantised weight w: 2 √w e + e² with e = 1 / (2 · 65535)."""


def quantised(weights: np.ndarray) -> np.ndarray:
    """Returns the square roots of the weights as uint16.

    Roots keep the digits of small weights: a weight of 10⁻⁶ has an error of 10⁻⁸.
    """
    return np.rint(np.sqrt(weights, dtype=np.float32) * np.float32(WHOLE)).astype(np.uint16)


def weights_of(stored: np.ndarray) -> np.ndarray:
    """Returns the float32 weights that `quantised` has stored."""
    return np.square(stored.astype(np.float32) / WHOLE)


def triangle(weights: np.ndarray) -> np.ndarray:
    """Returns the rows of (…, query, key) up to the diagonal, one after the other: row i has i + 1 numbers.

    `weights` may also be a slice of queries whose keys end with the last query. The result is then that slice's part
    of the triangle.
    """
    return weights[..., _seen(*weights.shape[-2:])]


@dataclass(frozen=True, eq=False)
class Maps:
    """The attention of all heads over one text.

    Attributes:
        tokens: the length n of the text.
        layers: (layer, head, n(n+1)/2) uint16 triangles; None if they are too large to keep.
        thumbnails: (layer, head, side, side) uint8, 255 times the square root of a weight.
        measures: one (layer, head) array for each of `attention.measures.MEASURES`; None for a measure that no query
            has, and for the entropy of weights that do not sum to 1 alone.
        induction_queries: the number of queries that the induction measure is a mean over.
    """

    tokens: int
    layers: np.ndarray | None
    thumbnails: np.ndarray
    measures: dict[str, np.ndarray | None]
    induction_queries: int

    @property
    def nbytes(self) -> int:
        """The bytes of the thumbnails and the triangles. The measures are small and do not count."""
        return self.thumbnails.nbytes + (0 if self.layers is None else self.layers.nbytes)


@dataclass(frozen=True)
class Facts:
    """What can be shown of a model's attention.

    `reason` is the sentence that says why nothing can be shown, or None. `windows` holds, for each layer, the number of
    tokens that its sliding window covers, or None if the layer sees all. `without` says for each layer what it is if it
    has no attention, and is None for the others. `is_merged` says that the weights of a query sum to 1 only together
    with those of another kind: see `kinds`.
    """

    layers: int
    heads: int
    key_value_heads: int
    windows: tuple[int | None, ...]
    without: tuple[str | None, ...]
    reason: str | None
    is_merged: bool = False


def facts(model: LanguageModel) -> Facts:
    """Returns the facts of one model. It tries the model on a few tokens instead of going by its name.

    It is short enough for `engine.call`.
    """
    model, config = model.reading(PROBE), side(model.hf.config)
    layers, heads = config.num_hidden_layers, config.num_attention_heads
    kinds = getattr(config, "layer_types", None) or [None] * layers
    return Facts(
        layers,
        heads,
        getattr(config, "num_key_value_heads", None) or heads,
        tuple(None if reach.is_chunked else reach.tokens for reach in reaches(config)),
        tuple(None if at in model.attention_layers else _kind(str(kind), config) for at, kind in enumerate(kinds)),
        None if _can_be_seen(model, layers, heads) else f"{model.name} does not return its attention weights.",
        is_merged(model.hf, "self"),
    )


NAMED = {
    "linear_attention": "linear attention",
    "conv": "a convolution",
    "mlp": "a feed-forward",
    "moe": "a feed-forward",
}


def _kind(kind: str, config: PreTrainedConfig) -> str:
    """Returns what a layer without attention is, in words. transformers calls state spaces linear attention too."""
    if kind == "linear_attention" and any(name.startswith(("mamba_", "ssm_")) for name in config.to_dict()):
        return "a state space (Mamba)"
    return NAMED.get(kind, f"a layer of another kind ({kind})")


def record(model: LanguageModel, ids: Sequence[int], *, keep_layers: bool) -> Generator[None, None, Maps]:
    """Computes the measures, the thumbnails and, if `keep_layers`, the maps of all heads while reading `ids` once."""
    known = model.facts()
    layers, heads, tokens = int(known["layers"]), int(known["heads"]), len(ids)
    device = float64_device(model.hf.device)
    tally = Tally(ids, layers, heads, device)
    thumbnails = Thumbnails(tokens, layers, heads, THUMBNAIL_SIDE, device)
    # One block, because its pages return to the system when it is freed. The pages of many small blocks may not.
    kept = torch.zeros((layers, heads, triangular(tokens) if keep_layers else 0), dtype=torch.int16, device=device)

    def take(layer: int, weights: torch.Tensor) -> None:
        weights = weights.to(device)
        tally.add(layer, weights)
        thumbnails.add(layer, weights)
        if keep_layers:
            _, queries, keys = weights.shape
            kept[layer, :, triangular(keys - queries) : triangular(keys)] = _stored(weights)

    yield from _read(model, ids, take)
    cells = (thumbnails.cells.sqrt() * 255).round().byte().cpu().numpy()
    triangles = kept.cpu().numpy().view(np.uint16) if keep_layers else None
    means = tally.means()
    if is_merged(model.hf, "self"):
        means["entropy_bits"] = None
    return Maps(tokens, triangles, cells, means, tally.induction_queries)


def one_layer(model: LanguageModel, ids: Sequence[int], layer: int) -> Generator[None, None, np.ndarray]:
    """Computes the (head, query, key) float32 weights of one layer. They are zero above the diagonal."""
    tokens = len(ids)
    kept = torch.zeros((int(model.facts()["heads"]), tokens, tokens), dtype=torch.float32, device=model.hf.device)

    def take(number: int, weights: torch.Tensor) -> None:
        if number == layer:
            _, queries, keys = weights.shape
            kept[:, keys - queries : keys, :keys] = weights

    yield from _read(model, ids, take)
    return kept.cpu().numpy()


def rollout(model: LanguageModel, ids: Sequence[int]) -> Generator[None, None, np.ndarray]:
    """Computes the (n(n+1)/2,) uint16 triangle of attention rollout up to the last layer; see `rolled_out`.

    A layer without attention passes on what the layers below have mixed.
    """
    layers, tokens = int(model.facts()["layers"]), len(ids)
    rolled = torch.zeros((layers, tokens, tokens), dtype=torch.float32, device=model.hf.device)

    def take(layer: int, weights: torch.Tensor) -> None:
        _, queries, keys = weights.shape
        before = [other for other in model.attention_layers if other < layer]
        below = rolled[before[-1], :keys, :keys] if before else None
        rolled[layer, keys - queries : keys, :keys] = rolled_out(weights, below)

    yield from _read(model, ids, take)
    return _stored(rolled[model.attention_layers[-1]]).cpu().numpy().view(np.uint16)


def triangular(tokens: int) -> int:
    """Returns 1 + 2 + … + tokens."""
    return tokens * (tokens + 1) // 2


def _read(
    model: LanguageModel, ids: Sequence[int], take: Callable[[int, torch.Tensor], None]
) -> Generator[None, None, None]:
    """Reads `ids` in slices and yields after each.

    `take(layer, weights)` receives (head, query, key) float32 tensors on the model's device, whose keys start at the
    text's first token. What leaves the device is for `take` to decide.
    """

    def take_tensor(layer: int, weights: torch.Tensor) -> None:
        take(layer, weights.to(model.hf.device).float())

    cache = model.new_cache()
    for start in range(0, len(ids), SLICE_TOKENS):
        with weights_taken(model.hf, take_tensor):
            model.read_with("eager", ids[start : start + SLICE_TOKENS], cache)
        yield


def _stored(weights: torch.Tensor) -> torch.Tensor:
    """Returns the triangle of (…, query, key) weights as `quantised` stores them, on the device of the weights.

    The result is int16 with the bits of uint16, for which torch has few operations.
    """
    queries, keys = weights.shape[-2:]
    rows, columns = torch.tril_indices(queries, keys, keys - queries, device=weights.device)
    return (weights[..., rows, columns].sqrt() * WHOLE).round().int().short()


def _seen(queries: int, keys: int) -> np.ndarray:
    return np.tri(queries, keys, keys - queries, dtype=bool)


def _can_be_seen(model: LanguageModel, layers: int, heads: int) -> bool:
    """Returns whether the weights taken layer by layer equal those that the model itself returns for a step.

    Only the last step is compared. Both sides read the tokens before it in the same way, because in 16 bits two ways of
    reading differ, and the difference grows from layer to layer.
    """
    ids = [token_id % model.vocabulary_size for token_id in range(1, 5)]
    caches, taken = (model.new_cache(), model.new_cache()), {}
    for cache in caches:
        model.prefill(ids[:-1], cache)
    with weights_taken(
        model.hf, lambda layer, weights: taken.update({layer: weights[:, -1].half().to(model.hf.device)})
    ):
        model.read_with("eager", ids[-1:], caches[0])
    stepped = model.step(ids[-1:], [len(ids) - 1], None, caches[1]).attention
    if stepped is None or stepped.shape[0] != layers or tuple(sorted(taken)) != model.attention_layers:
        return False
    if any(one.shape != stepped[0, 0].shape or one.shape != (heads, len(ids)) for one in taken.values()):
        return False
    close = max(2**-11, torch.finfo(model.hf.dtype).eps ** 0.75)
    differences = [(taken[layer] - stepped[layer, 0]).abs().max() for layer in model.attention_layers]
    return bool(torch.stack(differences).max() <= close)
