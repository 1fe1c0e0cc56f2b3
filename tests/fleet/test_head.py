"""A cluster ends while texts are written, and is started again: the page connects again, and the texts go on."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from playground.fleet.cluster import start_fleet
from tests.fleet.real import Visits, all_texts, cluster, others

pytestmark = pytest.mark.long


class Head:
    """A Ray cluster of this machine alone, which runs in processes of its own."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.start()

    def start(self) -> None:
        ray = Path(sys.executable).with_name("ray")
        options = [
            "--port",
            str(self.port),
            "--node-ip-address",
            "127.0.0.1",
            "--num-cpus",
            "3",
            "--include-dashboard",
            "false",
        ]
        environment = {**os.environ, "RAY_USAGE_STATS_ENABLED": "0"}
        self._process = psutil.Popen(
            [ray, "start", "--head", "--block", *options],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        """Ends all processes of the cluster at once."""
        everything = [self._process, *self._process.children(recursive=True)]
        for process in everything:
            process.kill()
        psutil.wait_procs(everything)


@pytest.fixture
def head() -> Iterator[Head]:
    head = Head()
    yield head
    head.kill()


async def test_texts_go_on_when_the_cluster_is_started_again(head, alone):
    expected = await all_texts(alone)
    while not is_there(head.port):
        await asyncio.sleep(0.1)
    engines = await asyncio.to_thread(start_fleet, cluster(f"127.0.0.1:{head.port}", replicas=2))
    [far] = engines.running()
    visits = Visits(far, 3)
    await visits.more(10)
    head.kill()
    while engines.others.replicas():
        await asyncio.sleep(0.1)
    head.start()
    await visits.more(20)
    await visits.end()
    assert others(visits.found, expected) == []
    await asyncio.to_thread(engines.close)


def is_there(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0
