"""Measures what one visitor can do to the others: a class generates, alone and while somebody attacks the server.

The attacker has an address of its own, 127.0.0.2, like an attacker outside the class. All its requests are bounded in
number and time, and go to this machine.
"""

import asyncio
import base64
import json
import random
import time
from collections.abc import Iterator
from contextlib import suppress
from statistics import quantiles

import httpx

from bench.server import serve
from bench.table import Row, at_most
from tests.plain_visitor import PlainVisitor, visiting

VISITORS = 40
TEXTS_EACH = 2
NEW_TOKENS = 20
PATIENCE_SECONDS = 600
ATTACKERS = 8
"""The number of connections that attack at the same time. Each sends one request after the other."""
PAUSE_SECONDS = 0.02
HOSTILE_CSV = b'text,label\n"' + b"a;=,\t" * 4000


def attack(rounds: int) -> Iterator[Row]:
    """Compares the 95th percentile of the time to the first token on a page, without and with the attacker."""
    alone, attacked = [], []
    with serve("cpu") as server:
        for _ in range(rounds):
            alone.append(asyncio.run(_class(server.url)))
            attacked.append(asyncio.run(_class_under_attack(server.url)))
    note = f"{min(alone):.2f} s alone, {min(attacked):.2f} s attacked"
    what = f"First token, {VISITORS} visitors, 95th percentile: attacked against alone"
    yield at_most(what, min(attacked) / min(alone), " ×", 2, note)


async def _class(url: str) -> float:
    """Returns the 95th percentile of the seconds from pressing Generate to the message with the first token."""
    async with _client() as client:
        waits = await asyncio.gather(*(_visit(client, url, number) for number in range(VISITORS)))
    return quantiles([wait for own in waits for wait in own], n=20)[-1]


async def _class_under_attack(url: str) -> float:
    transport = httpx.AsyncHTTPTransport(local_address="127.0.0.2", limits=httpx.Limits(max_connections=None))
    async with httpx.AsyncClient(transport=transport, timeout=PATIENCE_SECONDS) as client:
        attacks = [asyncio.create_task(_attack(client, url, number)) for number in range(ATTACKERS)]
        try:
            return await _class(url)
        finally:
            for one in attacks:
                one.cancel()
            await asyncio.gather(*attacks, return_exceptions=True)


def _client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=PATIENCE_SECONDS, limits=httpx.Limits(max_connections=None))


async def _visit(client: httpx.AsyncClient, url: str, number: int) -> list[float]:
    luck = random.Random(number)
    async with visiting(client, url) as visitor:
        waits = []
        for _ in range(TEXTS_EACH):
            await asyncio.sleep(3 * luck.random())
            waits.append(await _first_token(visitor, luck.getrandbits(30)))
        return waits


async def _first_token(visitor: PlainVisitor, seed: int) -> float:
    began, first = time.perf_counter(), None
    async for message in visitor.click("Generate", prompt="Once upon a time", max_new_tokens=NEW_TOKENS, seed=seed):
        is_news = message["msg"] == "process_generating"
        if first is None and is_news and '"token_id"' in json.dumps(message["output"]):
            first = time.perf_counter() - began
    assert first is not None, "no token came"
    return first


async def _attack(client: httpx.AsyncClient, url: str, number: int) -> None:
    """Sends huge prompts, hostile files, requests for unknown texts, and closes connections, until it is cancelled."""
    ways = (_huge_prompt, _hostile_csv, _many_rows, _closed_connection)
    while True:
        for way in ways[number % len(ways) :] + ways[: number % len(ways)]:
            with suppress(httpx.HTTPError):  # the server may close the connection instead of an answer
                await way(client, url)
            await asyncio.sleep(PAUSE_SECONDS)


async def _huge_prompt(client: httpx.AsyncClient, url: str) -> None:
    given = {"data": ["All work and no play. " * 50_000, {"max_new_tokens": 512}]}
    await client.post(f"{url}/gradio_api/call/trace", json=given)


async def _hostile_csv(client: httpx.AsyncClient, url: str) -> None:
    parts = (await client.get(f"{url}/config")).json()["components"]
    tab = next(part["id"] for part in parts if part["props"].get("elem_id") == "pg-prompts")
    asked = {"bytes": base64.b64encode(HOSTILE_CSV).decode(), "most": 100}
    given = {"session_hash": "attacker", "component_id": tab, "fn_name": "read_csv", "data": asked}
    await client.post(f"{url}/gradio_api/component_server", json=given)


async def _many_rows(client: httpx.AsyncClient, url: str) -> None:
    ids = [random.randrange(49_000) for _ in range(400)]
    asked = {"prompt_ids": ids, "completion_ids": []}
    await asyncio.gather(
        *(client.get(f"{url}/playground/traces/{number}/logits/0") for number in range(20)),
        *(client.post(f"{url}/playground/next-logits", json=asked) for _ in range(4)),
    )


async def _closed_connection(client: httpx.AsyncClient, url: str) -> None:
    given = {"data": ["Once upon a time", {"max_new_tokens": 512}]}
    event = (await client.post(f"{url}/gradio_api/call/trace", json=given)).json().get("event_id", "none")
    async with client.stream("GET", f"{url}/gradio_api/call/trace/{event}"):
        pass  # the connection closes before the text comes
