"""The registry: every processing stage in one entry, in the order in which `generate` applies them.

Settings, their checks, the sidebar, the chain, tables, labels, links, `docs/settings.md` and the parity tests follow
from it. What JavaScript knows of a stage beside its mathematics is generated from it: run `make generated` after a
change. `CONTRIBUTING.md` says how to add a stage.

Knows transformers' processors. Does not know logits, settings as a whole, or the page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch.distributions import Distribution
from transformers import (
    EpsilonLogitsWarper,
    EtaLogitsWarper,
    LogitsProcessor,
    MinPLogitsWarper,
    NoRepeatNGramLogitsProcessor,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopHLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
    TypicalLogitsWarper,
)

from playground.decoding.draws import looks_are_free
from playground.decoding.rules import Rule

Distribution.set_default_validate_args(False)  # transformers' eta makes one, and the check would wait for a device

Kind = Literal["penalty", "temperature", "cut"]
"""A penalty reads the text so far and changes the logits of the tokens it touches. A temperature divides all scores.
A cut removes tokens: it leaves a stretch of the candidates in order of their probability."""


@dataclass(frozen=True)
class Slider:
    """The part of a number's range that a slider has: `low`..`high` in steps of `step`."""

    low: float
    high: float
    step: float


@dataclass(frozen=True, eq=False)
class Stage:
    """All that the playground knows of a stage, except its mathematics in `assets/distribution/stages/`.

    Attributes:
        name: Hugging Face's name of its number, which is the setting's.
        label: its name on the page.
        short: a shorter name for places with little space.
        kind: how it works; see `Kind`.
        rule: the values its number may take, and those that switch it off.
        slider: the part of these that the sidebar's slider has.
        says: what it does, in one sentence without a subject.
        source: the paper, or "" where the name says it all.
        make: from a value to transformers' processor.
        removes: whether it removes tokens.
        is_rare: whether its slider is folded away under Advanced.
        sweep: the range that a sweep over it begins with, None if none is offered.
        gives_none: when `generate` is given None in place of the value that is off: "never", where the strategy does
            not read the stage ("unread"; transformers warns of anything else), or always where it is "off".
    """

    name: str
    label: str
    kind: Kind
    rule: Rule
    slider: Slider
    says: str
    make: Callable[[float], LogitsProcessor]
    source: str = ""
    short: str = ""
    is_rare: bool = False
    removes: bool = True
    sweep: tuple[float, float] | None = None
    gives_none: Literal["never", "unread", "off"] = "never"

    @property
    def is_sampling_only(self) -> bool:
        """Whether `generate` looks at it only with `do_sample=True`."""
        return self.kind != "penalty"

    @property
    def default(self) -> float:
        """The value that switches it off."""
        return self.rule.off[0]


class TopPByHigherId(TopPLogitsWarper):
    """transformers' top-p with a defined choice among equal scores at the cut: the higher ids stay.

    The library sorts with an unstable `torch.sort`, so which of several tied tokens it keeps differs from processor
    to processor and with the row's length; how many it keeps does not.
    """

    def __call__(self, input_ids: torch.LongTensor, scores: torch.Tensor) -> torch.Tensor:
        return by_higher_id(scores, super().__call__(input_ids, scores))


class TopHByHigherId(TopHLogitsWarper):
    """transformers' top-h with the same choice among equal scores at the cut."""

    def __call__(self, input_ids: torch.LongTensor, scores: torch.Tensor) -> torch.Tensor:
        return by_higher_id(scores, super().__call__(input_ids, scores))


def by_higher_id(scores: torch.Tensor, kept: torch.Tensor) -> torch.Tensor:
    """`kept` with as many tokens of the smallest score that it keeps, but those with the highest ids.

    Args:
        scores: (rows, vocab) before a cut.
        kept: (rows, vocab) after it, -inf where removed; its kept tokens are the best of `scores`, ties aside.
    """
    smallest = kept.masked_fill(kept == -torch.inf, torch.inf).amin(-1, keepdim=True)
    tied = scores == smallest
    places = (kept == smallest).sum(-1, keepdim=True)
    if looks_are_free(scores) and bool((tied.sum(-1, keepdim=True) == places).all()):
        return kept
    higher_tied = tied.flip(-1).cumsum(-1).flip(-1)
    kept = kept.masked_fill(tied, -torch.inf)
    return torch.where(tied & (higher_tied <= places), scores, kept)


STAGES = (
    Stage(
        name="repetition_penalty",
        label="repetition penalty",
        short="repetition",
        kind="penalty",
        rule=Rule(0.01, 100, off=(1,)),
        slider=Slider(1, 2, 0.05),
        says="divides positive logits of tokens that occurred before by this value, and multiplies negative ones by it",
        source="Keskar et al. 2019, arXiv:1909.05858",
        make=RepetitionPenaltyLogitsProcessor,
        removes=False,
    ),
    Stage(
        name="no_repeat_ngram_size",
        label="no-repeat n-gram",
        short="n-gram",
        kind="penalty",
        rule=Rule(0, 1000, whole=True, off=(0,)),
        slider=Slider(0, 10, 1),
        says="removes tokens that would repeat an n-gram of this size",
        source="Paulus et al. 2017, arXiv:1705.04304",
        make=lambda size: NoRepeatNGramLogitsProcessor(int(size)),
        is_rare=True,
    ),
    Stage(
        name="temperature",
        label="temperature",
        kind="temperature",
        rule=Rule(0.001, 100, off=(1,), off_does="leaves the model's distribution as it is"),
        slider=Slider(0.05, 2, 0.05),
        says="divides the logits: below 1 makes the distribution sharper, above 1 flatter",
        make=TemperatureLogitsWarper,
        removes=False,
        sweep=(0.2, 1.6),
    ),
    Stage(
        name="top_h",
        label="top-h",
        kind="cut",
        rule=Rule(0, 1, off=(0,)),
        slider=Slider(0, 0.99, 0.01),  # at 1 rounding alone decides which of the last tokens go
        says="keeps the best of the top 100 tokens while their entropy terms sum to at most this share of the total",
        source="Baghaei Potraghloo et al. 2025, arXiv:2509.02510",
        make=TopHByHigherId,
        is_rare=True,
        gives_none="off",
    ),
    Stage(
        name="top_k",
        label="top-k",
        kind="cut",
        rule=Rule(0, 10_000_000, whole=True, off=(0,)),
        slider=Slider(0, 200, 1),
        says="keeps the k most probable tokens, and those that tie with the last of them",
        source="Fan et al. 2018, arXiv:1805.04833",
        make=lambda k: TopKLogitsWarper(int(k)),
        sweep=(1, 100),
        gives_none="unread",
    ),
    Stage(
        name="top_p",
        label="top-p",
        kind="cut",
        rule=Rule(0, 1, off=(1,)),
        slider=Slider(0, 1, 0.01),
        says="keeps the fewest most probable tokens whose probabilities sum to p or more",
        source="Holtzman et al. 2020, arXiv:1904.09751",
        make=TopPByHigherId,
        sweep=(0.3, 1),
    ),
    Stage(
        name="min_p",
        label="min-p",
        kind="cut",
        rule=Rule(0, 1, off=(0,)),
        slider=Slider(0, 1, 0.01),
        says="removes tokens that are less probable than this share of the most probable token's probability",
        source="Nguyen et al. 2024, arXiv:2407.01082",
        make=MinPLogitsWarper,
        sweep=(0, 0.3),
        gives_none="unread",
    ),
    Stage(
        name="typical_p",
        label="typical-p",
        kind="cut",
        rule=Rule(0, 1, open_low=True, off=(1,)),
        slider=Slider(0.05, 1, 0.01),
        says="keeps the tokens whose surprisal is closest to the entropy, until their probabilities sum to this value",
        source="Meister et al. 2022, arXiv:2202.00666",
        make=TypicalLogitsWarper,
        is_rare=True,
    ),
    Stage(
        name="epsilon_cutoff",
        label="epsilon cutoff",
        short="epsilon",
        kind="cut",
        rule=Rule(0, 1, off=(0, 1)),
        slider=Slider(0, 0.1, 0.0001),
        says="removes tokens whose probability is below this value",
        source="Hewitt et al. 2022, arXiv:2210.15191",
        make=EpsilonLogitsWarper,
        is_rare=True,
    ),
    Stage(
        name="eta_cutoff",
        label="eta cutoff",
        short="eta",
        kind="cut",
        rule=Rule(0, 1, off=(0, 1)),
        slider=Slider(0, 0.1, 0.0001),
        says="removes tokens whose probability is below a limit that falls as the entropy grows",
        source="Hewitt et al. 2022, arXiv:2210.15191",
        make=EtaLogitsWarper,
        is_rare=True,
    ),
)

BY_NAME = {stage.name: stage for stage in STAGES}
