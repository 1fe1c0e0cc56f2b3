"""Reads settings in whatever form they are pasted, and writes them in each of these forms.

Finds the form of a text by its first sign and by the names that it holds. Does not know what a name means: each form
has a module of its own.
"""

import json
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import yaml

from playground import values
from playground.decoding.orders import names_in
from playground.errors import PlaygroundError
from playground.sharing.foreign import completions, generation_config, llama_line, llama_request, sillytavern, webui
from playground.sharing.foreign.records import Copied, Order, Pasted, names_of

LONGEST = 100_000
"""The most characters of a pasted text."""
LONGEST_YAML = 20_000
"""Reading YAML takes long, and a preset is short."""
WHAT = (
    "Paste a llama.cpp command line, a request to llama.cpp's server, to OpenAI or to vLLM as JSON, a preset of "
    "text-generation-webui or SillyTavern, or a generation_config.json."
)


@dataclass(frozen=True)
class Format:
    """One form of settings.

    Attributes:
        copies: writes settings, given their values and all stages in their order.
        signs: names of which a JSON object of this form has some, and those of other forms none or fewer.
    """

    copies: Callable[[Mapping[str, Any], tuple[str, ...]], Copied]
    signs: frozenset[str] = frozenset()


FORMATS: dict[str, Format] = {
    llama_line.KIND: Format(llama_line.write),
    llama_request.KIND: Format(
        llama_request.write,
        names_of("""
            n_predict repeat_penalty repeat_last_n cache_prompt samplers n_probs top_n_sigma dynatemp_range mirostat
            id_slot n_keep grammar json_schema dry_multiplier xtc_probability typical_p post_sampling_probs min_keep
            adaptive_target"""),
    ),
    completions.OPENAI: Format(
        lambda settings, order: completions.write_openai(settings, order, names_in("openai")),
        names_of("""messages model max_completion_tokens max_tokens response_format stream_options structured_outputs
            extra_body guided_json guided_regex guided_choice guided_grammar use_beam_search min_tokens top_logprobs
            max_output_tokens input"""),
    ),
    completions.VLLM: Format(lambda settings, order: completions.write_vllm(settings, order, names_in("vllm"))),
    webui.KIND: Format(
        webui.write,
        names_of("""
            repetition_penalty_range dynamic_temperature dynatemp_low dynatemp_high mirostat_mode tfs
            sampler_priority temperature_last"""),
    ),
    sillytavern.KIND: Format(
        sillytavern.write,
        names_of("""
            temp rep_pen rep_pen_range rep_pen_slope freq_pen presence_pen encoder_rep_pen dynatemp min_temp max_temp
            sampler_priority sampler_order samplers_priorities genamt nsigma banned_tokens temperature_last
            tfs mirostat_mode"""),
    ),
    generation_config.KIND: Format(
        lambda settings, order: generation_config.write(settings, order, names_in("transformers")),
        names_of("""transformers_version _from_model_config bos_token_id eos_token_id pad_token_id do_sample num_beams
            max_new_tokens decoder_start_token_id typical_p epsilon_cutoff eta_cutoff top_h max_length
            no_repeat_ngram_size sequence_bias"""),
    ),
}
READERS: dict[str, Callable[[Mapping[str, Any]], Pasted]] = {
    llama_request.KIND: llama_request.read,
    completions.OPENAI: completions.read,
    completions.VLLM: completions.read,
    webui.KIND: webui.read,
    sillytavern.KIND: sillytavern.read,
    generation_config.KIND: generation_config.read,
}
"""Of each form that is an object of names and values."""

DATA = ("-d", "--data", "--data-raw", "--data-binary", "--json")
"""curl's flags of what is sent."""


def read(text: object, kind: str | None = None) -> Pasted:
    """Returns what a pasted text says.

    Args:
        kind: the form of the text, one of `FORMATS`; None finds it.

    Raises:
        PlaygroundError: it is none of the forms, or too long.
    """
    given = values.text("The text", text, LONGEST).strip()
    if kind is not None:
        values.choice("kind", kind, FORMATS)
    if not given:
        raise PlaygroundError(f"There is nothing to read. {WHAT}")
    if given.startswith("curl "):
        given = _sent_by_curl(given)
    if given.startswith("{"):
        found = _object(given)
        return READERS[kind if kind in READERS else kind_of(found)](found)
    if kind == llama_line.KIND or (kind is None and is_command_line(given)):
        return llama_line.read(given)
    preset = _preset(given)
    return READERS[kind or webui.KIND](preset)


def write(kind: object, settings: Mapping[str, Any], order: Order) -> Copied:
    """Returns settings in one of the forms.

    Args:
        settings: values by our names; what is missing is off.

    Raises:
        PlaygroundError: there is no such form.
    """
    return FORMATS[values.choice("format", kind, FORMATS)].copies(settings, names_in(order))


def kind_of(found: Mapping[str, Any]) -> str:
    """Returns the form whose names an object has most of; OpenAI's, if it has none of any."""
    scores = {kind: len(one.signs & found.keys()) for kind, one in FORMATS.items()}
    best = max(scores, key=lambda kind: (scores[kind], kind == completions.OPENAI))
    return best if scores[best] else completions.OPENAI


def is_command_line(text: str) -> bool:
    """Returns whether a text begins with a program of llama.cpp, or has one of the flags that are read here."""
    words = text.split()
    program = re.split(r"[/\\]", words[0].strip("\"'$"))[-1]
    flags = {word.replace("_", "-") for word in words if word.startswith("-")}
    return program.startswith("llama-") or not flags.isdisjoint(llama_line.WITH_VALUE)


def _object(text: str) -> dict[str, Any]:
    """Returns the JSON object of a text."""
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise PlaygroundError("The JSON is nested too deeply. Paste the settings alone.") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise PlaygroundError(f"The JSON ends or breaks at {place}: {error.msg}. Paste the whole object.") from error
    except ValueError as error:
        raise PlaygroundError("The JSON holds a number with too many digits. Paste the settings alone.") from error
    return values.mapping("The JSON", found)


def _preset(text: str) -> dict[str, Any]:
    """Returns the names and values of a YAML preset, without references and without objects of other types."""
    if len(text) > LONGEST_YAML:
        raise PlaygroundError(f"The text is none of the known forms. {WHAT}", status=413)
    try:
        refers = any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, yaml.SafeLoader))
        found = None if refers else yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise PlaygroundError(f"The text is none of the known forms. {WHAT}") from error
    if refers:
        raise PlaygroundError("The YAML refers to its own parts (*name). Write the values out.")
    known = {*webui.SAME, *webui.RENAMED, *webui.NEUTRAL, *webui.CUTOFFS, "temperature", "sampler_priority"}
    if not isinstance(found, dict) or not known & {name for name in found if isinstance(name, str)}:
        raise PlaygroundError(f"The text is none of the known forms. {WHAT}")
    return {str(name): value for name, value in found.items()}


def _sent_by_curl(text: str) -> str:
    """Returns what a curl command sends."""
    try:
        words = shlex.split(llama_line.NEXT_LINE.sub(" ", text))
    except ValueError as error:
        raise PlaygroundError(f"The command cannot be split: {error}. Close each quotation mark.") from error
    for flag, value in pairwise(words):
        if flag in DATA:
            return value.strip()
    raise PlaygroundError("The curl command sends nothing. Paste one with -d and the JSON of a request.")
