"""The `generation_config.json` of a model, as transformers reads it: defaults of `generate`'s arguments.

Fields and defaults as in transformers 5.24, `generation/configuration_utils.py`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from playground.sharing.foreign.copying import Copying, id_biases, json_text
from playground.sharing.foreign.draft import BAN, Draft, number, truth
from playground.sharing.foreign.ours import SAMPLING
from playground.sharing.foreign.records import Copied, Pasted, Values, names_of

KIND = "generation-config"

SAME = (
    *("temperature", "top_k", "top_p", "min_p", "top_h", "typical_p", "epsilon_cutoff", "eta_cutoff"),
    *("repetition_penalty", "encoder_repetition_penalty", "no_repeat_ngram_size", "min_new_tokens"),
    *("exponential_decay_length_penalty", "num_beams", "length_penalty", "early_stopping", "max_new_tokens"),
)
"""Settings with our names and meanings."""
DEFAULT_TOP_K = 50
WATERMARK = {"bias": "watermark_bias", "greenlist_ratio": "watermark_ratio", "hashing_key": "watermark_key"}
"""Our settings of the fields of `watermarking_config`."""
WATERMARK_DEFAULTS: Values = {"bias": 2.0, "greenlist_ratio": 0.25, "hashing_key": 15485863}
SCHEME: Values = {"seeding_scheme": "lefthash", "context_width": 1}
"""How the watermark here chooses its green tokens: by the last token. It is transformers' default."""

NO_EFFECT = names_of("""
    _from_model_config transformers_version bos_token_id eos_token_id pad_token_id decoder_start_token_id
    max_length max_time use_cache use_mtp cache_implementation cache_config max_cache_len num_return_sequences
    output_attentions output_hidden_states output_scores output_logits return_dict_in_generate is_assistant
    num_assistant_tokens num_assistant_tokens_schedule assistant_confidence_threshold prompt_lookup_num_tokens
    max_matching_ngram_size assistant_early_exit assistant_lookbehind target_lookbehind assistant_ensemble_weight
    speculation_type compile_config disable_compile continuous_batching_config low_memory prefill_chunk_size
    renormalize_logits remove_invalid_values _commit_hash chat_format max_window_size task_specific_params""")
NEUTRAL: Values = {
    "guidance_scale": 1,
    "penalty_alpha": 0,
    "diversity_penalty": 0,
    "num_beam_groups": 1,
    "encoder_no_repeat_ngram_size": 0,
    "min_length": 0,
    "token_healing": False,
    "begin_suppress_tokens": [],
    "bad_words_ids": [],
}


def read(given: Mapping[str, Any]) -> Pasted:
    """Reads a configuration. Where it does not say `do_sample`, transformers takes the best token."""
    draft, left = Draft(), dict(given)
    for name in SAME:
        draft.take(name, left.pop(name, None), name)
    samples = truth(left.pop("do_sample", None))
    beams = number(draft.settings.get("num_beams", 1))
    if isinstance(beams, int | float) and beams > 1:
        draft.take("strategy", "beam", "num_beams")
        if samples:
            draft.note("Beam search takes the best sequences here. It does not draw, as do_sample would.")
    elif samples:
        draft.settings.setdefault("top_k", DEFAULT_TOP_K)
        if "top_k" not in draft.said:
            draft.note(
                f"top_k is {DEFAULT_TOP_K}, which is transformers' default where a configuration does not say it."
            )
    else:
        draft.take("strategy", "greedy", "do_sample")
        told = [name for name in SAMPLING if name in draft.said]
        if told:
            draft.note(f"do_sample is not true, so that generate takes the best token and ignores {', '.join(told)}.")
    stop = left.pop("stop_strings", None)
    draft.take("stop_strings", ([stop] if isinstance(stop, str) else stop) or None, "stop_strings")
    _take_bias(draft, left.pop("sequence_bias", None), left.pop("suppress_tokens", None))
    _take_watermark(draft, left.pop("watermarking_config", None))
    draft.rest(left, NO_EFFECT, NEUTRAL)
    return draft.pasted(KIND, "transformers")


def _take_watermark(draft: Draft, given: Any) -> None:
    """Takes a watermark, if it chooses its tokens as the stage here does."""
    if given is None:
        return
    is_known = isinstance(given, Mapping) and given.keys() <= {*WATERMARK, *SCHEME}
    if not is_known or any(given.get(name, value) != value for name, value in SCHEME.items()):
        draft.unknown("watermarking_config", given)
        return
    for field, name in WATERMARK.items():
        value = given.get(field)
        draft.take(name, WATERMARK_DEFAULTS[field] if value is None else value, f"watermarking_config.{field}")


def write(settings: Mapping[str, Any], order: Sequence[str], fixed: Sequence[str]) -> Copied:
    """Writes a configuration.

    Args:
        order, fixed: all stages in the settings' order, and in that of `generate`.
    """
    copying = Copying(settings)
    samples = copying.on.get("strategy", "sample") == "sample"
    if samples or copying.on["strategy"] == "greedy" or "num_beams" in copying.on:
        copying.said("strategy")
    values: Values = {"do_sample": samples}
    if samples and "top_k" not in copying.on:
        values["top_k"] = 0
    values |= {name: copying.value(name) for name in SAME if name in copying.on}
    if "watermark_bias" in copying.on:
        watermark = {field: copying.value(name) for field, name in WATERMARK.items()}
        values["watermarking_config"] = watermark | SCHEME
    stops = copying.value("stop_strings")
    if stops:
        values["stop_strings"] = list(stops)
    bias = id_biases(copying.on.get("logit_bias"))
    if bias:
        copying.said("logit_bias")
        pairs = [[[token], float(value)] for token, value in bias if value is not False]
        values |= {"sequence_bias": pairs} if pairs else {}
        bans = [token for token, value in bias if value is False]
        values |= {"suppress_tokens": bans} if bans else {}
    return copying.copied(json_text(values), copying.says(order, fixed))


def _take_bias(draft: Draft, pairs: Any, bans: Any) -> None:
    """Takes a list of sequences of ids and biases, and a list of ids that are never written.

    Only a sequence of one token is a bias of a token.
    """
    found: dict[str, Any] = {}
    for pair in pairs if isinstance(pairs, list) else [pairs] if pairs else []:
        match pair:
            case [[int() as token], int() | float() as bias]:
                found[str(token)] = bias
            case _:
                draft.unknown("sequence_bias", pair)
    for token in bans if isinstance(bans, list) else [bans] if bans else []:
        found[str(token)] = BAN
    draft.take("logit_bias", found or None, "sequence_bias" if pairs else "suppress_tokens")
