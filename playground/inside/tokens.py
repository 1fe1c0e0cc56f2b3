"""Answers for an engine's tokeniser: the pieces of texts, and what a space at a prompt's end changes.

Knows engines and `inside.pieces`.
"""

import asyncio
from collections.abc import Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from transformers import PreTrainedTokenizerBase

from playground import values
from playground.decoding.measures import most_probable, probabilities
from playground.decoding.settings import Settings
from playground.engine.any_engine import AnyEngine
from playground.engine.request import Request, check
from playground.engine.worker import Worker
from playground.errors import PlaygroundError
from playground.inside.pieces import MOST_CHARACTERS, Piece, Pieces, places_of
from playground.models.tokens import SPACE, readable

CANDIDATES = 8
"""The most probable tokens of each of two distributions that are shown side by side."""


class PythonPieces(Pieces):
    """The same for a tokeniser that is written in Python: its pieces without its steps."""

    def __init__(self, hf: PreTrainedTokenizerBase) -> None:
        self._hf = hf
        self.algorithm = type(hf).__name__
        self._readable = readable

    @property
    def reason(self) -> str:
        """Why the steps of this tokeniser cannot be shown."""
        return (
            "This tokeniser is written in Python and not with the library tokenizers, so the steps inside of it cannot "
            "be followed."
        )

    @property
    def size(self) -> int:
        """The number of tokens of the vocabulary, with the added ones."""
        return len(self._hf)

    def of(self, text: str) -> list[Piece]:
        """Returns the tokens of a text, those included that the tokeniser puts before and after it."""
        ids = self._hf(text).input_ids
        spellings = self._hf.convert_ids_to_tokens(ids)
        special = set(self._hf.all_special_ids)
        pieces = [str(self._hf.decode([token_id])).encode("utf-8", "replace") for token_id in ids]
        places = places_of(text, [b"" if one in special else piece for one, piece in zip(ids, pieces, strict=True)])
        if places is None:  # where the text ends that the first tokens spell
            ends = [min(len(self._hf.decode(ids[: number + 1])), len(text)) for number in range(len(ids))]
            places = [(min(start, end), end) for start, end in zip([0, *ends], ends, strict=False)]
        return [
            Piece(ids[number], spellings[number], piece, *place, is_special, None if is_special else number, is_special)
            for number, (piece, place) in enumerate(zip(pieces, places, strict=True))
            for is_special in [ids[number] in special]
        ]


_pieces: WeakKeyDictionary[Worker[Any], Pieces] = WeakKeyDictionary()


async def pieces_of(engine: Worker[Any]) -> Pieces:
    """Returns what takes texts apart for the engine's model. It is kept for each engine."""
    if engine not in _pieces:
        _pieces[engine] = await asyncio.to_thread(made, engine.model.tokenizer.hf)
    return _pieces[engine]


def made(hf: PreTrainedTokenizerBase) -> Pieces:
    """Returns what takes texts apart as `hf` does."""
    backend = getattr(hf, "backend_tokenizer", None)
    return PythonPieces(hf) if backend is None else Pieces(backend)


def checked(name: str, text: object) -> str:
    """Returns `text`, which came from a page or a client, if it is short enough to be taken apart.

    Raises:
        PlaygroundError: it is not.
    """
    if isinstance(text, str) and len(text) > MOST_CHARACTERS:
        raise PlaygroundError(
            f"{name} has {len(text):,} characters, and at most {MOST_CHARACTERS:,} are taken apart. "
            f"Shorten it by {len(text) - MOST_CHARACTERS:,}.",
            status=413,
        )
    return values.text(name, text, MOST_CHARACTERS)


async def messages(engine: Worker[Any], texts: Sequence[str]) -> list[dict[str, Any]]:
    """Returns what `Pieces.message` says of each text. The texts are checked already."""
    pieces = await pieces_of(engine)
    return await asyncio.to_thread(lambda: [pieces.message(text) for text in texts])


async def after_space(engine: AnyEngine, text: str) -> dict[str, Any]:
    """Returns the distributions of the next token after a text, and after it without the spaces at its end.

    Returns:
        `candidates`: the most probable tokens of either, as {token_id, with_space, without}, and `begins`: how much
        probability the tokens have together that begin with a space themselves, with the space and without it.

    Raises:
        PlaygroundError: the text does not end in a space, has nothing else, or is over a limit.
    """
    bare = text.rstrip(" ")
    if bare == text:
        raise PlaygroundError("The text does not end in a space. Add one to compare.")
    if not bare:
        raise PlaygroundError("The text is nothing but spaces. Write a word before them.")
    encode = engine.model.tokenizer.encode
    both = [await asyncio.to_thread(encode, one) for one in (text, bare)]
    for ids in both:
        check(Request(ids, Settings(strategy="greedy", max_new_tokens=1)), engine.model, engine.limits)
    rows = [(await engine.lookups.after(ids)).row for ids in both]
    return await asyncio.to_thread(_compared, engine, rows)


def _compared(engine: AnyEngine, rows: list[np.ndarray]) -> dict[str, Any]:
    with_space, without = (probabilities(row) for row in rows)
    best = dict.fromkeys(token_id for row in rows for token_id in most_probable(row, CANDIDATES))
    leads = np.array([text.startswith(SPACE) for text in engine.model.vocabulary])
    return {
        "begins": [float(one[leads].sum()) for one in (with_space, without)],
        "candidates": [
            {"token_id": token_id, "with_space": float(with_space[token_id]), "without": float(without[token_id])}
            for token_id in sorted(best, key=lambda token_id: -max(with_space[token_id], without[token_id]))
        ],
    }
