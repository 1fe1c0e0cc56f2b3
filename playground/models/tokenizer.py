"""Wraps a model's tokenizer: it turns text into ids and back, and conversations into prompts.

Knows tokenizers. Does not know the model's forward, traces or pages.
"""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from typing import Any, cast

from jinja2 import TemplateSyntaxError
from transformers import PreTrainedTokenizerBase
from transformers.utils.chat_template_utils import _compile_jinja_template

from playground.errors import PlaygroundError, first_sentence
from playground.models.chat_template import Switch, reads_tool_calls, render, switches

TEXTS_BEFORE = ("\n", ".", "0")
"""Texts whose tokens can be cut off before another text. If one merges with the other text, the next is tried."""


class Tokenizer:
    """A transformers tokenizer, `hf`, for prompts and for texts that continue a prompt.

    Args:
        name: the model's name.
        rows: the number of the model's embeddings. An added token may have an id that is not below it.
    """

    def __init__(self, hf: PreTrainedTokenizerBase, name: str, rows: int) -> None:
        self.hf = hf
        self.name = name
        self._rows = rows

    def encode(self, text: str, *, templated: bool = False) -> tuple[int, ...]:
        """Returns the prompt's ids.

        Args:
            text: the prompt; an empty one stands for the model's start token.
            templated: whether the text comes from the chat template and holds its special tokens already.

        Raises:
            PlaygroundError: the text is empty and the model has no start token, or is not valid Unicode, or has a token
                without an embedding.
        """
        _refuse_half_characters(text, "The prompt")
        ids = self.hf(text, add_special_tokens=not templated, verbose=False).input_ids if text else []
        if not ids:
            start = cast(int | None, self.hf.bos_token_id)
            if start is None:
                raise PlaygroundError(
                    f"The prompt is empty, and {self.name} has no start token to begin from. Write a prompt.",
                    status=422,
                )
            ids = [start]
        return self._with_embeddings(ids)

    def without_special(self, text: str) -> str:
        """Returns a text with a space in place of each special token that is written in it, such as a mask."""
        for token in self.hf.all_special_tokens:
            text = text.replace(token, " ")
        return text

    def tokens_until(self, text: str, places: Sequence[int], *, templated: bool = False) -> list[int]:
        """Returns how many tokens of `encode(text)` end at or before each of `places`, which are ascending.

        One tokenisation is enough if the tokenizer returns the places of its tokens. Otherwise each beginning of the
        text up to a place is tokenised separately.
        """
        if not text or not self.hf.is_fast:
            return [len(self.encode(text[:place], templated=templated)) if text[:place] else 0 for place in places]
        offsets = self.hf(
            text, add_special_tokens=not templated, verbose=False, return_offsets_mapping=True
        ).offset_mapping
        ends = list(accumulate((end for _, end in offsets), max))  # special tokens have the place 0, wherever they are
        return [bisect_right(ends, place) for place in places]

    def encode_continuation(self, text: str) -> tuple[int, ...]:
        """Returns the ids of a text that follows another text: exactly the text, without special tokens before it.

        Raises:
            PlaygroundError: the text is empty or not valid Unicode, or has a token without an embedding.
        """
        _refuse_half_characters(text, "The text")
        ids = self.ids_within(text) if text else []
        if not ids:
            raise PlaygroundError("There is no text to continue with. Write one, or click a candidate.")
        return self._with_embeddings(ids)

    def encode_target(self, text: str) -> tuple[int, ...]:
        """Returns the ids of a text with which a decoder begins behind its start token, as it is trained to write it.

        Raises:
            PlaygroundError: the text is not valid Unicode, or has a token without an embedding.
        """
        _refuse_half_characters(text, "The text")
        return self._with_embeddings(self.hf(text, add_special_tokens=False, verbose=False).input_ids)

    def ids_within(self, text: str) -> list[int]:
        """Returns the ids of a text that stands within another one. Llama 2's and other tokenizers write a space before
        a text, unless another text is before it; the tokens of that one are cut off."""
        ids: list[int] = self.hf(text, add_special_tokens=False, verbose=False).input_ids
        for before in TEXTS_BEFORE if self._writes_a_space else ():
            first: list[int] = self.hf(before, add_special_tokens=False).input_ids
            both: list[int] = self.hf(before + text, add_special_tokens=False, verbose=False).input_ids
            if first and both[: len(first)] == first:
                return both[len(first) :]
        return ids

    @cached_property
    def _writes_a_space(self) -> bool:
        """Whether the tokenizer writes a space, as `▁`, before a text that begins with a letter."""
        ids: list[int] = self.hf("a", add_special_tokens=False).input_ids
        return bool(ids) and self.hf.convert_ids_to_tokens(ids)[0].startswith("▁")

    def _with_embeddings(self, ids: Sequence[int]) -> tuple[int, ...]:
        highest = max(ids, default=-1)
        if highest >= self._rows:
            token = self.hf.convert_ids_to_tokens(highest)
            raise PlaygroundError(
                f"The text has the token {token!r} (id {highest}), for which {self.name} has no embedding: they "
                f"are numbered 0 to {self._rows - 1}. Remove it.",
                status=422,
            )
        return tuple(ids)

    def decode(self, ids: Sequence[int]) -> str:
        """Returns the text of ids, special tokens included."""
        text = self.hf.decode(list(ids), clean_up_tokenization_spaces=False)
        assert isinstance(text, str), "one list of ids is one text"
        return text

    @property
    def has_chat_template(self) -> bool:
        """Whether the tokenizer has a template for conversations that can be used."""
        return self.no_chat is None

    @cached_property
    def no_chat(self) -> str | None:
        """The sentence that says why there is no chat template, or None if there is one."""
        if not self.hf.chat_template:
            return f"{self.name} has no chat template."
        try:
            _compile_jinja_template(self.hf.get_chat_template())
        except TemplateSyntaxError as error:
            reason = (error.message or "").partition(". ")[0].rstrip(".")
            return f"{self.name}'s chat template does not compile: line {error.lineno}: {reason}."
        except ValueError as error:  # there are several, and none is the default
            return f"{self.name}'s chat template cannot be chosen: {first_sentence(error)}."
        return None

    @cached_property
    def switches(self) -> tuple[Switch, ...]:
        """The chat template's own switches, such as `enable_thinking`; none if there is no template."""
        return switches(self.hf) if self.has_chat_template else ()

    @cached_property
    def reads_tool_calls(self) -> bool:
        """Whether the chat template reads the `tool_calls` of an assistant's turn."""
        return self.has_chat_template and reads_tool_calls(self.hf)

    def chat_prompt(self, text: str) -> str:
        """Returns a conversation with `text` as the user's turn, up to where the model's answer begins."""
        return self.conversation([{"role": "user", "content": text}])

    def conversation(self, turns: list[dict[str, Any]], options: Mapping[str, Any] | None = None) -> str:
        """Returns `turns` in the form of the chat template, up to where the answer begins.

        Args:
            turns: at least one message in the form of transformers, oldest first.
            options: values of the template's own switches; a missing one is left to the template.

        Raises:
            PlaygroundError: the model has no chat template, or the template refuses the turns or an option.
        """
        if self.no_chat:
            raise PlaygroundError(f"{self.no_chat} Switch the chat template off.", status=422)
        return render(self.hf, self.name, turns, options or {})


def _refuse_half_characters(text: str, name: str) -> None:
    broken = re.search("[\ud800-\udfff]", text)
    if broken:
        raise PlaygroundError(
            f"{name} holds U+{ord(broken[0]):04X} at character {broken.start() + 1}, half of a surrogate pair, "
            "which is not a character. Remove it."
        )
