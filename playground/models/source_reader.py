"""Reads sources with the encoder of a model, several at once, and keeps what the decoder's cross-attention reads.

Knows tensors and transformers' models. Does not know traces. See `source_forward` for what a source is.
"""

from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import nn
from transformers import DynamicCache, EncoderDecoderCache
from transformers.cache_utils import DynamicLayer
from transformers.modeling_outputs import MoEModelOutput

from playground.models import one_query
from playground.models.cache_layers import SourceLayer, part
from playground.models.layer_slices import Layers, SlicedForward, layers_of

if TYPE_CHECKING:  # transformers' own name for it is not there when the program runs
    from transformers.models.auto.modeling_auto import _BaseModelWithGenerate as CausalModel

KEPT_SOURCES = 4
"""The sources that are kept after they were read, so that the texts of one source share one run of the encoder."""
PROJECTIONS = {"encoder_attn": ("k_proj", "v_proj"), "EncDecAttention": ("k", "v")}
"""The names of the cross-attention in decoders, and of its modules that make keys and values."""
TRIED_TOKENS = 4

KeysAndValues = list[tuple[torch.Tensor, torch.Tensor]]
"""The keys and the values of each layer, (row, head, source position, width)."""


class Reading:
    """Sources on their way through the encoder, a slice at a time.

    Attributes:
        sources: what is read.
    """

    def __init__(self, reader: "SourceReader", sources: Sequence[tuple[int, ...]]) -> None:
        self.sources = tuple(sources)
        self._caches: dict[tuple[int, ...], DynamicCache] = {}
        self._reader = reader
        self._tokens = len(sources) * max(map(len, sources))
        self._forward: SlicedForward[torch.Tensor] | None = None
        self._is_encoded = False

    def go_on(self, size: int) -> bool:
        """Reads for about as long as all layers of the encoder take with `size` tokens, and at least one layer.

        Returns whether the sources are read. If it fails, it can be called again.
        """
        if self._forward is None and self._tokens <= size:
            self._caches = self._reader.read(self.sources)
            return True
        if self._forward is None:
            self._forward = self._reader.sliced(self.sources)
        if not self._is_encoded:
            self._is_encoded = self._forward.go_on(self._tokens, size)
            return False
        self._caches = self._reader.made(self.sources, self._forward.made)
        return True

    def cache_of(self, source: tuple[int, ...]) -> DynamicCache:
        """Returns a new cache of an empty text that attends to one of the sources, once they are read."""
        return part(self._caches[source], 0, 0, 0)


class SourceReader:
    """Reads sources with the encoder of one model."""

    def __init__(self, hf: "CausalModel") -> None:
        self._hf = hf
        attention = hf.config._attn_implementation
        assert attention is not None, "transformers chooses an attention for every model that it makes"
        self._attention = attention
        self._kept: OrderedDict[tuple[int, ...], DynamicCache] = OrderedDict()

    def kept(self, source: tuple[int, ...]) -> DynamicCache | None:
        """Returns the cache of an empty text that attends to `source`, if it was read of late: take a part of it."""
        if source in self._kept:
            self._kept.move_to_end(source)
        return self._kept.get(source)

    def cache_of(self, source: tuple[int, ...]) -> DynamicCache:
        """As `kept`; reads the source at once if it was not."""
        found = self.kept(source)
        return self.read([source])[source] if found is None else found

    def reading(self, sources: Sequence[tuple[int, ...]]) -> Reading:
        """Begins to read sources together, a slice at a time."""
        return Reading(self, sources)

    def read(self, sources: Sequence[tuple[int, ...]]) -> dict[tuple[int, ...], DynamicCache]:
        """Returns a cache of an empty text for each source, to take parts of. The encoder reads them in one forward."""
        return self.made(sources, self._encoded(*self._padded(sources)))

    def sliced(self, sources: Sequence[tuple[int, ...]]) -> SlicedForward[torch.Tensor]:
        """Returns the encoder's forward over these sources, to be made a few layers at a time."""
        ids, seen = self._padded(sources)
        return SlicedForward(lambda: self._encoded(ids, seen), self._layers)

    @torch.inference_mode()
    def made(self, sources: Sequence[tuple[int, ...]], encoded: torch.Tensor) -> dict[tuple[int, ...], DynamicCache]:
        """Returns the caches of sources, of which the last are kept, from what the encoder made of them."""
        layers = self._keys_and_values(encoded, self._padded(sources)[1])
        caches = {one: _cache(layers, row, len(one)) for row, one in enumerate(sources)}
        self._kept.update(caches)
        while len(self._kept) > KEPT_SOURCES:
            self._kept.popitem(last=False)
        return caches

    def cache_from(self, encoded: torch.Tensor) -> DynamicCache:
        """Returns the cache of empty texts that attend to what an encoder has made: (row, position, width)."""
        seen = torch.ones(encoded.shape[:2], dtype=torch.long, device=encoded.device)
        return _joined(self._keys_and_values(encoded, seen), seen.bool())

    def _keys_and_values(self, encoded: torch.Tensor, seen: torch.Tensor) -> KeysAndValues:
        if self._projections is None:
            return self._made_by_decoder(encoded, seen)
        return [_projected(encoded, *one) for one in self._projections]

    def _padded(self, sources: Sequence[tuple[int, ...]]) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns the ids of sources and their mask, (source, position).

        Shorter sources are padded on the right: some encoders count positions from the beginning of a row.
        """
        longest = max(map(len, sources))
        padding = self._hf.config.pad_token_id or 0
        ids = torch.tensor([[*one, *[padding] * (longest - len(one))] for one in sources], device=self._hf.device)
        places = torch.arange(longest, device=ids.device)
        return ids, (places < ids.new_tensor([[len(one)] for one in sources])).long()

    @torch.inference_mode()
    def _encoded(self, ids: torch.Tensor, seen: torch.Tensor) -> torch.Tensor:
        """Runs the encoder with the attention that the model was loaded with, whatever ran before.

        The attention of steps computes several queries with "sdpa" too, so that it is not changed for another text.
        """
        now = self._hf.config._attn_implementation
        is_same = now == one_query.NAME and self._attention == "sdpa" and ids.shape[1] > 1
        if now != self._attention and not is_same:
            self._hf.set_attn_implementation(self._attention)
        return self._hf.get_encoder()(input_ids=ids, attention_mask=seen, return_dict=True).last_hidden_state

    @cached_property
    def _layers(self) -> Layers | None:
        tried = self._padded([tuple(range(TRIED_TOKENS))])
        return layers_of(self._hf.get_encoder(), lambda: self._encoded(*tried))

    @cached_property
    def _projections(self) -> list[tuple[nn.Module, nn.Module, int]] | None:
        """The modules that make the keys and the values of each layer, and its heads.

        It is None if they are not known or make other numbers than the decoder's forward, which makes them too.
        """
        found = _cross_attention(self._hf.get_decoder())
        if not found or self._hf.device.type == "meta":
            return None
        width = cast(nn.Embedding, self._hf.get_input_embeddings()).weight.shape[1]
        tried = torch.linspace(-1, 1, TRIED_TOKENS * width, dtype=self._hf.dtype, device=self._hf.device)
        tried = tried.reshape(1, TRIED_TOKENS, width)
        expected = self._made_by_decoder(tried, torch.ones((1, TRIED_TOKENS), dtype=torch.long, device=tried.device))
        if len(found) != len(expected):
            return None
        made = [(*both, keys.shape[1]) for both, (keys, _) in zip(found, expected, strict=True)]
        for one, (keys, values) in zip(made, expected, strict=True):
            ours = _projected(tried, *one)
            if not (torch.equal(ours[0], keys) and torch.equal(ours[1], values)):
                return None
        return made

    def _made_by_decoder(self, encoded: torch.Tensor, seen: torch.Tensor) -> KeysAndValues:
        """Returns the keys and values that one forward of the decoder leaves in its cache."""
        both = EncoderDecoderCache(DynamicCache(), DynamicCache())
        self._hf(
            encoder_outputs=encoder_output(encoded),
            attention_mask=seen,
            decoder_input_ids=torch.zeros((len(encoded), 1), dtype=torch.long, device=encoded.device),
            cache=both,
            use_cache=True,
        )
        filled = cast("list[DynamicLayer]", both.cross_attention_cache.layers)
        return [(_held(one.keys), _held(one.values)) for one in filled]


def encoder_output(encoded: torch.Tensor) -> MoEModelOutput:
    """Returns what an encoder has made in the form that a decoder takes, (row, position, width).

    Models with experts, such as NLLB-MoE, also look for what the encoder's routers said, which may be None.
    """
    return MoEModelOutput(last_hidden_state=cast(Any, encoded))


def _cross_attention(decoder: nn.Module) -> list[tuple[nn.Module, nn.Module]]:
    """Returns the modules of each layer that have the names of `PROJECTIONS`."""
    named = [(path.rpartition(".")[2], module) for path, module in decoder.named_modules()]
    found = [(module, PROJECTIONS[name]) for name, module in named if name in PROJECTIONS]
    return [(getattr(module, key), getattr(module, value)) for module, (key, value) in found]


def _projected(
    encoded: torch.Tensor, key: nn.Module, value: nn.Module, heads: int
) -> tuple[torch.Tensor, torch.Tensor]:
    keys, values = (made(encoded).view(*encoded.shape[:2], heads, -1).transpose(1, 2) for made in (key, value))
    return keys, values


def _cache(layers: KeysAndValues, row: int, length: int) -> DynamicCache:
    """Returns the cache of one source, which owns its memory."""
    seen = torch.ones((1, length), dtype=torch.bool, device=layers[0][0].device)
    return _joined([(_own(keys, row, length), _own(values, row, length)) for keys, values in layers], seen)


def _joined(layers: KeysAndValues, seen: torch.Tensor) -> DynamicCache:
    sources = [SourceLayer(*both, seen if place == 0 else None) for place, both in enumerate(layers)]
    cache = DynamicCache()
    cache.layers = [*(DynamicLayer() for _ in sources), *sources]
    return cache


def _own(tensor: torch.Tensor, row: int, length: int) -> torch.Tensor:
    if (len(tensor), tensor.shape[2]) == (1, length):
        return tensor
    return tensor[row : row + 1, :, :length].clone()


def _held(tensor: torch.Tensor | None) -> torch.Tensor:
    assert tensor is not None, "the forward has filled the layer"
    return tensor
