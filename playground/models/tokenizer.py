"""Wraps a model's tokenizer: it turns text into ids and back, and conversations into prompts.

Knows tokenizers. Does not know the model's forward, traces or pages.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any, cast

from transformers import PreTrainedTokenizerBase

from playground.errors import PlaygroundError
from playground.models.chat_template import Switch, render, switches


class Tokenizer:
    """A transformers tokenizer, `hf`, for prompts and for texts that continue a prompt. `name` is the model's."""

    def __init__(self, hf: PreTrainedTokenizerBase, name: str) -> None:
        self.hf = hf
        self.name = name

    def encode(self, text: str, *, templated: bool = False) -> tuple[int, ...]:
        """Returns the prompt's ids.

        Args:
            text: the prompt; an empty one stands for the model's start token.
            templated: whether the text comes from the chat template and holds its special tokens already.

        Raises:
            PlaygroundError: the text is empty and the model has no start token, or is not valid Unicode.
        """
        _refuse_half_characters(text, "The prompt")
        ids = self.hf(text, add_special_tokens=not templated).input_ids if text else []
        if not ids:
            start = cast(int | None, self.hf.bos_token_id)
            if start is None:
                raise PlaygroundError(
                    f"The prompt is empty, and {self.name} has no start token to begin from. Write a prompt.",
                    status=422,
                )
            ids = [start]
        return tuple(ids)

    def tokens_until(self, text: str, places: Sequence[int], *, templated: bool = False) -> list[int]:
        """Returns how many tokens of `encode(text)` end at or before each of `places`, which are ascending.

        One tokenisation is enough if the tokenizer returns the places of its tokens. Otherwise each beginning of the
        text up to a place is tokenised separately.
        """
        if not text or not self.hf.is_fast:
            return [len(self.encode(text[:place], templated=templated)) if text[:place] else 0 for place in places]
        offsets = self.hf(text, add_special_tokens=not templated, return_offsets_mapping=True).offset_mapping
        ends = list(accumulate((end for _, end in offsets), max))  # special tokens have the place 0, wherever they are
        return [bisect_right(ends, place) for place in places]

    def encode_continuation(self, text: str) -> tuple[int, ...]:
        """Returns the ids of a text that follows another text: exactly the text, without special tokens before it.

        Raises:
            PlaygroundError: the text is empty or not valid Unicode.
        """
        _refuse_half_characters(text, "The text")
        ids = self.hf(text, add_special_tokens=False).input_ids if text else []
        if not ids:
            raise PlaygroundError("There is no text to continue with. Write one, or click a candidate.")
        return tuple(ids)

    def decode(self, ids: Sequence[int]) -> str:
        """Returns the text of ids, special tokens included."""
        text = self.hf.decode(list(ids), clean_up_tokenization_spaces=False)
        assert isinstance(text, str), "one list of ids is one text"
        return text

    @property
    def has_chat_template(self) -> bool:
        """Whether the tokenizer has a template for conversations."""
        return bool(self.hf.chat_template)

    @cached_property
    def switches(self) -> tuple[Switch, ...]:
        """The chat template's own switches, such as `enable_thinking`; none if there is no template."""
        return switches(self.hf)

    def chat_prompt(self, text: str) -> str:
        """Returns a conversation with `text` as the user's turn, up to where the model's answer begins."""
        return self.conversation([{"role": "user", "content": text}])

    def conversation(self, turns: list[dict[str, str]], options: Mapping[str, Any] | None = None) -> str:
        """Returns `turns` ({"role", "content"}) in the form of the chat template, up to where the answer begins.

        Args:
            turns: at least one, oldest first.
            options: values of the template's own switches; a missing one is left to the template.

        Raises:
            PlaygroundError: the model has no chat template, or the template refuses the turns or an option.
        """
        if not self.has_chat_template:
            raise PlaygroundError(f"{self.name} has no chat template. Switch the chat template off.", status=422)
        return render(self.hf, self.name, turns, options or {})


def _refuse_half_characters(text: str, name: str) -> None:
    broken = re.search("[\ud800-\udfff]", text)
    if broken:
        raise PlaygroundError(
            f"{name} holds U+{ord(broken[0]):04X} at character {broken.start() + 1}, half of a surrogate pair, "
            "which is not a character. Remove it."
        )
