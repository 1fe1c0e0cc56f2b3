"""Checks, before the weights are read, that a model and a few texts of it fit into the memory of its device or devices.

Knows models without weights, and how much memory is free. Does not read files.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import torch
from transformers import PreTrainedModel

from playground.errors import PlaygroundError
from playground.models.device_memory import REMEDY, free_bytes, gib
from playground.models.footprint import SPARE_BYTES, footprint

if TYPE_CHECKING:  # transformers' own name for it is not there when the program runs
    from transformers.models.auto.modeling_auto import _BaseModelWithGenerate as CausalModel

log = logging.getLogger(__name__)

ONE_CARD = 2
"""A model is shared out unless one card has so many times the bytes of its weights free."""
HOST_SHARE = 0.8
"""The share of the host's free memory that weights may take which have no place on the cards."""
PLENTY, PLENTY_BYTES = 4, 2 * 2**30
"""Where free memory is more than so many times the weights and so many bytes, a forward without numbers is spared: it
takes half a second of each start. The plan that is made after loading measures what texts take in any case."""


@dataclass(frozen=True)
class Wanted:
    """A model that is about to be read.

    Attributes:
        name: the model's name.
        dtype, itemsize: the type of its numbers as a word, and the bytes of one.
        parameters: the number of its parameters.
        file_bytes: the bytes of all tensors in its files.
        packed_bytes: the bytes of its weights if a package keeps them packed, as they are in the files or quantised
            while they are read; None for plain weights.
        is_gguf: whether its file is unpacked when it is read.
        own: the number of parameters that this process has, where others have the rest; None for all.
    """

    name: str
    dtype: str
    itemsize: int
    parameters: int
    file_bytes: int
    packed_bytes: int | None
    is_gguf: bool
    own: int | None = None

    @property
    def weights(self) -> int:
        """The bytes of the weights in memory."""
        plain = (self.own or self.parameters) * self.itemsize
        return plain if self.packed_bytes is None else self.packed_bytes

    @property
    def is_packed(self) -> bool:
        """Whether a package keeps its weights packed."""
        return self.packed_bytes is not None


def check_fits(wanted: Wanted, outline: PreTrainedModel | None, device: torch.device) -> None:
    """Refuses a model that does not fit on the device with what its forwards and the least texts need.

    Args:
        wanted: the model.
        outline: the model on the meta device. Afterwards its numbers have 16 bits. None for an encoder-only model,
            which keeps nothing of a text.

    Raises:
        PlaygroundError: names what is needed and what is free.
    """
    free = free_bytes(device)
    has_plenty = free > PLENTY * wanted.weights + PLENTY_BYTES
    is_encoder = outline is None
    beside = 0 if has_plenty else SPARE_BYTES if is_encoder else bytes_for_texts(outline, wanted.itemsize)
    unpacked = f" (unpacked, from {gib(wanted.file_bytes)} in its file)" if wanted.is_gguf else ""
    takes = f"{gib(wanted.weights)} in {wanted.dtype}{unpacked}"
    if wanted.weights + beside > free:
        raise PlaygroundError(
            f"{wanted.name} takes {takes} and at least {gib(beside)} more to write texts, and {device.type} has "
            f"{gib(free)} free. {REMEDY}."
        )
    if wanted.is_gguf:
        print(f"{wanted.name} takes {takes}.")


def fits_on_one(wanted: Wanted, card: torch.device) -> bool:
    """Returns whether a card has plenty of room for a model and its texts."""
    return ONE_CARD * wanted.weights <= free_bytes(card)


def room_on(wanted: Wanted, outline: PreTrainedModel, cards: Sequence[torch.device]) -> dict[int | str, int]:
    """Returns the bytes of weights that each card and the host may take, as transformers' `max_memory`.

    The least that texts need stays free on every card.

    Args:
        outline: as for `check_fits`.

    Raises:
        PlaygroundError: the weights fit on no number of devices.
    """
    beside = bytes_for_texts(outline, wanted.itemsize)
    room: dict[int | str, int] = {card.index: max(0, free_bytes(card) - beside) for card in cards}
    host = int(HOST_SHARE * free_bytes(torch.device("cpu")))
    if wanted.weights > sum(room.values()) + host:
        raise PlaygroundError(
            f"{wanted.name} takes {gib(wanted.weights)} in {wanted.dtype}. All cards together (there are {len(cards)}) "
            f"have {gib(sum(room.values()))} free for it, beside {gib(beside)} on each for texts, and the host has "
            f"{gib(host)}. {REMEDY}."
        )
    return {**room, "cpu": host}


def part_on_first(wanted: Wanted, cards: Sequence[torch.device]) -> int:
    """Returns about how many bytes of a shared-out model the first of these cards keeps."""
    return min(wanted.weights // len(cards), int(HOST_SHARE * free_bytes(cards[0])))


def bytes_for_texts(outline: PreTrainedModel, itemsize: int) -> int:
    """Returns what the forwards of a model and a few short texts need, as its forward on the meta device says.

    A forward that looks at numbers, as some masks and experts do, cannot run there. Then only the fixed part is known.
    After loading, the first check runs the same forward and the memory plan measures the rest.
    """
    hf = cast("CausalModel", outline.to(torch.bfloat16).eval())  # pyright: ignore[reportArgumentType]  # as in `load`
    try:
        return footprint(hf, itemsize).least
    except Exception as error:  # each class ends in its own way, and what is wrong with a model is told later
        log.info("what a text takes is measured after loading only: %s", error)
        return SPARE_BYTES
