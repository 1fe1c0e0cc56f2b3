"""Tests a server under load: visitors work at the same time, and each text is compared with the same text alone."""

import pytest

from bench.lecture import Lecture, new_client
from bench.load import ONE_THREAD
from bench.server import serve

VISITORS, SECONDS, THOUGHT_SECONDS = 20, 30, (0.5, 3)
FEW_PLACES = ("--max-rows", "8")
"""So that texts wait in line, and that places change hands."""


@pytest.mark.model
@pytest.mark.long
async def test_visitors_at_the_same_time_get_the_texts_that_each_gets_alone():
    with serve("cpu", *FEW_PLACES, environment=ONE_THREAD) as server:
        async with new_client() as client:
            lecture = Lecture(client, server.url)
            await lecture.work(await lecture.alone(), VISITORS, SECONDS, THOUGHT_SECONDS)

    assert not lecture.seen.faults
    assert all(lecture.seen.done[what] for what in ("texts", "forks", "grids"))
