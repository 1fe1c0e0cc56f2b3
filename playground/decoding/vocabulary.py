"""What a stage asks of a model's words: the ids of a text, and the text of every token.

Knows no tokenizer: `playground/models/word_ids.py` has the vocabulary of a model.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import Protocol, TypeVar
from weakref import WeakKeyDictionary

from playground.errors import PlaygroundError
from playground.values import shown

MOST_KEPT = 64
"""The values that are kept as ids for each setting and vocabulary."""

_Value = TypeVar("_Value", bound=Hashable)
_Ids = TypeVar("_Ids")


class Vocabulary(Protocol):
    """The tokens of a model, for the words that stand in settings.

    Attributes:
        name: the model's name, for sentences that refuse a word.
        size: the number of logits.
        end_ids: the tokens that end a text.
        special_ids: the tokens that are no text, such as a start token.
        texts: the text of each token, (size,). Bytes that form no character stand in it as half characters, as
            Python's "surrogateescape" writes them. It is empty for an id without a token.
    """

    @property
    def name(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def end_ids(self) -> tuple[int, ...]: ...
    @property
    def special_ids(self) -> tuple[int, ...]: ...
    @property
    def texts(self) -> Sequence[str]: ...

    def ids_of(self, text: str) -> list[int]:
        """Returns the tokens of a text as it stands within another one, without special tokens around it."""
        ...


class NoWords:
    """The vocabulary of a row of `size` logits of which no model is known: its tokens have ids, but no texts."""

    name = "this row"
    end_ids = special_ids = ()

    def __init__(self, size: int) -> None:
        self.size = size

    @property
    def texts(self) -> Sequence[str]:
        """Refuses, because there is no tokenizer."""
        raise PlaygroundError(
            "The settings hold texts that stages look for in tokens, such as dry_sequence_breakers. "
            "Name the model whose tokens these are, or give an empty list."
        )

    def ids_of(self, text: str) -> list[int]:
        """Refuses, because there is no tokenizer."""
        raise PlaygroundError(f"The settings hold the text {shown(text)}. Name the model whose tokens it has.")


def known_ids(setting: str, text: str, vocabulary: Vocabulary) -> tuple[int, ...]:
    """Returns the tokens of a text of a setting.

    Raises:
        PlaygroundError: the text has no token, or one that the model has no logit for.
    """
    ids = vocabulary.ids_of(text)
    if not ids:
        raise PlaygroundError(f"{setting} holds {shown(text)}, which has no token in {vocabulary.name}. Remove it.")
    return tuple(known_id(setting, token_id, vocabulary) for token_id in ids)


def known_id(setting: str, token_id: int, vocabulary: Vocabulary) -> int:
    """Returns the id if the model has a logit for it.

    Raises:
        PlaygroundError: it has none.
    """
    if token_id < vocabulary.size:
        return token_id
    raise PlaygroundError(
        f"{setting} names the token {token_id}, which {vocabulary.name} does not have. "
        f"Its tokens are numbered 0 to {vocabulary.size - 1}."
    )


def kept_by_vocabulary(resolve: Callable[[_Value, Vocabulary], _Ids]) -> Callable[[_Value, Vocabulary], _Ids]:
    """Makes a function of a setting's value and a vocabulary work once for each value, as long as the model is there.

    A stage asks for its ids at every step, and to tokenise a text takes longer than the stage itself.
    """
    kept: WeakKeyDictionary[Vocabulary, dict[_Value, _Ids]] = WeakKeyDictionary()

    def resolved(value: _Value, vocabulary: Vocabulary) -> _Ids:
        own = kept.setdefault(vocabulary, {})
        found = own.get(value)
        if found is None:
            if len(own) >= MOST_KEPT:
                own.clear()
            found = own[value] = resolve(value, vocabulary)
        return found

    return resolved
