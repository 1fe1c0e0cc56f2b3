"""Wraps a transformers model: it turns ids into logits and attention, one forward at a time.

Knows tokens. Does not know the values of settings, traces, threads or pages. It keeps nothing of a text between calls:
the caches belong to the caller.
"""

from collections.abc import Callable, Generator, Sequence
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from transformers import DynamicCache, PreTrainedTokenizerBase

from playground.models.cache_layers import for_rows, part
from playground.models.changes import NO_CHANGES, Changes
from playground.models.forward import Decoded, Observation
from playground.models.loaded_model import LoadedModel, no_source
from playground.models.one_query import step_implementation
from playground.models.source_forward import SourceForward, forward_of
from playground.models.source_reader import Reading

if TYPE_CHECKING:  # transformers' own name for it is not there when the program runs
    from transformers.models.auto.modeling_auto import _BaseModelWithGenerate as CausalModel


class LanguageModel(LoadedModel):
    """A model that continues a text token by token, ready to run. Call it from one thread.

    An encoder–decoder continues the text of its decoder. Its caches belong to a source: see `reading`.
    """

    def __init__(
        self,
        hf: "CausalModel",
        tokenizer: PreTrainedTokenizerBase,
        name: str,
        changes: Changes = NO_CHANGES,
        shared: LoadedModel | None = None,
    ) -> None:
        super().__init__(hf, tokenizer, name, changes, shared)
        self._forward = forward_of(hf)
        attention = hf.config._attn_implementation
        assert attention is not None, "transformers chooses an attention for every model that it makes"
        self._prefill_attention = attention

    @cached_property
    def attention_layers(self) -> tuple[int, ...]:
        """The numbers of the layers with attention. In most models, all layers have it."""
        every = tuple(range(int(self.facts()["layers"])))
        return self._forward.attention_layers if self._forward.has_states else every

    @property
    def has_states(self) -> bool:
        """Whether layers keep states, which cannot be cut back: see `cache_layers`."""
        return self._forward.has_states

    @property
    def new_cache(self) -> Callable[[], DynamicCache]:
        """A function that makes an empty cache for one text of this model.

        Raises:
            PlaygroundError: the model has an encoder, and nobody has said what it reads: see `reading`.
        """
        if isinstance(self._forward, SourceForward) and not self._forward.has_source:
            raise no_source(self)
        return self._forward.new_cache

    @property
    def takes_source(self) -> bool:
        """Whether the model has an encoder, which reads a source before the decoder begins its text."""
        return isinstance(self._forward, SourceForward)

    def reading(self, source_ids: Sequence[int] | None) -> "LanguageModel":
        """Returns the same model for texts whose source is `source_ids`: its new caches attend to this source.

        It is the model itself if there is no source.
        """
        if not source_ids or not isinstance(self._forward, SourceForward):
            return self
        _ = self.step_attention  # found once, for the model and what is made of it
        other = copy(self)
        other._forward = self._forward.of(tuple(source_ids))
        return other

    @property
    def source_ids(self) -> tuple[int, ...]:
        """The source that new caches attend to; empty if the model has no encoder, or reads no source."""
        return self._sourced.source if self._sourced else ()

    def cache_from(self, encoded: torch.Tensor) -> DynamicCache:
        """Returns the cache of empty texts, one for each row that the encoder has made: (row, position, width)."""
        assert isinstance(self._forward, SourceForward), "a model without an encoder reads no source"
        return self._forward.reader.cache_from(encoded)

    def sources(self, sources: Sequence[tuple[int, ...]]) -> Reading:
        """Begins to read sources together with the encoder, a slice at a time."""
        assert isinstance(self._forward, SourceForward), "a model without an encoder reads no source"
        return self._forward.reader.reading(sources)

    def ready_cache(self) -> DynamicCache | None:
        """Returns a new cache, or None if the encoder has to read the source before: see `sources`, `read_source`."""
        return None if self._sourced and not self._sourced.is_read else self.new_cache()

    def read_source(self, size: int) -> Generator[None, None, None]:
        """Has the encoder read the source of `reading`, if there is one; else the first `new_cache` reads it at once.

        It yields between slices, which take as long as `size` tokens. Others may use the model there."""
        if self._sourced:
            yield from self._sourced.read(size)

    @property
    def _sourced(self) -> SourceForward | None:
        return self._forward if isinstance(self._forward, SourceForward) and self._forward.has_source else None

    def prefill(self, ids: Sequence[int], cache: DynamicCache) -> None:
        """Reads `ids` of one row after the tokens in `cache`, and adds them to it. There is no attention output."""
        self._read(ids, cache, self._prefill_attention, rows=1)

    def read(self, ids: Sequence[int], cache: DynamicCache) -> torch.Tensor:
        """As `prefill`, and returns the logits after each of `ids`: (position, vocab) float32 on the model's device."""
        return self._read(ids, cache, self._prefill_attention, rows=0).float()

    def read_with(self, attention: str, ids: Sequence[int], cache: DynamicCache) -> torch.Tensor:
        """As `prefill`, with the named attention, and returns the (vocab,) float32 logits after the last id."""
        return self._read(ids, cache, attention, rows=1)[-1].float()

    def read_at(self, ids: Sequence[int], positions: Sequence[int], cache: DynamicCache) -> torch.Tensor:
        """As `read_with`, with other positions than the tokens' places, for a model that `takes_positions`."""
        place = torch.tensor([positions], device=self.hf.device)
        return self._read(ids, cache, self._prefill_attention, rows=1, places=place)[-1].float()

    @property
    def takes_positions(self) -> bool:
        """Whether the model can be told the positions of tokens."""
        return self._forward.takes_positions

    @torch.inference_mode()
    def _read(
        self, ids: Sequence[int], cache: DynamicCache, attention: str, *, rows: int, places: torch.Tensor | None = None
    ) -> torch.Tensor:
        self._attend(attention)
        start = cache.get_seq_length()
        if places is None:
            places = torch.arange(start, start + len(ids), device=self.hf.device)[None]
        tokens = self._tensor([ids], start + len(ids))
        return self._forward(tokens, places, None, cache, rows=rows).logits[0]

    @torch.inference_mode()
    def prefill_together(self, prompts: Sequence[Sequence[int]]) -> list[DynamicCache]:
        """Reads several prompts in one forward. Returns one cache for each prompt, the same as `prefill` would make.

        Shorter prompts are padded on the right, where causality hides the padding from them without a mask. Equal
        prompts, such as those of a grid, are read once, and their caches share memory. A state would take in the
        padding, so that models that keep states read each prompt alone. So do encoder–decoders, whose prompts are
        mostly one token.
        """
        self._attend(self._prefill_attention)
        if self._forward.has_states or self.takes_source:
            caches = [self.new_cache() for _ in prompts]
            _ = [self.prefill(ids, cache) for ids, cache in zip(prompts, caches, strict=True)]
            return caches
        place = {ids: row for row, ids in enumerate(dict.fromkeys(map(tuple, prompts)))}
        longest = max(map(len, place))
        together = self.new_cache()
        self._forward(
            self._tensor([[*ids, *[0] * (longest - len(ids))] for ids in place], longest),
            torch.arange(longest, device=self.hf.device)[None].expand(len(place), -1),
            None,
            together,
        )
        made = {ids: part(together, row, 0, len(ids), owned=True) for ids, row in place.items()}
        return [part(made[tuple(ids)], 0, 0, len(ids)) for ids in prompts]

    @torch.inference_mode()
    def go_on(self, rows: Sequence[Sequence[int]], cache: DynamicCache, positions: Sequence[int]) -> torch.Tensor:
        """Reads several rows that all continue the one text in `cache`. The cache does not change.

        Args:
            rows: the ids of each row; shorter rows are padded on the right as in `prefill_together`.
            cache: the cache of one row; it may be empty.
            positions: ascending places, counted from the rows' beginning.

        Returns:
            (rows, positions, vocab) logits after each of the positions, on the model's device.
        """
        self._attend(self._prefill_attention)
        start, longest = cache.get_seq_length(), max(len(ids) for ids in rows)
        logits = self._forward(
            self._tensor([[*ids, *[0] * (longest - len(ids))] for ids in rows], start + longest),
            torch.arange(start, start + longest, device=self.hf.device)[None].expand(len(rows), -1),
            None,
            for_rows(cache, len(rows)),
            rows=positions,
        ).logits
        return self._forward.picked(logits, positions, longest)

    def read_vectors(self, vectors: torch.Tensor, cache: DynamicCache, position: int) -> torch.Tensor:
        """Reads rows of vectors, in place of the embeddings of tokens, after the tokens in `cache`, which grows.

        Gradients flow through it to the vectors where they are switched on, and never to the weights.

        Args:
            vectors: (row, position, width), as the model's input embedding returns them.
            position: the place whose logits are returned, counted from the rows' beginning.

        Returns:
            (rows, vocab) logits, on the model's device.
        """
        self._attend(self._prefill_attention)
        rows, length, _ = vectors.shape
        start = cache.get_seq_length()
        positions = torch.arange(start, start + length, device=self.hf.device)[None].expand(rows, -1)
        logits = self._forward(None, positions, None, cache, rows=[position], inputs_embeds=vectors).logits
        return self._forward.picked(logits, [position], length)[:, 0]

    @torch.inference_mode()
    def step(
        self,
        ids: Sequence[int],
        positions: Sequence[int],
        mask: torch.Tensor | None,
        cache: DynamicCache,
        shown: Sequence[int] | None = None,
    ) -> Observation:
        """Feeds one token for each row, at its own position, and returns the logits after it and its attention.

        Args:
            ids, positions: one for each row.
            mask: (rows, cached + 1) with 0 where a shorter row is padded on the left, or None if there is no padding.
            cache: the cache of all rows; it grows by one position.
            shown: the rows of which the attention is wanted, in ascending order; None for all rows.
        """
        self._attend(self.step_attention or self._prefill_attention)
        tokens = self._tensor([[token_id] for token_id in ids], max(positions) + 1)
        outputs = self._forward(
            tokens,
            tokens.new_tensor(positions)[:, None],
            mask,
            cache,
            output_attentions=(shown is None or len(shown) > 0) and self.step_attention is not None,
        )
        wanted = None if shown is None or len(shown) == len(ids) else shown
        weights = self._forward.weights(outputs.attentions, wanted)
        of_source = self._forward.weights(outputs.source_attentions, wanted) if isinstance(outputs, Decoded) else None
        return Observation(outputs.logits[:, -1], weights, of_source)

    def first_step_tokens(self, start: int, length: int, size: int) -> int:
        """Returns how many of a prompt's last tokens are left to `begin`. The tokens before them are read in slices.

        One token is left, except by models that keep states. transformers may read one token by another formula than
        several, and `generate` reads the whole prompt at once: as much of it as possible is left.

        Args:
            start: the number of tokens that a cache holds already.
            length: the number of all tokens of the prompt.
            size: the most tokens of a slice.
        """
        if not self._forward.has_states:
            return 1
        if self._forward.reads_on:
            return min(length - start, size)
        return 1 if start else length  # such a model begins again, or reads one token after another

    def begin(self, ids: Sequence[int], cache: DynamicCache, attention: bool = True) -> Observation:
        """Reads the last tokens of a prompt after those in `cache`, which grows, and returns the step after them.

        Several tokens are read at once, as `generate` reads them. The attention is then that of a step with the last
        token, which is made beside.

        Args:
            attention: whether the attention is wanted.
        """
        start = cache.get_seq_length()
        if len(ids) == 1:
            return self.step(ids, [start], None, cache, None if attention else ())
        weights = None
        if attention and self.step_attention is not None:
            beside = part(cache, 0, 0, start)
            self.prefill(ids[:-1], beside)
            weights = self.step(ids[-1:], [start + len(ids) - 1], None, beside).attention
        return Observation(self.extend([ids], cache), weights)

    @torch.inference_mode()
    def extend(self, rows: Sequence[Sequence[int]], cache: DynamicCache) -> torch.Tensor:
        """Feeds rows of equal length after the tokens of each in `cache`, as `generate` does, without attention output.

        Returns:
            (rows, vocab) logits after the last token of each, in the model's dtype, on its device.
        """
        self._attend(self._prefill_attention)
        start = cache.get_seq_length()
        positions = torch.arange(start, start + len(rows[0]), device=self.hf.device)[None].expand(len(rows), -1)
        outputs = self._forward(self._tensor(rows, start + len(rows[0])), positions, None, cache)
        return outputs.logits[:, -1]

    @cached_property
    def step_attention(self) -> str | None:
        """The attention of steps, as `step_implementation`."""
        return step_implementation(self.hf, self._forward)
