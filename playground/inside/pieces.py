"""Takes a text apart into a tokeniser's pieces: ids, bytes, places in the text, and how the tokeniser got there.

Knows the library `tokenizers` and `inside.replay`. Does not know models, engines or pages, so that the process that
reads a visitor's own `tokenizer.json` needs no more than this.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate, groupby
from typing import Any

from tokenizers import Encoding
from tokenizers import Tokenizer as Backend

from playground.inside.replay import BPE, REPLAYS, Steps, Unigram, WordPiece
from playground.models.tokens import piece_reader, readable

MOST_CHARACTERS = 4000
"""A longer text is not taken apart: its steps would be more than a page can show, and take too long to find."""
DRAWN_SYMBOLS = 48
"""The steps of a word of more characters than this are counted, and not told."""

KEPT_WORDS = 4096


@dataclass(frozen=True)
class Piece:
    """One token of a text.

    Attributes:
        spelling: the piece as the vocabulary spells it, such as "Ġthe", "▁the" or "##the".
        bytes: what it stands for.
        start, end: the characters of the text that it covers; a token may cover a part of a character.
        special: whether it is a sign of the model's own, such as a start token.
        word: the number of the part of the text that the tokeniser divided into this token; None for a token that the
            tokeniser put in.
        is_whole: whether the tokeniser finds it in the text before it divides anything, such as "<|im_start|>".
    """

    token_id: int
    spelling: str
    bytes: bytes
    start: int
    end: int
    special: bool
    word: int | None
    is_whole: bool


@dataclass(frozen=True)
class Word:
    """A part of a text that is divided on its own, and how. `first` and `last` are the numbers of its tokens."""

    first: int
    last: int
    steps: Steps


class Pieces:
    """Takes texts apart with one tokeniser of the library `tokenizers`."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        described = json.loads(backend.to_str())
        model, decoder = described["model"], described["decoder"]
        self.algorithm: str = model["type"]
        self._bytes = _word_piece if "WordPiece" in json.dumps(decoder) else piece_reader(decoder)
        self._added = backend.get_added_tokens_decoder()
        self._replay = REPLAYS[self.algorithm](model) if self.algorithm in REPLAYS else None
        # While a reader types, most words stay as they are.
        self._steps_of = lru_cache(KEPT_WORDS)(self._replay.steps) if self._replay else None
        self._readable = lru_cache(KEPT_WORDS)(readable)

    @property
    def size(self) -> int:
        """The number of tokens of the vocabulary, with the added ones."""
        return self._backend.get_vocab_size()

    @property
    def reason(self) -> str | None:
        """Why the steps of this tokeniser cannot be shown; None if they can."""
        if self._replay is None:
            return f"This tokeniser is a {self.algorithm}: it looks each word up as a whole, so there are no steps."
        if isinstance(self._replay, BPE) and self._replay.is_random:
            return "This tokeniser leaves merges out at random, so its steps cannot be shown."
        return None

    def of(self, text: str) -> list[Piece]:
        """Returns the tokens of a text, those included that the tokeniser puts before and after it."""
        encoding = self._backend.encode(text)
        ids, spellings, words = encoding.ids, encoding.tokens, encoding.word_ids  # each makes a new list
        put_in = [bool(mine) for mine in encoding.special_tokens_mask]
        pieces = [self._bytes_of(token_id, token) for token_id, token in zip(ids, spellings, strict=True)]
        places = places_of(text, [b"" if mine else one for mine, one in zip(put_in, pieces, strict=True)])
        if places is None:
            places = _told_places(encoding)
        return [
            Piece(
                token_id=token_id,
                spelling=spellings[number],
                bytes=pieces[number],
                start=places[number][0],
                end=places[number][1],
                special=put_in[number] or (token_id in self._added and self._added[token_id].special),
                word=None if put_in[number] else words[number],
                is_whole=self._is_whole(token_id, text[slice(*places[number])]),
            )
            for number, token_id in enumerate(ids)
        ]

    def words(self, text: str, pieces: Sequence[Piece]) -> list[Word] | None:
        """Returns how each word became its tokens.

        Returns None if this tokeniser's steps cannot be shown, or if the replay of a word ends in other tokens than the
        tokeniser's own. So what is shown always leads to the tokens that the model reads.
        """
        if self.reason is not None:
            return None
        words = []
        for number, found in groupby(range(len(pieces)), key=lambda place: pieces[place].word):
            places = list(found)
            own = [pieces[place] for place in places]
            if number is None or (len(own) == 1 and own[0].is_whole):
                continue
            steps = self._steps(text, own)
            if steps is None or list(steps.ids) != [piece.token_id for piece in own]:
                return None
            words.append(Word(places[0], places[-1], steps))
        return words

    def merges(self, words: Sequence[Word]) -> list[tuple[str, str, int]] | None:
        """Returns the merges of all words as the two pieces of each and its rank; None if it is no BPE."""
        if not isinstance(self._replay, BPE):
            return None
        return [pair for word in words for pair in self._replay.pairs(word.steps)]

    def symbol(self, spelling: str) -> str:
        """Returns a symbol of a word as readable text."""
        return self._readable(self._bytes(spelling))

    def message(self, text: str) -> dict[str, Any]:
        """Returns the tokens and the steps of a text as plain JSON values, for a page."""
        pieces = self.of(text)
        words = self.words(text, pieces)
        return {
            "algorithm": self.algorithm,
            "tokens": [self._piece_message(piece) for piece in pieces],
            "words": None if words is None else [self._word_message(word) for word in words],
            "reason": self.reason or (None if words is not None else OTHER_IDS),
            "counts": counts(text, len(pieces)),
        }

    def _piece_message(self, piece: Piece) -> dict[str, Any]:
        shown = piece.spelling if piece.is_whole or piece.special else None
        return {
            "id": piece.token_id,
            "shown": self._readable(piece.bytes if shown is None else shown.encode("utf-8", "replace")),
            "bytes": piece.bytes.hex(" ").upper(),
            "start": piece.start,
            "end": piece.end,
            "special": piece.special,
            "leads": piece.bytes.startswith(b" "),
            "isPutIn": piece.word is None,
        }

    def _word_message(self, word: Word) -> dict[str, Any]:
        steps = word.steps
        told = {
            "first": word.first,
            "last": word.last,
            "size": len(steps.symbols),
            "merged": len(steps.merges),
            "isUnknown": steps.is_unknown,
            "isAtOnce": isinstance(self._replay, BPE) and self._replay.takes_whole_words and len(steps.symbols) == 1,
        }
        if len(steps.symbols) > DRAWN_SYMBOLS:
            return told | {"symbols": None}
        return told | {
            "symbols": [self.symbol(symbol) for symbol in steps.symbols],
            "spans": steps.spans,
            "merges": steps.merges,
            "candidates": steps.candidates,
        }

    def _bytes_of(self, token_id: int, spelling: str) -> bytes:
        if token_id in self._added:
            return self._added[token_id].content.encode("utf-8", "replace")
        return self._bytes(spelling)

    def _is_whole(self, token_id: int, covered: str) -> bool:
        """Whether a token is an added one. An unknown word has the id of such a token too, and other characters."""
        return token_id in self._added and (self._added[token_id].content in covered or not covered)

    def _steps(self, text: str, own: Sequence[Piece]) -> Steps | None:
        word = self._word(text, own)
        return None if word is None or self._steps_of is None else self._steps_of(word)

    def _word(self, text: str, own: Sequence[Piece]) -> str | None:
        """Returns the string that the tokeniser's model got, from the tokens that it made of it."""
        replay = self._replay
        if isinstance(replay, WordPiece):
            if own[0].spelling == replay.unknown:
                return self._normal(text[own[0].start : own[0].end])
            return "".join(piece.spelling[len(replay.prefix) if place else 0 :] for place, piece in enumerate(own))
        if not isinstance(replay, BPE | Unigram):
            return None
        prefix, suffix, unknown = (
            (replay.prefix, replay.suffix, replay.unknown) if isinstance(replay, BPE) else ("", "", None)
        )
        joined = bytearray()
        for place, piece in enumerate(own):
            covered, spelling = text[piece.start : piece.end], piece.spelling[len(prefix) if place else 0 :]
            if piece.spelling == unknown:
                joined += self._normal(covered).encode("utf-8", "surrogatepass")
            elif _is_byte(spelling) and covered != spelling:
                joined.append(int(spelling[3:5], 16))
            else:
                joined += spelling.encode("utf-8", "surrogatepass")
        return joined.decode("utf-8", "replace").removesuffix(suffix)

    def _normal(self, part: str) -> str:
        normalizer = self._backend.normalizer
        return part if normalizer is None else normalizer.normalize_str(part)


OTHER_IDS = "The steps of this tokeniser cannot be followed for this text, so they are not shown."


def counts(text: str, tokens: int) -> dict[str, int]:
    """Returns the tokens, the words (what stands between spaces), the characters and the bytes of a text."""
    return {
        "tokens": tokens,
        "words": len(text.split()),
        "characters": len(text),
        "bytes": len(text.encode("utf-8", "replace")),
    }


def _word_piece(piece: str) -> bytes:
    return piece.removeprefix("##").encode("utf-8", "replace")


def _is_byte(spelling: str) -> bool:
    """Whether a piece stands for a byte, as "<0xE2>". A text may hold the same signs, and a tokeniser merge them."""
    return len(spelling) == len("<0x00>") and spelling.startswith("<0x") and spelling.endswith(">")


def places_of(text: str, pieces: Sequence[bytes]) -> list[tuple[int, int]] | None:
    """Returns the characters that each of the pieces covers; None if the pieces together are not the text."""
    whole = text.encode("utf-8", "surrogatepass")
    if b"".join(pieces) != whole:
        return None
    character = [place for place, one in enumerate(text) for _ in one.encode("utf-8", "surrogatepass")]  # of each byte
    ends = list(accumulate(map(len, pieces)))
    starts = [end - len(piece) for end, piece in zip(ends, pieces, strict=True)]
    at = [*character, len(text)]
    return [
        (at[start], character[end - 1] + 1 if end > start else at[start])
        for start, end in zip(starts, ends, strict=True)
    ]


def _told_places(encoding: Encoding) -> list[tuple[int, int]]:
    """Returns the places that the tokeniser tells. A token that it put in covers nothing, after the token before it."""
    places, end = [], 0
    for put_in, told in zip(encoding.special_tokens_mask, encoding.offsets, strict=True):
        places.append((end, end) if put_in else told)
        end = places[-1][1]
    return places
