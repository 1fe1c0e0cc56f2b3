"""Describes a model that a server can load, before it is loaded: its name, its size, and how to load it.

Knows models and the memory of their device. Does not know engines.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from transformers import PreTrainedConfig

from playground.models import loading
from playground.models.encoder_part import Task
from playground.models.fitting import part_on_first
from playground.models.footprint import SPARE_BYTES
from playground.models.language_model import LanguageModel
from playground.models.languages import pipelines_of
from playground.models.masked_model import MaskedModel
from playground.models.preparing import Prepared, prepared
from playground.models.shared_weights import SharedWeights

BUILT_IN_BYTES = 512 * 2**20
"""What the texts of a built-in model may take: a class of thirty writes sentences, and the model is small."""

Family = Literal["decoder", "encoder-decoder", "encoder"]
"""A model continues a text token by token, or it reads a text and writes another one, or it reads a whole text at once
and fills blanks or gives labels."""


@dataclass(frozen=True)
class Offer:
    """A model that a server can load.

    Attributes:
        name: tells it from the server's other models. Traces, links and the API use it.
        parameters: the number of its parameters.
        dtype: the type of its numbers, as a word, or the scheme to which its weights are quantised while they are read.
        device: the device that it is loaded to.
        weights: the bytes of its weights in the memory of its device, with those that it shares.
        load: loads it.
        family: what kind of model it is.
        shared: the weights that other models have too: a base and its adapters. None if it shares nothing.
        task: what the head of an encoder-only model does; None for the other families.
        is_built_in: whether it comes with the playground, and nobody asked for it.
        pipelines: what a model with an encoder is trained for, as `languages.pipelines_of`.
    """

    name: str
    parameters: int
    dtype: str
    device: str
    weights: int
    load: Callable[[], LanguageModel | MaskedModel]
    family: Family = "decoder"
    shared: SharedWeights | None = None
    task: Task | None = None
    is_built_in: bool = False
    pipelines: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def least_room(self) -> int:
        """The bytes that its texts must have before it is loaded."""
        return BUILT_IN_BYTES if self.is_built_in else SPARE_BYTES


def offer(
    model: str | None,
    device: str | None = None,
    dtype: str | None = None,
    name: str | None = None,
    quantize: str | None = None,
) -> Offer:
    """Returns the offer of a model, whose files are fetched if they are not on this machine.

    The arguments are those of `playground.models.loading.load_any`.

    Raises:
        PlaygroundError: there is no such model, or it cannot be used.
    """
    asked = (model, device, dtype, name, quantize)
    return of_prepared(prepared(*asked), lambda: loading.load_any(*asked))


def of_prepared(found: Prepared, load: Callable[[], LanguageModel | MaskedModel]) -> Offer:
    """Returns the offer of a model that was looked at, and that `load` loads."""
    wanted, task = found.wanted, found.part.task
    family = family_of(found.part.config, task)
    device = str(found.device)
    pipelines = pipelines_of(found.part.config, wanted.name) if family == "encoder-decoder" else {}
    weights = part_on_first(wanted, found.cards) if found.cards else wanted.weights
    packed = found.quantised
    dtype = wanted.dtype if packed is None or packed.asked is None else packed.method
    sizes = (wanted.parameters, dtype, device, weights)
    return Offer(wanted.name, *sizes, load, family, task=task, pipelines=pipelines)


def family_of(config: PreTrainedConfig, task: Task | None) -> Family:
    """Returns the family of the models with this config, and this task if they are encoder-only."""
    if task is not None:
        return "encoder"
    return "encoder-decoder" if config.is_encoder_decoder else "decoder"


def weights_of(offers: Iterable[Offer]) -> int:
    """Returns the bytes that the weights of several models take together. What they share counts once."""
    offers = list(offers)
    shared = {one.shared for one in offers if one.shared is not None}
    own = sum(one.weights - (0 if one.shared is None else one.shared.nbytes) for one in offers)
    return own + sum(one.nbytes for one in shared)


def room_for_texts(offers: Sequence[Offer], chosen: Offer, memory: int) -> int:
    """Returns the bytes that the texts of one model may take.

    If all models fit into the memory together, each has an equal part of what their weights leave. Otherwise a model
    may have all that its own weights leave, and others are let go for it. The built-in models take no such part: where
    there is room, the memory of one of them is kept free.
    """
    if chosen.is_built_in:
        return min(BUILT_IN_BYTES, memory - chosen.weights)
    asked = [one for one in offers if not one.is_built_in]
    left = memory - weights_of(asked)
    for kept in (max((one.weights + BUILT_IN_BYTES for one in offers if one.is_built_in), default=0), 0):
        if left - kept >= SPARE_BYTES * len(asked):
            return (left - kept) // len(asked)
    return memory - chosen.weights
