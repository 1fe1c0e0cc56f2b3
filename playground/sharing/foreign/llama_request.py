"""A request to llama.cpp's server, as JSON: what `/completion` reads.

Fields as in llama.cpp b11549, `tools/server/server-schema.cpp` and `tools/server/README.md`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from playground.sharing.foreign import llama
from playground.sharing.foreign.copying import Copying, from_json, is_gbnf, json_text
from playground.sharing.foreign.draft import Draft, biases, never_ends, truth
from playground.sharing.foreign.records import Copied, Pasted, Values, names_of
from playground.sharing.foreign.response_format import take_response_format
from playground.values import shown

KIND = "llama-server"

NO_EFFECT = names_of("""
    prompt messages model stream stream_options cache_prompt return_tokens return_progress sse_ping_interval verbose
    timings_per_token n_keep n_discard n_cmpl n n_cache_reuse t_max_predict_ms response_fields n_probs logprobs
    top_logprobs post_sampling_probs backend_sampling id_slot lora echo chat_format chat_template_kwargs
    reasoning_format reasoning_control parse_tool_calls chat_parser continue_final_message preserved_tokens
    generation_prompt input_prefix input_suffix input_extra system user n_ctx grammar_lazy grammar_triggers
    speculative.n_max speculative.n_min speculative.p_min speculative.type max_tokens_second api_type api_server
    truncation_length""")
NEUTRAL: Values = {
    "adaptive_target": -1,
    "adaptive_decay": 0.9,
    "min_keep": 0,
    "n_indent": 0,
    "reasoning_budget_tokens": -1,
    "ignore_eos": False,
}


def read(given: Mapping[str, Any]) -> Pasted:
    """Reads a request. What it does not say is llama.cpp's default."""
    draft, left = Draft(), dict(given)
    for name, (field, _) in llama.NAMES.items():
        value = left.pop(field, None)
        if name in llama.WINDOWS:
            draft.window(name, value, field)
        else:
            draft.take(name, value, field)
    for field in ("n_predict", "max_completion_tokens", "max_tokens"):
        if left.get(field) is not None and "max_new_tokens" not in draft.settings:
            draft.length(left.pop(field), field)
    draft.seed(left.pop("seed", None), "seed", "llama.cpp", (-1, 2**32 - 1)) if "seed" in left else None
    stop = left.pop("stop", None)
    draft.take("stop_strings", ([stop] if isinstance(stop, str) else stop) or None, "stop")
    draft.take("dry_sequence_breakers", left.pop("dry_sequence_breakers", None), "dry_sequence_breakers")
    if left.get("logit_bias"):
        biases(left.pop("logit_bias"), draft, "logit_bias")
    take_response_format(draft, left)
    schema, grammar = left.pop("json_schema", None), left.pop("grammar", None)
    if grammar:
        draft.take("grammar", grammar, "grammar")
    elif schema is not None:
        draft.take("json_schema", schema, "json_schema")
    if truth(left.get("ignore_eos")):
        left.pop("ignore_eos")
        never_ends(draft, "ignore_eos")
    chain = _chain(left.pop("samplers", None), draft)
    order = llama.settle(draft, chain)
    draft.rest(left, NO_EFFECT, NEUTRAL)
    return draft.pasted(KIND, order)


def write(settings: Mapping[str, Any], order: Sequence[str]) -> Copied:
    """Writes a request without a prompt."""
    copying = Copying(settings)
    values = {llama.NAMES[name][0]: value for name, value in llama.values_of(copying).items()}
    values.setdefault("repeat_penalty", 1)
    if "dry_multiplier" in values and copying.on.get("dry_sequence_breakers") != []:
        values["dry_sequence_breakers"] = copying.value("dry_sequence_breakers")
    if "logit_bias" in copying.on:
        values["logit_bias"] = copying.value("logit_bias")
    if "json_schema" in copying.on:
        values["json_schema"] = from_json(copying.value("json_schema"))
    if is_gbnf(copying.on.get("grammar", "")):
        values["grammar"] = copying.value("grammar")
    for name, field in (("max_new_tokens", "n_predict"), ("stop_strings", "stop"), ("seed", "seed")):
        if name in copying.on and copying.on[name] != 2**32 - 1:
            values[field] = copying.value(name)
    chain, says_order = llama.chain_of(copying, order)
    if chain is not None:
        values["samplers"] = chain
    return copying.copied(json_text(values), says_order)


def _chain(value: Any, draft: Draft) -> list[str] | None:
    """Returns the samplers' names that a list or a text of letters stands for."""
    if value is None:
        return None
    if isinstance(value, str):
        return letters(value, "samplers", draft)
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return value
    draft.refuse(f"samplers is not taken: it is {shown(value)}. Give a list of names.")
    return None


def letters(value: str, said: str, draft: Draft) -> list[str]:
    """Returns the samplers that letters stand for, as `edskypmxt` does for llama.cpp's own chain."""
    names = []
    for letter in value:
        if letter in llama.LETTERS:
            names.append(llama.LETTERS[letter])
        else:
            draft.unknown(said, letter)
    return names
