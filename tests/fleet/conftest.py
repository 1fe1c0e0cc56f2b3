"""Fixtures: a fleet with two replicas in the test's own process, and another one with the same replicas."""

import copy
from collections.abc import Iterator

import pytest

from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.fleet.far_engine import FarEngine
from playground.fleet.far_engines import far_reader
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
    return NearReplicas({name: Engines.only(engine) for name, engine in engines.items()})


@pytest.fixture
def fleet(replicas) -> Iterator[Fleet]:
    fleet = Fleet(replicas, TraceStore(0)).start()
    yield fleet
    fleet.close()


@pytest.fixture
def far(fleet) -> FarEngine:
    """What writes texts with the model of the fleet."""
    return far_reader(fleet, "tiny")


@pytest.fixture
def other(replicas) -> Iterator[Fleet]:
    """The fleet of another page's process, which has the same replicas."""
    other = Fleet(replicas, TraceStore(0)).start()
    yield other
    other.close()


@pytest.fixture
def other_far(other) -> FarEngine:
    return far_reader(other, "tiny")


@pytest.fixture
def in_haste(monkeypatch) -> None:
    monkeypatch.setattr("playground.fleet.fleet.WATCH_SECONDS", 0.01)
    monkeypatch.setattr("playground.fleet.replicas.PAUSE_SECONDS", 0.01)


@pytest.fixture(scope="module")
def alone() -> Iterator[Engine]:
    engine = Engine(load(MODEL, "cpu"), TraceStore(2**28)).start()
    yield engine
    engine.close()
