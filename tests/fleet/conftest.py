"""Fixtures: a fleet with two replicas in the test's own process, and another one with the same replicas."""

import copy
from collections.abc import Iterator

import pytest

from playground.engine.engine import Engine
from playground.fleet.described import FarModel, described
from playground.fleet.fleet import Fleet
from playground.models.loading import load
from playground.traces.store import TraceStore
from tests.fakes import PacedModel
from tests.fleet.near_replicas import NearReplicas
from tests.fleet.real import MODEL


@pytest.fixture
def engines(tiny_models, tokenizer) -> Iterator[dict[str, Engine]]:
    """Two engines of equal models."""
    models = {name: PacedModel(copy.deepcopy(tiny_models["llama"]), tokenizer) for name in ("one", "two")}
    engines = {name: Engine(model, TraceStore(50_000_000)).start() for name, model in models.items()}
    yield engines
    for name, engine in engines.items():
        models[name].free()
        engine.close()


@pytest.fixture
def replicas(engines) -> NearReplicas:
    return NearReplicas(engines)


@pytest.fixture
def fleet(engines, replicas) -> Iterator[Fleet]:
    engine = engines["one"]
    fleet = Fleet(replicas, FarModel(described(engine.model, engine.limits)), TraceStore(0)).start()
    yield fleet
    fleet.close()


@pytest.fixture
def other(fleet, replicas) -> Iterator[Fleet]:
    """The fleet of another page's process, which has the same replicas."""
    other = Fleet(replicas, fleet.model, TraceStore(0)).start()
    yield other
    other.close()


@pytest.fixture
def in_haste(monkeypatch) -> None:
    monkeypatch.setattr("playground.fleet.fleet.WATCH_SECONDS", 0.01)
    monkeypatch.setattr("playground.fleet.replicas.PAUSE_SECONDS", 0.01)


@pytest.fixture(scope="module")
def alone() -> Iterator[Engine]:
    engine = Engine(load(MODEL, "cpu"), TraceStore(2**28)).start()
    yield engine
    engine.close()
