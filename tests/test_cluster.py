"""A fleet of real replicas: processes of Ray that are killed while they write."""

import asyncio
import os
import random
import signal
from collections.abc import Iterator

import pytest

from playground.decoding.settings import Settings
from playground.engine.engine import Engine
from playground.engine.request import Limits, Request
from playground.engine.starting import Bounds
from playground.errors import PlaygroundError
from playground.fleet.cluster import LOCAL, Cluster, start_fleet
from playground.fleet.fleet import Fleet
from playground.models.loading import load
from playground.places import ASSETS
from playground.traces.store import TraceStore

pytestmark = pytest.mark.long

MODEL = str(ASSETS / "built_in" / "french-english")
BOUNDS = Bounds(Limits(), cache_bytes=64 * 2**20, trace_bytes=256 * 2**20)
TEXTS, VISITORS, KILLS = 24, 9, 20
SENTENCES = ("le chat", "un chien est dans la maison", "la femme", "je mange une pomme")


def cluster(address: str = LOCAL, replicas: int = 3, gpus: float = 0, model: str = MODEL) -> Cluster:
    return Cluster(address, replicas, replicas, gpus, 1, model, "cpu", None, BOUNDS)


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    engines = start_fleet(cluster())
    [fleet] = engines.running()
    assert isinstance(fleet, Fleet)
    yield fleet
    engines.close()


@pytest.fixture(scope="module")
def alone() -> Iterator[Engine]:
    engine = Engine(load(MODEL, "cpu"), TraceStore(2**28)).start()
    yield engine
    engine.close()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (cluster("127.0.0.1:1"), "'127.0.0.1:1', and no Ray cluster answers there"),
        (cluster(gpus=1), "need 3 GPUs, and the cluster has 0"),
        (cluster(model="no/such/folder"), "no/such/folder"),
    ],
    ids=["no cluster", "no cards", "no model"],
)
def test_a_cluster_that_cannot_be_used_is_told(asked, told):
    with pytest.raises(PlaygroundError, match=told):
        start_fleet(asked)


async def text(engine, number: int) -> tuple:
    prompt = engine.model.encode_prompt(SENTENCES[number % len(SENTENCES)])
    settings = Settings(strategy="sample", temperature=1.5, seed=number, max_new_tokens=60)
    run = engine.trace(Request(prompt.ids, settings, source_ids=prompt.source_ids))
    _ = [news async for news in run]
    trace = engine.store.get(run.trace_id)
    engine.store.drop([run.trace_id])
    return trace.token_ids, trace.stop_reason


async def test_every_text_is_the_one_written_alone_while_replicas_are_killed(fleet, alone):
    expected = [await text(alone, number) for number in range(TEXTS)]
    luck, found, over = random.Random(1), [], asyncio.Event()

    async def visit() -> None:
        while not over.is_set():
            number = luck.randrange(TEXTS)
            found.append((number, await text(fleet, number)))

    visits = [asyncio.create_task(visit()) for _ in range(VISITORS)]
    for _ in range(KILLS):
        seen = len(found) + luck.randrange(1, 40)
        while len(found) < seen or len(await processes(fleet)) < 2:
            await asyncio.sleep(0.05)
        os.kill(luck.choice(await processes(fleet)), signal.SIGKILL)
    over.set()
    await asyncio.gather(*visits)
    assert [one for one in found if one[1] != expected[one[0]]] == []


async def processes(fleet: Fleet) -> list[int]:
    return [one["process"] for one in await fleet.status()]
