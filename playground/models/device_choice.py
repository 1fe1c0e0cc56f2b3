"""Chooses the device that a model is loaded to. Knows which devices this machine has. Knows no models."""

import torch

from playground.errors import PlaygroundError
from playground.models.ranks import Ranks

AUTO = "auto"
"""Stands for all cards, over which a model is shared out if one of them has no plenty of room for it."""


def chosen(wanted: str | None, together: Ranks | None) -> torch.device:
    """Returns the device that a model's ids go to.

    Args:
        wanted: its name, or "auto"; None for the first of cuda, mps and cpu that is there.
        together: the rank of this process among those that torchrun started; None for a process of its own.

    Raises:
        PlaygroundError: this machine has no such device, or a rank is asked for one.
    """
    return _named(None if wanted == AUTO else wanted) if together is None else _of_rank(together, wanted)


def _named(wanted: str | None) -> torch.device:
    if wanted is None:
        cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
        return torch.device("cuda" if cuda else "mps" if mps else "cpu")
    try:
        device = torch.device(wanted)
    except RuntimeError:
        raise PlaygroundError(f"--device is {wanted!r}. Choose cpu, cuda, cuda:1, mps or auto.") from None
    available = {
        "cpu": True,
        "mps": torch.backends.mps.is_available(),
        "cuda": torch.cuda.is_available() and (device.index or 0) < torch.cuda.device_count(),
    }
    if not available.get(device.type, False):
        raise PlaygroundError(
            f"--device is {wanted!r}, which this machine or this build of torch does not have. Use cpu."
        )
    return device


def _of_rank(together: Ranks, wanted: str | None) -> torch.device:
    """Returns the device of this rank: its own card, or the CPU where there are no cards."""
    if wanted is not None:
        raise PlaygroundError(
            f"--device is {wanted!r}. Under torchrun each process takes a card of its own, or the CPU where there are "
            "no cards. Leave --device out."
        )
    return torch.device("cuda", together.on_machine) if torch.cuda.is_available() else torch.device("cpu")
