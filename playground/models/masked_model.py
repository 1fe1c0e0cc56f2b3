"""Wraps an encoder-only transformers model: it turns whole texts into logits and attention, in both directions.

Knows tokens. Does not know settings, threads or pages. Such a model writes no text: it fills blanks, or gives labels.
"""

import inspect
import re
from collections.abc import Generator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, cast

import torch
from torch import nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase
from transformers.utils.generic import ModelOutput

from playground.errors import PlaygroundError, first_sentence
from playground.models.changes import NO_CHANGES, Changes
from playground.models.device_memory import is_out_of_memory
from playground.models.encoder_part import Task
from playground.models.layer_slices import Layers, SlicedForward, in_slices, layers_of
from playground.models.loaded_model import LoadedModel

if TYPE_CHECKING:  # transformers' own name for it is not there when the program runs
    from transformers.models.auto.modeling_auto import _BaseModelWithGenerate as CausalModel

ROUNDING = 0.05
"""How far the sum of a row of attention may be from 1, in bfloat16 over many tokens."""
TRIED = 4
"""The tokens of the text with which a loaded model is tried."""
SLICE_TOKENS = 256
"""The tokens that all layers read at a time, on a CPU: see `LoadedModel.slice_tokens`."""


class MaskedModel(LoadedModel):
    """An encoder-only model on one device, and its tokenizer. Call it from one thread.

    Attributes:
        task: what its head does.
    """

    def __init__(
        self,
        hf: PreTrainedModel,
        tokenizer: PreTrainedTokenizerBase,
        name: str,
        task: Task,
        changes: Changes = NO_CHANGES,
    ) -> None:
        super().__init__(cast("CausalModel", hf), tokenizer, name, changes)
        self.task: Task | None = task
        attention = hf.config._attn_implementation
        assert attention is not None, "transformers chooses an attention for every model that it makes"
        self._attention = attention

    @cached_property
    def vocabulary_size(self) -> int:
        """The number of tokens that have an embedding. Where the head fills blanks, it has as many logits."""
        return self.embeddings

    @cached_property
    def window(self) -> int:
        """The most tokens of a text. Models like RoBERTa count their positions from behind that of padding."""
        config = self.hf.config
        stated = min(getattr(config, "max_position_embeddings", None) or 2**20, self.tokenizer.hf.model_max_length)
        return stated if self._positions is None else min(stated, self._positions.num_embeddings - self.first_position)

    @cached_property
    def first_position(self) -> int:
        """The number of a text's first position: 0, or for models like RoBERTa the one behind that of padding."""
        padding = None if self._positions is None else self._positions.padding_idx
        return 0 if padding is None else padding + 1

    @cached_property
    def _positions(self) -> nn.Embedding | None:
        """The table of the positions; None for a model that knows the order in another way."""
        tables = (getattr(module, "position_embeddings", None) for module in self.hf.modules())
        return next((table for table in tables if isinstance(table, nn.Embedding)), None)

    @property
    def takes_source(self) -> bool:
        """Whether an encoder reads a source before a decoder begins its text. This model has no decoder."""
        return False

    @cached_property
    def takes_positions(self) -> bool:
        """Whether the model can be told the positions of tokens."""
        return "position_ids" in inspect.signature(self.hf.forward).parameters

    @property
    def mask_id(self) -> int | None:
        """The id of the mask token; None for a tokenizer without one."""
        return cast(int | None, self.tokenizer.hf.mask_token_id)

    @property
    def mask_token(self) -> str | None:
        """The mask token as it is written in a text: "[MASK]" or "<mask>"; None for a tokenizer without one."""
        return cast(str | None, self.tokenizer.hf.mask_token)

    @cached_property
    def special_ids(self) -> frozenset[int]:
        """The ids of the tokens that stand for no part of a text, such as [CLS] and [SEP], without the mask token."""
        hf = self.tokenizer.hf
        own = (hf.cls_token_id, hf.sep_token_id, hf.bos_token_id, hf.eos_token_id, hf.pad_token_id)
        return frozenset(cast("tuple[int, ...]", own)) - {self.mask_id}

    @cached_property
    def eos_token_ids(self) -> frozenset[int]:
        """The ids that end a text, such as [SEP]."""
        own = (self.tokenizer.hf.sep_token_id, self.tokenizer.hf.eos_token_id)
        return frozenset(cast("tuple[int, ...]", tuple(one for one in own if one is not None)))

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The labels of a head for labels, in the order of its logits."""
        named = cast("dict[int, str]", self.hf.config.id2label)
        return tuple(named[number] for number in range(len(named)))

    @torch.inference_mode()
    def logits(self, rows: Sequence[Sequence[int]], places: Sequence[int] | None = None) -> torch.Tensor:
        """Reads whole texts of equal length, each alone.

        Args:
            rows: the ids of each text.
            places: the positions that the tokens of each text are told, in the model's own numbers, which begin with
                `first_position`; None for the model's own. Only for a model that `takes_positions`.

        Returns:
            (rows, position, vocab) float32 logits on the model's device; (rows, position, label) or (rows, label) for a
            head that gives labels.

        Raises:
            PlaygroundError: an id has no embedding, or the window is too short.
        """
        self._attend(self._attention)
        ids = self._tensor(rows, len(rows[0]))
        told = {} if places is None else {"position_ids": torch.tensor([list(places)], device=self.hf.device)}
        return self.hf(input_ids=ids, attention_mask=torch.ones_like(ids), **told).logits.float()

    def logits_in_slices(
        self, rows: Sequence[Sequence[int]], places: Sequence[Sequence[int]] | None = None
    ) -> Generator[None, None, torch.Tensor]:
        """As `logits`, or with places as `logits_at`.

        It yields between layers where the texts are long, so that others may use the model there.
        """
        tokens, size = sum(map(len, rows)), self.slice_tokens(SLICE_TOKENS)
        layers = self.layers if tokens > size else None

        def forward() -> torch.Tensor:
            return self.logits(rows) if places is None else self.logits_at(rows, places)

        return (yield from in_slices(SlicedForward(forward, layers), tokens, size))

    @cached_property
    def layers(self) -> Layers | None:
        """The layers between which a forward may stop; None if they are not found."""
        return layers_of(self.hf.base_model, lambda: self.logits([self._tried]))

    @property
    def _tried(self) -> list[int]:
        """The ids of a short text with which the model is tried."""
        return [token_id % self.embeddings for token_id in range(min(TRIED, self.window))]

    @torch.inference_mode()
    def logits_at(self, rows: Sequence[Sequence[int]], places: Sequence[Sequence[int]]) -> torch.Tensor:
        """Reads whole texts of equal length, and returns the logits at some of their places, equally many in each.

        The head reads these places alone. It costs more than the encoder where the vocabulary is large: of a text of
        500 tokens that is masked in turn, all logits are 30 times as much work as those that are looked at.

        Returns:
            (rows, place, vocab) float32, the rows of `logits` at these places.

        Raises:
            PlaygroundError: as `logits`.
        """
        chosen = torch.tensor([list(own) for own in places], device=self.hf.device)
        texts = torch.arange(len(rows), device=chosen.device)[:, None]

        def choose(_encoder: nn.Module, _inputs: object, output: ModelOutput) -> ModelOutput:
            output["last_hidden_state"] = output["last_hidden_state"][texts, chosen]
            return output

        hook = self.hf.base_model.register_forward_hook(choose)
        try:
            return self.logits(rows)
        finally:
            hook.remove()

    @torch.inference_mode()
    def attention(self, ids: Sequence[int]) -> list[torch.Tensor]:
        """Reads one text with eager attention, and returns the weights of each layer.

        Returns:
            (head, query, key) in the model's dtype, on its device, in which a token sees those before and after it.
            Nothing if a layer returns no weights of all tokens, as of a model that shortens the text, or numbers whose
            rows do not sum to 1, as SqueezeBERT does.
        """
        self._attend("eager")
        tokens = self._tensor([ids], len(ids))
        found = self.hf(input_ids=tokens, attention_mask=torch.ones_like(tokens), output_attentions=True).attentions
        whole = (1, len(ids), len(ids))
        layers = [one[0] for one in found or () if one is not None and one.shape[:1] + one.shape[2:] == whole]
        is_whole = len(layers) == len(found or ()) and all(map(_are_weights, layers))
        return layers if is_whole else []

    @torch.inference_mode()
    def states(self, ids: Sequence[int]) -> torch.Tensor:
        """Reads one text, and returns its vectors as the head would read them after each layer.

        Some models, such as ModernBERT, have a norm behind their last layer. It is applied to the vectors of each.

        Returns:
            (layer, position, width) in the model's dtype, on its device. Layer 0 is the embedding.

        Raises:
            PlaygroundError: the layers of the model have texts of other lengths, as Funnel's do.
        """
        self._attend(self._attention)
        tokens = self._tensor([ids], len(ids))
        normed: list[tuple[nn.Module, torch.Tensor]] = []
        hooks = [
            norm.register_forward_hook(lambda *called: normed.append((called[0], called[2]))) for norm in self._norms
        ]
        try:
            found = self.hf(input_ids=tokens, attention_mask=torch.ones_like(tokens), output_hidden_states=True)
        finally:
            for hook in hooks:
                hook.remove()
        *before, last = found.hidden_states
        if any(one.shape != last.shape for one in before):
            raise self._no_layers("its layers shorten the text")
        final = [norm for norm, output in normed if torch.equal(output, last)]
        return torch.cat([*(final[0](one) if final else one for one in before), last])

    @cached_property
    def _norms(self) -> list[nn.Module]:
        """The norms of the encoder that are in no numbered layer and not in the embedding. One may stand at the end."""
        return [
            module
            for name, module in self.hf.base_model.named_modules()
            if type(module).__name__.endswith("Norm") and "embed" not in name and not re.search(r"\d", name)
        ]

    @torch.inference_mode()
    def read_out(self, states: torch.Tensor) -> torch.Tensor:
        """Returns what the head makes of vectors (row, position, width): logits as `logits` returns them.

        The names of a head's parts differ from class to class. So the class's own forward runs, over a text that does
        not matter, and its head gets the vectors in the place of what the encoder returns.

        Raises:
            PlaygroundError: the head reads more than the vectors after a layer, as Reformer's does.
        """
        places = torch.zeros(states.shape[:2], dtype=torch.long, device=states.device)

        def replace(_encoder: nn.Module, _inputs: object, output: ModelOutput) -> ModelOutput:
            if output["last_hidden_state"].shape[-1] != states.shape[-1]:
                raise self._no_layers("its head reads more than the vectors after a layer")
            output["last_hidden_state"] = states
            return output

        hook = self.hf.base_model.register_forward_hook(replace)
        try:
            return self.hf(input_ids=places, attention_mask=torch.ones_like(places)).logits.float()
        finally:
            hook.remove()

    def _no_layers(self, why: str) -> PlaygroundError:
        return PlaygroundError(
            f"{self.name} ({self.hf.config.model_type}) cannot be read layer by layer: {why}. Choose another model for "
            "this.",
            status=422,
        )

    def tried(self) -> "MaskedModel":
        """Runs the model once, so that one that cannot be run is not served. Returns it.

        Raises:
            PlaygroundError: its forward fails.
        """
        try:
            self.logits([self._tried])
        except Exception as error:
            if is_out_of_memory(error):
                raise
            raise PlaygroundError(
                f"{self.name} ({self.hf.config.model_type}) cannot read a text of {len(self._tried)} tokens: "
                f"{first_sentence(error)}. Choose another model."
            ) from error
        return self


def _are_weights(layer: torch.Tensor) -> bool:
    """Returns whether the rows of (head, query, key) sum to 1, but for the rounding of 16 bits."""
    return bool(((layer.float().sum(-1) - 1).abs() < ROUNDING).all())
