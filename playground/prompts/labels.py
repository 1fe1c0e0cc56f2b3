"""Computes the exact probability of label words after a prompt, over each label's whole token sequence.

Knows the engine. Does not know tasks or pages. The beginning that prompts share is read once, and their rows share
forwards. All of this happens in slices between the steps of running texts. Labels are tokenised on their own and
appended.
"""

import asyncio
import math
import time
from collections import OrderedDict
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import torch
from transformers import DynamicCache

from playground.engine.any_engine import AnyEngine
from playground.engine.prompt_line import SLICE_TOKENS
from playground.engine.reader import empty_cache
from playground.engine.request import Limits, check_source
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.on_host import float64_device
from playground.values import shown

MOST_LABELS = 20
MOST_LABEL_TOKENS = 64
LONGEST_LABEL = 1000
"""The most characters that a label may have."""
SMALL = 4
"""Up to this many rows of one short prompt are read as a whole, without a cache. This costs little and gives
transformers' own numbers to the bit. With a cache they differ as much as its attention implementations do (some 1e-6 in
float32)."""
LEAST_POSITIONS = 8
"""The least number of positions whose logits are computed together for a single row. Fewer positions take another path
through the matrix product and differ in the last bits."""
BUSY_SLICE_TOKENS = 64
"""The number of tokens in a slice of rows while a text is running or waiting."""
_Work = Callable[[LanguageModel, DynamicCache], Any]

REMEMBERED_IDS = 500_000
"""The most ids of all prompts and labels whose results are remembered. A class that opens one link asks for the same
results thirty times."""


@dataclass(frozen=True)
class Query:
    """A prompt as a model reads it (see `PromptIds`), and the labels whose probabilities after it are wanted."""

    prompt_ids: tuple[int, ...]
    label_ids: tuple[tuple[int, ...], ...]
    source_ids: tuple[int, ...] = ()


class _Row(NamedTuple):
    """Ids to feed after the shared beginning, and what to read: (label, position in the row, token) triples."""

    query: int
    ids: tuple[int, ...]
    reads: list[tuple[int, int, int]]


def encode_labels(model: LanguageModel, labels: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Returns the ids of every label as it is written.

    Raises:
        PlaygroundError: there are no labels or too many, one is empty or too long, or one equals or begins another.
    """
    if not labels:
        raise PlaygroundError("There are no label words. Give at least one.")
    if len(labels) > MOST_LABELS:
        raise PlaygroundError(f"There are {len(labels)} label words. Give at most {MOST_LABELS}.")
    for number, label in enumerate(labels, start=1):
        if not isinstance(label, str) or not label.strip():
            raise PlaygroundError(f"Label word {number} is {label!r}. Each one must be a text that is not empty.")
    found = [tuple(model.tokenizer.encode(label, templated=True)) for label in labels]
    for label, ids in zip(labels, found, strict=True):
        if len(ids) > MOST_LABEL_TOKENS:
            raise PlaygroundError(
                f"The label {shown(label)} has {len(ids)} tokens. Give labels of at most {MOST_LABEL_TOKENS}."
            )
    for place, ids in enumerate(found):
        for other_place, other in enumerate(found):
            if place == other_place or ids != other[: len(ids)]:
                continue
            first, second = shown(labels[place]), shown(labels[other_place])
            if ids == other:
                raise PlaygroundError(f"The labels {first} and {second} are the same. Change or remove one.")
            raise PlaygroundError(
                f"The tokens of the label {first} begin those of {second}, so one text would count for both. "
                "Change or remove one."
            )
    return tuple(found)


def share(probabilities: Sequence[float]) -> float:
    """Returns the probability of all labels together. It shows whether the model knows what an answer looks like."""
    return min(1.0, math.fsum(probabilities))


def rescaled(probabilities: Sequence[float]) -> list[float]:
    """Returns the probabilities rescaled to sum to 1, which shows the preferred label. If all are 0, they stay 0."""
    total = math.fsum(probabilities)
    return [probability / total if total > 0 else 0.0 for probability in probabilities]


def calibrated(probabilities: Sequence[float], content_free: Sequence[float]) -> list[float]:
    """Divides each label's probability by its own after a content-free input and rescales (Zhao et al. 2021, §5)."""
    pairs = zip(probabilities, content_free, strict=True)
    return rescaled([own / bias if bias > 0 else 0.0 for own, bias in pairs])


class Scorer:
    """Asks the engine for label probabilities, one slice at a time for all visitors together.

    While texts run or wait, it pauses after each slice for as long as the slice took. At least half of the engine's
    time thus stays for those texts.
    """

    def __init__(self, engine: AnyEngine) -> None:
        self.engine = engine
        self._turn = asyncio.Lock()
        self._remembered: OrderedDict[tuple[Query, ...], list[list[float]]] = OrderedDict()
        self._remembered_ids = 0

    async def log_probabilities(self, queries: Sequence[Query]) -> list[list[float]]:
        """Returns log-probabilities in nats, for every query one number for each label.

        The results of the same queries are not computed again while they are remembered.
        """
        asked = tuple(queries)
        if asked not in self._remembered:
            found = {number: numbers async for number, numbers in self.each(asked)}
            self._remember(asked, [found[number] for number in range(len(asked))])
            return [found[number] for number in range(len(asked))]
        self._remembered.move_to_end(asked)
        return [list(numbers) for numbers in self._remembered[asked]]

    def _remember(self, asked: tuple[Query, ...], found: list[list[float]]) -> None:
        """Remembers results, and forgets the least recently used ones if there are too many."""
        if asked not in self._remembered:  # another visitor may have asked for the same in the meantime
            self._remembered[asked] = [list(numbers) for numbers in found]
            self._remembered_ids += _ids(asked)
        while self._remembered_ids > REMEMBERED_IDS:
            self._remembered_ids -= _ids(self._remembered.popitem(last=False)[0])

    async def probabilities(self, queries: Sequence[Query]) -> list[list[float]]:
        """Returns probabilities, for every query one number for each label."""
        return [[math.exp(nats) for nats in numbers] for numbers in await self.log_probabilities(queries)]

    async def each(self, queries: Sequence[Query]) -> AsyncGenerator[tuple[int, list[float]]]:
        """Yields each query's index and its log-probabilities in nats as soon as they are known.

        Short rows come first. But prompts that are longer than a slice, without the shared beginning, are read before
        all others, one by one. The prompts of each source are read by themselves.

        Raises:
            PlaygroundError: a prompt is over a limit.
        """
        for query in queries:
            self._check(query)
        parts = _parts(queries)
        for numbers in parts if len(parts) > 1 else ():
            async for place, found in self.each([queries[number] for number in numbers]):
                yield numbers[place], found
        if len(parts) != 1:
            return
        start = _shared(queries)
        async with self.engine.held(empty_cache, queries[0].source_ids) as cache:
            for first in range(0, start, SLICE_TOKENS):
                ids = queries[0].prompt_ids[first : min(start, first + SLICE_TOKENS)]
                await self._ask(cache.call, partial(_prefill, ids))
            rows = [row for number, query in enumerate(queries) for row in _rows(number, query, start)]
            sums = [[0.0] * len(query.label_ids) for query in queries]
            left = [sum(row.query == number for row in rows) for number in range(len(queries))]
            rows.sort(key=lambda row: len(row.ids))
            while rows:
                size = BUSY_SLICE_TOKENS if self.engine.busy else SLICE_TOKENS
                slice_ = _slice(rows, start, size, self.engine.limits)
                del rows[: len(slice_)]
                answers = await self._ask(cache.look, partial(_read, slice_))
                for row, numbers in zip(slice_, answers, strict=True):
                    for (label, _, _), nats in zip(row.reads, numbers, strict=True):
                        sums[row.query][label] += nats
                    left[row.query] -= 1
                    if left[row.query] == 0:
                        yield row.query, sums[row.query]

    def _check(self, query: Query) -> None:
        model, limits, length = self.engine.model, self.engine.limits, len(query.prompt_ids)
        check_source(query.source_ids, model, limits)
        longest = max(len(ids) for ids in query.label_ids)
        if length + longest > model.window:
            raise PlaygroundError(
                f"The prompt has {length:,} tokens and the longest label {longest}, and {model.name} has a window of "
                f"{model.window:,}. Shorten the prompt.",
                status=422,
            )
        if length > limits.prompt_tokens:
            raise PlaygroundError(
                f"The prompt has {length:,} tokens, and this server takes at most {limits.prompt_tokens:,}. "
                f"Shorten the prompt, or {limits.raising('prompt_tokens')}.",
                status=413,
            )

    async def _ask(self, do: Callable[[_Work], Awaitable[Any]], work: _Work) -> Any:
        async with self._turn:
            began = time.perf_counter()
            answer = await do(work)
            if self.engine.busy:
                await asyncio.sleep(time.perf_counter() - began)
            return answer


def _prefill(ids: Sequence[int], model: LanguageModel, cache: DynamicCache) -> None:
    model.prefill(ids, cache)


def _ids(queries: Sequence[Query]) -> int:
    return sum(len(query.source_ids) + len(query.prompt_ids) + sum(map(len, query.label_ids)) for query in queries)


def _parts(queries: Sequence[Query]) -> list[list[int]]:
    """Returns the numbers of the queries that are read together: those of one source, but each long prompt alone."""
    sources: dict[tuple[int, ...], list[int]] = {}
    for number, query in enumerate(queries):
        sources.setdefault(query.source_ids, []).append(number)
    if len(sources) > 1:
        return list(sources.values())
    start = _shared(queries)
    alone = [number for number, query in enumerate(queries) if len(query.prompt_ids) - start > SLICE_TOKENS]
    others = [number for number in range(len(queries)) if number not in alone]
    return [*([number] for number in alone), *([others] if others else [])]


def _is_small(queries: Sequence[Query]) -> bool:
    """Returns whether there is only one query, with a short prompt and few rows."""
    if len(queries) != 1:
        return False
    rows = _rows(0, queries[0], 0)
    return len(rows) <= SMALL and max(len(row.ids) for row in rows) <= SLICE_TOKENS


def _shared(queries: Sequence[Query]) -> int:
    """Returns the number of ids that all prompts begin with, without at least the last id of each, which are read
    once; 0 for a small query, which is read as a whole."""
    if not queries or _is_small(queries):
        return 0
    low, high = min(query.prompt_ids for query in queries), max(query.prompt_ids for query in queries)
    shortest = min(len(query.prompt_ids) for query in queries)
    same = 0
    while same < shortest - 1 and low[same] == high[same]:
        same += 1
    return same


def _rows(number: int, query: Query, start: int) -> list[_Row]:
    """Returns one row for each beginning of a label that must be read. Labels of one token all read the same row."""
    suffix = query.prompt_ids[start:]
    beginnings = sorted({ids[:-1] for ids in query.label_ids}, key=len, reverse=True)
    rows: list[_Row] = []
    for beginning in beginnings:
        if not any(row.ids[len(suffix) :][: len(beginning)] == beginning for row in rows):
            rows.append(_Row(number, suffix + beginning, []))
    for label, ids in enumerate(query.label_ids):
        row = next(row for row in rows if row.ids[len(suffix) :][: len(ids) - 1] == ids[:-1])
        row.reads.extend((label, len(suffix) - 1 + place, token) for place, token in enumerate(ids))
    return rows


def _slice(rows: Sequence[_Row], start: int, size: int, limits: Limits) -> list[_Row]:
    """Returns as many of the first (shortest) rows as `size` tokens and their caches allow, but at least one."""
    each = start + limits.text_tokens
    chosen = list(rows[:1])
    for count, row in enumerate(rows[1:], start=2):
        if count * len(row.ids) > size or count * (each + len(row.ids)) > limits.label_tokens:
            break
        chosen.append(row)
    return chosen


def _read(rows: Sequence[_Row], model: LanguageModel, cache: DynamicCache) -> list[list[float]]:
    """Returns the log-probabilities that each row reads, from a log softmax in float64."""
    positions = sorted({position for row in rows for _, position, _ in row.reads})
    if len(rows) == 1:
        first = max(0, min(positions[0], positions[-1] + 1 - LEAST_POSITIONS))
        positions = list(range(first, positions[-1] + 1))
    logits = model.go_on([row.ids for row in rows], cache, positions)
    logits = logits.to(float64_device(logits.device))
    found = []
    for place, row in enumerate(rows):
        columns = sorted({position for _, position, _ in row.reads})
        scores = logits[place, [positions.index(position) for position in columns]].double().log_softmax(-1)
        found += [scores[columns.index(position), token] for _, position, token in row.reads]
    numbers = iter(torch.stack(found).cpu().tolist())  # in one transfer
    return [[next(numbers) for _ in row.reads] for row in rows]
