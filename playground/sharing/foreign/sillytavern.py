"""A preset of SillyTavern for text completion: JSON, with all fields of all its backends.

Read in SillyTavern/SillyTavern ba6f7b7a9 (2024) and 17dddecd (2025): `public/scripts/textgen-settings.js` for the names
and for what it sends to text-generation-webui, `public/scripts/logit-bias.js`, and the presets in
`default/content/presets/textgen/`.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from playground.sharing.foreign import webui
from playground.sharing.foreign.copying import Copying, biases_of, from_json, is_gbnf, json_text
from playground.sharing.foreign.draft import BAN, Draft, never_ends, number, truth
from playground.sharing.foreign.ours import BREAKERS, WHOLE_TEXT
from playground.sharing.foreign.records import Copied, Pasted, Values, names_of
from playground.sharing.foreign.sillytavern_orders import take_order

KIND = "sillytavern"

NAMES = {
    "temperature": "temp",
    "repetition_penalty": "rep_pen",
    "repetition_penalty_range": "rep_pen_range",
    "encoder_repetition_penalty": "encoder_rep_pen",
    "frequency_penalty": "freq_pen",
    "presence_penalty": "presence_pen",
    "dynamic_temperature": "dynatemp",
    "dynatemp_low": "min_temp",
    "dynatemp_high": "max_temp",
    "top_n_sigma": "nsigma",
}
"""SillyTavern's name of each field of text-generation-webui that it calls by another name."""

NO_EFFECT = names_of("""
    add_bos_token skip_special_tokens spaces_between_special_tokens streaming preset type max_length n
    max_tokens_second speculative_ngram legacy_api custom_model bypass_status_check openrouter_allow_fallbacks
    include_reasoning json_schema_allow_empty server_urls max_context samplers sampler_order samplers_priorities
    samplers_typical_order global_banned_tokens send_banned_tokens extensions name""")
NEUTRAL: Values = webui.NEUTRAL | {
    "rep_pen_decay": 0,
    "rep_pen_slope": 1,
    "rep_pen_size": 0,
    "skew": 0,
    "min_keep": 0,
    "ignore_eos_token": False,
    "dry_penalty_last_n": 0,
    "min_length": 0,
    "logit_bias": [],
    "banned_tokens": "",
    "json_schema": {},
    "stopping_strings": [],
    "dynatemp": False,
    "min_temp": 0,
    "max_temp": 2,
    "dynatemp_exponent": 1,
}

WRITTEN: Values = {
    "temp": 1,
    "temperature_last": False,
    "top_p": 1,
    "top_k": 0,
    "top_a": 0,
    "tfs": 1,
    "epsilon_cutoff": 0,
    "eta_cutoff": 0,
    "typical_p": 1,
    "min_p": 0,
    "rep_pen": 1,
    "rep_pen_range": 0,
    "rep_pen_decay": 0,
    "rep_pen_slope": 1,
    "no_repeat_ngram_size": 0,
    "penalty_alpha": 0,
    "num_beams": 1,
    "length_penalty": 1,
    "min_length": 0,
    "encoder_rep_pen": 1,
    "freq_pen": 0,
    "presence_pen": 0,
    "skew": 0,
    "do_sample": True,
    "early_stopping": False,
    "dynatemp": False,
    "min_temp": 0,
    "max_temp": 2,
    "dynatemp_exponent": 1,
    "smoothing_factor": 0,
    "smoothing_curve": 1,
    "dry_allowed_length": 2,
    "dry_multiplier": 0,
    "dry_base": 1.75,
    "dry_sequence_breakers": list(BREAKERS),
    "dry_penalty_last_n": 0,
    "ban_eos_token": False,
    "mirostat_mode": 0,
    "mirostat_tau": 5,
    "mirostat_eta": 0.1,
    "guidance_scale": 1,
    "grammar_string": "",
    "banned_tokens": "",
    "logit_bias": [],
    "xtc_threshold": 0.1,
    "xtc_probability": 0,
    "nsigma": 0,
}
"""The fields that are written always: SillyTavern leaves what a preset does not name as it was."""


def read(given: Mapping[str, Any]) -> Pasted:
    """Reads a preset as SillyTavern sends it to text-generation-webui, in the order of the program that it is for."""
    draft, left = Draft(), dict(given)
    last_n = number(left.pop("dry_penalty_last_n", None))
    of_other = take_order(draft, left)
    order = webui.take(draft, left, NAMES, 0)
    draft.window("dry_penalty_last_n", WHOLE_TEXT if last_n == 0 else last_n, "dry_penalty_last_n")
    draft.take("min_new_tokens", left.pop("min_length", None), "min_length")
    if "genamt" in left:
        draft.length(left.pop("genamt"), "genamt")
    if "seed" in left:
        draft.seed(left.pop("seed"), "seed", "other programs")
    draft.take("stop_strings", left.pop("stopping_strings", None) or None, "stopping_strings")
    schema = left.pop("json_schema", None)
    draft.take("json_schema", schema or None, "json_schema")
    if not schema:
        draft.take("grammar", left.pop("grammar_string", None) or None, "grammar_string")
    _take_bias(draft, left.pop("logit_bias", None) or [])
    _take_bans(draft, left.pop("banned_tokens", None) or "")
    for field in ("ban_eos_token", "ignore_eos_token"):
        if truth(left.get(field)):
            left.pop(field)
            never_ends(draft, field)
    draft.rest(left, NO_EFFECT, NEUTRAL)
    return draft.pasted(KIND, of_other() if of_other else order)


def write(settings: Mapping[str, Any], order: Sequence[str]) -> Copied:
    """Writes a preset with all fields that text-generation-webui reads."""
    copying = Copying(settings)
    last_n = copying.on.get("dry_penalty_last_n", WHOLE_TEXT)
    fields = webui.fields_of(copying)
    values = WRITTEN | {NAMES.get(name, name): value for name, value in fields.items()}
    penalties = any(name in copying.on for name in ("repetition_penalty", "frequency_penalty", "presence_penalty"))
    values["rep_pen_range"] = max(copying.on.get("repeat_last_n", WHOLE_TEXT), 0) if penalties else 0
    copying.said("repeat_last_n", "dry_penalty_last_n")
    values["dry_penalty_last_n"] = max(last_n, 0) if "dry_multiplier" in copying.on else 0
    values["dry_sequence_breakers"] = json.dumps(values["dry_sequence_breakers"])
    for name, field in (("min_new_tokens", "min_length"), ("max_new_tokens", "genamt"), ("seed", "seed")):
        if name in copying.on:
            values[field] = copying.value(name)
    if "json_schema" in copying.on:
        values["json_schema"] = from_json(copying.value("json_schema"))
    if "num_beams" in copying.on:
        copying.said("strategy")
        values |= {name: copying.value(name) for name in ("num_beams", "length_penalty", "early_stopping")}
    if is_gbnf(copying.on.get("grammar", "")):
        values["grammar_string"] = copying.value("grammar")
    _say_bias(copying, values)
    chain, says_order = webui.priority_of(copying, order)
    values["sampler_priority"] = chain or list(webui.PRIORITY)
    return copying.copied(json_text(values), says_order)


def _say_bias(copying: Copying, values: Values) -> None:
    """Writes biases as a list of texts, `[15]` for an id, and bans as lines, in quotation marks for a text."""
    bias = biases_of(copying.on.get("logit_bias", {}))
    if all(value is not False or isinstance(token, int) for token, value in bias):
        copying.said("logit_bias")
        named = [(f"[{token}]" if isinstance(token, int) else f"{{{token}}}", value) for token, value in bias]
        values["logit_bias"] = [{"text": name, "value": value} for name, value in named if value is not False]
        values["banned_tokens"] = "\n".join(name for name, value in named if value is False)
    words = copying.on.get("bad_words", ())
    if words and not any("\n" in word or "\r" in word for word in words):
        copying.said("bad_words")
        values["banned_tokens"] = "\n".join([values["banned_tokens"], *(f'"{word}"' for word in words)]).lstrip()


def _take_bias(draft: Draft, entries: Any) -> None:
    """Takes a list of texts and biases: `[1, 2]` are ids, `{text}` is the text as it is, else a space comes before."""
    found: dict[str, Any] = {}
    for entry in entries if isinstance(entries, list) else [entries]:
        text, value = (entry.get("text"), entry.get("value")) if isinstance(entry, dict) else (None, None)
        if not isinstance(text, str) or not text.strip():
            draft.unknown("logit_bias", entry)
            continue
        text = text.strip()
        ids = from_json(text)
        if isinstance(ids, list) and all(isinstance(one, int) for one in ids):
            found |= {str(one): number(value) for one in ids}
        elif text.startswith("{") and text.endswith("}"):
            found[text[1:-1]] = number(value)
        else:
            found[f" {text}"] = number(value)
            draft.note("A text of logit_bias without braces has a space before it, as SillyTavern adds one.")
    draft.take("logit_bias", draft.settings.get("logit_bias", {}) | found or None, "logit_bias")


def _take_bans(draft: Draft, lines: Any) -> None:
    """Takes a text with a ban on each line: `[1, 2]` are ids, a text in quotation marks is never written."""
    words: list[str] = []
    ids: dict[str, Any] = {}
    for line in str(lines).splitlines():
        listed = from_json(line)
        if isinstance(listed, list) and all(isinstance(one, int) for one in listed):
            ids |= {str(one): BAN for one in listed}
        elif line.startswith('"') and line.endswith('"') and len(line) > 2:
            words.append(line[1:-1])
        elif line:
            draft.unknown("banned_tokens", line)
    draft.take("bad_words", words or None, "banned_tokens")
    if ids:
        draft.take("logit_bias", draft.settings.get("logit_bias", {}) | ids, "banned_tokens")
