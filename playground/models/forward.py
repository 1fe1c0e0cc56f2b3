"""Calls a transformers model: one forward, with what this model takes, after what a cache holds.

Knows tensors and transformers' models. Does not know which attention computes, nor what the logits are for.
"""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, cast

import torch
from transformers import DynamicCache
from transformers.cache_utils import CacheLayerMixin

from playground.models.cache_layers import cache_maker, has_states
from playground.models.spread import is_spread

if TYPE_CHECKING:  # transformers' own name for it is not there when the program runs
    from transformers.models.auto.modeling_auto import _BaseModelWithGenerate as CausalModel

FEW = 6
LARGEST_ERROR = 0.1
"""Of the logits' standard deviation. Rounding in 16 bits makes less, and a state that is lost makes much more."""


class Output(Protocol):
    """What is used of a forward's output."""

    @property
    def logits(self) -> torch.Tensor:
        """(row, position, vocab), of the positions that were asked for."""
        ...

    @property
    def attentions(self) -> Sequence[torch.Tensor | None] | None:
        """(row, head, query, key) of each layer that returns its weights."""
        ...


@dataclass(frozen=True)
class Decoded:
    """The output of a decoder that attends to an encoder, with the names that decoder-only models use.

    `source_attentions`: (row, head, query, source position) of each layer's cross-attention.
    """

    logits: torch.Tensor
    attentions: Sequence[torch.Tensor | None] | None
    source_attentions: Sequence[torch.Tensor | None] | None


@dataclass(frozen=True)
class Joined:
    """The output of several forwards, which have read one token each."""

    logits: torch.Tensor
    attentions: None = None


class Observation(NamedTuple):
    """The result of one forward with one token per row, on the model's device.

    `logits`: (row, vocab) in the model's dtype. `attention`: (layer, row, head, key) float16 of the position that
    was fed, for the rows of which it is wanted; None if there are none, or for a model that does not return attention.
    It is 0 for a layer without attention. `source_attention`: the same of the cross-attention, over the source's
    positions, which are padded on the left; None for a decoder-only model.
    """

    logits: torch.Tensor
    attention: torch.Tensor | None
    source_attention: torch.Tensor | None = None


class Forward:
    """The forwards of one model.

    Attributes:
        new_cache: makes an empty cache for this model.
        has_states: whether a layer keeps a state in place of keys and values: see `cache_layers`.
        attention_layers: the numbers of the layers with attention, where not all layers are the same.
        takes_positions: whether the model can be told the positions of tokens.
    """

    def __init__(self, hf: "CausalModel") -> None:
        parameters = inspect.signature(hf.forward).parameters
        self.new_cache: Callable[[], DynamicCache] = cache_maker(hf.config.get_text_config(decoder=True))
        self.has_states = has_states(self.new_cache())
        layers = self.new_cache().layers if self.has_states else []
        self.attention_layers = tuple(at for at, layer in enumerate(layers) if isinstance(layer, CacheLayerMixin))
        self._layers = len(layers)
        self.takes_positions = "position_ids" in parameters
        self._leaves_out = "logits_to_keep" in parameters
        self._is_spread = is_spread(hf)
        self._hf = hf

    def __call__(
        self,
        input_ids: torch.Tensor | None,
        position_ids: torch.Tensor,
        mask: torch.Tensor | None,
        cache: DynamicCache,
        rows: int | Sequence[int] = 1,
        **options: Any,
    ) -> Output:
        """Runs one forward and returns transformers' output.

        `rows` says which positions get logits, if the model can leave out the others: an int means the last so many
        positions (0 means all), and a sequence means these ascending positions, which `picked` takes out.
        """
        goes_on = position_ids.shape[1] > 1 and cache.get_seq_length() > 0
        if self.has_states and goes_on and not self.reads_on:
            assert mask is None, "a mask belongs to steps of one token"
            return self._one_by_one(input_ids, position_ids, cache, rows, **options)
        return self._once(input_ids, position_ids, mask, cache, rows, **options)

    @staticmethod
    def picked(logits: torch.Tensor, rows: Sequence[int], length: int) -> torch.Tensor:
        """Returns the logits (row, position, vocab) of these positions only, of `length` that a forward has read."""
        if logits.shape[1] == len(rows):
            return logits
        return logits[:, torch.tensor(rows, device=logits.device) - (length - logits.shape[1])]

    def weights(
        self, attentions: Sequence[torch.Tensor | None] | None, rows: Sequence[int] | None
    ) -> torch.Tensor | None:
        """Returns the (layer, row, head, key) weights of the last query as float16, or None if a layer with attention
        has none.

        transformers leaves out the layers without attention. Here their weights are 0, so that every layer keeps its
        number.

        Args:
            attentions: what transformers has returned for all rows.
            rows: the rows that are wanted, or None for all of them.
        """
        taken = [layer[:, :, -1].half() for layer in attentions or () if layer is not None]
        if taken and rows is not None:
            index = torch.tensor(rows, device=taken[0].device)
            taken = [layer.index_select(0, index) for layer in taken]
        if self.has_states:
            if not taken or len(taken) != len(self.attention_layers):
                return None
            whole = taken[0].new_zeros((self._layers, *taken[0].shape))
            whole[list(self.attention_layers)] = torch.stack(taken)
            return whole
        return torch.stack(taken) if taken and len(taken) == len(attentions or ()) else None

    def _once(
        self,
        input_ids: torch.Tensor | None,
        position_ids: torch.Tensor,
        mask: torch.Tensor | None,
        cache: DynamicCache,
        rows: int | Sequence[int],
        **options: Any,
    ) -> Output:
        if self.takes_positions:
            options["position_ids"] = position_ids
        if self._leaves_out:
            options["logits_to_keep"] = self._kept(rows, position_ids)
        return self._hf(input_ids=input_ids, attention_mask=mask, cache=cache, use_cache=True, **options)

    def _kept(self, rows: int | Sequence[int], position_ids: torch.Tensor) -> int | torch.Tensor:
        if isinstance(rows, int):
            return rows
        if self._is_spread:  # a tensor would come to the first device, and its index be used on the last one
            return position_ids.shape[1] - rows[0]
        return torch.tensor(rows, device=position_ids.device)

    @cached_property
    @torch.inference_mode()
    def reads_on(self) -> bool:
        """Whether a few tokens in two parts get the same logits as in one.

        Some families with states, such as Jamba, begin again from an empty state when they read more than one token.
        """
        device, vocabulary = self._hf.device, cast(torch.nn.Embedding, self._hf.get_input_embeddings()).num_embeddings
        ids, places = torch.arange(1, FEW + 1, device=device)[None] % vocabulary, torch.arange(FEW, device=device)[None]
        whole = self._once(ids, places, None, self.new_cache(), 0).logits[0].float()
        cache, half = self.new_cache(), FEW // 2
        self._once(ids[:, :half], places[:, :half], None, cache, 1)
        rest = self._once(ids[:, half:], places[:, half:], None, cache, 0).logits[0].float()
        return bool((rest - whole[half:]).abs().max() <= LARGEST_ERROR * whole.std())

    def _one_by_one(
        self,
        input_ids: torch.Tensor | None,
        position_ids: torch.Tensor,
        cache: DynamicCache,
        rows: int | Sequence[int],
        inputs_embeds: torch.Tensor | None = None,
        **options: Any,
    ) -> Output:
        """Reads each token in a forward of its own, which is slower and exact. There is no attention output."""
        found = []
        for place in range(position_ids.shape[1]):
            own = slice(place, place + 1)
            if inputs_embeds is not None:
                options["inputs_embeds"] = inputs_embeds[:, own]
            token = None if input_ids is None else input_ids[:, own]
            found.append(self._once(token, position_ids[:, own], None, cache, 0, **options).logits)
        logits = torch.cat(found, dim=1)
        kept = logits[:, -rows:] if isinstance(rows, int) else logits[:, list(rows)]
        return Joined(kept)
