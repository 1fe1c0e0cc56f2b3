"""Serve starts replicas when many texts are written and ends them when few are, and no text is lost."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from playground.engine.engines import Engines
from playground.engine.request import Limits
from playground.fleet.cluster import start_fleet
from tests.fleet.real import BOUNDS, Visits, all_texts, cluster, others

pytestmark = pytest.mark.long

MANY, FEW, PLACES = 12, 1, 4
"""The visitors of a busy and of a quiet time, and the places of a replica, of which texts fill three quarters."""


@pytest.fixture
def engines(monkeypatch) -> Iterator[Engines]:
    monkeypatch.setattr("playground.fleet.cluster.QUIET_SECONDS", 2.0)
    bounds = replace(BOUNDS, limits=Limits(rows=PLACES))
    engines = start_fleet(replace(cluster(replicas=3), least=1, bounds=bounds))
    yield engines
    engines.close()


async def test_replicas_come_and_go_and_no_text_is_lost(engines, alone):
    expected = await all_texts(alone)
    found = []
    [far] = engines.running()
    for visitors, replicas in ((FEW, 1), (MANY, 3), (FEW, 1)):
        visits = Visits(far, visitors)
        while len(await engines.others.status()) != replicas:
            await visits.more(1)
        await visits.more(10)
        await visits.end()
        found += visits.found
    assert others(found, expected) == []
