"""Computes whole attention maps of an encoder, and of a decoder's cross-attention. Defines the jobs for the engine.

Knows models and measures, as `maps` does for the attention of a decoder over its own text. The model of each job reads
the source, or is encoder-only. A map is a rectangle: every query sees every token that the encoder reads.
"""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from playground.attention import maps
from playground.attention.head_probes import weights_taken
from playground.attention.kinds import Kind, is_merged, side
from playground.attention.maps import Facts, quantised
from playground.attention.measures import rolled_out
from playground.attention.source_measures import MEASURES, ends, measured
from playground.models.encoder import encode
from playground.models.language_model import LanguageModel
from playground.models.masked_model import MaskedModel
from playground.models.source_forward import PROBE
from playground.on_host import float64_device

Model = LanguageModel | MaskedModel
Take = Callable[[int, int, torch.Tensor], None]
"""Called with the first query of a slice, a layer and its (head, query, key) weights."""


@dataclass(frozen=True)
class Sides:
    """The tokens that look (queries), and the source's tokens that they look at (keys)."""

    kind: Kind
    queries: tuple[int, ...]
    keys: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class SourceMaps:
    """The attention of all heads of one kind.

    Attributes:
        layers: (layer, head, query, key) uint16 as `quantised`; None if they are too large to keep.
        measures: one (layer, head) array for each of `source_measures.MEASURES`; None for a measure that no query has,
            and for the entropy of weights that do not sum to 1 alone.
    """

    layers: np.ndarray | None
    measures: dict[str, np.ndarray | None]

    @property
    def nbytes(self) -> int:
        """The bytes of the maps. The measures are small and do not count."""
        return 0 if self.layers is None else self.layers.nbytes


def facts(model: Model, kind: Kind) -> Facts:
    """Returns what can be shown of an encoder, or of cross-attention. It tries the model on a few tokens.

    It is short enough for `engine.call`.
    """
    model = model.reading(PROBE) if isinstance(model, LanguageModel) else model
    config = side(model.hf.config, kind)
    layers, heads = config.num_hidden_layers, config.num_attention_heads
    whose = f"The encoder of {model.name}" if kind == "encoder" and model.takes_source else model.name
    reason = None if _is_whole(model, kind, layers, heads) else f"{whose} does not return its attention weights."
    return Facts(layers, heads, heads, (None,) * layers, (None,) * layers, reason, is_merged(model.hf, kind))


def record(model: Model, sides: Sides, *, keep_layers: bool) -> Generator[None, None, SourceMaps]:
    """Computes the measures and, if `keep_layers`, the maps of all heads.

    Where they are not kept, the text is read once for each layer, so that only one layer's weights are in memory.
    """
    layers = side(model.hf.config, sides.kind).num_hidden_layers
    found, kept = [], []
    end_places = ends(sides.keys, model.eos_token_ids)
    for group in [range(layers)] if keep_layers else [range(one, one + 1) for one in range(layers)]:
        whole = yield from _whole(model, sides, group)
        found += [measured(one, sides.kind, end_places) for one in whole.to(float64_device(model.hf.device))]
        if keep_layers:
            kept = [quantised(one.cpu().numpy()) for one in whole]
    values = zip(MEASURES[sides.kind], np.stack(found, 1), strict=True)
    means = {name: None if np.isnan(value).any() else value for name, value in values}
    if is_merged(model.hf, sides.kind):  # a part of the weights has no entropy of its own
        means["entropy_bits"] = None
    return SourceMaps(np.stack(kept) if kept else None, means)


def one_layer(model: Model, sides: Sides, layer: int) -> Generator[None, None, np.ndarray]:
    """Computes the (head, query, key) float32 weights of one layer."""
    return (yield from _whole(model, sides, range(layer, layer + 1)))[0].cpu().numpy()


def rollout(model: Model, sides: Sides) -> Generator[None, None, np.ndarray]:
    """Computes the (query, key) uint16 rollout of an encoder up to its last layer; see `rolled_out`."""
    layers = side(model.hf.config, sides.kind).num_hidden_layers
    rolled: torch.Tensor | None = None
    for weights in (yield from _whole(model, sides, range(layers))):
        rolled = rolled_out(weights, rolled)
    assert rolled is not None, "an encoder has layers"
    return quantised(rolled.cpu().numpy())


def _is_whole(model: Model, kind: Kind, layers: int, heads: int) -> bool:
    """Returns whether each layer returns weights of all its heads, which sum to 1 for each token."""
    seen = _tried(model, kind)
    if sorted(seen) != list(range(layers)) or any(one.shape != (heads, *[len(PROBE)] * 2) for one in seen.values()):
        return False
    others = _tried(model, "self") if is_merged(model.hf, kind) else {}
    sums = [one.sum(-1) + (others[layer].sum(-1) if others else 0) for layer, one in seen.items()]
    return all(bool(((one - 1).abs() < 0.05).all()) for one in sums)


def _tried(model: Model, kind: Kind) -> dict[int, torch.Tensor]:
    """Returns the weights of each layer over a few tokens, (head, query, key) float32."""
    seen: dict[int, torch.Tensor] = {}
    for _ in _read(model, PROBE, kind, lambda _, layer, weights: seen.update({layer: weights.float()})):
        pass
    return seen


def _whole(model: Model, sides: Sides, layers: range) -> Generator[None, None, torch.Tensor]:
    """Computes (layer, head, query, key) float32 weights of some layers, on the model's device."""
    heads = side(model.hf.config, sides.kind).num_attention_heads
    shape = (len(layers), heads, len(sides.queries), len(sides.keys))
    kept = torch.zeros(shape, dtype=torch.float32, device=model.hf.device)

    def take(start: int, layer: int, weights: torch.Tensor) -> None:
        if layer in layers:
            kept[layer - layers.start, :, start : start + weights.shape[1]] = weights.float()

    yield from _read(model, sides.queries, sides.kind, take)
    return kept


def _read(model: Model, ids: Sequence[int], kind: Kind, take: Take) -> Generator[None, None, None]:
    """Reads the encoder's or the decoder's text, and yields after each slice."""
    if isinstance(model, MaskedModel):
        for layer, weights in enumerate(model.attention(ids)):
            take(0, layer, weights)
        yield
        return
    if kind == "encoder":

        def take_source(layer: int, weights: torch.Tensor) -> None:
            take(0, layer, weights[:, : len(ids), : len(ids)])  # LED's encoder pads its source

        with weights_taken(model.hf, take_source, kind):
            encode(model, ids, "eager")
        yield
        return
    cache = model.new_cache()
    for start in range(0, len(ids), maps.SLICE_TOKENS):
        with weights_taken(model.hf, partial(take, start), kind):
            model.read_with("eager", ids[start : start + maps.SLICE_TOKENS], cache)
        yield
