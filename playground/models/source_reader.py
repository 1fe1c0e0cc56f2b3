"""Reads sources with the encoder of a model, several at once, and keeps what the decoder's cross-attention reads.

Knows tensors and transformers' models. Does not know traces. See `source_forward` for what a source is.
"""

import logging
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import nn
from transformers import DynamicCache, EncoderDecoderCache
from transformers.cache_utils import DynamicLayer
from transformers.modeling_outputs import BaseModelOutput

from playground.models.cache_layers import SourceLayer

if TYPE_CHECKING:  # transformers' own name for it is not there when the program runs
    from transformers.models.auto.modeling_auto import _BaseModelWithGenerate as CausalModel

log = logging.getLogger(__name__)

KEPT_SOURCES = 4
"""The sources that are kept after they were read, so that the texts of one source share one run of the encoder."""
TOGETHER_TOKENS = 256
"""The tokens of the sources that are read in one forward, padding included. A longer source is read alone."""
PROJECTIONS = {"encoder_attn": ("k_proj", "v_proj"), "EncDecAttention": ("k", "v")}
"""The names of the cross-attention in decoders, and of its modules that make keys and values."""
TRIED_TOKENS = 4

Layers = list[tuple[torch.Tensor, torch.Tensor]]
"""The keys and the values of each layer, (row, head, source position, width)."""


class SourceReader:
    """Reads sources with the encoder of one model."""

    def __init__(self, hf: "CausalModel") -> None:
        self._hf = hf
        self._kept: OrderedDict[tuple[int, ...], DynamicCache] = OrderedDict()
        self._expected: tuple[tuple[int, ...], ...] = ()

    @contextmanager
    def expecting(self, sources: Sequence[tuple[int, ...]]) -> Iterator[None]:
        """Says which sources are likely to be asked for in the block. The first of them that is read brings others."""
        self._expected = tuple(dict.fromkeys(sources))
        try:
            yield
        finally:
            self._expected = ()
            self._let_go()

    def cache_of(self, source: tuple[int, ...]) -> DynamicCache:
        """Returns the cache of an empty text that attends to `source`. It is kept: take a part of it."""
        if source not in self._kept:
            self._keep(self._with(source))
        self._kept.move_to_end(source)
        self._let_go()
        return self._kept[source]

    @torch.inference_mode()
    def read(self, sources: Sequence[tuple[int, ...]]) -> list[DynamicCache]:
        """Returns a cache of an empty text for each source. The encoder reads them in one forward.

        Shorter sources are padded on the right: some encoders count positions from the beginning of a row.
        """
        longest = max(map(len, sources))
        padding = self._hf.config.pad_token_id or 0
        ids = torch.tensor([[*one, *[padding] * (longest - len(one))] for one in sources], device=self._hf.device)
        seen = torch.tensor([[place < len(one) for place in range(longest)] for one in sources], device=ids.device)
        encoder = self._hf.get_encoder()
        encoded = encoder(input_ids=ids, attention_mask=seen.long(), return_dict=True).last_hidden_state
        layers = self._made(encoded) if self._projections is not None else self._made_by_decoder(encoded, seen.long())
        return [_cache(layers, row, len(one)) for row, one in enumerate(sources)]

    def _with(self, source: tuple[int, ...]) -> list[tuple[int, ...]]:
        """Returns the source, and with an expected one those that fit beside it, the least padding first."""
        expected = self._expected if source in self._expected else ()
        others = [one for one in expected if one != source and one not in self._kept]
        together = [source]
        for other in sorted(others, key=lambda one: abs(len(one) - len(source))):
            if max(len(other), *map(len, together)) * (len(together) + 1) <= TOGETHER_TOKENS:
                together.append(other)
        return together

    def _keep(self, sources: list[tuple[int, ...]]) -> None:
        """Reads and keeps sources, of which only the first is asked for now."""
        try:
            caches = self.read(sources)
        except Exception as error:
            if len(sources) == 1:
                raise
            log.error("sources could not be read together; each is read alone", exc_info=error)
            caches = self.read(sources[:1])
        self._kept.update(zip(sources, caches, strict=False))

    def _let_go(self) -> None:
        while len(self._kept) > KEPT_SOURCES + len(self._expected):
            self._kept.popitem(last=False)

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

    def _made(self, encoded: torch.Tensor) -> Layers:
        return [_projected(encoded, *one) for one in self._projections or ()]

    def _made_by_decoder(self, encoded: torch.Tensor, seen: torch.Tensor) -> Layers:
        """Returns the keys and values that one forward of the decoder leaves in its cache."""
        both = EncoderDecoderCache(DynamicCache(), DynamicCache())
        self._hf(
            encoder_outputs=BaseModelOutput(last_hidden_state=cast(Any, encoded)),
            attention_mask=seen,
            decoder_input_ids=torch.zeros((len(encoded), 1), dtype=torch.long, device=encoded.device),
            cache=both,
            use_cache=True,
        )
        filled = cast("list[DynamicLayer]", both.cross_attention_cache.layers)
        return [(_held(one.keys), _held(one.values)) for one in filled]


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


def _cache(layers: Layers, row: int, length: int) -> DynamicCache:
    """Returns the cache of one source, which owns its memory."""
    seen = torch.ones((1, length), dtype=torch.bool, device=layers[0][0].device)
    own = [(_own(keys, row, length), _own(values, row, length)) for keys, values in layers]
    sources = [SourceLayer(*both, seen if place == 0 else None) for place, both in enumerate(own)]
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
