"""Measures what a visitor costs who is connected and does nothing, and one who follows a text and looks at its steps.

The visitors have no browser: they send the requests that a page sends.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, NamedTuple

import httpx

from bench.leaving import settled
from bench.lecture import TRACE_ID, new_client
from bench.server import Server
from bench.table import Row, at_most
from tests.plain_visitor import PlainVisitor, visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

VISITORS = 200
WATCHED_SECONDS = 30
NEW_TOKENS, LOOKS = 200, 400
MOST_MEGABYTES, MOST_CPU_PERCENT, MOST_READING_PERCENT = 1, 0.05, 5
FOLLOWERS = 8


class Costs(NamedTuple):
    """What idle visitors cost: megabytes and percent of a core, of all of them together."""

    megabytes: float
    cpu_percent: float


def idle(_browser: "Browser", server: Server, rounds: int) -> Iterator[Row]:
    """Connects visitors who do nothing, and then has one visitor write a text and look at its steps."""
    visitors = VISITORS if rounds > 1 else VISITORS // 4
    with ThreadPoolExecutor(1) as thread:  # Playwright's event loop runs on this one
        costs = thread.submit(asyncio.run, _idle(server, visitors)).result()
        writing, reading = thread.submit(asyncio.run, _read(server)).result()
        telling = thread.submit(asyncio.run, _follow(server)).result()
    what = f"One of {visitors} idle visitors: the server's memory"
    yield at_most(what, costs.megabytes / visitors, " MB", MOST_MEGABYTES, f"{costs.megabytes:.0f} MB together")
    what = "One of them: the server's time, in percent of a core"
    yield at_most(what, costs.cpu_percent / visitors, " %", MOST_CPU_PERCENT, f"{costs.cpu_percent:.1f} % together")
    what = "The server's time for a look at a step, against a step that is written"
    note = f"{1000 * reading:.2f} of {1000 * writing:.1f} ms"
    yield at_most(what, 100 * reading / writing, " %", MOST_READING_PERCENT, note)
    what = f"The time of the server's event loop for a step that it tells, of {FOLLOWERS} texts at once"
    yield Row(what, f"{1000 * telling:.2f} ms, so at most {1 / telling:.0f} steps a second")


async def _idle(server: Server, visitors: int) -> Costs:
    before = await settled(server)
    async with new_client() as client, AsyncExitStack() as stack:
        for _ in range(visitors):
            await stack.enter_async_context(visiting(client, server.url))
        with_them = await settled(server)
        busy, began = _cpu_seconds(server), time.monotonic()
        await asyncio.sleep(WATCHED_SECONDS)
        share = (_cpu_seconds(server) - busy) / (time.monotonic() - began)
    return Costs(with_them - before, 100 * share)


async def _read(server: Server) -> tuple[float, float]:
    """Returns the server's seconds for a step that it writes, and for one that somebody looks at."""
    async with new_client() as client, visiting(client, server.url) as visitor:
        before, found = _cpu_seconds(server), None
        async for message in visitor.click("Generate", prompt="Once upon a time", max_new_tokens=NEW_TOKENS):
            found = found or TRACE_ID.search(json.dumps(message.get("output")))
        writing = (_cpu_seconds(server) - before) / NEW_TOKENS
        assert found is not None, "no text was begun"
        rows = f"{server.url}/playground/traces/{found[1]}/logits"
        steps = len((await _get(client, rows.removesuffix("/logits"))).json()["steps"])
        before = _cpu_seconds(server)
        for number in range(LOOKS):
            await _get(client, f"{rows}/{number % steps}")
        reading = (_cpu_seconds(server) - before) / LOOKS
    return writing, reading


async def _follow(server: Server) -> float:
    """Returns the seconds that the event loop takes for each step of texts that their visitors follow."""

    async def write(visitor: PlainVisitor) -> None:
        async for _ in visitor.click("Generate", prompt="Once upon a time", max_new_tokens=NEW_TOKENS):
            pass

    async with new_client() as client, AsyncExitStack() as stack:
        visitors = [await stack.enter_async_context(visiting(client, server.url)) for _ in range(FOLLOWERS)]
        told, busy = await _tokens(client, server), _loop_seconds(server)
        await asyncio.gather(*(write(visitor) for visitor in visitors))
        return (_loop_seconds(server) - busy) / (await _tokens(client, server) - told)


async def _tokens(client: httpx.AsyncClient, server: Server) -> int:
    return (await _get(client, f"{server.url}/status")).json()["tokens"]


async def _get(client: httpx.AsyncClient, address: str) -> httpx.Response:
    answer = await client.get(address)
    answer.raise_for_status()
    return answer


def _cpu_seconds(server: Server) -> float:
    used = server.process.cpu_times()
    return used.user + used.system


def _loop_seconds(server: Server) -> float:
    # The loop runs on the main thread.
    [main] = [thread for thread in server.process.threads() if thread.id == server.process.pid]
    return main.user_time + main.system_time
