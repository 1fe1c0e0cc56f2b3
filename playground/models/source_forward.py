"""Calls an encoder–decoder model: the encoder once for a source, then one forward of the decoder after another.

Knows tensors and transformers' models. Does not know traces. A source is the text that the encoder reads. What the
decoder's cross-attention reads of it stands in the cache of the decoder's text, in a `SourceLayer` for each layer.
"""

import inspect
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import nn
from transformers import DynamicCache, EncoderDecoderCache
from transformers.cache_utils import DynamicLayer
from transformers.modeling_outputs import BaseModelOutput

from playground.models.cache_layers import SourceLayer, part
from playground.models.forward import Decoded, Forward, Output

if TYPE_CHECKING:  # transformers' own name for it is not there when the program runs
    from transformers.models.auto.modeling_auto import _BaseModelWithGenerate as CausalModel

KEPT_SOURCES = 4
"""The sources that are kept after they were read, so that the texts of one source share one run of the encoder."""
PROBE = (5, 6, 7, 8)
"""The source of a cache that nobody names a source for, when a model is tried. Its ids may be anything."""


class SourceForward(Forward):
    """The forwards of one encoder–decoder model.

    Attributes:
        source: the source of the caches that `new_cache` makes.
        has_source: whether somebody has named the source.
    """

    def __init__(self, hf: "CausalModel", source: tuple[int, ...] | None = None) -> None:
        super().__init__(hf)
        self.takes_positions = False
        self.has_source = source is not None
        self.source = PROBE if source is None else source
        self.new_cache = lambda: self.cache_of(self.source)
        self._read: OrderedDict[tuple[int, ...], DynamicCache] = OrderedDict()
        self._embed_positions = getattr(hf.get_decoder(), "embed_positions", None)

    def of(self, source: tuple[int, ...]) -> "SourceForward":
        """Returns the forwards of the same model whose `new_cache` is for this source."""
        other = copy(self)
        other.source, other.has_source = source, True
        other.new_cache = lambda: other.cache_of(source)
        return other

    def cache_of(self, source: tuple[int, ...]) -> DynamicCache:
        """Returns the cache of an empty text of the decoder that attends to `source`. The encoder runs once for it."""
        if source not in self._read:
            self._read[source] = self._encoded(source)
        self._read.move_to_end(source)
        while len(self._read) > KEPT_SOURCES:
            self._read.popitem(last=False)
        return part(self._read[source], 0, 0, 0)

    @torch.inference_mode()
    def _encoded(self, source: tuple[int, ...]) -> DynamicCache:
        """Runs the encoder. The decoder's own modules make the keys and values of its output, in one forward."""
        ids = torch.tensor([source], device=self._hf.device)
        seen = torch.ones_like(ids)
        encoded = self._hf.get_encoder()(input_ids=ids, attention_mask=seen, return_dict=True).last_hidden_state
        both = EncoderDecoderCache(DynamicCache(), DynamicCache())
        self._hf(
            encoder_outputs=BaseModelOutput(last_hidden_state=encoded),
            attention_mask=seen,
            decoder_input_ids=ids[:, :1],
            cache=both,
            use_cache=True,
        )
        cache = DynamicCache()
        filled = cast("list[DynamicLayer]", both.cross_attention_cache.layers)
        sources = [SourceLayer(_held(one.keys), _held(one.values), seen.bool()) for one in filled]
        cache.layers = [*(DynamicLayer() for _ in sources), *sources]
        return cache

    def _once(
        self,
        input_ids: torch.Tensor | None,
        position_ids: torch.Tensor,
        mask: torch.Tensor | None,
        cache: DynamicCache,
        rows: int | torch.Tensor,
        inputs_embeds: torch.Tensor | None = None,
        **options: Any,
    ) -> Output:
        sources = [layer for layer in cache.layers if isinstance(layer, SourceLayer)]
        own = cache.layers[: -len(sources)]
        seen = sources[0].source_seen
        text, cross = DynamicCache(), DynamicCache()
        keys: list[Any] = [*map(_filled, sources)]
        text.layers, cross.layers = own, keys
        nothing = seen.new_zeros((1, 1, 1), dtype=self._hf.dtype).expand(*seen.shape, self._width)
        given = {"decoder_input_ids": input_ids} if inputs_embeds is None else {"decoder_inputs_embeds": inputs_embeds}
        with self._at(position_ids):
            found = self._hf(
                encoder_outputs=BaseModelOutput(last_hidden_state=nothing),  # its keys are in the cache already
                attention_mask=seen.long(),
                decoder_attention_mask=mask,
                cache=EncoderDecoderCache(text, cross),
                use_cache=True,
                **given,
                **options,
            )
        return Decoded(found.logits, found.get("decoder_attentions"), found.get("cross_attentions"))

    @property
    def _width(self) -> int:
        return cast(nn.Embedding, self._hf.get_input_embeddings()).weight.shape[1]

    @contextmanager
    def _at(self, position_ids: torch.Tensor) -> Iterator[None]:
        """Gives each row the embeddings of its own positions in the block.

        The decoders of BART and its relatives count positions from the length of the cache, which is the same for all
        rows of a batch: rows that are padded on the left would be read at the positions of the longest one.
        """
        is_alone = self._embed_positions is None or len(position_ids) == 1
        starts = [] if is_alone else position_ids[:, 0].tolist()
        if self._embed_positions is None or len(set(starts)) < 2:
            yield
            return
        hook = self._embed_positions.register_forward_hook(_positions_from(starts), with_kwargs=True)
        try:
            yield
        finally:
            hook.remove()


def _held(tensor: torch.Tensor | None) -> torch.Tensor:
    assert tensor is not None, "the forward has filled the layer"
    return tensor


def _filled(layer: SourceLayer) -> DynamicLayer:
    filled = DynamicLayer()
    filled.keys, filled.values, filled.is_initialized = layer.source_keys, layer.source_values, True
    if torch.is_grad_enabled():  # a gradient passes by, and does not take what was made without one
        filled.keys, filled.values = filled.keys.clone(), filled.values.clone()
    return filled


def _positions_from(starts: Sequence[int]) -> Any:
    """Returns a hook that embeds the positions of each row from its own start, with the module's own forward."""

    def embed(module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any], output: torch.Tensor) -> torch.Tensor:
        asked = inspect.signature(module.forward).bind(*args, **kwargs).arguments
        if "position_ids" in asked:
            places = torch.arange(output.shape[-2], device=output.device)
            found = [module.forward(**asked | {"position_ids": start + places}) for start in starts]
        else:
            found = [module.forward(**asked | {"cache_length": start}) for start in starts]
        of_rows = [one.reshape(-1, *output.shape[-2:]) for one in found]  # some modules return one row for all
        return torch.stack([one[row if len(one) > 1 else 0] for row, one in enumerate(of_rows)])

    return embed


def forward_of(hf: "CausalModel") -> Forward:
    """Returns the forwards of a model of any kind."""
    return SourceForward(hf) if hf.config.is_encoder_decoder else Forward(hf)
