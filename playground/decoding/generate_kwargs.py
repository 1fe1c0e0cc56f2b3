"""Makes settings of the keyword arguments that `generate` takes, so that the text is the one that `generate` writes.

Knows settings. Does not know models: the caller says what the model's own generation_config has.
"""

from collections.abc import Mapping
from typing import Any

from playground.decoding.settings import BEAM_ONLY, Settings
from playground.decoding.stages import PARAMETERS, STAGES
from playground.errors import PlaygroundError
from playground.values import shown

NEW_TOKENS = 20
"""What `generate` writes at most if neither the caller nor the model's generation_config says how much."""
OWN = ("seed", "order")
"""Settings that `generate` does not have."""
TAKEN = ("do_sample", "max_new_tokens", "stop_strings", *OWN, *PARAMETERS)
UNREAD = ("pad_token_id",)
"""What changes nothing in one text, and is often given to `generate` to silence a warning."""


def settings_of(given: Mapping[str, Any], standing: Mapping[str, Any]) -> Settings:
    """Returns the settings under which the playground decodes as `generate(**given)` does.

    Args:
        given: keyword arguments of `generate`, and settings of the playground that `generate` does not have.
        standing: what `generate` takes where nothing is given: the model's generation_config over its own defaults.

    Raises:
        PlaygroundError: an argument is not supported, or its value is outside its rule.
    """
    _check_names(given)
    usual = {stage.setting: standing.get(stage.setting) for stage in STAGES if stage.is_generate}
    merged = usual | {name: value for name, value in given.items() if name in PARAMETERS or name in OWN}
    values = {name: value for name, value in merged.items() if value is not None}
    samples = given.get("do_sample", standing.get("do_sample") or False)
    if not isinstance(samples, bool):
        raise PlaygroundError(f"do_sample must be True or False, but is {shown(samples)}.")
    new_tokens = _first(given.get("max_new_tokens"), standing.get("max_new_tokens"), NEW_TOKENS)
    stops = _first(given.get("stop_strings"), standing.get("stop_strings"), ())
    return Settings(
        "sample" if samples else "greedy",
        max_new_tokens=new_tokens,
        stop_strings=(stops,) if isinstance(stops, str) else stops,
        **values,
    )


def _check_names(given: Mapping[str, Any]) -> None:
    off = Settings()
    for name, value in given.items():
        if name in BEAM_ONLY and value != getattr(off, name):
            raise PlaygroundError(
                f"{name} is {shown(value)}, which belongs to beam search. A beam search gives a tree and not one text, "
                "so it is not recorded here. Leave it out, and choose with do_sample."
            )
        if name not in (*TAKEN, *BEAM_ONLY, *UNREAD):
            raise PlaygroundError(f"{name} is not supported here. Supported are {', '.join(TAKEN)}.")


def _first(*values: Any) -> Any:
    return next(value for value in values if value is not None)
