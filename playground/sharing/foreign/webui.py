"""A preset of text-generation-webui: YAML, with the values that differ from its defaults.

Read in oobabooga/text-generation-webui 1dcde41d (2026): `modules/presets.py` for the defaults and the names,
`modules/sampler_hijack.py` for what its transformers loader does with them, `modules/text_generation.py` for the units
of the two cutoffs. `sillytavern.py` uses the same names for what it has in common with this form.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from playground.decoding.orders import complete
from playground.sharing.foreign.copying import Copying, from_json
from playground.sharing.foreign.draft import Draft, number, truth
from playground.sharing.foreign.ours import BREAKERS, WHOLE_TEXT
from playground.sharing.foreign.records import Copied, Order, Pasted, Values, names_of
from playground.values import shown

KIND = "text-generation-webui"

SAME = (
    *("smoothing_factor", "smoothing_curve", "top_p", "top_k", "min_p", "top_n_sigma", "typical_p", "top_a"),
    *("xtc_threshold", "xtc_probability", "dry_multiplier", "dry_allowed_length", "dry_base", "repetition_penalty"),
    *("frequency_penalty", "presence_penalty", "encoder_repetition_penalty", "no_repeat_ngram_size"),
    *("mirostat_tau", "mirostat_eta"),
)
"""Settings with our names and meanings."""
RENAMED = {"tfs": "tfs_z", "mirostat_mode": "mirostat"}
CUTOFFS = ("epsilon_cutoff", "eta_cutoff")
UNIT = 1e-4
"""The cutoffs of a preset are in ten-thousandths."""
DEFAULT_RANGE = 1024

NO_EFFECT = names_of("""
    add_bos_token skip_special_tokens truncation_length stream auto_max_new_tokens max_tokens_second
    prompt_lookup_num_tokens static_cache custom_stopping_strings""")
NEUTRAL: Values = {
    "penalty_alpha": 0,
    "guidance_scale": 1,
    "negative_prompt": "",
    "adaptive_target": 0,
    "adaptive_decay": 0.9,
    "ban_eos_token": False,
    "num_beams": 1,
    "length_penalty": 1,
    "min_length": 0,
    "early_stopping": False,
    "temperature_last": False,
    "dynamic_temperature": False,
    "do_sample": True,
    "custom_token_bans": "",
    "grammar_string": "",
    "seed": -1,
}

PRIORITY: dict[str, str] = {
    "repetition_penalty": "repetition_penalty",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "dry": "dry",
    "top_n_sigma": "top_n_sigma",
    "temperature": "temperature",
    "dynamic_temperature": "temperature",
    "quadratic_sampling": "smoothing_factor",
    "top_k": "top_k",
    "top_p": "top_p",
    "typical_p": "typical_p",
    "epsilon_cutoff": "epsilon_cutoff",
    "eta_cutoff": "eta_cutoff",
    "tfs": "tfs_z",
    "top_a": "top_a",
    "min_p": "min_p",
    "mirostat": "mirostat",
    "xtc": "xtc",
    "encoder_repetition_penalty": "encoder_repetition_penalty",
    "no_repeat_ngram": "no_repeat_ngram_size",
}
"""Our stage of each name of `sampler_priority`, in its default order."""
LAST = ("temperature", "dynamic_temperature", "quadratic_sampling")
"""What `temperature_last` moves to the end."""


def read(given: Mapping[str, Any]) -> Pasted:
    """Reads a preset. What it does not say is text-generation-webui's default, which is off."""
    draft, left = Draft(), dict(given)
    order = take(draft, left, {}, DEFAULT_RANGE)
    if "max_new_tokens" in left:
        draft.length(left.pop("max_new_tokens"), "max_new_tokens")
    if "seed" in left:
        draft.seed(left.pop("seed"), "seed", KIND)
    draft.rest(left, NO_EFFECT, NEUTRAL)
    return draft.pasted(KIND, order)


def take(draft: Draft, left: Values, names: Mapping[str, str], default_range: int) -> Order:
    """Takes out of a preset what text-generation-webui reads of it, and returns the order of the stages.

    Args:
        names: the preset's own names of some fields.
        default_range: the window of the penalties where the preset does not give one.
    """

    def out(field: str) -> Any:
        return left.pop(names.get(field, field), None)

    for field in (*SAME, *RENAMED):
        draft.take(RENAMED.get(field, field), out(field), names.get(field, field))
    for field in CUTOFFS:
        value = number(out(field))
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            draft.note(f"{field} {value:g} is {value:g} ten-thousandths: {value * UNIT:g} here.")
            value = round(value * UNIT, 12)
        draft.take(field, value, field)
    is_dynamic = _take_temperature(draft, out, names)
    _take_window(draft, out("repetition_penalty_range"), names, default_range)
    breakers = _breakers(out("dry_sequence_breakers"), draft)
    draft.take("dry_sequence_breakers", breakers, "dry_sequence_breakers")
    samples, beams = out("do_sample"), number(out("num_beams"))
    if isinstance(beams, int | float) and beams > 1:
        _take_beams(draft, beams, out)
    elif samples is not None and not truth(samples):
        draft.take("strategy", "greedy", "do_sample")
    elif not is_dynamic:
        draft.greedy_at_zero()
    return _order(draft, out("sampler_priority"), truth(out("temperature_last")), is_dynamic)


def write(settings: Mapping[str, Any], order: Sequence[str]) -> Copied:
    """Writes a preset: the values that differ from text-generation-webui's defaults."""
    copying = Copying(settings)
    values = fields_of(copying)
    if "dry_sequence_breakers" in values:
        values["dry_sequence_breakers"] = json.dumps(values["dry_sequence_breakers"])[1:-1]
    for name in ("max_new_tokens", "seed"):
        if name in copying.on:
            values[name] = copying.value(name)
    chain, says_order = priority_of(copying, order)
    if chain is not None:
        values["sampler_priority"] = "\n".join(chain)
    return copying.copied(yaml.safe_dump(values, sort_keys=False, allow_unicode=True), says_order)


def fields_of(copying: Copying) -> Values:
    """Returns a preset's fields, by text-generation-webui's names, of the settings that are on."""
    on, values = copying.on, {"do_sample": copying.on.get("strategy") != "greedy"}
    if not values["do_sample"]:
        copying.said("strategy")
    if "dynatemp_range" in on:
        middle, half = copying.value("temperature"), copying.value("dynatemp_range")
        values |= {"dynamic_temperature": True, "dynatemp_low": round(middle - half, 10)}
        values["dynatemp_high"] = round(middle + half, 10)
        if "dynatemp_exponent" in on:
            values["dynatemp_exponent"] = copying.value("dynatemp_exponent")
    elif "temperature" in on:
        values["temperature"] = copying.value("temperature")
    field_of = {name: field for field, name in RENAMED.items()} | {name: name for name in SAME}
    values |= {field_of[name]: copying.value(name) for name in on if name in field_of}
    for name in CUTOFFS:
        if name in on:
            values[name] = round(copying.value(name) / UNIT, 8)
    _say_window(copying, values)
    if "dry_sequence_breakers" in on:
        values["dry_sequence_breakers"] = copying.value("dry_sequence_breakers")
    return values


def priority_of(copying: Copying, order: Sequence[str]) -> tuple[list[str] | None, bool]:
    """Returns the `sampler_priority` that puts the stages as `order` does, None for the default, and whether it can.

    Args:
        order: all stages.
    """
    ours = list(dict.fromkeys(PRIORITY.values()))
    on = copying.stages()
    wanted = [name for name in order if name in on and name in ours]
    if wanted == [name for name in ours if name in on]:
        return None, copying.says(order, complete(ours))
    chain = [*wanted, *(name for name in ours if name not in wanted)]
    return sorted(PRIORITY, key=lambda name: chain.index(PRIORITY[name])), copying.says(order, complete(chain))


def _take_temperature(draft: Draft, out: Any, names: Mapping[str, str]) -> bool:
    """Takes the temperature, or the dynamic one in its place, and returns whether it is dynamic."""
    temperature, is_dynamic = out("temperature"), truth(out("dynamic_temperature"))
    low, high, exponent = (number(out(field)) for field in ("dynatemp_low", "dynatemp_high", "dynatemp_exponent"))
    said = names.get("temperature", "temperature")
    if not is_dynamic:
        draft.take("temperature", temperature, said)
        return False
    low, high = (1 if one is None else one for one in (low, high))
    if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in (low, high)) or low > high:
        draft.refuse(
            f"The dynamic temperature is not taken: it is from {shown(low)} to {shown(high)}. Give two numbers."
        )
        return False
    middle, half = round((low + high) / 2, 10), round((high - low) / 2, 10)
    draft.take("temperature", middle, names.get("dynatemp_low", "dynatemp_low"))
    draft.take("dynatemp_range", half, names.get("dynatemp_high", "dynatemp_high"))
    draft.take("dynatemp_exponent", exponent, "dynatemp_exponent")
    draft.note(f"The dynamic temperature from {low:g} to {high:g} is {middle:g} ± {half:g} here.")
    if temperature not in (None, 1):
        draft.note(f"{said} {shown(temperature)} is not taken: the dynamic temperature is in its place.")
        draft.ignore(said, temperature)
    return True


def _take_beams(draft: Draft, beams: Any, out: Any) -> None:
    draft.take("strategy", "beam", "num_beams")
    draft.take("num_beams", beams, "num_beams")
    draft.take("length_penalty", out("length_penalty"), "length_penalty")
    stopping = out("early_stopping")
    draft.take("early_stopping", None if stopping is None else truth(stopping), "early_stopping")
    draft.note("Beam search takes the best sequences here. It does not draw.")


def _take_window(draft: Draft, value: Any, names: Mapping[str, str], default_range: int) -> None:
    """Takes the one window of the penalties and of DRY. 0 and below stand for the whole text."""
    said = names.get("repetition_penalty_range", "repetition_penalty_range")
    size = default_range if value is None else number(value)
    if isinstance(size, int | float) and not isinstance(size, bool) and size <= 0:
        if value is not None and _reads_window(draft):
            draft.note(
                f"{said} {size:g} is the whole text here, as text-generation-webui's transformers loader has it."
            )
        size = WHOLE_TEXT
    for name in ("repeat_last_n", "dry_penalty_last_n"):
        draft.settings[name] = size
        if value is not None and _reads_window(draft):
            draft.said[name] = said


def _reads_window(draft: Draft) -> bool:
    off = {"repetition_penalty": 1, "frequency_penalty": 0, "presence_penalty": 0, "dry_multiplier": 0}
    return any(draft.settings.get(name, nothing) != nothing for name, nothing in off.items())


def _say_window(copying: Copying, values: Values) -> None:
    """Writes the one window, if the penalties and DRY can share it."""
    on = copying.on
    sizes = {}
    if any(name in on for name in ("repetition_penalty", "frequency_penalty", "presence_penalty")):
        sizes["repeat_last_n"] = on.get("repeat_last_n", WHOLE_TEXT)
    if "dry_multiplier" in on:
        sizes["dry_penalty_last_n"] = on.get("dry_penalty_last_n", WHOLE_TEXT)
    shared = next(iter(sizes.values()), DEFAULT_RANGE)
    for name, size in sizes.items():
        if size == shared:
            copying.said(name)
        else:
            copying.cannot(name)
    if shared != DEFAULT_RANGE:
        values["repetition_penalty_range"] = 0 if shared == WHOLE_TEXT else shared


def _breakers(value: Any, draft: Draft) -> list[str] | None:
    """Returns the texts that a list of breakers holds, as JSON with or without its brackets."""
    if value is None:
        return None
    if isinstance(value, str):
        text = value.strip()
        value = from_json(text if text.startswith("[") else f"[{text}]")
        if isinstance(value, str):
            draft.refuse("dry_sequence_breakers is not taken: it is no list of texts in JSON.")
            return None
    return value if value != list(BREAKERS) else None


def _order(draft: Draft, value: Any, is_last: bool, is_dynamic: bool) -> Order:
    """Returns the order that `sampler_priority` stands for, the default one without it.

    A stage that the list does not name runs before all that it names.
    """
    names = value
    if isinstance(value, str):
        names = [name.strip() for name in value.replace("\n", ",").split(",") if name.strip()]
    names = [str(name) for name in names] if isinstance(names, list) and names else list(PRIORITY)
    for name in names:
        if name not in PRIORITY and name != "adaptive_p":
            draft.unknown("sampler_priority", name)
    idle = "temperature" if is_dynamic else "dynamic_temperature"
    names = [name for name in names if name in PRIORITY and name != idle]
    names = [*(name for name in PRIORITY if name not in names and name != idle), *names]
    if is_last:
        last = [name for name in LAST if name in names]
        names = [*(name for name in names if name not in LAST), *last]
        draft.note("temperature_last is an order here: the temperature comes after the cuts.")
    return tuple(dict.fromkeys(PRIORITY[name] for name in names))
