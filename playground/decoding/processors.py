"""From logits to a token: transformers' own logits processors one by one, and one number that picks the token.

Knows settings. Does not know models, traces or pages.
`stages` serves generation and drawing alike, so a picture cannot disagree with the sampler.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast, get_args

import numpy as np
import torch
from transformers import LogitsProcessor

from playground.decoding.draws import COMPACT_TOKENS, looks_are_free
from playground.decoding.settings import Settings
from playground.decoding.stages import STAGES, Kind

PLACE_AFTER: dict[Kind, str] = {"penalty": "penalties", "cut": "last"}
"""Where a model's own processors stand in `generate`'s order (`GenerationMixin._get_logits_processor`): after the
stages of which kind. Before all of them is the place "first"."""


class ExtraProcessor(NamedTuple):
    """A processor that the model's generation_config brings and `Settings` has no name for."""

    name: str
    place: str
    processor: LogitsProcessor


class StageScores(NamedTuple):
    """All rows after one stage. `name` is the setting's; "raw" comes first. `scores`: (rows, vocab) float32."""

    name: str
    scores: torch.Tensor


@dataclass(frozen=True, eq=False)
class StageOutcome:
    """One row after one stage, made when asked for and never kept.

    Attributes:
        name: the setting's name, "raw" for the model's own logits.
        logits: (vocab,) float32 after the stage, -inf where removed.
        removed: (vocab,) bool, what this very stage set to -inf.
    """

    name: str
    logits: torch.Tensor
    removed: torch.Tensor

    @property
    def kept(self) -> int:
        """The number of tokens that are left."""
        return int((self.logits > -torch.inf).sum())


def batch_stages(
    logits: torch.Tensor,
    ids: Sequence[Sequence[int]],
    settings: Settings,
    extras: Sequence[ExtraProcessor] = (),
) -> Iterator[StageScores]:
    """The scores after each stage that is on, in `generate`'s order.

    Args:
        logits: (rows, vocab), any float dtype; read as float32, as `generate` does, and not changed.
        ids: the tokens before this step for every row, prompt included, padding not.
        settings: one for all rows; greedy keeps its penalties and has no other stage.
        extras: the model's own processors; they are applied where `generate` would.

    Yields:
        "raw", then one `StageScores` a stage.
    """
    scores = logits.float()
    yield StageScores("raw", scores)
    prefixes: list[torch.LongTensor] = []  # made for the first processor: most texts have none
    was_cut = False
    for name, processor, kind in _processors(settings, extras):
        prefixes = prefixes or [cast(torch.LongTensor, long_tensor([row]).to(scores.device)) for row in ids]
        if kind == "penalty":
            rows = zip(prefixes, scores.split(1), strict=True)
            scores = torch.cat([processor(prefix, row) for prefix, row in rows])
        else:
            scores = _cut(processor, prefixes[0], scores) if was_cut else processor(prefixes[0], scores)
            was_cut |= kind == "cut"
        yield StageScores(name, scores)


def stages(
    logits: torch.Tensor, ids: Sequence[int], settings: Settings, extras: Sequence[ExtraProcessor] = ()
) -> list[StageOutcome]:
    """Every stage of one step, on the device of `logits` (vocab,); `ids` the tokens before it. The first is "raw"."""
    found: list[StageOutcome] = []
    for name, scores in batch_stages(logits[None], [ids], settings, extras):
        after = scores[0]
        before = found[-1].logits if found else after
        found.append(StageOutcome(name, after, (after == -torch.inf) & (before > -torch.inf)))
    return found


def long_tensor(numbers: Sequence[object]) -> torch.LongTensor:
    """What transformers' annotations call a LongTensor. torch declares only that a tensor comes of it."""
    return cast(torch.LongTensor, torch.tensor(numbers, dtype=torch.long))


def uniform(seed: int, step: int) -> float:
    """The random number of one step, uniform in [0, 1).

    Counter-based (Philox, Salmon et al. 2011), so it depends on nothing but (seed, step): a fork at a step sees the
    numbers the original would have seen, whoever shares the batch.
    """
    return float(np.random.Generator(np.random.Philox(key=seed, counter=step << 64)).random())


def _processors(settings: Settings, extras: Sequence[ExtraProcessor]) -> Iterator[tuple[str, LogitsProcessor, Kind]]:
    """(name, processor, kind) of the stages that are on, in `generate`'s order. What a model brings reads the ids."""

    def brought(place: str) -> Iterator[tuple[str, LogitsProcessor, Kind]]:
        return ((extra.name, extra.processor, "penalty") for extra in extras if extra.place == place)

    samples = settings.strategy == "sample"
    yield from brought("first")
    for kind in get_args(Kind):
        for stage in STAGES:
            if stage.kind == kind and settings.is_on(stage.name) and (samples or not stage.is_sampling_only):
                yield stage.name, stage.make(getattr(settings, stage.name)), stage.kind
        if kind in PLACE_AFTER:
            yield from brought(PLACE_AFTER[kind])


def _cut(processor: LogitsProcessor, ids: torch.LongTensor, scores: torch.Tensor) -> torch.Tensor:
    """`processor(ids, scores)`, looking only at the tokens that are left when they are few. A cut does not read `ids`.

    Removed tokens have probability 0, so the cut is the same; a full sort of 16 rows of 49,152 costs as much as the
    model's forward. Ids stay in ascending order, because ties are settled by them.
    """
    if not looks_are_free(scores):
        return processor(ids, scores)
    left = scores > -torch.inf
    most = int(left.sum(-1).max())
    if most > COMPACT_TOKENS or most >= scores.shape[-1]:
        return processor(ids, scores)
    columns = scores.topk(most).indices.sort(-1).values
    cut = processor(ids, scores.gather(-1, columns))
    return torch.full_like(scores, -torch.inf).scatter(-1, columns, cut)
