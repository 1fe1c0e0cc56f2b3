"""Makes the engines of a server whose models are on replicas.

Knows the fleet and engines. Does not know Ray.
"""

import sys
from collections.abc import Sequence
from typing import Any

from playground.engine.engines import Engines
from playground.engine.reader import Reader
from playground.fleet.described import FarMaskedModel, FarModel
from playground.fleet.far_engine import FarEngine
from playground.fleet.far_reader import FarReader
from playground.fleet.fleet import Fleet
from playground.models.offer import Offer


def far_engines(fleet: Fleet, offers: Sequence[Offer]) -> Engines:
    """Returns the engines of a server: the replicas load the models of these offers, within their own memory.

    Args:
        fleet: the replicas, which are started. They are left when the engines are closed.
        offers: what the replicas offer.

    Raises:
        PlaygroundError: the replicas cannot load one of the first models.
    """

    def start(offer: Offer, _room: int) -> tuple[Reader[Any], int]:
        return far_reader(fleet, offer.name), 0

    engines = Engines(offers, fleet.store, fleet.speed, start, memory=sys.maxsize)
    engines.others = fleet
    for name in {engines.first, engines.writer or engines.first}:
        engines.hold(name, far_reader(fleet, name), 0)
    return engines


def far_reader(fleet: Fleet, name: str) -> Reader[Any]:
    """Returns what runs a model, which a replica loads first if need be. It waits for it.

    Raises:
        PlaygroundError: the replica cannot load the model.
    """
    told = fleet.describe(name)
    if told.task is not None:
        return FarReader(fleet, FarMaskedModel(told), told.limits)
    return FarEngine(fleet, FarModel(told))
