"""The tokens of a vocabulary, as far as a constraint has to know them. Does not know models."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from llguidance import LLTokenizer

from playground.errors import PlaygroundError


@dataclass(frozen=True, eq=False)
class Pieces:
    """The bytes of all tokens, and what they are for.

    Attributes:
        pieces: the bytes of each token, by its id; as many as a row of logits has numbers. Those of tokens that are no
            text are a name of their own.
        special_ids: the tokens that are no text, such as a start token and ids without a token. No text matches them.
        end_ids: the tokens that end a text.
        ids_of: returns the tokens of a text, without special tokens around it.
    """

    pieces: Sequence[bytes]
    special_ids: Sequence[int]
    end_ids: Sequence[int]
    ids_of: Callable[[str], Sequence[int]]

    def __post_init__(self) -> None:
        if not self.end_ids:
            raise PlaygroundError(
                "This model has no end token, so that a text could not end where its constraint is met. "
                "Remove the constraint, or choose another model.",
                status=422,
            )

    @property
    def size(self) -> int:
        """The number of tokens."""
        return len(self.pieces)

    @cached_property
    def tokenizer(self) -> LLTokenizer:
        """llguidance's tokenizer, made once for a model: this takes some 0.1 seconds for 49,152 tokens."""
        return LLTokenizer(_AsLlguidanceReads(self), eos_token=sorted(self.end_ids))  # pyright: ignore[reportArgumentType]


class _AsLlguidanceReads:
    """The attributes that `LLTokenizer` reads; see `TokenizerWrapper` of llguidance."""

    is_tokenizer_wrapper = True
    bos_token_id = None

    def __init__(self, words: Pieces) -> None:
        self.eos_token_id = min(words.end_ids)
        self.tokens = words.pieces
        self.special_token_ids = sorted({*words.special_ids, *words.end_ids})
        self._ids_of = words.ids_of

    def __call__(self, text: str) -> list[int]:
        return list(self._ids_of(text))
