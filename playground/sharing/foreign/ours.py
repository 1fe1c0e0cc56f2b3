"""Our own settings as the other formats need them: the value of each where nothing is said, and what switches it on.

Knows names and numbers. Does not know any program's format.
"""

from typing import Any

from playground.sharing.foreign.records import Values

WHOLE_TEXT = -1
"""The window of a penalty that reads all tokens before the step."""

BREAKERS = ("\n", ":", '"', "*")

PENALTIES: Values = {
    "logit_bias": {},
    "bad_words": [],
    "min_new_tokens": 0,
    "exponential_decay_length_penalty": None,
    "encoder_repetition_penalty": 1,
    "repetition_penalty": 1,
    "repeat_last_n": WHOLE_TEXT,
    "frequency_penalty": 0,
    "presence_penalty": 0,
    "no_repeat_ngram_size": 0,
    "dry_multiplier": 0,
    "dry_base": 1.75,
    "dry_allowed_length": 2,
    "dry_penalty_last_n": WHOLE_TEXT,
    "dry_sequence_breakers": list(BREAKERS),
    "regex": None,
    "json_schema": None,
    "choices": None,
    "grammar": None,
    "watermark_bias": 0,
    "watermark_ratio": 0.25,
    "watermark_key": 15485863,
}
"""What every strategy reads, with the value where nothing is said."""

SAMPLING: Values = {
    "temperature": 1,
    "dynatemp_range": 0,
    "dynatemp_exponent": 1,
    "smoothing_factor": 0,
    "smoothing_curve": 1,
    "top_n_sigma": 0,
    "top_h": 0,
    "top_k": 0,
    "top_p": 1,
    "min_p": 0,
    "typical_p": 1,
    "epsilon_cutoff": 0,
    "eta_cutoff": 0,
    "top_a": 0,
    "tfs_z": 1,
    "xtc_probability": 0,
    "xtc_threshold": 0.1,
    "mirostat": 0,
    "mirostat_tau": 5,
    "mirostat_eta": 0.1,
}
"""What only sampling reads."""

BEAM: Values = {"num_beams": 1, "length_penalty": 1, "early_stopping": False}

DEFAULTS: Values = {"strategy": "sample", "stop_strings": []} | PENALTIES | SAMPLING | BEAM

ALSO_OFF = {"epsilon_cutoff": 1, "eta_cutoff": 1, "top_n_sigma": -1}

SWITCHES = {
    "repeat_last_n": ("repetition_penalty", "frequency_penalty", "presence_penalty"),
    "dry_base": ("dry_multiplier",),
    "dry_allowed_length": ("dry_multiplier",),
    "dry_penalty_last_n": ("dry_multiplier",),
    "dry_sequence_breakers": ("dry_multiplier",),
    "dynatemp_exponent": ("dynatemp_range",),
    "smoothing_curve": ("smoothing_factor",),
    "xtc_threshold": ("xtc_probability",),
    "mirostat_tau": ("mirostat",),
    "mirostat_eta": ("mirostat",),
    "watermark_ratio": ("watermark_bias",),
    "watermark_key": ("watermark_bias",),
}
"""Settings that are read only while one of others is on."""

WINDOWS = {"repeat_last_n": SWITCHES["repeat_last_n"], "dry_penalty_last_n": ("dry_multiplier",)}
"""The windows, in tokens, of which 0 switches these settings off."""

STAGE_OF = {
    "dry": "dry_multiplier",
    "xtc": "xtc_probability",
    "watermark": "watermark_bias",
}
"""The setting that switches a stage on, where the two have different names."""

CONSTRAINTS = ("regex", "json_schema", "choices", "grammar")


def is_off(name: str, value: Any) -> bool:
    """Returns whether a setting with this value does what it does where nothing is said."""
    if name not in DEFAULTS:
        return False
    default = DEFAULTS[name]
    is_nothing = value is None or (default in ([], {}) and value in ([], {}, ()))
    return is_nothing or value == default or (name in ALSO_OFF and value == ALSO_OFF[name])


def in_force(settings: Values) -> Values:
    """Returns the settings that do something, in their order.

    A setting that only sampling reads is left out under another strategy, and one whose stage is off always.
    """
    on = {name: value for name, value in settings.items() if not is_off(name, value)}
    for window, switches in WINDOWS.items():
        if on.get(window) == 0:
            on = {name: value for name, value in on.items() if name not in switches}
    strategy = settings.get("strategy", "sample")
    if strategy != "sample":
        on = {name: value for name, value in on.items() if name not in SAMPLING}
    if strategy != "beam":
        on = {name: value for name, value in on.items() if name not in BEAM}
    return {
        name: value
        for name, value in on.items()
        if name not in SWITCHES or any(switch in on for switch in SWITCHES[name])
    }


def stages_on(settings: Values) -> set[str]:
    """Returns the names of the stages that are on, among those whose place in an order a format may say."""
    on = in_force(settings)
    found = {name for name in on if name in PENALTIES or name in SAMPLING}
    found |= {stage for stage, switch in STAGE_OF.items() if switch in on}
    if "dynatemp_range" in on:
        found.add("temperature")
    if any(name in on for name in CONSTRAINTS):
        found.add("constraint")
    return found - {*SWITCHES, *CONSTRAINTS, "dynatemp_range", *STAGE_OF.values()}
