"""The whole tree of a few tokens, searched best first: which sequence is the most probable of all, and how probable.

Knows the engine. A prefix is never less probable than what continues it, so the first complete sequence to come to the
front of the line is the most probable one (uniform-cost search, Dijkstra 1959).
"""

import copy
import heapq
import math
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import torch
from transformers import DynamicCache

from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.prompt_line import SLICE_TOKENS
from playground.engine.request import Request, check
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel

MOST_TOKENS = 4
BUDGET, MOST_PREFIXES = 512, 1024
TOGETHER = 16
"""Prefixes that share a forward."""
CHILDREN = 512
"""Continuations kept of a prefix; the best of those left out bounds what could have been missed."""
FOUND = 5
"""Sequences to look for."""

_Prefix = tuple[float, tuple[int, ...]]
"""Minus its log-probability, and the token ids."""


@dataclass(frozen=True)
class WholeTree:
    """What a search found.

    Attributes:
        sequences: (token ids, log-probability in nats), the most probable first.
        proven: of each, whether nothing left unsearched can be more probable.
        expanded: prefixes whose continuations were computed.
        done: whether the search came to its end.
    """

    horizon: int
    sequences: tuple[tuple[tuple[int, ...], float], ...]
    proven: tuple[bool, ...]
    expanded: int
    done: bool


async def whole_tree(
    engine: Engine, prompt_ids: Sequence[int], horizon: int, budget: int = BUDGET
) -> AsyncIterator[WholeTree]:
    """The most probable sequences of `horizon` tokens, or fewer up to an end token, under the model's own distribution.

    What is known after each forward; the last one has `done`. Close the iterator to stop: what was yielded stays true.

    Args:
        horizon: 1 to 4.
        budget: prefixes to expand at most.

    Raises:
        PlaygroundError: out of range, or a prompt over a limit.
    """
    for name, value, most in [("horizon", horizon, MOST_TOKENS), ("budget", budget, MOST_PREFIXES)]:
        if not isinstance(value, int) or not 1 <= value <= most:
            raise PlaygroundError(f"{name} is {value!r}. Give it a whole number from 1 to {most:,}.")
    check(Request(tuple(prompt_ids), Settings(strategy="greedy", max_new_tokens=horizon)), engine.model, engine.limits)
    under_way = _Search(engine.model, tuple(prompt_ids), horizon, budget)
    while not under_way.done:
        await engine.call(lambda _: under_way.step())
        yield under_way.tree()


class _Search:
    """One search; `step` runs on the engine's thread."""

    def __init__(self, model: LanguageModel, prompt_ids: tuple[int, ...], horizon: int, budget: int) -> None:
        self._model, self._prompt_ids, self._horizon, self._budget = model, prompt_ids, horizon, budget
        self._prompt = DynamicCache()
        self._line: list[_Prefix] = [(0.0, ())]
        self._complete: list[_Prefix] = []  # the best of those that came into the line
        self._left_out, self._expanded = -math.inf, 0
        self._found: list[_Prefix] = []
        self._proven: list[bool] = []

    @property
    def done(self) -> bool:
        """Whether enough was found, or the budget is spent."""
        return len(self._found) == FOUND or not self._line or self._expanded == self._budget

    def step(self) -> None:
        """One forward: a slice of the prompt, or as many prefixes from the front of the line as share one."""
        start, end = self._prompt.get_seq_length(), len(self._prompt_ids) - 1
        if start < end:
            self._model.prefill(self._prompt_ids[start : min(start + SLICE_TOKENS, end)], self._prompt)
            return
        batch = self._front()
        self._expanded += len(batch)
        for prefix, row in zip(batch, self._log_probs(batch), strict=True):
            self._expand(prefix, row)
        while self._line and len(self._found) < FOUND and self._is_complete(self._line[0]):
            self._found.append(heapq.heappop(self._line))
            self._proven.append(-self._found[-1][0] >= self._left_out)

    def tree(self) -> WholeTree:
        """What is known now: sequences that came to the front of the line, then the best others, unproven."""
        others = [one for one in self._complete if one not in self._found][: FOUND - len(self._found)]
        sequences = tuple((prefix, -cost) for cost, prefix in [*self._found, *others])
        proven = (*self._proven, *(False for _ in others))
        return WholeTree(self._horizon, sequences, proven, self._expanded, self.done)

    def _is_complete(self, one: _Prefix) -> bool:
        ids = one[1]
        return len(ids) == self._horizon or (bool(ids) and ids[-1] in self._model.eos_token_ids)

    def _front(self) -> list[_Prefix]:
        """Prefixes of one length from the front of the line, off it."""
        line, batch = self._line, []
        depth = len(line[0][1])
        while line and len(batch) < min(TOGETHER, self._budget - self._expanded):
            if len(line[0][1]) != depth or self._is_complete(line[0]):
                break
            batch.append(heapq.heappop(line))
        return batch

    def _expand(self, one: _Prefix, row: torch.Tensor) -> None:
        """Puts into the line what continues a prefix; `row` (vocab,) log-probabilities."""
        cost, prefix = one
        best = row.topk(min(CHILDREN + 1, len(row)))
        pairs = zip(best.values[:CHILDREN].tolist(), best.indices[:CHILDREN].tolist(), strict=True)
        children = [(cost - log_prob, (*prefix, token_id)) for log_prob, token_id in pairs]
        for child in children:
            heapq.heappush(self._line, child)
        complete = [child for child in children if self._is_complete(child)]
        self._complete = heapq.nsmallest(FOUND, [*self._complete, *complete])
        if len(row) > CHILDREN:
            self._left_out = max(self._left_out, float(best.values[CHILDREN]) - cost)

    def _log_probs(self, batch: Sequence[_Prefix]) -> torch.Tensor:
        """(prefixes, vocab) float64 log-probabilities of what follows each prefix; all have the same length."""
        cache = copy.deepcopy(self._prompt)
        cache.batch_repeat_interleave(len(batch))
        rows = [[self._prompt_ids[-1], *prefix] for _, prefix in batch]
        return self._model.extend(rows, cache).double().log_softmax(-1)
