"""The place of one model of a server: its offer, and what runs it while it is loaded.

Knows readers and offers. Does not know what the places together may take.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playground.engine.reader import Reader
from playground.errors import PlaygroundError, tells_path
from playground.models.offer import Offer

log = logging.getLogger(__name__)

OTHER = "Choose another model. The server's log says where it failed."

Start = Callable[[Offer, int], tuple[Reader[Any], int]]
"""Loads an offer and starts its engine, whose texts may take this many bytes. Returns it with the bytes they take.
An encoder-only model has a reader and no engine, since it writes no texts."""


@dataclass(frozen=True)
class Loading:
    """How far the loading of a model is.

    Attributes:
        seconds: the time since it began.
        expected: the time that it takes, by the speed of the model that was loaded before; None if there was none.
        waits_for: the names of the models that are in use and must be let go first; empty while it is read.
    """

    seconds: float
    expected: float | None
    waits_for: tuple[str, ...] = ()


@dataclass(eq=False)
class Place:
    """One offer, and its engine while it is loaded. `users` counts who uses it, `nbytes` is what its texts may take."""

    offer: Offer
    engine: Reader[Any] | None = None
    nbytes: int = 0
    users: int = 0
    last_used: float = 0.0
    loading: "asyncio.Task[Reader[Any]] | None" = None
    began: float = 0.0
    waits_for: tuple[str, ...] = ()


def failed_load(place: Place, sentence: str) -> PlaygroundError:
    """Returns what a visitor reads of a model that cannot be loaded, which is the server's fault and not the asker's.

    A sentence with a path of the server is for its log only.
    """
    if tells_path(sentence):
        log.error("%s", sentence)
        sentence = f"{place.offer.name} could not be loaded. {OTHER}"
    return PlaygroundError(sentence, status=503)
