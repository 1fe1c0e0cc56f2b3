"""From logits to a token's distribution: the stages one by one, in their order.

Knows settings. Does not know models, traces or pages.
`stages` serves generation and drawing alike, so a picture cannot disagree with the sampler.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import torch
from transformers import LogitsProcessor

from playground.decoding.draws import Few
from playground.decoding.settings import Settings
from playground.decoding.stages import PARAMETERS, STAGES
from playground.decoding.stages.stage import SAMPLING_ONLY, Moment, Processor, Stage, Values
from playground.decoding.stages.warper import of_text
from playground.decoding.vocabulary import NoWords, Vocabulary
from playground.errors import PlaygroundError
from playground.values import shown

END_IDS = "end_ids"
"""The name among a stage's values of the tokens that end a text."""


class ExtraProcessor(NamedTuple):
    """A processor that the model's generation_config brings and `Settings` has no name for.

    `place` says where it stands in `generate`'s order (`GenerationMixin._get_logits_processor`): "first" before all
    stages, "penalties" after those that read the text, "last" after all.
    """

    name: str
    place: str
    processor: LogitsProcessor


class StageScores:
    """All rows after one stage.

    Args:
        name: the setting's; "raw" comes first.
        left: (rows, vocab) float32, or the few tokens that are left.
    """

    def __init__(self, name: str, left: torch.Tensor | Few) -> None:
        self.name, self.left = name, left

    @cached_property
    def scores(self) -> torch.Tensor:
        """(rows, vocab) float32."""
        return self.left.whole() if isinstance(self.left, Few) else self.left

    def of(self, places: torch.Tensor) -> "StageScores":
        """Returns those of some rows."""
        left = self.left
        return StageScores(self.name, left.of(places) if isinstance(left, Few) else left[places])


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


class _Applied(NamedTuple):
    """One stage of a chain: what it does, whether to one row at a time, and whether it leaves fewer tokens."""

    name: str
    apply: Processor
    by_row: bool
    is_cut: bool


def batch_stages(
    logits: torch.Tensor,
    moments: Sequence[Moment | Sequence[int]],
    settings: Settings,
    extras: Sequence[ExtraProcessor] = (),
    vocabulary: Vocabulary | None = None,
) -> Iterator[StageScores]:
    """The scores after each stage that is on, in the settings' order.

    Args:
        logits: (rows, vocab), any float dtype; read as float32, as `generate` does, and not changed.
        moments: for every row what stages read of its text. Ids alone are those of a prompt, padding not among them.
        settings: one for all rows; greedy keeps its penalties and has no other stage.
        extras: the model's own processors; they are applied where `generate` would.
        vocabulary: turns the words of the settings into ids. Without one, settings may hold ids only.

    Yields:
        "raw", then one `StageScores` a stage.
    """
    after = StageScores("raw", logits.float())
    yield after
    rows = [one if isinstance(one, Moment) else Moment(one) for one in moments]
    was_cut = False
    for name, apply, by_row, is_cut in _chain(settings, extras, vocabulary or NoWords(logits.shape[-1])):
        # Removed tokens have probability 0, so a cut is the same among those that are left. A full sort of 16 rows of
        # 49,152 costs as much as the model's forward. Ids stay in ascending order, because ties are settled by them.
        few = _few(after.left) if is_cut and was_cut else None
        before = after.scores if few is None else few.values
        if by_row:
            scores = torch.cat([apply(moment, row) for moment, row in zip(rows, before.split(1), strict=True)])
        else:
            scores = apply(rows[0], before)
        was_cut |= is_cut
        after = StageScores(name, scores if few is None else few._replace(values=scores))
        yield after


def stages(
    logits: torch.Tensor,
    moment: Moment | Sequence[int],
    settings: Settings,
    extras: Sequence[ExtraProcessor] = (),
    vocabulary: Vocabulary | None = None,
) -> list[StageOutcome]:
    """Every stage of one step, on the device of `logits` (vocab,). The first is "raw". See `batch_stages`."""
    found: list[StageOutcome] = []
    for one in batch_stages(logits[None], [moment], settings, extras, vocabulary):
        after = one.scores[0]
        before = found[-1].logits if found else after
        found.append(StageOutcome(one.name, after, (after == -torch.inf) & (before > -torch.inf)))
    return found


class Deed(NamedTuple):
    """What one stage did: how many tokens it leaves, and how much probability it removed, measured just before it."""

    name: str
    kept: int
    removed_mass: float


def deeds(found: Sequence[StageOutcome]) -> list[Deed]:
    """Returns what each stage after "raw" did, from what `stages` returned. The numbers come in one transfer."""
    return named_deeds(found, deed_numbers(found).cpu().tolist())


def deed_numbers(found: Sequence[StageOutcome]) -> torch.Tensor:
    """Returns the numbers of `deeds` on the device of the logits: (stages, 2) float64, of each stage after "raw"."""
    numbers = [
        torch.stack(
            [
                (after.logits > -torch.inf).sum().double(),
                before.logits.double().softmax(-1).where(after.removed, 0).sum(),
            ]
        )
        for before, after in pairwise(found)
    ]
    return torch.stack(numbers) if numbers else torch.zeros(0, 2, dtype=torch.float64, device=found[0].logits.device)


def named_deeds(found: Sequence[StageOutcome], numbers: Sequence[Sequence[float]]) -> list[Deed]:
    """Returns what each stage after "raw" did, from what `deed_numbers` returned."""
    return [Deed(one.name, int(kept), mass) for one, (kept, mass) in zip(found[1:], numbers, strict=True)]


def values_of(stage: Stage, settings: Settings, vocabulary: Vocabulary) -> Values:
    """Returns what the stage is made of: the values that it reads, with ids in place of words.

    Raises:
        PlaygroundError: a word has no token, or a token no logit.
    """
    values = settings.values_of(stage)
    for name, value in values.items():
        resolve = PARAMETERS[name].resolve
        if resolve is not None:
            values[name] = resolve(value, vocabulary)
    return values | {END_IDS: vocabulary.end_ids} if stage.reads_ends else values


def ids_of_setting(name: str, value: object, vocabulary: Vocabulary) -> Any:
    """Returns a setting's value with ids in place of its words, or for `END_IDS` the tokens that end a text.

    Raises:
        PlaygroundError: the setting has no words, its rule refuses the value, or a word has no token.
    """
    if name == END_IDS:
        return vocabulary.end_ids
    with_words = [stage for stage in STAGES if stage.kind != "constraint"]  # the page gets a constraint's masks
    parameters = {one.name: one for stage in with_words for one in stage.parameters if one.resolve}
    parameter = parameters.get(name)
    if parameter is None or parameter.resolve is None:
        raise PlaygroundError(f"{shown(name)} is no setting with words. Give one of {', '.join(parameters)}.")
    return parameter.resolve(parameter.rule.check(name, value), vocabulary)


def has_words(settings: Settings) -> bool:
    """Returns whether a stage in force reads words of the model: texts of the settings, or which tokens end a text."""
    stages = settings.in_force()
    return any(one.reads_ends or any(parameter.resolve for parameter in one.parameters) for one in stages)


def check_words(settings: Settings, vocabulary: Vocabulary) -> None:
    """Refuses settings with a word that the vocabulary has no token or no logit for.

    Raises:
        PlaygroundError: names the setting and the word.
    """
    for stage in settings.in_force():
        values_of(stage, settings, vocabulary)


def _chain(settings: Settings, extras: Sequence[ExtraProcessor], vocabulary: Vocabulary) -> Iterator[_Applied]:
    """Yields what changes the scores, in order. What a model brings reads the ids."""

    def brought(place: str) -> list[_Applied]:
        return [_Applied(one.name, of_text(one.processor), True, False) for one in extras if one.place == place]

    yield from brought("first")
    waiting = brought("penalties")
    for stage in settings.in_force():
        if stage.kind in (*SAMPLING_ONLY, "watermark"):
            yield from waiting
            waiting = []
        made = stage.make(values_of(stage, settings, vocabulary))
        is_cut = stage.kind == "cut" and stage.file is None  # another's may need the places of all tokens
        yield _Applied(stage.name, made, stage.reads_moment, is_cut)
    yield from waiting
    yield from brought("last")


def _few(left: torch.Tensor | Few) -> Few | None:
    return left if isinstance(left, Few) else Few.among(left)
