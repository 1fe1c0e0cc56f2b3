"""Starts the engines of a server: checks and measures each model that was loaded, and plans the memory for its texts.

Knows engines and offers. Does not know the command line.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.engine.first_check import texts_may_share
from playground.engine.memory_plan import MemoryPlan, make_plan, measured
from playground.engine.peers import Peers
from playground.engine.reader import Reader
from playground.engine.request import Limits
from playground.engine.speed import Speed
from playground.errors import PlaygroundError
from playground.models.alone import in_turn
from playground.models.device_memory import free_bytes, told_when_full
from playground.models.footprint import SPARE_BYTES
from playground.models.language_model import LanguageModel
from playground.models.masked_model import MaskedModel
from playground.models.offer import Offer, room_for_texts
from playground.models.threads import done_apart, one_thread
from playground.traces.store import TraceStore

USED_SHARE = 0.9
"""The share of the free memory that several models and their texts may take, if nothing else is said."""


@dataclass(frozen=True)
class Bounds:
    """What an engine may use at most.

    Attributes:
        limits: the bounds of its requests.
        cache_bytes: the memory for kept prefixes.
        trace_bytes: the memory for recorded steps. All engines of a server share one store.
    """

    limits: Limits
    cache_bytes: int
    trace_bytes: int


def start_engines(offers: Sequence[Offer], bounds: Bounds, memory: int | None = None) -> Engines:
    """Loads the first model and the first that writes texts, and returns the engines of all, of which these run.

    Args:
        memory: the bytes that all loaded models and their texts may take; None for nearly all that is free now.

    Raises:
        PlaygroundError: two models have one name, or one of the first cannot be loaded.
    """
    names = Counter(offer.name for offer in offers)
    if twice := [name for name, count in names.items() if count > 1]:
        raise PlaygroundError(
            f"{twice[0]} is given {names[twice[0]]} times. Name each model once; rename a folder that has the name of "
            "another."
        )
    first, writer = offers[0], next((one for one in offers if one.task is None), None)
    device = torch.device((writer or first).device)
    is_alone = sum(not offer.is_built_in for offer in offers) == 1
    limit = int(free_bytes(device) * (1 if is_alone else USED_SHARE)) if memory is None else memory
    peers: defaultdict[str, Peers[Engine]] = defaultdict(Peers)
    speed = Speed()

    def start(offer: Offer, most_bytes: int) -> tuple[Reader[Any], int]:
        with one_thread(), in_turn(peers[offer.device].turn):  # the texts of others go on meanwhile
            model = offer.load()
            print(f"{offer.name} is loaded.")
            is_writer = isinstance(model, LanguageModel)
            plan = planned(model, replace(bounds, trace_bytes=0), most_bytes) if is_writer else None
            _ = model.vocabulary  # otherwise the first request would make it on the event loop
        if plan is None or isinstance(model, MaskedModel):  # it keeps nothing of a text but its attention maps
            maps = max(0, min(bounds.limits.map_bytes, most_bytes - SPARE_BYTES))
            reader = Reader(model, store, replace(bounds.limits, map_bytes=maps), peers[offer.device])
            return reader.start(), SPARE_BYTES + maps
        return Engine(model, store, plan.limits, plan.cache_bytes, peers[offer.device], speed).start(), plan.used

    store, traces = TraceStore(bounds.trace_bytes), bounds.trace_bytes
    if writer is None:  # nothing records steps
        engines = Engines(offers, store, speed, start, limit)
    else:
        room = None if len(offers) == 1 else room_for_texts(offers, writer, limit - traces) + traces
        model, plan = done_apart(lambda: _loaded(writer, bounds, room))
        store = TraceStore(plan.trace_bytes, plan.attention_bytes)
        engines = Engines(offers, store, speed, start, limit - plan.trace_bytes)  # the plan may give traces less
        engine = Engine(model, store, plan.limits, plan.cache_bytes, peers[writer.device], speed)
        engines.hold(writer.name, engine.start(), plan.used - plan.trace_bytes)
    if first is not writer:
        engines.hold(first.name, *start(first, room_for_texts(offers, first, limit)))
    return engines


def _loaded(writer: Offer, bounds: Bounds, most_bytes: int | None) -> tuple[LanguageModel, MemoryPlan]:
    """Loads the first model that writes. Returns it with its plan; see `planned`."""
    model = writer.load()
    assert isinstance(model, LanguageModel), "a model without a task writes"
    return model, planned(model, bounds, most_bytes)


def planned(model: LanguageModel, bounds: Bounds, most_bytes: int | None = None) -> MemoryPlan:
    """Returns the plan for a loaded model, and prints it.

    Args:
        most_bytes: the most that its texts may take; None for all that is free on its device.

    Raises:
        PlaygroundError: there is no room for texts of a few hundred tokens.
    """
    limits = bounds.limits
    with told_when_full(model.name, model.hf.device):
        if not texts_may_share(model):
            print(f"{model.name} gives other logits to texts that share a forward, so texts are written one at a time.")
            limits = replace(limits, rows=1)
        found = measured(model)
    if most_bytes is not None:
        found = replace(found, free=min(found.free, most_bytes))
    plan = make_plan(found, limits, bounds.cache_bytes, bounds.trace_bytes)
    print(*plan.sentences, sep="\n", flush=True)
    return plan
