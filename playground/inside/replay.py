"""Replays how a tokeniser divides one word: the merges of BPE, the longest matches of WordPiece, the search of Unigram.

Each class is made from the part "model" of a `tokenizer.json` and returns the steps of one word. It follows the library
`tokenizers` in every detail that decides an id. Knows no tokeniser, no text and no page: a word is a string as the
tokeniser's model gets it, after normalizing and splitting.
"""

import heapq
from bisect import bisect_left
from dataclasses import dataclass
from typing import Any

Model = dict[str, Any]

UNKNOWN_PENALTY = 10.0
"""What Unigram takes from the lowest score of its vocabulary for a character that is not in it (SentencePiece)."""


@dataclass(frozen=True)
class Steps:
    """How one word became tokens.

    Attributes:
        ids: the tokens' ids.
        symbols: what the word consists of at first: characters, or bytes that are spelt as characters.
        spans: the symbols that each token covers, from and to; empty where the whole word is one unknown token.
        merges: BPE: the place of the left symbol among those of the moment, and the merge's rank from 0.
        candidates: Unigram: each known piece that fits somewhere, in the order in which the search meets it: from, to,
            its score, the score of the best way to its end, and whether it is the last piece of that way so far.
        is_unknown: whether a part of the word is not in the vocabulary.
    """

    ids: tuple[int, ...]
    symbols: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    merges: tuple[tuple[int, int], ...] = ()
    candidates: tuple[tuple[int, int, float, float, bool], ...] = ()
    is_unknown: bool = False


class BPE:
    """Byte-pair encoding (Sennrich et al. 2016): of all neighbours, the pair of lowest rank merges each time."""

    def __init__(self, model: Model) -> None:
        self.vocabulary: dict[str, int] = model["vocab"]
        self.merges: list[tuple[str, str]] = [_pair(merge) for merge in model["merges"]]
        self._ranks = {pair: rank for rank, pair in enumerate(self.merges)}
        self.prefix: str = model.get("continuing_subword_prefix") or ""
        self.suffix: str = model.get("end_of_word_suffix") or ""
        self.unknown: str | None = model.get("unk_token")
        self._fuses: bool = bool(model.get("fuse_unk"))
        self._has_bytes: bool = bool(model.get("byte_fallback"))
        self.takes_whole_words: bool = bool(model.get("ignore_merges"))
        """Whether a word that is in the vocabulary becomes one token without merges, as in Llama 3."""
        self.is_random: bool = bool(model.get("dropout"))

    def steps(self, word: str) -> Steps:
        """Returns the steps of one word."""
        if self.takes_whole_words and word in self.vocabulary:
            return Steps((self.vocabulary[word],), (word,), ((0, 1),))
        symbols, is_unknown = self._symbols(word)
        final, merges = self._merged(symbols)
        ids = tuple(self.vocabulary[symbol] for symbol, _, _ in final)
        spans = tuple((start, end) for _, start, end in final)
        return Steps(ids, tuple(symbols), spans, merges, is_unknown=is_unknown)

    def pairs(self, steps: Steps) -> list[tuple[str, str, int]]:
        """Returns the merges of one word as the two pieces that each one joins, and its rank."""
        return [(*self.merges[rank], rank) for _, rank in steps.merges]

    def joined(self, left: str, right: str) -> str:
        """Returns what two neighbours become."""
        return left + right[len(self.prefix) :]

    def _symbols(self, word: str) -> tuple[list[str], bool]:
        symbols: list[str] = []
        waits = False  # whether an unknown symbol comes before the next known one
        is_unknown = False
        for place, character in enumerate(word):
            symbol = (self.prefix if place else "") + character + (self.suffix if place == len(word) - 1 else "")
            own = [f"<0x{byte:02X}>" for byte in symbol.encode()] if self._has_bytes else []
            if symbol in self.vocabulary:
                symbols += [self.unknown or "", symbol] if waits else [symbol]
                waits = False
            elif own and all(byte in self.vocabulary for byte in own):
                symbols += own
            elif self.unknown is not None:
                symbols += [self.unknown] if waits and not self._fuses else []
                waits = is_unknown = True
        return symbols + ([self.unknown or ""] if waits else []), is_unknown

    def _merged(self, symbols: list[str]) -> tuple[list[tuple[str, int, int]], tuple[tuple[int, int], ...]]:
        """Merges until no pair is left. Returns the last symbols with their places, and each merge.

        A heap holds the pairs by rank and place, so that a long word takes n log n time. A pair whose symbols have
        changed since is out of date and left out.
        """
        now: list[str | None] = list(symbols)
        end = [place + 1 for place in range(len(symbols))]  # of the symbol that begins at a place
        before = [place - 1 for place in range(len(symbols))]
        waiting: list[tuple[int, int, str, str]] = []
        done: list[tuple[int, int]] = []  # first symbol of the pair, rank

        def offer(left: int) -> None:
            if left < 0 or end[left] >= len(symbols):
                return
            pair = (str(now[left]), str(now[end[left]]))
            if pair in self._ranks:
                heapq.heappush(waiting, (self._ranks[pair], left, *pair))

        for place in range(len(symbols)):
            offer(place)
        while waiting:
            rank, place, left, right = heapq.heappop(waiting)
            next_one = end[place]
            if now[place] != left or next_one >= len(symbols) or now[next_one] != right:
                continue
            now[place], now[next_one], end[place] = self.joined(left, right), None, end[next_one]
            if end[place] < len(symbols):
                before[end[place]] = place
            done.append((place, rank))
            offer(before[place])
            offer(place)
        final = [(symbol, place, end[place]) for place, symbol in enumerate(now) if symbol is not None]
        return final, _among_the_symbols(len(symbols), done)


class WordPiece:
    """WordPiece (Schuster & Nakajima 2012): takes the longest piece that the rest of the word begins with."""

    def __init__(self, model: Model) -> None:
        self.vocabulary: dict[str, int] = model["vocab"]
        self.prefix: str = model.get("continuing_subword_prefix") or ""
        self.unknown: str = model["unk_token"]
        self.longest: int = model["max_input_chars_per_word"]

    def steps(self, word: str) -> Steps:
        """Returns the steps of one word. Where no piece fits, `spans` holds the pieces before that place."""
        start, ids, spans = 0, [], []
        while start < len(word) and len(word) <= self.longest:
            end = self._match(word, start)
            if end is None:
                break
            ids.append(self.vocabulary[self._spelt(word, start, end)])
            spans.append((start, end))
            start = end
        is_unknown = start < len(word)
        if is_unknown:
            ids = [self.vocabulary[self.unknown]]
        return Steps(tuple(ids), tuple(word), tuple(spans), is_unknown=is_unknown)

    def _match(self, word: str, start: int) -> int | None:
        ends = range(len(word), start, -1)
        return next((end for end in ends if self._spelt(word, start, end) in self.vocabulary), None)

    def _spelt(self, word: str, start: int, end: int) -> str:
        return (self.prefix if start else "") + word[start:end]


class Unigram:
    """Unigram (Kudo 2018): of all ways to divide the word, the one whose pieces have the highest sum of scores."""

    def __init__(self, model: Model) -> None:
        pieces = model["vocab"]
        self.vocabulary: dict[str, int] = {piece: token_id for token_id, (piece, _) in enumerate(pieces)}
        self._scores: list[float] = [score for _, score in pieces]
        self._longest = max((len(piece) for piece, _ in pieces), default=0)
        self.unknown: int | None = model.get("unk_id")
        self._unknown_score = min(self._scores, default=0.0) - UNKNOWN_PENALTY
        self._has_bytes: bool = bool(model.get("byte_fallback"))

    def steps(self, word: str) -> Steps:
        """Returns the steps of one word: every candidate of the search by Viterbi, and the best way."""
        best: list[tuple[float, int, int | None]] = [(0.0, -1, None)] * (len(word) + 1)  # score, start, id
        candidates: list[tuple[int, int, float, float, bool]] = []
        for start in range(len(word)):
            for end, token_id, score in self._fitting(word, start):
                total = best[start][0] + score
                is_better = best[end][1] < 0 or total > best[end][0]
                if is_better:
                    best[end] = (total, start, token_id)
                candidates.append((start, end, score, total, is_better))
        parts = self._way(best)
        ids, spans = [], []
        for start, end, token_id in parts:
            own = self._ids(word[start:end], token_id)
            ids += own
            spans += [(start, end)] * len(own)
        is_unknown = any(token_id == self.unknown for _, _, token_id in parts)
        return Steps(tuple(ids), tuple(word), tuple(spans), candidates=tuple(candidates), is_unknown=is_unknown)

    def _fitting(self, word: str, start: int) -> list[tuple[int, int | None, float]]:
        """Returns the end, id and score of each piece that the rest of the word begins with, shortest first."""
        ends = range(start + 1, min(len(word), start + self._longest) + 1)
        ids = [(end, self.vocabulary[word[start:end]]) for end in ends if word[start:end] in self.vocabulary]
        found: list[tuple[int, int | None, float]] = [(end, token_id, self._scores[token_id]) for end, token_id in ids]
        if not found or found[0][0] != start + 1:
            found.append((start + 1, self.unknown, self._unknown_score))
        return found

    def _way(self, best: list[tuple[float, int, int | None]]) -> list[tuple[int, int, int | None]]:
        """Returns the parts of the best way. Unknown characters side by side are one part."""
        parts: list[tuple[int, int, int | None]] = []
        end = len(best) - 1
        while end > 0:
            _, start, token_id = best[end]
            if parts and token_id == self.unknown and parts[-1][2] == self.unknown:
                parts[-1] = (start, parts[-1][1], token_id)
            else:
                parts.append((start, end, token_id))
            end = start
        return parts[::-1]

    def _ids(self, part: str, token_id: int | None) -> list[int]:
        if part in self.vocabulary:
            return [self.vocabulary[part]]
        own = [f"<0x{byte:02X}>" for byte in part.encode()]
        if self._has_bytes and all(byte in self.vocabulary for byte in own):
            return [self.vocabulary[byte] for byte in own]
        return [] if self.unknown is None else [self.unknown]


REPLAYS: dict[str, type[BPE] | type[WordPiece] | type[Unigram]] = {
    "BPE": BPE,
    "WordPiece": WordPiece,
    "Unigram": Unigram,
}


def _pair(merge: Any) -> tuple[str, str]:
    left, right = merge.split(" ") if isinstance(merge, str) else merge
    return left, right


def _among_the_symbols(size: int, done: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Returns the merges with the place of the left symbol among those that are left at that moment."""
    left = list(range(size))
    merges = []
    for place, rank in done:
        at = bisect_left(left, place)
        del left[at + 1]
        merges.append((at, rank))
    return tuple(merges)
