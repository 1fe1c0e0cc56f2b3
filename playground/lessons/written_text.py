"""Says how the page reads tokens: as one text, and by the text of one of them. Knows models' words, not lessons."""

import codecs
from collections.abc import Sequence

from playground.errors import PlaygroundError
from playground.models.loaded_model import LoadedModel
from playground.models.word_ids import words_of
from playground.values import shown


def text_of(model: LoadedModel, ids: Sequence[int]) -> str:
    """Returns the text of tokens as the page reads them, without a character that is not complete at its end."""
    texts = words_of(model).texts
    written = "".join(texts[token_id] for token_id in ids).encode("utf-8", "surrogateescape")
    return codecs.getincrementaldecoder("utf-8")("replace").decode(written)


def last_of(tokens: Sequence[str], token: str) -> int:
    """Returns the index of the last of some tokens that is `token`.

    Raises:
        PlaygroundError: there is none.
    """
    found = [index for index, text in enumerate(tokens) if text == token]
    if found:
        return found[-1]
    told = ", ".join(map(shown, tokens))
    raise PlaygroundError(f"{shown(token)} is not among the tokens that can be looked at: {told}.")
