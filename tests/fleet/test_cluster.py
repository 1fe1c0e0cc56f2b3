"""A fleet of real replicas: processes of Ray that are killed while they write."""

import asyncio
import os
import random
import signal
from collections.abc import Iterator

import pytest

from playground.engine.engines import Engines
from playground.errors import PlaygroundError
from playground.fleet.cluster import start_fleet
from tests.fleet.real import Visits, all_texts, cluster, others

pytestmark = pytest.mark.long

VISITORS, KILLS = 9, 20


@pytest.fixture(scope="module")
def engines() -> Iterator[Engines]:
    engines = start_fleet(cluster())
    yield engines
    engines.close()


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


async def test_every_text_is_the_one_written_alone_while_replicas_are_killed(engines, alone):
    expected = await all_texts(alone)
    [far] = engines.running()
    luck, visits = random.Random(1), Visits(far, VISITORS)
    for _ in range(KILLS):
        await visits.more(luck.randrange(1, 40))
        while len(await processes(engines)) < 2:
            await asyncio.sleep(0.05)
        os.kill(luck.choice(await processes(engines)), signal.SIGKILL)
    await visits.end()
    assert others(visits.found, expected) == []


async def processes(engines: Engines) -> list[int]:
    return [one["process"] for one in await engines.others.status()]
