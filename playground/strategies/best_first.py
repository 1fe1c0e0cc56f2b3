"""The whole tree of a few tokens, searched best first: which sequence is the most probable of all, and how probable.

Knows the engine. A prefix is never less probable than what continues it, so the first complete sequence to come to the
front of the line is the most probable one (uniform-cost search, Dijkstra 1959).
"""

import copy
import heapq
import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from transformers import DynamicCache

from playground.engine import SLICE_TOKENS, Engine
from playground.errors import PlaygroundError
from playground.model import LanguageModel
from playground.request import Request, check
from playground.settings import Settings

MOST_TOKENS = 4
MOST_PREFIXES = 1024
TOGETHER = 16
"""Prefixes that share a forward."""
CHILDREN = 512
"""Continuations kept of a prefix; the best of those left out bounds what could have been missed."""
FOUND = 5
"""Sequences to look for."""


@dataclass(frozen=True)
class WholeTree:
    """What a search found.

    Attributes:
        sequences: (token ids, log-probability in nats), the most probable first.
        proven: of each, whether nothing left unsearched can be more probable.
        expanded: prefixes whose continuations were computed.
    """

    horizon: int
    sequences: tuple[tuple[tuple[int, ...], float], ...]
    proven: tuple[bool, ...]
    expanded: int


async def whole_tree(engine: Engine, prompt_ids: Sequence[int], horizon: int, budget: int = 512) -> WholeTree:
    """The most probable sequences of `horizon` tokens, or fewer up to an end token, under the model's own distribution.

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
    return await engine.work(partial(_search, tuple(prompt_ids), horizon, budget))


def _search(
    prompt_ids: tuple[int, ...], horizon: int, budget: int, model: LanguageModel
) -> Generator[None, None, WholeTree]:
    """A job for the engine; pauses after each forward."""
    prompt = DynamicCache()
    for start in range(0, len(prompt_ids) - 1, SLICE_TOKENS):
        model.prefill(prompt_ids[start : min(start + SLICE_TOKENS, len(prompt_ids) - 1)], prompt)
        yield
    line: list[tuple[float, tuple[int, ...]]] = [(0.0, ())]  # minus log-probability, prefix
    left_out, expanded = -math.inf, 0
    found: list[tuple[tuple[int, ...], float]] = []
    proven: list[bool] = []

    def is_complete(prefix: tuple[int, ...]) -> bool:
        return len(prefix) == horizon or (bool(prefix) and prefix[-1] in model.eos_token_ids)

    while line and len(found) < FOUND:
        if is_complete(line[0][1]):
            cost, prefix = heapq.heappop(line)
            found.append((prefix, -cost))
            proven.append(-cost >= left_out)
            continue
        if expanded >= budget:
            break
        depth, batch = len(line[0][1]), []
        while line and len(batch) < min(TOGETHER, budget - expanded):
            if len(line[0][1]) != depth or is_complete(line[0][1]):
                break
            batch.append(heapq.heappop(line))
        expanded += len(batch)
        for (cost, prefix), row in zip(batch, _log_probs(model, prompt_ids, prompt, batch), strict=True):
            best = row.topk(min(CHILDREN + 1, len(row)))
            for log_prob, token_id in zip(
                best.values[:CHILDREN].tolist(), best.indices[:CHILDREN].tolist(), strict=True
            ):
                heapq.heappush(line, (cost - log_prob, (*prefix, token_id)))
            if len(row) > CHILDREN:
                left_out = max(left_out, float(best.values[CHILDREN]) - cost)
        yield
    if len(found) < FOUND:  # the budget is spent: the best complete ones that are there, unproven
        rest = sorted(item for item in line if is_complete(item[1]))[: FOUND - len(found)]
        found += [(prefix, -cost) for cost, prefix in rest]
        proven += [False] * len(rest)
    return WholeTree(horizon, tuple(found), tuple(proven), expanded)


def _log_probs(
    model: LanguageModel,
    prompt_ids: tuple[int, ...],
    prompt: DynamicCache,
    batch: Sequence[tuple[float, tuple[int, ...]]],
) -> torch.Tensor:
    """(prefixes, vocab) float64 log-probabilities of what follows each prefix; all have the same length."""
    cache = copy.deepcopy(prompt)
    cache.batch_repeat_interleave(len(batch))
    return model.extend([[prompt_ids[-1], *prefix] for _, prefix in batch], cache).double().log_softmax(-1)
