"""A request to OpenAI's API, or to vLLM's, which has more fields: JSON of `/v1/chat/completions` and `/v1/completions`.

Fields as in vLLM's `vllm/entrypoints/openai/chat_completion/protocol.py` and `vllm/sampling_params.py` (read in 2026;
the `guided_` fields are those of vLLM before 0.12) and in OpenAI's API reference.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from playground.sharing.foreign import response_format
from playground.sharing.foreign.copying import Copying, from_json, id_biases, is_gbnf, json_text
from playground.sharing.foreign.draft import Draft, biases, never_ends, number, truth
from playground.sharing.foreign.records import Copied, Pasted, Values, names_of

OPENAI, VLLM = "openai", "vllm"

OF_OPENAI = ("temperature", "top_p", "frequency_penalty", "presence_penalty")
OF_VLLM = (*OF_OPENAI, "top_k", "min_p", "repetition_penalty", "length_penalty")
"""The numbers that have our names there."""

ONLY_VLLM = names_of("""
    top_k min_p repetition_penalty min_tokens ignore_eos bad_words allowed_token_ids stop_token_ids use_beam_search
    best_of length_penalty structured_outputs guided_json guided_regex guided_choice guided_grammar guided_json_object
    guided_decoding_backend guided_whitespace_pattern skip_special_tokens include_stop_str_in_output prompt_logprobs
    truncate_prompt_tokens spaces_between_special_tokens vllm_xargs thinking_token_budget
    repetition_detection""")
"""Fields that OpenAI does not have."""

LENGTHS = ("max_completion_tokens", "max_tokens", "max_output_tokens")

NO_EFFECT = names_of("""
    model messages prompt input instructions suffix stream stream_options stream_interval n best_of logprobs
    top_logprobs user metadata store service_tier tools parallel_tool_calls functions reasoning reasoning_effort
    include_reasoning verbosity modalities audio prediction safety_identifier prompt_cache_key prompt_cache_retention
    web_search_options background include truncation truncate_prompt_tokens truncation_side echo
    add_generation_prompt continue_final_message add_special_tokens documents chat_template chat_template_kwargs
    media_io_kwargs mm_processor_kwargs priority request_id session_id return_tokens_as_token_ids return_token_ids
    return_token_offsets return_prompt_text cache_salt kv_transfer_params ec_transfer_params prompt_logprobs
    prompt_logprob_token_ids logprob_token_ids skip_special_tokens spaces_between_special_tokens detokenize
    include_stop_str_in_output guided_decoding_backend timeout extra_headers""")
NEUTRAL: Values = {
    "tool_choice": "auto",
    "function_call": "auto",
    "ignore_eos": False,
    "use_beam_search": False,
    "watermarking": False,
    "thinking_token_budget": -1,
    "stop_token_ids": [],
    "length_penalty": 1,
    "min_tokens": 0,
    "bad_words": [],
    "vllm_xargs": {},
    "guided_json_object": False,
    "early_stopping": False,
}
LEAST_BIAS = -100
"""The bias that stands for a ban in OpenAI's API."""
CONSTRAINTS = {"json": "json_schema", "regex": "regex", "choice": "choices", "grammar": "grammar"}
"""Our settings of vLLM's structured outputs."""


def read(given: Mapping[str, Any]) -> Pasted:
    """Reads a request. It is vLLM's if it has a field that OpenAI's API does not have."""
    draft, left = Draft(), dict(given)
    extra = left.pop("extra_body", None)
    if isinstance(extra, dict):
        left |= extra
    elif extra is not None:
        draft.unknown("extra_body", extra)
    is_vllm = any(name in left for name in ONLY_VLLM)
    for name in OF_VLLM:
        draft.take(name, left.pop(name, None), name)
    if number(draft.settings.get("top_k")) == -1:
        draft.settings["top_k"] = 0
    length = next((field for field in LENGTHS if left.get(field) is not None), None)
    if length:
        draft.length(left.pop(length), length)
    if "seed" in left:
        draft.seed(left.pop("seed"), "seed", "vLLM" if is_vllm else "OpenAI's models")
    stop = left.pop("stop", None)
    draft.take("stop_strings", ([stop] if isinstance(stop, str) else stop) or None, "stop")
    if left.get("logit_bias"):
        biases(left.pop("logit_bias"), draft, "logit_bias")
    draft.take("min_new_tokens", left.pop("min_tokens", None), "min_tokens")
    draft.take("bad_words", left.pop("bad_words", None) or None, "bad_words")
    response_format.take_response_format(draft, left)
    _take_structured(draft, left)
    if truth(left.get("ignore_eos")):
        left.pop("ignore_eos")
        never_ends(draft, "ignore_eos")
    if truth(left.get("use_beam_search")):
        left.pop("use_beam_search")
        _take_beams(draft, left)
    else:
        draft.greedy_at_zero()
    if any(draft.settings.get(name) for name in ("frequency_penalty", "presence_penalty")):
        draft.note("frequency_penalty and presence_penalty read the prompt too here. vLLM reads the generated tokens.")
    if left.get("tool_choice") == "none":
        draft.ignore("tool_choice", left.pop("tool_choice"))
    draft.rest(left, NO_EFFECT, NEUTRAL)
    return draft.pasted(VLLM if is_vllm else OPENAI, VLLM if is_vllm else OPENAI)


def write_openai(settings: Mapping[str, Any], order: Sequence[str], fixed: Sequence[str]) -> Copied:
    """Writes the fields of OpenAI's API, without a model and messages.

    Args:
        order, fixed: all stages in the settings' order, and in OpenAI's.
    """
    copying = Copying(settings)
    values = _common(copying, OF_OPENAI)
    if "json_schema" in copying.on:
        values["response_format"] = response_format.written(from_json(copying.value("json_schema")))
    return copying.copied(json_text(values), copying.says(order, fixed))


def write_vllm(settings: Mapping[str, Any], order: Sequence[str], fixed: Sequence[str]) -> Copied:
    """Writes the fields of vLLM's server, without a model and messages."""
    copying = Copying(settings)
    values = _common(copying, OF_VLLM)
    for name, field in (("min_new_tokens", "min_tokens"), ("bad_words", "bad_words")):
        if name in copying.on:
            values[field] = copying.value(name)
    if copying.on.get("strategy") == "beam":
        copying.said("strategy")
        values |= {"use_beam_search": True, "n": copying.value("num_beams")}
    constraint = {
        field: from_json(copying.value(name)) if field == "json" else copying.value(name)
        for field, name in CONSTRAINTS.items()
        if name in copying.on and (name != "grammar" or is_gbnf(copying.on[name]))
    }
    if constraint:
        values["structured_outputs"] = constraint
    if not ONLY_VLLM & values.keys():
        values["top_k"] = 0
    return copying.copied(json_text(values), copying.says(order, fixed))


def _common(copying: Copying, numbers: Sequence[str]) -> Values:
    """Returns the fields that both have."""
    values: Values = {}
    if copying.on.get("strategy") == "greedy":
        copying.said("strategy")
        values["temperature"] = 0
    values |= {name: copying.value(name) for name in numbers if name in copying.on}
    bias = id_biases(copying.on.get("logit_bias"))
    if bias:
        copying.said("logit_bias")
        values["logit_bias"] = {str(token): LEAST_BIAS if value is False else value for token, value in bias}
    for name, field in (("max_new_tokens", "max_tokens"), ("stop_strings", "stop"), ("seed", "seed")):
        if name in copying.on:
            values[field] = copying.value(name)
    return values


def _take_structured(draft: Draft, left: Values) -> None:
    """Takes vLLM's structured outputs, in their present form and in the older one."""
    given = left.pop("structured_outputs", None)
    if given is not None and not isinstance(given, dict):
        draft.unknown("structured_outputs", given)
    fields = {f"structured_outputs.{name}": value for name, value in given.items()} if isinstance(given, dict) else {}
    fields |= {name: left.pop(name) for name in list(left) if name.startswith("guided_")}
    for said, value in fields.items():
        what = said.split(".")[-1].removeprefix("guided_")
        if value in (None, False, [], "") or what in ("decoding_backend", "backend"):
            draft.ignore(said, value)
        elif what == "json_object":
            draft.take("json_schema", response_format.ANY_OBJECT, said)
            draft.note(f"{said} is the JSON schema of any object here.")
        elif what in CONSTRAINTS:
            draft.take(CONSTRAINTS[what], value, said)
        else:
            draft.unknown(said, value)


def _take_beams(draft: Draft, left: Values) -> None:
    """Takes vLLM's beam search, whose width is the number of answers that are asked for."""
    draft.drop("temperature")
    width = left.pop("best_of", None) or left.pop("n", None) or 1
    draft.take("strategy", "beam", "use_beam_search")
    draft.take("num_beams", width, "n")
    draft.note("The width of vLLM's beam search is n. It divides the score by the length to length_penalty, as here.")
