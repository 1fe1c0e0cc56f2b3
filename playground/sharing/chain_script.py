"""Writes the part of a script that runs the stages in an order that `generate` does not have, or stages that are ours.

Knows stages and settings. Does not know traces or models.
"""

import inspect
import math
from collections.abc import Sequence
from typing import Any

from transformers import LogitsProcessor

from playground.decoding.processors import values_of
from playground.decoding.settings import Settings
from playground.decoding.stages.stage import Stage
from playground.decoding.vocabulary import Vocabulary
from playground.sharing.stage_code import StageCode

ONE_STAGE = '''

class OneStage(LogitsProcessor):
    """A stage that gets one row at a time, with what it reads of the text."""

    def __init__(self, apply):
        self.apply = apply

    def __call__(self, input_ids, scores):
        rows = zip(input_ids.tolist(), scores.split(1), strict=True)
        return torch.cat([self.apply(moment_of(ids), row) for ids, row in rows])


def moment_of(ids):
    # Of each token that was chosen, -log2 of its probability after all stages. Only Mirostat reads them.
    surprises = [float("inf") if one is None else one for one in {surprises}]
    return Moment(ids, prompt_ids.shape[1], {source_ids}, {seed}, surprises[: len(ids) - prompt_ids.shape[1]])
'''


def definitions(all_settings: Sequence[Settings], surprises: Sequence[float], source_ids: Sequence[int]) -> str:
    """Returns the imports and the classes that the stages of these settings need, "" if `generate` has them all.

    Args:
        all_settings: those of the text, and those of a step that was chosen under others.
        surprises: of each token of the completion; see `Moment`.
        source_ids: what the encoder reads, empty for a decoder-only model.
    """
    asked = [settings for settings in all_settings if not settings.is_generates]
    if not asked:
        return ""
    stages = [(stage, settings.is_theirs(stage)) for settings in asked for stage in settings.in_force()]
    ours = {stage.name: stage for stage, is_theirs in stages if not is_theirs}
    theirs = sorted({stage.transformers for stage, is_theirs in stages if is_theirs})
    code = StageCode()
    code.imports.add(f"from transformers import {', '.join(['LogitsProcessorList', *theirs])}")
    if not ours:
        return f"\n{code.text}"
    for stage in ours.values():
        code.add(stage)
    code.add_name("playground.decoding.stages.stage", "Moment")
    code.imports |= {"import torch", "from transformers import LogitsProcessor"}
    told = [round(one, 12) if math.isfinite(one) else None for one in surprises]
    facts = {"{source_ids}": tuple(source_ids), "{seed}": asked[0].seed, "{surprises}": told}
    text = ONE_STAGE
    for name, value in facts.items():
        text = text.replace(name, repr(value))
    return f"\n{code.text}{text}"


def chain(settings: Settings, vocabulary: Vocabulary) -> str:
    """Returns the expression of a list of processors in the settings' order."""
    lines = "".join(f"    {_one(stage, settings, vocabulary)},\n" for stage in settings.in_force())
    return f"LogitsProcessorList([\n{lines}])"


def plain_kwargs(settings: Settings) -> dict[str, Any]:
    """Returns the arguments of `generate` that switch all its own stages off and keep lengths and stop strings."""
    off = Settings(settings.strategy, max_new_tokens=settings.max_new_tokens, stop_strings=settings.stop_strings)
    return off.generate_kwargs()


def _one(stage: Stage, settings: Settings, vocabulary: Vocabulary) -> str:
    if settings.is_theirs(stage):
        return f"{stage.transformers}({getattr(settings, stage.setting)!r})"
    code = StageCode()
    code.add(stage)
    values = dict(values_of(stage, settings, vocabulary))
    made = f"({code.makes[stage.name]})({values!r})"
    is_processor = stage.file is not None and isinstance(inspect.unwrap(stage.make)(values), LogitsProcessor)
    return made if is_processor else f"OneStage({made})"
