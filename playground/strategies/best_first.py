"""Searches the whole tree of a few tokens best first: finds the most probable sequences and their probabilities.

Knows the engine. A prefix is never less probable than its continuations, so the first complete sequence that comes to
the front of the line is the most probable one (uniform-cost search, Dijkstra 1959).
"""

import heapq
import math
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from transformers import DynamicCache

from playground.decoding.settings import Settings
from playground.engine.any_engine import AnyEngine
from playground.engine.continuing import Continuing
from playground.engine.prompt_line import SLICE_TOKENS
from playground.engine.request import Request, check
from playground.errors import PlaygroundError
from playground.models.language_model import LanguageModel
from playground.models.prompt_ids import PromptIds
from playground.on_host import float64_device

MOST_TOKENS = 4
BUDGET, MOST_PREFIXES = 512, 1024
TOGETHER = 16
"""The most prefixes that share a forward. Each may have a copy of the prompt's cache: a long prompt has fewer."""
CHILDREN = 512
"""The number of continuations that are kept of a prefix. The best one left out bounds what the search can miss."""
FOUND = 5
"""The number of sequences to look for."""

_Prefix = tuple[float, tuple[int, ...]]
"""The prefix's log-probability with the sign reversed, and its token ids."""


@dataclass(frozen=True)
class WholeTree:
    """What a search has found.

    Attributes:
        horizon: the number of tokens of a sequence, unless an end token comes earlier.
        sequences: (token ids, log-probability in nats) pairs, the most probable first.
        proven: for each sequence, whether nothing unsearched can be more probable.
        expanded: the number of prefixes whose continuations were computed.
        done: whether the search has ended.
    """

    horizon: int
    sequences: tuple[tuple[tuple[int, ...], float], ...]
    proven: tuple[bool, ...]
    expanded: int
    done: bool


async def whole_tree(
    engine: AnyEngine, prompt_ids: Sequence[int], horizon: int, budget: int = BUDGET, source_ids: Sequence[int] = ()
) -> AsyncGenerator[WholeTree]:
    """Searches the most probable sequences of `horizon` tokens under the model's own distribution.

    A sequence with an end token may be shorter. Yields what is known after each forward; the last result has `done`.
    Close the iterator to stop. Results that were yielded stay valid.

    Args:
        horizon: 1 to 4.
        budget: the largest number of prefixes to expand.
        source_ids: what the encoder reads; empty for a decoder-only model.

    Raises:
        PlaygroundError: `horizon` or `budget` is out of range, or the prompt is over a limit.
    """
    for name, value, most in [("horizon", horizon, MOST_TOKENS), ("budget", budget, MOST_PREFIXES)]:
        if not isinstance(value, int) or not 1 <= value <= most:
            raise PlaygroundError(f"{name} is {value!r}. Give it a whole number from 1 to {most:,}.")
    prompt = PromptIds(tuple(prompt_ids), tuple(source_ids))
    as_greedy = Settings(strategy="greedy", max_new_tokens=horizon)
    check(Request(prompt.ids, as_greedy, source_ids=prompt.source_ids), engine.model, engine.limits)
    if len(prompt_ids) + horizon > engine.model.window:
        raise PlaygroundError(
            f"With {horizon} more tokens the prompt would have {len(prompt_ids) + horizon:,}, and {engine.model.name} "
            f"has a window of {engine.model.window:,}. Shorten the prompt, or choose a smaller horizon.",
            status=422,
        )
    each = len(prompt_ids) + horizon + engine.limits.text_tokens
    together = max(1, min(TOGETHER, engine.limits.tree_tokens // each))
    begin = partial(_begun, prompt.ids, horizon, budget, together)
    async with engine.held(begin, prompt.source_ids) as under_way:
        done = False
        while not done:
            tree = await under_way.call(_step)
            done = tree.done
            yield tree


def _begun(ids: tuple[int, ...], horizon: int, budget: int, together: int, model: LanguageModel) -> "_Search":
    return _Search(model, ids, model.new_cache(), horizon, budget, together)


def _step(_model: LanguageModel, search: "_Search") -> WholeTree:
    search.step()
    return search.tree()


class _Search:
    """The state of one search. It is made and runs on the engine's thread."""

    def __init__(
        self,
        model: LanguageModel,
        prompt_ids: tuple[int, ...],
        cache: DynamicCache,
        horizon: int,
        budget: int,
        together: int,
    ) -> None:
        self._model, self._prompt_ids, self._prompt = model, prompt_ids, cache
        self._horizon, self._budget, self._together = horizon, budget, together
        self._line: list[_Prefix] = [(0.0, ())]
        self._complete: list[_Prefix] = []  # the best complete sequences that were ever put into the line
        self._left_out, self._expanded = -math.inf, 0
        self._found: list[_Prefix] = []
        self._proven: list[bool] = []

    @property
    def done(self) -> bool:
        """Whether enough sequences are found, the line is empty, or the budget is spent."""
        return len(self._found) == FOUND or not self._line or self._expanded == self._budget

    def step(self) -> None:
        """Does one forward, over a slice of the prompt or over prefixes at the front of the line that can share it."""
        start, end = self._prompt.get_seq_length(), len(self._prompt_ids) - 1
        if start < end:
            self._model.prefill(self._prompt_ids[start : min(start + SLICE_TOKENS, end)], self._prompt)
            return
        batch = self._front()
        self._expanded += len(batch)
        for prefix, best in zip(batch, self._best(batch), strict=True):
            self._expand(prefix, best)
        while self._line and len(self._found) < FOUND and self._is_complete(self._line[0]):
            self._found.append(heapq.heappop(self._line))
            self._proven.append(-self._found[-1][0] >= self._left_out)

    def tree(self) -> WholeTree:
        """Returns what is known now: sequences that reached the front of the line, then the best others, unproven."""
        others = [one for one in self._complete if one not in self._found][: FOUND - len(self._found)]
        sequences = tuple((prefix, -cost) for cost, prefix in [*self._found, *others])
        proven = (*self._proven, *(False for _ in others))
        return WholeTree(self._horizon, sequences, proven, self._expanded, self.done)

    def _is_complete(self, one: _Prefix) -> bool:
        ids = one[1]
        return len(ids) == self._horizon or (bool(ids) and ids[-1] in self._model.eos_token_ids)

    def _front(self) -> list[_Prefix]:
        """Removes prefixes of one length from the front of the line and returns them."""
        line, batch = self._line, []
        depth = len(line[0][1])
        while line and len(batch) < min(self._together, self._budget - self._expanded):
            if len(line[0][1]) != depth or self._is_complete(line[0]):
                break
            batch.append(heapq.heappop(line))
        return batch

    def _expand(self, one: _Prefix, best: Sequence[tuple[float, float]]) -> None:
        """Puts a prefix's continuations into the line. `best` is its item of what `_best` returns."""
        cost, prefix = one
        children = [(cost - log_prob, (*prefix, int(token_id))) for log_prob, token_id in best[:CHILDREN]]
        for child in children:
            heapq.heappush(self._line, child)
        complete = [child for child in children if self._is_complete(child)]
        self._complete = heapq.nsmallest(FOUND, [*self._complete, *complete])
        if len(best) > CHILDREN:
            self._left_out = max(self._left_out, best[CHILDREN][0] - cost)

    def _best(self, batch: Sequence[_Prefix]) -> list[list[tuple[float, float]]]:
        """Returns (log-probability, token id) of the `CHILDREN` best continuations of each prefix and of one more.

        All prefixes must have the same length. The best one comes first. The log-probabilities are float64.
        """
        rows = [[self._prompt_ids[-1], *prefix] for _, prefix in batch]
        logits = Continuing(self._model, self._prompt, len(batch)).extend(rows)
        log_probs = logits.to(float64_device(logits.device)).double().log_softmax(-1)
        best = log_probs.topk(min(CHILDREN + 1, log_probs.shape[-1]))
        return torch.stack([best.values, best.indices.double()], dim=-1).cpu().tolist()  # in one transfer
