"""Answers questions about the embedding matrices: neighbours of a token, words as points, sums of words.

Knows the engine, its tokenizer and `inside.matrices`. A word is a text that is one token; only such a word has a vector
of its own. Answers are plain JSON values.
"""

import asyncio
from collections.abc import Generator, Sequence
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

import torch

from playground.engine.reader import Reader
from playground.engine.shelf import Shelf
from playground.errors import PlaygroundError
from playground.inside import matrices
from playground.inside.matrices import AXES, Space
from playground.models.loaded_model import LoadedModel
from playground.models.tokenizer import Tokenizer
from playground.values import MOST_DIGITS, shown, whole

SHELF_BYTES = 8 * 2**20
"""The room for the lengths of all rows and for the vectors of the texts that were compared."""
MOST_WORDS = 60
MOST_POINTS = 120
MOST_BESIDE = 5
MOST_NEIGHBOURS = 100
MOST_TERMS = 4
LISTED = 10
"""The number of tokens in the table of a sum, beside its own words."""
TOGETHER = 8
"""The number of words whose cosines with the whole vocabulary are computed at once."""

_shelves: WeakKeyDictionary[Reader[Any], Shelf] = WeakKeyDictionary()


def shelf_of(engine: Reader[Any]) -> Shelf:
    """Returns the place where the answers for one engine are kept."""
    if engine not in _shelves:
        shelf = _shelves[engine] = Shelf(SHELF_BYTES)
        engine.memory["embeddings"] = lambda: shelf.nbytes
    return _shelves[engine]


async def facts(engine: Reader[Any]) -> dict[str, Any]:
    """Returns what the matrices are, and the bounds of what can be asked."""
    shape = await engine.call(matrices.shape)
    return {
        "tied": shape.is_tied,
        "tokens": shape.tokens,
        "widths": shape.widths,
        "most_words": MOST_WORDS,
        "most_points": MOST_POINTS,
        "most_beside": MOST_BESIDE,
    }


async def neighbours(engine: Reader[Any], token_id: int, count: int, space: Space) -> list[dict[str, Any]]:
    """Returns the `count` tokens whose rows have the largest cosine with a token's row, without the token itself.

    Raises:
        PlaygroundError: there is no such token.
    """
    await check_token(engine, token_id)
    lengths = await _lengths(engine, space)
    [found] = await engine.work(partial(_cosines_of, space=space, lengths=lengths, ids=[token_id]))
    near = [other for other in matrices.best(found, count + 1) if other != token_id][:count]
    return [{"token_id": other, "cosine": found[other].item()} for other in near]


async def points(engine: Reader[Any], words: Sequence[str], beside: int, space: Space) -> dict[str, Any]:
    """Returns words as points, each with `beside` nearest neighbours, on the principal components of all of them.

    Returns:
        `words`: the token ids of each word in the order given; one that is not a single token has no point, and one
        that the vocabulary does not hold has no ids.
        `points`: `{token_id, word, of, place, length}` with the index of its word, or of the word whose neighbour it
        is; the other one is null. `cosines`: a row for each point, with the points before it. `zero`, `explained`: see
        `matrices.Points`.

    Raises:
        PlaygroundError: fewer than two words have a vector, or there are too many points.
    """
    read = await _read(engine, words)
    owners: dict[int, int] = {}
    for word, ids in enumerate(read):
        if len(ids) == 1:
            owners.setdefault(ids[0], word)
    if len(owners) < 2:
        raise PlaygroundError(_too_few(engine, words, read), status=422)
    wanted = len(owners) * (1 + beside)
    if wanted > MOST_POINTS:
        raise PlaygroundError(
            f"{len(owners)} words with {beside} neighbours each are {wanted} points, and the picture has room for "
            f"{MOST_POINTS}. Ask for fewer words or fewer neighbours."
        )
    around = await _around(engine, list(owners), beside, space) if beside else {}
    told = [{"token_id": token_id, "word": word, "of": None} for token_id, word in owners.items()]
    told += [{"token_id": token_id, "word": None, "of": owners[of]} for token_id, of in around.items()]
    ids = [one["token_id"] for one in told]
    vectors = await engine.call(partial(matrices.rows, space=space, ids=ids))
    return {"words": [list(one) for one in read], **await asyncio.to_thread(_pictured, told, vectors)}


async def total(engine: Reader[Any], plus: Sequence[str], minus: Sequence[str], space: Space) -> dict[str, Any]:
    """Returns the tokens whose rows have the largest cosine with a sum of words, such as king − man + woman.

    Returns:
        `inputs`: the token, rank and cosine of each word, `plus` first. `ranked`: the best tokens with their ranks, at
        least `LISTED` of which are none of the inputs. Ranks count the whole vocabulary, the inputs too.

    Raises:
        PlaygroundError: a word is not a single token, or the sum has no direction.
    """
    words = [*plus, *minus]
    ids = [_single(engine, word, ids) for word, ids in zip(words, await _read(engine, words), strict=True)]
    lengths = await _lengths(engine, space)
    found = await engine.work(partial(_cosines_of_sum, space=space, lengths=lengths, ids=ids, plus=len(plus)))
    inputs = set(ids)
    ranked = enumerate(matrices.best(found, LISTED + len(inputs)), start=1)
    return {
        "inputs": [_placed(found, token_id, matrices.rank(found, token_id)) for token_id in ids],
        "ranked": [_placed(found, token_id, rank) | {"is_input": token_id in inputs} for rank, token_id in ranked],
    }


async def check_token(engine: Reader[Any], token_id: int) -> None:
    """Raises PlaygroundError if the model has no such token."""
    tokens = (await engine.call(matrices.shape)).tokens
    if not 0 <= token_id < tokens:
        raise PlaygroundError(
            f"token_id is {token_id}, and {engine.model.name} has {tokens:,} tokens. "
            f"Give one from 0 to {tokens - 1:,}.",
            status=422,
        )


def word_ids(tokenizer: Tokenizer, word: str, tokens: int) -> tuple[int, ...]:
    """Returns the ids of a word as it stands inside a text, with a space before it.

    If these are several tokens and the word without the space is one token, returns that one. `#42` is the token with
    the id 42. A word that the tokenizer reads as its unknown token has no ids.

    Raises:
        PlaygroundError: the word is empty, or there is no token of that id.
    """
    bare = word.strip()
    if not bare:
        raise PlaygroundError("A word is empty. Write a word.")
    number = bare.removeprefix("#")
    if bare.startswith("#") and number.isascii() and number.isdecimal():
        if len(number) > MOST_DIGITS:
            raise PlaygroundError(f"{shown(bare)} is not the id of a token. Give one from #0 to #{tokens - 1}.")
        return (whole(f"The id in {shown(bare)}", int(number), 0, tokens - 1),)
    inside = tokenizer.encode_continuation(f" {bare}")
    alone = inside if len(inside) == 1 else tokenizer.encode_continuation(bare)
    found = alone if len(alone) == 1 else inside
    return () if found == (tokenizer.hf.unk_token_id,) else found


async def _read(engine: Reader[Any], words: Sequence[str]) -> list[tuple[int, ...]]:
    tokens, tokenizer = (await engine.call(matrices.shape)).tokens, engine.model.tokenizer
    return await asyncio.to_thread(lambda: [word_ids(tokenizer, word, tokens) for word in words])


async def _lengths(engine: Reader[Any], space: Space) -> torch.Tensor:
    make = partial(engine.work, partial(matrices.norms, space=space))
    return await shelf_of(engine).get(((), "lengths", space), make)


async def _around(engine: Reader[Any], ids: list[int], beside: int, space: Space) -> dict[int, int]:
    """Returns the neighbours of some tokens that are none of the tokens, each with the first token that it is near."""
    lengths, found = await _lengths(engine, space), dict[int, int]()
    for start in range(0, len(ids), TOGETHER):
        some = ids[start : start + TOGETHER]
        all_cosines = await engine.work(partial(_cosines_of, space=space, lengths=lengths, ids=some))
        for token_id, cosines in zip(some, all_cosines, strict=True):
            near = [other for other in matrices.best(cosines, beside + len(ids)) if other not in ids]
            for other in near[:beside]:
                found.setdefault(other, token_id)
    return found


def _cosines_of(
    model: LoadedModel, *, space: Space, lengths: torch.Tensor, ids: Sequence[int]
) -> Generator[None, None, torch.Tensor]:
    return matrices.cosines(model, space, lengths, matrices.rows(model, space, ids))


def _cosines_of_sum(
    model: LoadedModel, *, space: Space, lengths: torch.Tensor, ids: Sequence[int], plus: int
) -> Generator[None, None, torch.Tensor]:
    vectors = matrices.rows(model, space, ids)
    wanted = vectors[:plus].sum(0) - vectors[plus:].sum(0)
    if not wanted.any():
        raise PlaygroundError(
            "The sum is a vector of zeros, which points nowhere: the words cancel out. Change one of them.", status=422
        )
    [found] = yield from matrices.cosines(model, space, lengths, wanted[None])
    return found


def _pictured(told: list[dict[str, Any]], vectors: torch.Tensor) -> dict[str, Any]:
    found, cosines = matrices.projected(vectors), matrices.between(vectors)
    lengths = torch.linalg.vector_norm(vectors.double(), dim=1).tolist()
    places = found.places.tolist()
    return {
        "points": [
            one | {"place": _rounded(place), "length": round(length, 5)}
            for one, place, length in zip(told, places, lengths, strict=True)
        ],
        "cosines": [_rounded(row[:number]) for number, row in enumerate(cosines.tolist())],
        "zero": _rounded(found.zero.tolist()),
        "explained": [round(share, 6) for share in found.explained[:AXES]],
        "width": vectors.shape[1],
    }


def _placed(found: torch.Tensor, token_id: int, rank: int) -> dict[str, Any]:
    return {"token_id": token_id, "rank": rank, "cosine": found[token_id].item()}


def _rounded(numbers: Sequence[float]) -> list[float]:
    return [round(number, 6) for number in numbers]


def _single(engine: Reader[Any], word: str, ids: tuple[int, ...]) -> int:
    if len(ids) != 1:
        raise PlaygroundError(f"{_no_vector(engine, word, ids)} Choose another word.", status=422)
    return ids[0]


def _no_vector(engine: Reader[Any], word: str, ids: tuple[int, ...]) -> str:
    if not ids:
        return f"{shown(word)} is not in the vocabulary of {engine.model.name}."
    pieces = ", ".join(f"“{engine.model.vocabulary[token_id]}”" for token_id in ids[:8])
    return f"{shown(word)} is {len(ids)} tokens ({pieces}), and only a single token has a vector."


def _too_few(engine: Reader[Any], words: Sequence[str], read: Sequence[tuple[int, ...]]) -> str:
    long = next(((word, ids) for word, ids in zip(words, read, strict=True) if len(ids) != 1), None)
    reason = f"{_no_vector(engine, *long)} " if long else ""
    return f"{reason}The picture needs at least two different words that are single tokens. Write more words."
