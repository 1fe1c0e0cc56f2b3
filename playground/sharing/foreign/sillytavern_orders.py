"""The orders that a SillyTavern preset holds: one for each program that SillyTavern may send it to. One of them counts.

Read in SillyTavern's `public/scripts/textgen-settings.js` (2025) for the fields and their defaults, and in KoboldCpp's
`gpttype_adapter.cpp` (2026) for what each of its numbers runs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playground.sharing.foreign import llama
from playground.sharing.foreign.draft import Draft, truth
from playground.sharing.foreign.records import Order, Values

PENALTIES = ("repetition_penalty", "frequency_penalty", "presence_penalty")

KOBOLD: dict[str, tuple[str, ...]] = {
    "6": ("repetition_penalty", "presence_penalty"),
    "0": ("top_k",),
    "1": ("top_a",),
    "3": ("tfs_z",),
    "4": ("typical_p",),
    "2": ("top_p", "min_p"),
    "5": ("temperature", "smoothing_factor", "top_n_sigma"),
}
"""Our stages of each of KoboldCpp's numbers, in its default order. DRY comes before all, XTC after all."""
APHRODITE: dict[str, tuple[str, ...]] = {
    "dry": ("dry",),
    "penalties": PENALTIES,
    "no_repeat_ngram": ("no_repeat_ngram_size",),
    "temperature": ("temperature",),
    "top_nsigma": ("top_n_sigma",),
    "top_p_top_k": ("top_k", "top_p"),
    "top_a": ("top_a",),
    "min_p": ("min_p",),
    "tfs": ("tfs_z",),
    "eta_cutoff": ("eta_cutoff",),
    "epsilon_cutoff": ("epsilon_cutoff",),
    "typical_p": ("typical_p",),
    "quadratic": ("smoothing_factor",),
    "xtc": ("xtc",),
}
"""The same of Aphrodite's names."""
NO_STAGE = "adaptive_p"
"""A sampler that SillyTavern lists always, and that does nothing without a target."""


WEBUI_DEFAULT = (
    *("repetition_penalty", "presence_penalty", "frequency_penalty", "dry", "temperature", "dynamic_temperature"),
    *("quadratic_sampling", "top_n_sigma", "top_k", "top_p", "typical_p", "epsilon_cutoff", "eta_cutoff", "tfs"),
    *("top_a", "min_p", "mirostat", "xtc", "encoder_repetition_penalty", "no_repeat_ngram"),
)


@dataclass(frozen=True)
class Backend:
    """A program that SillyTavern sends a preset to.

    Attributes:
        field: the preset's name of its order.
        program: its name.
        kind: SillyTavern's name of it, the value of `type`.
        default: the order that SillyTavern writes while nobody changes it.
        reads: returns the order that a list of names stands for, and whether `temperature_last` is on; None if the
            form of text-generation-webui reads it.
    """

    field: str
    program: str
    kind: str
    default: tuple[str, ...]
    reads: Callable[[Draft, Sequence[str], bool], Order] | None


def take_order(draft: Draft, left: Values) -> Callable[[], Order] | None:
    """Takes the order that counts out of a preset, and notes which one that is if it holds several.

    A preset does not say which program it was made for, unless it has a `type`. Then the one order counts that the
    preset holds, or the one that somebody changed; else that of text-generation-webui.

    Returns:
        what returns the order once all values are taken; None if the order is text-generation-webui's, which stays.
    """
    held = [one for one in BACKENDS if isinstance(left.get(one.field), list) and left[one.field]]
    changed = [one for one in held if tuple(_names(left[one.field])) != one.default]
    named = [one for one in BACKENDS if one.kind == left.get("type")]
    chosen = next((few[0] for few in (named, held, changed) if len(few) == 1), BACKENDS[0])
    others = [f"{one.field} ({one.program})" for one in held if one is not chosen]
    if others:
        draft.note(f"The order is that of {chosen.program}, {chosen.field}. Not taken: {', '.join(others)}.")
    reads = chosen.reads
    if reads is None:
        return None
    names, is_last = _names(left.pop(chosen.field, None) or []), truth(left.pop("temperature_last", None))
    if "sampler_priority" in left:
        draft.ignore("sampler_priority", left.pop("sampler_priority"))
    return lambda: reads(draft, names or chosen.default, is_last)


def _names(listed: Any) -> list[str]:
    """Returns a list's names, without the sampler that does nothing without a target. KoboldCpp's are numbers."""
    return [str(name) for name in listed if name != NO_STAGE] if isinstance(listed, list) else []


def _of_llama(draft: Draft, names: Sequence[str], _: bool) -> Order:
    return llama.ordered(draft, names)


def _of_kobold(draft: Draft, names: Sequence[str], _: bool) -> Order:
    return ("dry", *_stages(draft, names, KOBOLD, "sampler_order", "KoboldCpp"), "xtc")


def _of_aphrodite(draft: Draft, names: Sequence[str], is_last: bool) -> Order:
    if is_last:
        names = [*(name for name in names if name != "temperature"), "temperature"]
        draft.note("temperature_last is an order here: the temperature comes after the cuts.")
    return _stages(draft, names, APHRODITE, "samplers_priorities", "Aphrodite")


def _stages(
    draft: Draft, names: Sequence[str], stages: Mapping[str, tuple[str, ...]], field: str, program: str
) -> tuple[str, ...]:
    """Returns the stages of a list of samplers, and switches off those of the samplers that it does not name."""
    for name in names:
        if name not in stages:
            draft.unknown(field, name)
    for name, without in stages.items():
        if name not in names:
            settings = [setting for stage in without for setting in SETTINGS_OF.get(stage, (stage,))]
            llama.leave_out(draft, settings, f"without {name} in {field}", program)
    return tuple(dict.fromkeys(stage for name in names for stage in stages.get(name, ())))


SETTINGS_OF = {
    "dry": ("dry_multiplier",),
    "xtc": ("xtc_probability",),
    "temperature": ("temperature", "dynatemp_range"),
}
"""The settings that switch a stage on, where they are not called like it."""
BACKENDS = (
    Backend("sampler_priority", "text-generation-webui", "ooba", WEBUI_DEFAULT, None),
    Backend("samplers", "llama.cpp", "llamacpp", tuple(llama.SAMPLERS), _of_llama),
    Backend("sampler_order", "KoboldCpp", "koboldcpp", tuple(KOBOLD), _of_kobold),
    Backend("samplers_priorities", "Aphrodite", "aphrodite", tuple(APHRODITE), _of_aphrodite),
)
"""The first one is SillyTavern's own first choice."""
