"""Measures the server's resident memory before a class comes, at its peak, and after the class has left.

The visitors have no browser: they send the requests that a page sends to Gradio, and close their connections.
"""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx

from bench.engine import MEGABYTE
from bench.server import Server
from bench.table import Row, at_most
from tests.plain_visitor import visiting

if TYPE_CHECKING:
    from playwright.sync_api import Browser

TEXTS, NEW_TOKENS = 2, 60
"""The number of texts of each visitor, and of new tokens in each text."""
SETTLED_SECONDS = 15
"""When the memory has not fallen for this long, it counts as what stays."""
LIMIT_MEGABYTES = 300


def leaving(_browser: "Browser", server: Server, rounds: int) -> Iterator[Row]:
    """Measures a class that generates at once and leaves. Every third visitor leaves in the middle of a text."""
    visitors = 50 if rounds > 1 else 20
    before = server.resident_bytes / MEGABYTE
    with ThreadPoolExecutor(1) as thread:  # Playwright's event loop runs on this one
        peak, after = thread.submit(asyncio.run, _class(server, visitors)).result()
    what = f"Server: resident memory left by {visitors} visitors with {TEXTS} texts of {NEW_TOKENS} tokens"
    note = f"before {before:.0f}, at the peak {peak:.0f}, after {after:.0f}"
    yield at_most(what, after - before, " MB", LIMIT_MEGABYTES, note)


async def _class(server: Server, visitors: int) -> tuple[float, float]:
    """Returns the resident megabytes at the peak and after all visitors have left."""
    peak = 0.0

    async def watch() -> None:
        nonlocal peak
        while True:
            peak = max(peak, server.resident_bytes / MEGABYTE)
            await asyncio.sleep(0.2)

    watching = asyncio.create_task(watch())
    async with httpx.AsyncClient(timeout=600, limits=httpx.Limits(max_connections=None)) as client:
        await asyncio.gather(*(_visit(client, server.url, number) for number in range(visitors)))
    watching.cancel()
    return peak, await settled(server)


async def _visit(client: httpx.AsyncClient, url: str, number: int) -> None:
    async with visiting(client, url) as visitor:
        for text in range(TEXTS):
            prompt = f"Visitor {number} asks for text number {text}, because"
            told = 0
            async for _ in visitor.click("Generate", prompt=prompt, max_new_tokens=NEW_TOKENS):
                told += 1
                if number % 3 == 0 and text == TEXTS - 1 and told > NEW_TOKENS // 2:
                    return


async def settled(server: Server) -> float:
    """Returns the resident megabytes when they do not fall any more."""
    least, since = float("inf"), time.monotonic()
    while time.monotonic() - since < SETTLED_SECONDS:
        await asyncio.sleep(1)
        resident = server.resident_bytes / MEGABYTE
        if resident < least - 1:
            least, since = resident, time.monotonic()
    return server.resident_bytes / MEGABYTE
