"""Writes tokens as readable text: spaces, newlines, control characters and pieces of a character become visible.

Knows tokenizers. Does not know models or pages. The returned text is plain text and must not be used as markup.
"""

import json
import re
import unicodedata
from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING

from playground.models.alone import alone

if TYPE_CHECKING:  # importing it takes seconds, and a process that only reads a tokenizer.json does not need it
    from transformers import PreTrainedTokenizerBase

SPACE, NEWLINE, TAB, RETURN = "·", "⏎", "⇥", "␍"
_VISIBLE = {" ": SPACE, "\n": NEWLINE, "\t": TAB, "\r": RETURN}
_SIGNS = {*_VISIBLE.values(), "‹", "›"}
"""The characters that have a meaning in the readable text. If a token contains one of them, its code is shown."""
PART = 8000
"""The tokens that are read at a time. They take some 60 ms."""
_INVISIBLE = {"Cc", "Cf", "Zs", "Zl", "Zp", "Co", "Cn"}
"""Unicode categories: control, format, other spaces, separators, private and unassigned characters."""


def readable_vocabulary(tokenizer: "PreTrainedTokenizerBase", size: int) -> list[str]:
    """Returns one readable text for each of the ids 0..size-1, where `size` is the number of logits.

    A model may have more logits than its tokenizer has tokens. Such an id becomes `‹id 50000›`.
    """
    found: list[str] = []
    read = _reader(tokenizer)
    for start in range(0, size, PART):
        with alone():
            part = read(start, min(start + PART, size))
            found += [_without_piece(start + place) if one is None else readable(one) for place, one in enumerate(part)]
    return found


def token_bytes(tokenizer: "PreTrainedTokenizerBase", size: int) -> list[bytes]:
    """Returns the bytes that each of the ids 0..size-1 stands for, those of `‹id 50000›` for an id without a token.

    The bytes of a special token are its name.
    """
    found = enumerate(_reader(tokenizer)(0, size))
    return [_without_piece(token_id).encode() if one is None else one for token_id, one in found]


def token_texts(tokenizer: "PreTrainedTokenizerBase", size: int) -> list[str]:
    """Returns the text of each of the ids 0..size-1, "" for an id without a token.

    Bytes that form no character stand in it as half characters, as Python's "surrogateescape" writes them. The text of
    a special token is its name.
    """
    found: list[str] = []
    read = _reader(tokenizer)
    for start in range(0, size, PART):
        with alone():
            part = read(start, min(start + PART, size))
            found += ["" if one is None else one.decode("utf-8", "surrogateescape") for one in part]
    return found


def _without_piece(token_id: int) -> str:
    return f"‹id {token_id}›"


def _reader(tokenizer: "PreTrainedTokenizerBase") -> Callable[[int, int], list[bytes | None]]:
    """Returns the function that reads the bytes of the ids from `start` to `stop`, None for an id without a token."""
    to_bytes, known = _piece_reader(tokenizer), len(tokenizer)
    named = set(tokenizer.all_special_tokens) | {token.content for token in tokenizer.added_tokens_decoder.values()}

    def read(start: int, stop: int) -> list[bytes | None]:
        pieces = tokenizer.convert_ids_to_tokens(list(range(start, min(stop, known))))
        found: list[bytes | None] = [
            None if piece is None else piece.encode("utf-8", "replace") if piece in named else to_bytes(piece)
            for piece in pieces
        ]
        return found + [None] * (stop - start - len(found))

    return read


def readable(piece: bytes) -> str:
    """Returns the bytes of one token as text: `·` for a space, `⏎` for a newline, `‹E2 96›` for part of a character.

    >>> readable(b" the"), readable(b"\\xe2\\x96"), readable(b"")
    ('·the', '‹E2 96›', '‹empty›')
    """
    text = piece.decode("utf-8", "surrogateescape")
    parts = re.split("([\udc80-\udcff]+)", text)  # every second part is bytes that form no character
    shown = [_as_bytes(part) if place % 2 else _visible(part) for place, part in enumerate(parts)]
    return "".join(shown) or "‹empty›"


def _as_bytes(part: str) -> str:
    return f"‹{part.encode('utf-8', 'surrogateescape').hex(' ').upper()}›"


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():  # most tokens of most vocabularies: only spaces need a sign
        return text.replace(" ", SPACE)
    shown = []
    for position, character in enumerate(text):
        category = unicodedata.category(character)
        if character in _VISIBLE:
            shown.append(_VISIBLE[character])
        elif category in _INVISIBLE or character in _SIGNS:
            shown.append(f"‹U+{ord(character):04X}›")
        elif category.startswith("M") and position == 0:
            shown.append("◌" + character)
        else:
            shown.append(character)
    return "".join(shown)


def _piece_reader(tokenizer: "PreTrainedTokenizerBase") -> Callable[[str], bytes]:
    backend = getattr(tokenizer, "backend_tokenizer", None)
    decoder = backend.decoder if backend else None
    return piece_reader(None if decoder is None else json.loads(decoder.__getstate__()))


def piece_reader(decoder: object) -> Callable[[str], bytes]:
    """Returns the function that converts a piece, as the tokenizer's vocabulary spells it, to its bytes.

    Args:
        decoder: the part "decoder" of a `tokenizer.json`.
    """
    kinds = json.dumps(decoder)
    if "ByteLevel" in kinds:
        return _byte_level
    if isinstance(decoder, dict) and decoder.get("type") == "BPEDecoder":  # GPT-1's and CLIP's
        return partial(_with_suffix, suffix=decoder["suffix"])
    if "WordPiece" in kinds:
        return lambda piece: (piece[2:] if piece.startswith("##") else " " + piece).encode()
    return _sentence_piece


def _byte_level(piece: str) -> bytes:
    table = _byte_of_character()
    if all(character in table for character in piece):
        return bytes(table[character] for character in piece)
    return piece.encode("utf-8", "replace")


def _with_suffix(piece: str, suffix: str) -> bytes:
    """Returns the bytes of a piece that ends in `suffix` if it ends its word: a space stands there."""
    ended = piece.removesuffix(suffix)
    return (ended if ended == piece else ended + " ").encode("utf-8", "replace")


def _sentence_piece(piece: str) -> bytes:
    byte = re.fullmatch("<0x([0-9A-F]{2})>", piece)
    if byte:
        return bytes.fromhex(byte[1])
    return piece.replace("▁", " ").encode("utf-8", "replace")


@cache
def _byte_of_character() -> dict[str, int]:
    """Returns the byte of each printable character: the inverse of GPT-2's `bytes_to_unicode` (Radford et al. 2019)."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    table = {chr(byte): byte for byte in printable}
    others = (byte for byte in range(256) if byte not in printable)
    return table | {chr(256 + place): byte for place, byte in enumerate(others)}
