"""What llama.cpp's command line and its server's requests have in common: the defaults, and the chain of samplers.

Read in llama.cpp b11549 (2026): `common/common.h` for the defaults (xllamacpp's `CommonParams().sampling` tells the
same), `common/sampling.cpp` for the names and letters of the samplers, and for what runs beside Mirostat.

Knows our settings. Does not know how a request or a command line is written.
"""

from collections.abc import Sequence
from typing import Any

from playground.decoding.orders import complete, names_in
from playground.sharing.foreign.copying import Copying, window
from playground.sharing.foreign.draft import Draft, number
from playground.sharing.foreign.ours import CONSTRAINTS, DEFAULTS, SWITCHES
from playground.sharing.foreign.records import Order, Values, names_of

DEFAULT_VALUES: Values = {"temperature": 0.8, "top_k": 40, "top_p": 0.95, "min_p": 0.05}
"""What llama.cpp does where nothing is said, as far as it is not off."""
DEFAULT_WINDOW = 64
"""The window of its penalties and of DRY where nothing is said, in tokens."""
WINDOWS = ("repeat_last_n", "dry_penalty_last_n")

NAMES: dict[str, tuple[str, str]] = {
    "temperature": ("temperature", "--temp"),
    "dynatemp_range": ("dynatemp_range", "--dynatemp-range"),
    "dynatemp_exponent": ("dynatemp_exponent", "--dynatemp-exp"),
    "top_k": ("top_k", "--top-k"),
    "top_p": ("top_p", "--top-p"),
    "min_p": ("min_p", "--min-p"),
    "typical_p": ("typical_p", "--typical"),
    "top_n_sigma": ("top_n_sigma", "--top-nsigma"),
    "xtc_probability": ("xtc_probability", "--xtc-probability"),
    "xtc_threshold": ("xtc_threshold", "--xtc-threshold"),
    "repetition_penalty": ("repeat_penalty", "--repeat-penalty"),
    "frequency_penalty": ("frequency_penalty", "--frequency-penalty"),
    "presence_penalty": ("presence_penalty", "--presence-penalty"),
    "repeat_last_n": ("repeat_last_n", "--repeat-last-n"),
    "dry_multiplier": ("dry_multiplier", "--dry-multiplier"),
    "dry_base": ("dry_base", "--dry-base"),
    "dry_allowed_length": ("dry_allowed_length", "--dry-allowed-length"),
    "dry_penalty_last_n": ("dry_penalty_last_n", "--dry-penalty-last-n"),
    "mirostat": ("mirostat", "--mirostat"),
    "mirostat_tau": ("mirostat_tau", "--mirostat-ent"),
    "mirostat_eta": ("mirostat_eta", "--mirostat-lr"),
}
"""The field of a request and the flag of each of our settings that is one number."""

SAMPLERS: dict[str, tuple[str, ...]] = {
    "penalties": ("repetition_penalty", "frequency_penalty", "presence_penalty"),
    "dry": ("dry",),
    "top_n_sigma": ("top_n_sigma",),
    "top_k": ("top_k",),
    "typ_p": ("typical_p",),
    "top_p": ("top_p",),
    "min_p": ("min_p",),
    "xtc": ("xtc",),
    "temperature": ("temperature",),
}
"""Our stages of each sampler, in llama.cpp's own order."""

OTHER_NAMES = {
    "top-k": "top_k",
    "top-p": "top_p",
    "nucleus": "top_p",
    "top-n-sigma": "top_n_sigma",
    "typical-p": "typ_p",
    "typical_p": "typ_p",
    "typical": "typ_p",
    "typ-p": "typ_p",
    "typ": "typ_p",
    "min-p": "min_p",
    "temp": "temperature",
}
LETTERS = dict(zip("edskypmxt", SAMPLERS, strict=True)) | {"a": "adaptive_p", "i": "infill"}

SWITCHED_BY: dict[str, tuple[str, ...]] = {
    "dry": ("dry_multiplier",),
    "xtc": ("xtc_probability",),
    "typ_p": ("typical_p",),
    "penalties": SAMPLERS["penalties"],
    "temperature": ("temperature", "dynatemp_range"),
}
"""The settings that do nothing without their sampler, where they are not called like it."""

BESIDE_MIROSTAT = {*CONSTRAINTS} | names_of(
    """strategy temperature mirostat mirostat_tau mirostat_eta logit_bias min_new_tokens max_new_tokens seed
    stop_strings"""
)
"""What llama.cpp reads when Mirostat is on."""


def settle(draft: Draft, chain: Sequence[str] | None) -> Order:
    """Adds llama.cpp's defaults to what was said, switches off what it would not run, and returns the order.

    Args:
        chain: the names of the samplers, None where the text does not list any.
    """
    for name, value in DEFAULT_VALUES.items():
        if name not in draft.settings:
            draft.settings[name] = value
    for name in WINDOWS:
        draft.settings.setdefault(name, DEFAULT_WINDOW)
    for name in ("top_k", "min_p", "xtc_probability", "dry_multiplier", "dynatemp_range", "mirostat"):
        _off_below_zero(draft, name)
    if number(draft.settings.get("mirostat", 0)) in (1, 2):
        leave_out(draft, [name for name in draft.settings if name not in BESIDE_MIROSTAT], "with Mirostat")
        order: Order = "llama.cpp"
    else:
        order = "llama.cpp" if chain is None else ordered(draft, chain)
    if any(name in draft.said for name in CONSTRAINTS):
        draft.note("llama.cpp draws first and masks only a token that does not fit. Here the mask comes first.")
    if not draft.settings.get("dynatemp_range"):
        draft.greedy_at_zero()
    return order


def chain_of(copying: Copying, order: Sequence[str]) -> tuple[list[str] | None, bool]:
    """Returns the samplers that put the stages as `order` does, None for llama.cpp's own, and whether they can.

    Args:
        copying: all of it has been said that the form can say.
        order: all stages.
    """
    on = copying.stages()
    sampler_of = {stage: sampler for sampler, stages in SAMPLERS.items() for stage in stages}
    wanted = [name for name in order if name in on and name in sampler_of]
    if "mirostat" in on or wanted == [name for name in sampler_of if name in on]:
        return None, copying.says(order, names_in("llama.cpp"))
    samplers = list(dict.fromkeys(sampler_of[name] for name in wanted))
    stages = [name for sampler in samplers for name in SAMPLERS[sampler]]
    if wanted != [name for name in stages if name in on]:
        return None, False
    chain = [*samplers, *(sampler for sampler in SAMPLERS if sampler not in samplers)]
    return chain, copying.says(order, complete(stages))


def values_of(copying: Copying) -> Values:
    """Returns what llama.cpp has to be told of the settings, by our names: what is on, and its defaults' opposites."""
    strategy = copying.on.get("strategy", "sample")
    if strategy == "greedy":
        copying.said("strategy")
    beside = copying.on.get("mirostat")
    names = [name for name in copying.on if name in NAMES and (not beside or name in BESIDE_MIROSTAT)]
    names += [] if beside or strategy == "greedy" else [name for name in DEFAULT_VALUES if name not in names]
    for switched, switches in SWITCHES.items():
        if switched in NAMES and switched not in names and any(name in names for name in switches):
            names.append(switched)
    if beside and "temperature" not in names:
        names.append("temperature")
    values = {name: copying.value(name) for name in NAMES if name in names}
    if strategy == "greedy":
        values = {"temperature": 0} | values
    return {name: window(value) if name in WINDOWS else value for name, value in values.items()}


def ordered(draft: Draft, chain: Sequence[str]) -> Order:
    """Returns the order that a list of samplers stands for, and switches off those that it does not name."""
    names: list[str] = []
    for told in chain:
        name = OTHER_NAMES.get(told, told)
        if name not in SAMPLERS:
            draft.unknown("samplers", told)
        elif name in names:
            draft.refuse(f"The samplers name {name} twice. It runs once here, at its first place.")
        else:
            names.append(name)
    for sampler in SAMPLERS:
        if sampler not in names:
            leave_out(draft, SWITCHED_BY.get(sampler, (sampler,)), f"without the sampler {sampler}")
    if names == list(SAMPLERS):
        return "llama.cpp"
    return tuple(stage for name in names for stage in SAMPLERS[name])


def leave_out(draft: Draft, names: Sequence[str], why: str, program: str = "llama.cpp") -> None:
    """Switches settings off that a program would not read, and says so of those that the text gives."""
    for name in names:
        said, value = draft.said.get(name), draft.drop(name)
        if said is not None:
            draft.ignore(said, value)
            if value != DEFAULTS.get(name):
                draft.note(f"{program} does not read {said} {why}, so that it is off.")


def _off_below_zero(draft: Draft, name: str) -> None:
    value: Any = draft.settings.get(name)
    if isinstance(value, int | float) and not isinstance(value, bool) and value < 0:
        draft.settings[name] = DEFAULTS[name]
