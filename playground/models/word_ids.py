"""The words of a model for the stages: the ids of a text, the text of each token, and the tokens that end a text.

Knows tokenizers. Does not know settings: `playground/decoding/vocabulary.py` says what stages ask for.
"""

from collections.abc import Collection
from functools import cached_property
from typing import cast
from weakref import WeakKeyDictionary

from playground.models.loaded_model import LoadedModel
from playground.models.tokenizer import Tokenizer
from playground.models.tokens import token_texts


class WordIds:
    """A model's tokenizer as a `Vocabulary`.

    Args:
        tokenizer: the model's.
        size: the number of the model's logits, which can exceed the number of tokens that the tokenizer knows.
        end_ids: the tokens that end a text. Those without a logit are left out, as of the special tokens.
    """

    def __init__(self, tokenizer: Tokenizer, size: int, end_ids: Collection[int]) -> None:
        self._tokenizer = tokenizer
        self.size = size
        self.end_ids = tuple(sorted(token_id for token_id in end_ids if token_id < size))
        hf = tokenizer.hf
        added = (token_id for token_id, token in hf.added_tokens_decoder.items() if token.special)
        self.special_ids = tuple(sorted(token_id for token_id in {*added, *hf.all_special_ids} if token_id < size))

    @property
    def name(self) -> str:
        """The model's name."""
        return self._tokenizer.name

    @property
    def texts(self) -> list[str]:
        """The text of each token, (size,); see `token_texts`."""
        return self._texts

    @cached_property
    def _texts(self) -> list[str]:
        return token_texts(self._tokenizer.hf, self.size)

    def ids_of(self, text: str) -> list[int]:
        """Returns the tokens of a text as it stands within another one, without special tokens around it.

        There are none if the tokenizer can only write that a part of the text is unknown to it.
        """
        ids = self._tokenizer.ids_within(text)
        hf = self._tokenizer.hf
        is_unknown = cast(int | None, hf.unk_token_id) in ids and str(hf.unk_token) not in text
        return [] if is_unknown else ids


def words_of(model: LoadedModel) -> WordIds:
    """Returns the words of a model, the same object as long as the model is there."""
    found = _kept.get(model)
    if found is None:
        found = _kept[model] = WordIds(model.tokenizer, model.vocabulary_size, model.eos_token_ids)
    return found


_kept: WeakKeyDictionary[LoadedModel, WordIds] = WeakKeyDictionary()
