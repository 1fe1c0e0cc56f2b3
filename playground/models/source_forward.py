"""Calls an encoder–decoder model: the encoder once for a source, then one forward of the decoder after another.

Knows tensors and transformers' models. Does not know traces. A source is the text that the encoder reads. What the
decoder's cross-attention reads of it stands in the cache of the decoder's text, in a `SourceLayer` for each layer.
"""

import inspect
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from functools import cache, partial
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import nn
from transformers import DynamicCache, EncoderDecoderCache
from transformers.cache_utils import DynamicLayer
from transformers.modeling_outputs import MoEModelOutput

from playground.models.cache_layers import SourceLayer, part, source_seen
from playground.models.forward import Decoded, Forward, Output
from playground.models.source_reader import SourceReader, encoder_output
from playground.models.split import SplitForward, is_split

if TYPE_CHECKING:  # transformers' own name for it is not there when the program runs
    from transformers.models.auto.modeling_auto import _BaseModelWithGenerate as CausalModel

PROBE = (5, 6, 7, 8)
"""The source of a cache that nobody names a source for, when a model is tried. Its ids may be anything."""


class SourceForward(Forward):
    """The forwards of one encoder–decoder model.

    Attributes:
        source: the source of the caches that `new_cache` makes.
        has_source: whether somebody has named the source.
        reader: reads the sources, for all copies of these forwards.
    """

    def __init__(self, hf: "CausalModel", source: tuple[int, ...] | None = None) -> None:
        super().__init__(hf)
        self.takes_positions = False
        self.has_source = source is not None
        self.source = PROBE if source is None else source
        self.reader = SourceReader(hf)
        self._empty: DynamicCache | None = None
        self.new_cache = self._attending
        self._embed_positions = getattr(hf.get_decoder(), "embed_positions", None)
        self._unread: MoEModelOutput | None = None

    def of(self, source: tuple[int, ...]) -> "SourceForward":
        """Returns the forwards of the same model whose `new_cache` is for this source."""
        other = copy(self)
        other.source, other.has_source, other._empty = source, True, None
        other.new_cache = other._attending
        return other

    def read(self, size: int) -> Generator[None, None, None]:
        """Has the encoder read the source, and yields between slices that take as long as `size` tokens.

        Without it the source is read in one forward when the first cache is made.
        """
        if not self.is_read:
            reading = self.reader.reading([self.source])
            while not reading.go_on(size):
                yield
            self._empty = reading.cache_of(self.source)

    @property
    def is_read(self) -> bool:
        """Whether the encoder has read the source, and what it made is still kept."""
        if self._empty is None:
            self._empty = self.reader.kept(self.source)
        return self._empty is not None

    def _attending(self) -> DynamicCache:
        """Returns the cache of an empty text of the decoder that attends to the source. The encoder runs once."""
        if self._empty is None:
            self._empty = self.reader.cache_of(self.source)
        return part(self._empty, 0, 0, 0)

    def _once(
        self,
        input_ids: torch.Tensor | None,
        position_ids: torch.Tensor,
        mask: torch.Tensor | None,
        cache: DynamicCache,
        rows: int | Sequence[int],
        inputs_embeds: torch.Tensor | None = None,
        **options: Any,
    ) -> Output:
        sources = [layer for layer in cache.layers if isinstance(layer, SourceLayer)]
        own = cache.layers[: -len(sources)]
        text, cross = DynamicCache(), DynamicCache()
        keys: list[Any] = [*map(_filled, sources)]
        text.layers, cross.layers = own, keys
        seen = source_seen(cache)
        given = {"decoder_input_ids": input_ids} if inputs_embeds is None else {"decoder_inputs_embeds": inputs_embeds}
        with self._at(position_ids):
            found = self._hf(
                encoder_outputs=self._in_place_of_encoder(*sources[0].source_keys.shape[::2]),
                attention_mask=None if seen is None or len(seen) == 1 else seen.long(),  # one text is not padded
                decoder_attention_mask=mask,
                cache=EncoderDecoderCache(text, cross),
                use_cache=True,
                **given,
                **options,
            )
        return Decoded(found.logits, found.get("decoder_attentions"), found.get("cross_attentions"))

    def _in_place_of_encoder(self, rows: int, length: int) -> MoEModelOutput:
        """Returns an output of the right shape, which nothing reads: its keys and values are in the cache already."""
        if self._unread is None or self._unread[0].shape[:2] != (rows, length):
            width = cast(nn.Embedding, self._hf.get_input_embeddings()).weight.shape[1]
            nothing = torch.zeros((1, 1, 1), dtype=self._hf.dtype, device=self._hf.device)
            self._unread = encoder_output(nothing.expand(rows, length, width))
        return self._unread

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
        hook = self._embed_positions.register_forward_hook(partial(_embedded_from, starts), with_kwargs=True)
        try:
            yield
        finally:
            hook.remove()


def _filled(layer: SourceLayer) -> DynamicLayer:
    filled = DynamicLayer()
    filled.keys, filled.values, filled.is_initialized = layer.source_keys, layer.source_values, True
    if torch.is_grad_enabled():  # a gradient passes by, and does not take what was made without one
        filled.keys, filled.values = filled.keys.clone(), filled.values.clone()
    return filled


def _embedded_from(
    starts: Sequence[int],
    module: nn.Module,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    output: torch.Tensor,
) -> torch.Tensor:
    """Embeds the positions of each row from its own start, with the module's own forward. It is a hook of the module
    when it is given the starts."""
    names = _names(type(module))
    asked = dict(zip(names, args, strict=False)) | kwargs
    found: dict[int, torch.Tensor] = {}
    for start in starts:
        if start not in found:
            places = torch.arange(start, start + output.shape[-2], device=output.device)
            place = {"position_ids": places} if "position_ids" in names else {"cache_length": start}
            one = module.forward(**asked | place)
            found[start] = one.reshape(-1, *output.shape[-2:])  # some modules return one row for all
    return torch.stack([found[start][row if len(found[start]) > 1 else 0] for row, start in enumerate(starts)])


@cache
def _names(module: type[nn.Module]) -> tuple[str, ...]:
    """Returns the names of the arguments that the forward of these modules takes."""
    return tuple(inspect.signature(module.forward).parameters)[1:]


def forward_of(hf: "CausalModel") -> Forward:
    """Returns the forwards of a model of any kind."""
    kind = SourceForward if hf.config.is_encoder_decoder else SplitForward if is_split(hf) else Forward
    return kind(hf)
