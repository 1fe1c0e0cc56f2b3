"""In which order the stages run: the presets of the engines, and orders of one's own.

Knows the names of stages. Does not know their values. `docs/engines.md` says where the engines' orders come from.
"""

from collections.abc import Collection, Sequence
from typing import Any

from playground.decoding.stages import BY_NAME, BY_SETTING, STAGES
from playground.errors import PlaygroundError
from playground.values import shown

Order = str | tuple[str, ...]
"""The name of a preset, or the names of stages, the first one first."""

TRANSFORMERS = "transformers"

_OF_ENGINES: dict[str, tuple[str, ...]] = {
    TRANSFORMERS: tuple(BY_NAME),
    "llama.cpp": (
        "logit_bias",
        "repetition_penalty",
        "frequency_penalty",
        "presence_penalty",
        "dry",
        "top_n_sigma",
        "top_k",
        "typical_p",
        "top_p",
        "min_p",
        "xtc",
        "temperature",
        "mirostat",
    ),
    "vllm": (
        "logit_bias",
        "repetition_penalty",
        "frequency_penalty",
        "presence_penalty",
        "temperature",
        "min_p",
        "top_k",
        "top_p",
    ),
    "openai": ("logit_bias", "frequency_penalty", "presence_penalty", "temperature", "top_p"),
}

ALONE = {"llama.cpp": {"mirostat": ("constraint", "logit_bias", "temperature", "mirostat", "watermark")}}
"""Stages beside which an engine runs only these others. In llama.cpp Mirostat takes the place of the chain."""

EARLY = ("constraint", "penalty")
"""Stages of these kinds come first where an order does not name them. The others come last."""


def complete(named: Sequence[str]) -> tuple[str, ...]:
    """Returns an order of all stages, in which those of `named` stand as they do there.

    Of the others, those that read the text come before all of them and the rest after, as in `generate`.
    """
    there = [name for name in named if name in BY_NAME]
    others = [stage for stage in STAGES if stage.name not in there]
    first = [stage.name for stage in others if stage.kind in EARLY]
    return (*first, *there, *(stage.name for stage in others if stage.kind not in EARLY))


ORDERS = {name: complete(named) for name, named in _OF_ENGINES.items()}
"""Each preset's order of all stages."""


def names_in(order: Order) -> tuple[str, ...]:
    """Returns all stages' names in this order."""
    return ORDERS[order] if isinstance(order, str) else complete(order)


def beside(order: Order, on: Collection[str]) -> tuple[str, ...]:
    """Returns the names of the stages that can be in force in this order while the stages of `on` are on."""
    alone = ALONE.get(order, {}) if isinstance(order, str) else {}
    return next((others for name, others in alone.items() if name in on), tuple(BY_NAME))


def checked_order(order: Any) -> Order:
    """Returns an order as `Settings` keep it: a stage may be named by the setting that switches it on.

    Raises:
        PlaygroundError: it is neither a preset nor a list of stages, or names a stage twice.
    """
    if isinstance(order, str) and order in ORDERS:
        return order
    known = f"Give one of {', '.join(ORDERS)}, or a list of stages"
    if isinstance(order, str) or not isinstance(order, (list, tuple)):
        raise PlaygroundError(f"order is {shown(order)}. {known}.")
    names: list[str] = []
    for told in order:
        stage = BY_NAME.get(told) or BY_SETTING.get(told) if isinstance(told, str) else None
        if stage is None:
            raise PlaygroundError(
                f"order holds {shown(told)}, which is no stage of this server. {known}: {', '.join(BY_NAME)}."
            )
        if stage.name in names:
            raise PlaygroundError(f"order holds {stage.name} twice. Name each stage at most once.")
        names.append(stage.name)
    return next((name for name, all_names in ORDERS.items() if all_names == tuple(names)), tuple(names))
