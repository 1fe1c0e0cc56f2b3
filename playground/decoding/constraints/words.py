"""A model's words as llguidance reads them. Does not know models."""

from llguidance import LLTokenizer

from playground.decoding.vocabulary import Vocabulary
from playground.errors import PlaygroundError


def llguidances(words: Vocabulary) -> LLTokenizer:
    """Returns llguidance's tokenizer of a vocabulary: this takes some 0.1 seconds for 49,152 tokens.

    Raises:
        PlaygroundError: the model has no end token.
    """
    return LLTokenizer(_AsLlguidanceReads(words), eos_token=sorted(words.end_ids))  # pyright: ignore[reportArgumentType]


def check_ends(words: Vocabulary) -> None:
    """Refuses a vocabulary without an end token.

    Raises:
        PlaygroundError: says so.
    """
    if not words.end_ids:
        raise PlaygroundError(
            f"{words.name} has no end token, so that a text could not end where its constraint is met. "
            "Remove the constraint, or choose another model.",
            status=422,
        )


class _AsLlguidanceReads:
    """The attributes that `LLTokenizer` reads; see `TokenizerWrapper` of llguidance.

    Each token that is no text has a name of its own, because those with the same bytes count as one.
    """

    is_tokenizer_wrapper = True
    bos_token_id = None

    def __init__(self, words: Vocabulary) -> None:
        texts = words.texts
        self.eos_token_id = min(words.end_ids)
        self.tokens = [
            text.encode("utf-8", "surrogateescape") or f"<id {token_id}>".encode()
            for token_id, text in enumerate(texts)
        ]
        nothing = (token_id for token_id, text in enumerate(texts) if not text)
        self.special_token_ids = sorted({*nothing, *words.special_ids, *words.end_ids})
        self._ids_of = words.ids_of

    def __call__(self, text: str) -> list[int]:
        return self._ids_of(text)
