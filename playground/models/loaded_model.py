"""What a loaded model is, before any text: its tokenizer, its sizes, its window, and the tokens that end a text.

Knows transformers' configs. Does not know forwards, but checks the ids that each of them gets.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, cast

import torch
from transformers import GenerationConfig, PreTrainedModel, PreTrainedTokenizerBase

from playground.decoding.processors import ExtraProcessor
from playground.errors import PlaygroundError
from playground.models.built_in import known_words, unknown_sentence, unknown_words
from playground.models.changes import NO_CHANGES, Changes
from playground.models.encoder_part import Task
from playground.models.encoder_side import encoder_config
from playground.models.extra_processors import extra_processors, prepared_config
from playground.models.languages import USUAL, Languages, Pair, languages_of
from playground.models.prompt_ids import PromptIds
from playground.models.split import places_of
from playground.models.tokenizer import Tokenizer
from playground.models.tokens import readable_vocabulary

if TYPE_CHECKING:  # transformers' own name for it is not there when the program runs
    from transformers.models.auto.modeling_auto import _BaseModelWithGenerate as CausalModel

LONGEST_SLICE = 512
"""The most tokens of a slice. `footprint` plans the memory of a forward for as many."""


class LoadedModel:
    """A model, mostly on one device, and its tokenizer.

    Attributes:
        changes: what `load` has changed in transformers' model.
        embeddings: the number of tokens that have an embedding.
        shared: the model whose weights it has too, which is kept as long as this one; None if it shares nothing.
        task: what the head of an encoder-only model does; None for a model that writes texts.
    """

    def __init__(
        self,
        hf: "CausalModel",
        tokenizer: PreTrainedTokenizerBase,
        name: str,
        changes: Changes = NO_CHANGES,
        shared: "LoadedModel | None" = None,
    ) -> None:
        self.hf = hf.eval().requires_grad_(False)
        self.embeddings = cast(torch.nn.Embedding, hf.get_input_embeddings()).num_embeddings
        self.tokenizer = Tokenizer(tokenizer, name, self.embeddings)
        self.name = name
        self.changes = changes
        self.shared = shared
        self.task: Task | None = None

    @property
    def device(self) -> str:
        """The device of the weights, or of the first of them, as torch names it: "cpu", "cuda", "cuda:1" or "mps"."""
        device = self.hf.device
        return str(device) if device.index else device.type

    def slice_tokens(self, on_cpu: int) -> int:
        """Returns how many tokens of a text are read at a time, where a CPU reads `on_cpu`.

        On a CPU the time of a slice grows with its tokens. On an accelerator some hundred tokens take little longer
        than one, and each slice waits for a step.
        """
        return on_cpu if self.device == "cpu" else min(8 * on_cpu, LONGEST_SLICE)

    @property
    def dtype(self) -> str:
        """The weights' dtype as a word: "float32", "bfloat16"."""
        return str(self.hf.dtype).removeprefix("torch.")

    @cached_property
    def vocabulary_size(self) -> int:
        """The number of logits, which can exceed the number of tokens the tokenizer knows."""
        return cast(torch.nn.Linear, self.hf.get_output_embeddings()).weight.shape[0]

    @cached_property
    def window(self) -> int:
        """The most tokens that a text may have, prompt and completion together.

        With LongRoPE, a text that grows beyond the first length of the training is read with other positions from its
        beginning, which a cache cannot follow. The window ends there.
        """
        config = self.hf.config.get_text_config()
        stated = getattr(config, "max_position_embeddings", None)
        stated = getattr(config, "max_decoder_position_embeddings", stated)  # LED's
        rope = getattr(config, "rope_parameters", None) or {}
        if rope.get("rope_type") == "longrope":
            stated = rope.get("original_max_position_embeddings") or config.original_max_position_embeddings
        if stated is None or stated < 1:
            stated = min(self.tokenizer.hf.model_max_length, 2**20)
        return int(stated)

    @cached_property
    def source_window(self) -> int:
        """The most tokens that the encoder of an encoder–decoder reads.

        BigBird's encoder reads a longer text with sparse attention, unless it has read a short one before. The window
        ends where every text is read with full attention.
        """
        config = encoder_config(self.hf.config)
        stated = getattr(config, "max_position_embeddings", None)
        stated = getattr(config, "max_encoder_position_embeddings", stated)  # LED's
        most = int(stated or min(self.tokenizer.hf.model_max_length, 2**20))
        if getattr(config, "attention_type", None) == "block_sparse":
            most = min(most, (5 + 2 * config.num_random_blocks) * config.block_size)
        return most

    @cached_property
    def known_words(self) -> frozenset[str] | None:
        """The words that a built-in model was trained on; None for a model without such a list."""
        return known_words(self.hf.name_or_path or "")

    def told_unknown(self, text: str) -> str:
        """Returns the sentence that names the words of a text which a built-in model does not know; "" for none."""
        unknown = self.unknown_words(text)
        return "" if unknown is None or self.known_words is None else unknown_sentence(unknown, self.known_words)

    def unknown_words(self, text: str) -> list[str] | None:
        """Returns the words of a text that a built-in model does not know; None for a model without such a list."""
        known = self.known_words
        return None if known is None else unknown_words(self.tokenizer.without_special(text), known)

    @cached_property
    def languages(self) -> Languages:
        """The languages that a translation may be from and to, if the tokenizer has tokens for them."""
        return languages_of(self.tokenizer.hf, self.name) if self.hf.config.is_encoder_decoder else Languages(self.name)

    @cached_property
    def source_width(self) -> int:
        """The numbers of each vector that the encoder of an encoder–decoder puts out."""
        return cast(torch.nn.Embedding, self.hf.get_input_embeddings()).embedding_dim

    @cached_property
    def start_ids(self) -> tuple[int, ...]:
        """The beginning of every text of an encoder–decoder's decoder: its start token."""
        found = self.hf.generation_config.decoder_start_token_id
        if found is None:
            found = getattr(self.hf.config, "decoder_start_token_id", None)
        if found is None:  # as `generate` does
            found = self.hf.generation_config.bos_token_id
        return () if found is None else (int(found),)

    def encode_prompt(self, text: str, *, templated: bool = False, languages: Pair = USUAL) -> PromptIds:
        """Returns a prompt as the model reads it. The encoder of an encoder–decoder reads the text, and the decoder
        begins with its start token. Any other model continues the text.

        Args:
            text: the prompt; for a model without an encoder, an empty one stands for the model's start token.
            templated: as for `Tokenizer.encode`.
            languages: those of a translation.

        Raises:
            PlaygroundError: as `Tokenizer.encode`, or the text for an encoder is empty, or the model does not have the
                languages.
        """
        if self.hf.config.is_encoder_decoder and not text.strip():
            raise PlaygroundError("The text is empty. Write the text that the encoder reads.", status=422)
        return self.in_languages(self.prompt_of(self.tokenizer.encode(text, templated=templated)), languages)

    def prompt_of(self, ids: tuple[int, ...]) -> PromptIds:
        """Returns the prompt whose text has these ids."""
        return PromptIds(self.start_ids, ids) if self.hf.config.is_encoder_decoder else PromptIds(ids)

    def in_languages(self, read: PromptIds, languages: Pair) -> PromptIds:
        """Returns a prompt between two languages, of which None leaves the usual one.

        Raises:
            PlaygroundError: the model has no such language.
        """
        source, start = read.source_ids, read.ids
        if languages.source is not None:
            source = self.languages.of_source(source, languages.source)
        if languages.target is not None:
            source, start = self.languages.in_target(source, start, languages.target)
        return PromptIds(start, source)

    def before_given(self, read: PromptIds) -> PromptIds:
        """Returns what stands before a text that the decoder is given: the prompt, and the language that `generate`
        would force, if the prompt has none."""
        forced = self.hf.generation_config.forced_bos_token_id
        is_forced = bool(read.source_ids) and read.ids == self.start_ids and forced in self.languages.ids.values()
        return read._replace(ids=(*read.ids, cast(int, forced))) if is_forced else read

    @cached_property
    def framing_ids(self) -> frozenset[int]:
        """All ids that frame a text without being a part of it: those that end it, and a first one that the model's
        generation_config forces, such as that of a language."""
        forced = self.hf.generation_config.forced_bos_token_id
        return self.eos_token_ids | ({forced} if isinstance(forced, int) else set())

    @cached_property
    def eos_token_ids(self) -> frozenset[int]:
        """All ids that end a text: those of the model's generation_config, or else the tokenizer's."""
        stated: int | list[int] | None = self.hf.generation_config.eos_token_id
        if stated is None:
            stated = cast(int | None, self.tokenizer.hf.eos_token_id)
        return frozenset([] if stated is None else [stated] if isinstance(stated, int) else stated)

    @cached_property
    def vocabulary(self) -> list[str]:
        """A readable text for every id. It is plain text and never markup."""
        return readable_vocabulary(self.tokenizer.hf, self.vocabulary_size)

    @property
    def is_packed(self) -> bool:
        """Whether a package keeps the weights in a form of its own, as they are quantised in the model's files."""
        return bool(getattr(self.hf, "is_quantized", False))

    @cached_property
    def outline(self) -> PreTrainedModel:
        """A model whose parameters have the shapes of plain weights: `hf`, or one without numbers if its are packed."""
        if not self.is_packed:
            return self.hf
        with torch.device("meta"):
            return type(self.hf)(self.hf.config)

    def facts(self) -> dict[str, str | int]:
        """Returns the facts that the page shows about the model, as plain JSON values."""
        config = self.hf.config.get_text_config(decoder=self.hf.config.is_encoder_decoder or None)
        return {
            "model": self.name,
            "parameters": self.outline.num_parameters(),
            "layers": config.num_hidden_layers,
            "heads": config.num_attention_heads,
            "vocabulary": self.vocabulary_size,
            "window": self.window,
            "device": places_of(self.hf) or self.device,
            "dtype": self.dtype,
        }

    def extra_processors(self, prompt: PromptIds, new_tokens: int) -> tuple[ExtraProcessor, ...]:
        """Returns the processors that `generate` would add for the model's generation_config beyond `Settings`.

        Args:
            prompt: the prompt, whose length and tokens some processors look at.
            new_tokens: `max_new_tokens`. Some models force an end token at the last place.
        """
        longest = min(len(prompt.ids) + new_tokens, self.window)
        return extra_processors(self.hf, self._own_config, prompt, longest) if self.extra_names else ()

    @cached_property
    def extra_names(self) -> tuple[str, ...]:
        """The names of `extra_processors`. They are the same for every prompt: the prompt's length is a value in some
        processors, and its tokens are in others, but none of them is added or left out because of it."""
        found = extra_processors(self.hf, self._own_config, PromptIds((0,)), self.window)
        return tuple(extra.name for extra in found)

    @cached_property
    def _own_config(self) -> GenerationConfig:
        return prepared_config(self.hf)

    def _tensor(self, rows: Sequence[Sequence[int]], length: int) -> torch.Tensor:
        """Returns ids as a tensor on the model's device, for texts that have at most `length` tokens afterwards.

        Every forward gets its ids here. An id without an embedding, or a position without one, is an error of one text
        on a CPU. On a CUDA device it ends the device for all.

        Raises:
            PlaygroundError: an id has no embedding, or the window is too short.
        """
        lowest, highest = min(map(min, rows)), max(map(max, rows))
        if lowest < 0 or highest >= self.embeddings:
            wrong = lowest if lowest < 0 else highest
            raise PlaygroundError(
                f"{wrong} is no token of {self.name}, which has embeddings for 0 to {self.embeddings - 1:,}. "
                "Remove it from the text."
            )
        if length > self.window:
            raise PlaygroundError(
                f"The text would have {length:,} tokens, and {self.name} has a window of {self.window:,}. Shorten it.",
                status=422,
            )
        return torch.tensor(rows, device=self.hf.device)

    def _attend(self, implementation: str) -> None:
        if self.hf.config._attn_implementation != implementation:
            self.hf.set_attn_implementation(implementation)


def no_source(model: LoadedModel) -> PlaygroundError:
    """Returns the refusal of work on a model with an encoder that does not say what the encoder reads."""
    return PlaygroundError(
        f"{model.name} has an encoder, and nothing here says what it reads. Give source_ids where they are taken, or "
        "choose a model without an encoder."
    )


def writes_nothing(name: str) -> PlaygroundError:
    """Returns the refusal of work that needs a model which writes texts, for an encoder-only model."""
    return PlaygroundError(
        f"{name} is encoder-only: it reads a whole text at once, and does not write on. Choose another model for this.",
        status=422,
    )
