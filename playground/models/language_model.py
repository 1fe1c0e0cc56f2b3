"""A transformers model and its tokenizer: text to ids, ids to logits and attention.

Knows tokens, and the shape of a processor the model brings. Does not know settings' values, traces, threads or pages.
It remembers nothing between calls except the weights: caches are the caller's.
"""

import copy
import inspect
import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

import torch
from transformers import DynamicCache, PreTrainedModel, PreTrainedTokenizerBase

from playground.decoding.processors import ExtraProcessor
from playground.decoding.settings import Settings
from playground.errors import PlaygroundError
from playground.models.caches import part
from playground.models.one_query import step_implementation
from playground.models.tokens import readable_vocabulary

_EXTRA_PLACES = {
    "SequenceBiasLogitsProcessor": "first",
    "TopHLogitsWarper": "after temperature",
    "WatermarkLogitsProcessor": "last",
    "SynthIDTextWatermarkLogitsProcessor": "last",
    "LogitNormalization": "last",
}


class Observation(NamedTuple):
    """What one forward of one token a row shows, on the CPU.

    `logits`: (row, vocab) in the model's dtype. `attention`: (layer, row, head, key) float16 of the position that
    was fed, or None for a model that returns none.
    """

    logits: torch.Tensor
    attention: torch.Tensor | None


class LanguageModel:
    """A decoder-only model, ready to run on one device. Call it from one thread."""

    def __init__(self, hf: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, name: str) -> None:
        self.hf = hf.eval()
        self.tokenizer = tokenizer
        self.name = name
        self._parameters = inspect.signature(hf.forward).parameters
        self._prefill_attention = hf.config._attn_implementation  # what transformers chose for this model

    # what it is

    @property
    def device(self) -> str:
        """Where the weights are: "cpu", "cuda", "mps"."""
        return self.hf.device.type

    @property
    def dtype(self) -> str:
        """The weights' dtype as a word: "float32", "bfloat16"."""
        return str(self.hf.dtype).removeprefix("torch.")

    @cached_property
    def vocabulary_size(self) -> int:
        """The number of logits, which can exceed the number of tokens the tokenizer knows."""
        return self.hf.get_output_embeddings().weight.shape[0]

    @cached_property
    def window(self) -> int:
        """The number of tokens that fit, prompt and completion together."""
        stated = getattr(self.hf.config.get_text_config(), "max_position_embeddings", None)
        return int(stated or min(self.tokenizer.model_max_length, 2**20))

    @cached_property
    def eos_token_ids(self) -> frozenset[int]:
        """Every id that ends a text, as the model's generation_config has them."""
        stated = self.hf.generation_config.eos_token_id
        if stated is None:
            stated = self.tokenizer.eos_token_id
        return frozenset([] if stated is None else [stated] if isinstance(stated, int) else stated)

    @cached_property
    def vocabulary(self) -> list[str]:
        """A readable text for every id; plain text, never markup."""
        return readable_vocabulary(self.tokenizer, self.vocabulary_size)

    def facts(self) -> dict[str, str | int]:
        """The facts of the model line, as plain JSON values."""
        config = self.hf.config.get_text_config()
        return {
            "model": self.name,
            "parameters": self.hf.num_parameters(),
            "layers": config.num_hidden_layers,
            "heads": config.num_attention_heads,
            "vocabulary": self.vocabulary_size,
            "window": self.window,
            "device": self.device,
            "dtype": self.dtype,
        }

    # text and ids

    def encode(self, text: str, *, templated: bool = False) -> tuple[int, ...]:
        """The prompt's ids.

        Args:
            text: the prompt; empty stands for the model's start token.
            templated: the text comes from the chat template and holds its special tokens already.

        Raises:
            PlaygroundError: the text is empty and the model has no start token, or is not valid Unicode.
        """
        _refuse_half_characters(text, "The prompt")
        ids = self.tokenizer(text, add_special_tokens=not templated).input_ids if text else []
        if not ids:
            start = self.tokenizer.bos_token_id
            if start is None:
                raise PlaygroundError(
                    f"The prompt is empty, and {self.name} has no start token to begin from. Write a prompt.",
                    status=422,
                )
            ids = [start]
        return tuple(ids)

    def tokens_until(self, text: str, places: Sequence[int], *, templated: bool = False) -> list[int]:
        """How many of the tokens of `encode(text)` end at or before each of `places`, which are ascending.

        One tokenisation tells all, if the tokenizer says where its tokens stand; else each beginning needs its own.
        """
        if not text or not self.tokenizer.is_fast:
            return [len(self.encode(text[:place], templated=templated)) if text[:place] else 0 for place in places]
        offsets = self.tokenizer(text, add_special_tokens=not templated, return_offsets_mapping=True).offset_mapping
        ends = list(accumulate((end for _, end in offsets), max))  # special tokens stand at 0, wherever they are
        return [bisect_right(ends, place) for place in places]

    def encode_continuation(self, text: str) -> tuple[int, ...]:
        """The ids of a text that stands behind another: exactly what was written, without special tokens before it.

        Raises:
            PlaygroundError: the text is empty or not valid Unicode.
        """
        _refuse_half_characters(text, "The text")
        ids = self.tokenizer(text, add_special_tokens=False).input_ids if text else []
        if not ids:
            raise PlaygroundError("There is no text to continue with. Write some, or click a candidate.")
        return tuple(ids)

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ids, special tokens included."""
        return self.tokenizer.decode(list(ids), clean_up_tokenization_spaces=False)

    @property
    def has_chat_template(self) -> bool:
        """Whether the tokenizer says how to write a conversation."""
        return bool(self.tokenizer.chat_template)

    def chat_prompt(self, text: str) -> str:
        """`text` as the user's turn of a conversation, up to where the model's answer begins."""
        return self.conversation([{"role": "user", "content": text}])

    def conversation(self, turns: list[dict[str, str]]) -> str:
        """`turns` ({"role", "content"}) as the chat template writes them, up to where the model's answer begins."""
        if not self.has_chat_template:
            raise PlaygroundError(f"{self.name} has no chat template. Switch the chat template off.", status=422)
        return self.tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)

    # forwards

    def prefill(self, ids: Sequence[int], cache: DynamicCache) -> None:
        """Reads `ids` of one row after what `cache` holds, without attention output."""
        self._read(ids, cache, self._prefill_attention, rows=1)

    def read(self, ids: Sequence[int], cache: DynamicCache) -> torch.Tensor:
        """As `prefill`, and returns the logits of what follows each of `ids`: (position, vocab) float32 on the CPU."""
        return self._read(ids, cache, self._prefill_attention, rows=0).float().cpu()

    def read_with(self, attention: str, ids: Sequence[int], cache: DynamicCache) -> torch.Tensor:
        """As `prefill`, with an attention of that name, and returns what follows: (vocab,) float32 on the CPU."""
        return self._read(ids, cache, attention, rows=1)[-1].float().cpu()

    @torch.inference_mode()
    def _read(self, ids: Sequence[int], cache: DynamicCache, attention: str, *, rows: int) -> torch.Tensor:
        self._attend(attention)
        start = cache.get_seq_length()
        outputs = self._forward(
            torch.tensor([ids], device=self.hf.device),
            torch.arange(start, start + len(ids), device=self.hf.device)[None],
            None,
            cache,
            rows=rows,
        )
        return outputs.logits[0]

    @torch.inference_mode()
    def prefill_together(self, prompts: Sequence[Sequence[int]]) -> list[DynamicCache]:
        """Reads several prompts in one forward. Returns a cache a prompt, each as `prefill` would leave it.

        Shorter prompts are padded on the right, where causality hides the padding from them without a mask. Prompts
        that are alike, as a grid's are, are read once.
        """
        self._attend(self._prefill_attention)
        place = {ids: row for row, ids in enumerate(dict.fromkeys(map(tuple, prompts)))}
        longest = max(map(len, place))
        together = DynamicCache()
        self._forward(
            torch.tensor([[*ids, *[0] * (longest - len(ids))] for ids in place], device=self.hf.device),
            torch.arange(longest, device=self.hf.device)[None].expand(len(place), -1),
            None,
            together,
        )
        return [part(together, place[tuple(ids)], 0, len(ids), owned=True) for ids in prompts]

    @torch.inference_mode()
    def go_on(self, rows: Sequence[Sequence[int]], cache: DynamicCache, positions: Sequence[int]) -> torch.Tensor:
        """Reads several rows that all go on from what `cache` holds, which stays as it is.

        Args:
            rows: ids, shorter ones padded on the right as in `prefill_together`.
            cache: of one row; may be empty.
            positions: ascending, counted from the rows' beginning.

        Returns:
            (rows, positions, vocab) logits after each of the positions, on the CPU.
        """
        self._attend(self._prefill_attention)
        start, longest = cache.get_seq_length(), max(len(ids) for ids in rows)
        together = DynamicCache()
        for number, layer in enumerate(cache.layers if start else ()):
            keys, values = (states.expand(len(rows), -1, -1, -1) for states in (layer.keys, layer.values))
            together.update(keys, values, number)
        kept = torch.tensor(positions, device=self.hf.device)
        logits = self._forward(
            torch.tensor([[*ids, *[0] * (longest - len(ids))] for ids in rows], device=self.hf.device),
            torch.arange(start, start + longest, device=self.hf.device)[None].expand(len(rows), -1),
            None,
            together,
            rows=kept,
        ).logits
        return (logits if logits.shape[1] == len(positions) else logits[:, kept]).cpu()

    @torch.inference_mode()
    def step(
        self, ids: Sequence[int], positions: Sequence[int], mask: torch.Tensor | None, cache: DynamicCache
    ) -> Observation:
        """Feeds one token a row, at its own position, and observes the logits of the next.

        Args:
            ids, positions: one a row.
            mask: (rows, cached + 1) with 0 where a shorter row is padded on the left, or None for none.
            cache: of all rows; grows by one position.
        """
        self._attend(self._step_attention)
        outputs = self._forward(
            torch.tensor(ids, device=self.hf.device)[:, None],
            torch.tensor(positions, device=self.hf.device)[:, None],
            mask,
            cache,
            output_attentions=True,
        )
        attention = None
        if outputs.attentions and all(layer is not None for layer in outputs.attentions):
            attention = torch.stack([layer[:, :, -1] for layer in outputs.attentions]).half().cpu()
        return Observation(outputs.logits[:, -1].cpu(), attention)

    @torch.inference_mode()
    def extend(self, rows: Sequence[Sequence[int]], cache: DynamicCache) -> torch.Tensor:
        """Feeds rows of equal length after what `cache` holds of each, as `generate` does, without attention output.

        Returns:
            (rows, vocab) logits after the last token of each, in the model's dtype, on the CPU.
        """
        self._attend(self._prefill_attention)
        start = cache.get_seq_length()
        positions = torch.arange(start, start + len(rows[0]), device=self.hf.device)[None].expand(len(rows), -1)
        outputs = self._forward(torch.tensor(rows, device=self.hf.device), positions, None, cache)
        return outputs.logits[:, -1].cpu()

    @cached_property
    def _step_attention(self) -> str:
        return step_implementation(self.hf)

    def extra_processors(self, prompt_length: int) -> tuple[ExtraProcessor, ...]:
        """The processors `generate` would add for this model's generation_config that `Settings` has no name for."""
        return self._make_extras(prompt_length) if self.extra_names else ()

    def _make_extras(self, prompt_length: int) -> tuple[ExtraProcessor, ...]:
        config = copy.deepcopy(self.hf.generation_config)
        config.update(**Settings().generate_kwargs() | {"min_p": None, "max_length": self.window})
        self.hf._prepare_special_tokens(config, True, device="cpu")
        found = self.hf._get_logits_processor(config, input_ids_seq_length=prompt_length, device="cpu")
        return tuple(
            ExtraProcessor(_snake(type(one).__name__), _EXTRA_PLACES.get(type(one).__name__, "penalties"), one)
            for one in found
        )

    @cached_property
    def extra_names(self) -> tuple[str, ...]:
        """The names of `extra_processors`. They are the same for every prompt: its length is a number in some of them,
        and no condition of any."""
        return tuple(extra.name for extra in self._make_extras(1))

    def _attend(self, implementation: str) -> None:
        if self.hf.config._attn_implementation != implementation:
            self.hf.set_attn_implementation(implementation)

    def _forward(self, input_ids, position_ids, mask, cache, rows=1, **options):
        """`rows`: the last so many positions, or these ones, have logits where a model can spare the others; 0: all."""
        if "position_ids" in self._parameters:
            options["position_ids"] = position_ids
        if "logits_to_keep" in self._parameters:
            options["logits_to_keep"] = rows
        return self.hf(input_ids=input_ids, attention_mask=mask, cache=cache, use_cache=True, **options)


def _refuse_half_characters(text: str, name: str) -> None:
    broken = re.search("[\ud800-\udfff]", text)
    if broken:
        raise PlaygroundError(
            f"{name} holds U+{ord(broken[0]):04X} at character {broken.start() + 1}, half of a surrogate pair, "
            "which is not a character. Remove it."
        )


def _snake(class_name: str) -> str:
    stem = re.sub("(LogitsProcessor|LogitsWarper)$", "", class_name)
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", stem).lower()
