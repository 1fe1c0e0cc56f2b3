"""Numbers that say something about a recorded distribution or a text of ids, derived when asked for.

Knows rows of logits and ids only. Units stand in the names. It computes with NumPy: most of these functions run beside
the engine's thread, and torch would give each thread that calls it a team of its own, which slows every forward down.
"""

import math
from array import array
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

LOWEST = np.float32(-200)
"""Below this a shifted logit's weight is 0 in float32, also if the logit is -inf."""

NGRAM = 3
"""Tokens in a row that count as repeated when they stood in the text before."""

NUCLEUS = 0.9
"""The probability that a nucleus holds where none is asked for."""
NUCLEUS_GUESS = 2048
"""Tokens that are sorted first; only a flatter distribution needs all."""

LOOP_TIMES = 3
LOOP_TOKENS = 8
"""A text loops when it ends with the same tokens at least three times over, eight tokens in all at least:
"..." and two blank lines are no loop."""


class RawMeasures(NamedTuple):
    """Of the softmax of a row of raw logits: the share of one token, and the entropy in bits (Shannon 1948).

    `logprob_nats` is the logarithm of the share, exact also where the share itself is too small for a number.
    """

    probability: float
    entropy_bits: float
    logprob_nats: float


class RawFacts(NamedTuple):
    """Where one token stands in a row of raw logits: its share, its rank from 1, and the entropy of the whole row."""

    probability: float
    entropy_bits: float
    rank: int


class TextScore(NamedTuple):
    """Of a whole text: the sum and the mean of its tokens' log-probabilities, and exp(-mean)."""

    logprob_nats: float
    mean_logprob_nats: float
    perplexity: float


class Loop(NamedTuple):
    """The end of a text repeats: `period` tokens again and again, from index `since` on."""

    period: int
    since: int


def raw_measures(logits: np.ndarray, token_id: int) -> RawMeasures:
    """`logits` (vocab,) float32 as the model returned them. H = log2 Z - sum(p x) / ln 2, with x shifted below 0."""
    highest = logits.max()
    shifted = logits - highest
    np.maximum(shifted, LOWEST, out=shifted)
    weights = np.exp(shifted)
    total = float(weights.sum(dtype=np.float64))
    probability = math.exp(shifted[token_id]) / total
    mean = float(np.multiply(weights, shifted, out=shifted).sum(dtype=np.float64)) / total
    logprob_nats = float(logits[token_id]) - float(highest) - math.log(total)
    return RawMeasures(probability, (math.log(total) - mean) / math.log(2), logprob_nats)


def rank(logits: np.ndarray, token_id: int) -> int:
    """1 for the largest of (vocab,) logits; of equal ones the higher id comes first."""
    own = logits[token_id]
    return int(np.count_nonzero(logits[:token_id] > own) + np.count_nonzero(logits[token_id:] >= own))


def raw_facts(logits: np.ndarray, token_id: int) -> RawFacts:
    """Of one token in (vocab,) float32 raw logits; some 2 ns a token of the vocabulary, so it is asked for once."""
    raw = raw_measures(logits, token_id)
    return RawFacts(raw.probability, raw.entropy_bits, rank(logits, token_id))


def most_probable(logits: np.ndarray, count: int) -> list[int]:
    """The ids of the `count` largest of (vocab,) logits, best first, of equal ones the higher id first."""
    count = min(count, len(logits))
    smallest = np.partition(logits, -count)[-count]
    ids = np.flatnonzero(logits >= smallest)[::-1]
    return ids[np.argsort(-logits[ids], kind="stable")][:count].tolist()


def text_score(logprobs_nats: Sequence[float]) -> TextScore:
    """Of the log-probabilities of at least one token. A perplexity beyond any float is infinite."""
    total = math.fsum(logprobs_nats)
    mean = total / len(logprobs_nats)
    return TextScore(total, mean, math.exp(-mean) if mean > -700 else math.inf)


def repeats(ids: Sequence[int], size: int = NGRAM) -> bool:
    """Whether the last `size` of `ids` stood in a row before; the two places may overlap."""
    if len(ids) <= size:
        return False
    text = array("q", ids).tobytes()  # asked with every token: searching bytes takes no loop in Python
    width = len(text) // len(ids)
    place = text.find(text[-size * width :])
    while place % width:
        place = text.find(text[-size * width :], place + 1)
    return place < len(text) - size * width


def repeated_ngram_share(ids: Sequence[int], size: int = NGRAM) -> float:
    """The share of the n-grams of `ids` that stood before, 0 for a text shorter than one."""
    ngrams = [tuple(ids[start : start + size]) for start in range(len(ids) - size + 1)]
    return 1 - len(set(ngrams)) / len(ngrams) if ngrams else 0.0


def loop(ids: Sequence[int]) -> Loop | None:
    """The loop with the shortest period that `ids` ends in, by the rule of `LOOP_TIMES` and `LOOP_TOKENS`."""
    for period in range(1, len(ids) // LOOP_TIMES + 1):
        since = len(ids) - period
        while since > 0 and ids[since - 1] == ids[since - 1 + period]:
            since -= 1
        if len(ids) - since >= max(LOOP_TIMES * period, LOOP_TOKENS):
            return Loop(period, since)
    return None


def probabilities(logits: np.ndarray) -> np.ndarray:
    """(vocab,) float64 softmax of (vocab,) logits."""
    weights = np.exp(logits.astype(np.float64) - logits.max())
    return weights / weights.sum()


def kl_bits(logits: np.ndarray, others: np.ndarray) -> float:
    """KL(p ‖ q) = sum p log2(p / q) of the softmaxes of two rows of logits; tokens with p = 0 add nothing."""
    p, q = probabilities(logits), probabilities(others)
    some = p > 0
    return max(0.0, float((p[some] * np.log2(p[some] / np.maximum(q[some], np.finfo(np.float64).tiny))).sum()))


def nucleus_size(logits: np.ndarray, mass: float = NUCLEUS) -> int:
    """How many of the most probable of (vocab,) raw logits hold `mass` of the probability (Holtzman et al. 2020)."""
    weights = np.exp(np.maximum(logits - logits.max(), LOWEST))
    target = mass * float(weights.sum(dtype=np.float64))
    best = weights
    if len(weights) > NUCLEUS_GUESS:  # sorting all takes ten times as long
        best = np.partition(weights, -NUCLEUS_GUESS)[-NUCLEUS_GUESS:]
        if float(best.sum(dtype=np.float64)) < target:
            best = weights
    cumulative = np.sort(best)[::-1].cumsum(dtype=np.float64)
    return int(np.searchsorted(cumulative, target)) + 1


def distinct_share(texts: Sequence[Sequence[int]], size: int) -> float | None:
    """Distinct n-grams over all n-grams of one or several texts (distinct-n, Li et al. 2016); None if they have none.

    Over the texts of several seeds it says how different they are from each other: 1 shares no n-gram at all.
    """
    ngrams = [tuple(ids[start : start + size]) for ids in texts for start in range(len(ids) - size + 1)]
    return len(set(ngrams)) / len(ngrams) if ngrams else None
