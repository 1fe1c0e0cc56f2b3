"""Describes a model that a server can load, before it is loaded: its name, its size, and how to load it.

Knows models and the memory of their device. Does not know engines.
"""

from collections.abc import Callable
from dataclasses import dataclass

from playground.models import loading
from playground.models.language_model import LanguageModel
from playground.models.preparing import prepared


@dataclass(frozen=True)
class Offer:
    """A model that a server can load.

    Attributes:
        name: tells it from the server's other models. Traces, links and the API use it.
        parameters: the number of its parameters.
        dtype: the type of its numbers, as a word.
        device: the device that it is loaded to.
        weights: the bytes of its weights in memory.
        load: loads it.
        family: "decoder": it continues a text token by token.
    """

    name: str
    parameters: int
    dtype: str
    device: str
    weights: int
    load: Callable[[], LanguageModel]
    family: str = "decoder"


def offer(model: str | None, device: str | None = None, dtype: str | None = None) -> Offer:
    """Returns the offer of a model, whose files are fetched if they are not on this machine.

    The arguments are those of `playground.models.loading.load`.

    Raises:
        PlaygroundError: there is no such model, or it cannot be used.
    """
    found = prepared(model, device, dtype)
    return Offer(
        name=found.wanted.name,
        parameters=found.wanted.parameters,
        dtype=found.wanted.dtype,
        device=str(found.device),
        weights=found.wanted.weights,
        load=lambda: loading.load(model, device, dtype),
    )
