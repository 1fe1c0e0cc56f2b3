"""Mirostat 1 and 2: a cut that moves with the surprise of the text so far.

The paper's state μ is not stored: it follows from the surprises of the completion's tokens.
"""

import math

import torch

from playground.decoding.draws import looks_are_free
from playground.decoding.rules import Rule
from playground.decoding.stages.stage import Example, Moment, Parameter, Processor, Slider, Stage, Values

MOST = 100
"""Version 1 estimates the steepness of the distribution from this many of the most probable tokens."""


def highest_surprise(values: Values, moment: Moment) -> float:
    """Returns the paper's μ in bits: it falls after a token that surprises more than `mirostat_tau`, else it rises.

    Tokens that other settings chose, or nobody, do not count: their surprise is infinite.
    """
    mu = 2 * values["mirostat_tau"]
    for surprise in filter(math.isfinite, moment.surprises):
        mu -= values["mirostat_eta"] * (surprise - values["mirostat_tau"])
    return mu


def _make(values: Values) -> Processor:
    keep = _by_steepness if values["mirostat"] == 1 else _by_surprise
    return lambda moment, scores: keep(scores, highest_surprise(values, moment))


def _by_surprise(scores: torch.Tensor, mu: float) -> torch.Tensor:
    """Version 2: removes the tokens whose surprise is above `mu`, but not the most probable ones."""
    lowest = 2 ** -max(mu, 0.0)
    highest = scores.amax(-1, keepdim=True)
    return scores.masked_fill((scores.softmax(-1) < lowest) & (scores < highest), -torch.inf)


def _by_steepness(scores: torch.Tensor, mu: float) -> torch.Tensor:
    """Version 1: keeps the k best tokens, and those that tie with the last of them.

    The best tokens tell the exponent of Zipf's law. Under this law k tokens hold the surprise `mu` (algorithm 1 of the
    paper). The law ends with the last token that is left; llama.cpp lets it end with the vocabulary, which is the same
    where no stage has removed a token.
    """
    count = (scores > -torch.inf).sum(-1, keepdim=True).clamp(min=1)
    places = torch.arange(1, min(MOST, scores.shape[-1]), dtype=torch.float64, device=scores.device)
    is_pair = places < count
    steps = ((places + 1) / places).log().masked_fill(~is_pair, 0)
    best = scores.topk(len(places) + 1).values.double()
    falls = (best[..., :-1] - best[..., 1:]).masked_fill(~is_pair, 0)
    exponent = (steps * falls).sum(-1, keepdim=True) / steps.square().sum(-1, keepdim=True).clamp(min=1e-9)
    logarithm, excess = count.double().log(), exponent - 1
    spread = torch.where(excess == 0, logarithm, -(-excess * logarithm).expm1() / excess)
    reach = mu * math.log(2) - spread.log()
    k = torch.where(reach >= exponent * logarithm, count, (reach / exponent).exp().floor())
    k = torch.where(reach > 0, k, 1).long().clamp(min=1)
    return scores.masked_fill(scores < _kth_highest(scores, k), -torch.inf)


def _kth_highest(scores: torch.Tensor, k: torch.Tensor) -> torch.Tensor:
    """Returns the k-th highest of one row's scores, both (1, 1), without a wait for a device."""
    if looks_are_free(scores):
        return scores.topk(int(k)).values[..., -1:]  # a full sort takes five times as long
    return scores.sort(-1, descending=True).values.gather(-1, k - 1)


MIROSTAT = Stage(
    name="mirostat",
    label="Mirostat",
    kind="cut",
    parameters=(
        Parameter("mirostat", Rule(0, 2, whole=True, off=(0,)), Slider(0, 2, 1), label="version"),
        Parameter(
            "mirostat_tau",
            Rule(0, 100),
            Slider(0, 10, 0.1),
            default=5,
            label="target τ",
            says="is the mean surprise of the text's tokens that the stage steers towards, in bits",
        ),
        Parameter(
            "mirostat_eta",
            Rule(0, 10),
            Slider(0, 1, 0.01),
            default=0.1,
            label="rate η",
            says="is how far one token moves the limit, as a share of its distance from the target",
        ),
    ),
    says="removes tokens that surprise too much, and moves the limit so that the text's mean surprise nears a target",
    formula="keep −log₂ pᵢ ≤ μ; then μ ← μ − η · (surprise − τ), from 2τ",
    source="Basu et al. 2020, arXiv:2007.14966; llama.cpp",
    make=_make,
    reads_moment=True,
    is_generate=False,
    example=Example(
        "Once upon a time there was a",
        {"max_new_tokens": 60, "seed": 1, "mirostat": 2, "mirostat_tau": 3, "mirostat_eta": 0.3},
        "Without it a token of the text surprises by 4.3 bits on average; with it by 2.8 bits, which is near "
        "the target of 3.",
    ),
)
