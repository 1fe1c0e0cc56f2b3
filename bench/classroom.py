"""Measures a class: thirty pupils follow one teacher, while three others let the model write.

All of them speak the protocol without a browser. A round is a minute; `--rounds 60` is an hour of class.
"""

import asyncio
import re
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

import httpx

from bench.server import Server, serve
from bench.table import Row, at_most
from playground.decoding.settings import PRESETS
from playground.web.classroom.room import PUPIL_HEADER, TEACHER_HEADER
from playground.web.guards.standing_in import HEARTBEAT_HEADER
from tests.plain_visitor import visiting

PUPILS = 30
WRITERS = 3
ROUND_SECONDS = 60
PAUSE_SECONDS = 0.5
"""Between two changes of the teacher's page. A slider that is moved sends some more, a teacher who talks fewer."""
PATIENCE_SECONDS = 60
KEPT_SECONDS = 2
"""An idle connection is not used again after so long. The server closes it after 5 seconds, perhaps just when it is
used; a browser sends the request again then."""
LIMIT_MS = 300
MEBIBYTE = 2**20
SECRET = "the-bench-is-teaching"
MARK = re.compile(rb'"prompt":"change (\d+)"')


@dataclass
class Seen:
    """What was observed: the seconds from each change to its arrival, bytes of each, and what did not arrive."""

    seconds: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    lost: int = 0
    changes: int = 0
    cores: float = 0.0
    grown_bytes: int = 0


def classroom(rounds: int) -> Iterator[Row]:
    """Compares the time from the teacher's change to its arrival with what a class notices."""
    with serve("cpu", "--teacher", SECRET) as server:
        seen = asyncio.run(_lesson(server, rounds * ROUND_SECONDS))
    cuts = quantiles([1000 * one for one in seen.seconds], n=20)
    what = f"{PUPILS} pupils follow {seen.changes} changes in {rounds} min beside {WRITERS} texts"
    yield at_most(f"{what}: 95th percentile of the arrival", cuts[-1], " ms", LIMIT_MS, f"median {cuts[9]:.0f} ms")
    yield at_most("Changes that did not arrive, or not in their order", seen.lost, "", 0)
    yield Row("Bytes of a change for each pupil", f"{sum(seen.sizes) / len(seen.sizes):.0f}")
    yield Row("Cores that the server used, the texts included", f"{seen.cores:.2f}")
    yield Row("Memory that the server took in this time", f"{seen.grown_bytes / MEBIBYTE:.1f} MiB")


async def _lesson(server: Server, seconds: float) -> Seen:
    seen, sent = Seen(), {}
    limits = httpx.Limits(max_connections=None, keepalive_expiry=KEPT_SECONDS)
    async with httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_SECONDS, limits=limits) as client:
        trace, steps = await _example(client)
        pupils = [asyncio.create_task(_follow(client, sent, seen, trace)) for _ in range(PUPILS)]
        writers = [asyncio.create_task(_write(client, server.url, number)) for number in range(WRITERS)]
        try:
            await _teach(client, sent, trace, steps, 10 * PAUSE_SECONDS)  # everybody is there, everything is warm
            seen.seconds.clear()
            seen.sizes.clear()
            first = len(sent)
            before, used = server.resident_bytes, _cpu_seconds(server)
            began = time.perf_counter()
            await _teach(client, sent, trace, steps, seconds)
            await asyncio.sleep(1)
            seen.cores = (_cpu_seconds(server) - used) / (time.perf_counter() - began)
            seen.grown_bytes = server.resident_bytes - before
            seen.changes = len(sent) - first
            seen.lost += PUPILS * seen.changes - len(seen.seconds)
            for one in (*pupils, *writers):
                if one.done():  # nobody leaves before the end, so that it has failed
                    one.result()
        finally:
            for one in (*pupils, *writers):
                one.cancel()
            await asyncio.gather(*pupils, *writers, return_exceptions=True)
    return seen


async def _example(client: httpx.AsyncClient) -> tuple[str, int]:
    """Returns the id of the text with which the page opens, and the number of its steps."""
    parts = (await client.get("/config")).json()["components"]
    told = next(part["props"]["value"] for part in parts if part["props"].get("elem_id") == "pg-decode")
    return told["trace_id"], len(told["steps"])


async def _teach(client: httpx.AsyncClient, sent: dict[int, float], trace: str, steps: int, seconds: float) -> None:
    """Changes the scene until the time is over, and moves to another step with every second change."""
    settings, until = PRESETS["Balanced"].to_dict(), time.perf_counter() + seconds
    while time.perf_counter() < until:
        number = len(sent)
        scene: dict[str, Any] = {"view": "decode", "face": "simple", "trace": trace, "index": number // 2 % steps}
        scene |= {"settings": settings | {"temperature": 0.5 + number % 10 / 10}, "prompt": f"change {number}"}
        sent[number] = time.perf_counter()
        answer = await client.post("/playground/class/scene", json=scene, headers={TEACHER_HEADER: SECRET})
        answer.raise_for_status()
        await asyncio.sleep(PAUSE_SECONDS)


async def _follow(client: httpx.AsyncClient, sent: dict[int, float], seen: Seen, trace: str) -> None:
    """Reads the news, and fetches the most probable tokens of each new step, as a page does."""
    token = (await client.post("/playground/class/join", json={})).json()["token"]
    headers = {PUPIL_HEADER: token, HEARTBEAT_HEADER: uuid.uuid4().hex}
    last, index = None, None
    looks: set[asyncio.Task[Any]] = set()
    try:
        async with client.stream("GET", "/playground/class/events", headers=headers, timeout=None) as news:
            async for line in news.aiter_lines():
                now, content = time.perf_counter(), line.encode()
                if (found := MARK.search(content)) is None:
                    continue
                number = int(found[1])
                seen.seconds.append(now - sent[number])
                seen.sizes.append(len(content))
                seen.lost += last is not None and number != last + 1
                last = number
                if (shown := re.search(rb'"index":(\d+)', content)) and shown[1] != index:
                    index = shown[1]
                    address = f"/playground/traces/{trace}/head/{index.decode()}"
                    looks.add(look := asyncio.create_task(_look(client, address)))
                    look.add_done_callback(looks.discard)
    finally:
        for look in looks:
            look.cancel()


async def _look(client: httpx.AsyncClient, address: str) -> None:
    (await client.get(address)).raise_for_status()


async def _write(client: httpx.AsyncClient, url: str, number: int) -> None:
    """Lets the model write one text after the other, each for a new visitor, whose texts are let go."""
    while True:
        async with visiting(client, url) as visitor:
            async for _ in visitor.click("Generate", prompt="Once upon a time", max_new_tokens=40, seed=number):
                pass


def _cpu_seconds(server: Server) -> float:
    used = server.process.cpu_times()
    return used.user + used.system
