"""Tests that nobody is left behind by a model that is being loaded: neither who has left, nor a server that ends."""

import asyncio
import threading

import httpx
import pytest

from playground import command_line
from playground.engine.own_thread import on_own_thread
from tests import fakes
from tests.plain_visitor import visiting
from tests.shelf import shelf, tiny_language_models

SOON_SECONDS = 20
"""Less than the time after which a load goes on by itself."""
BEGIN = {"model": "second", "trace_id": None, "one_step": False}


class SlowSite:
    """A running server whose second model is loaded when `may_load` is set."""

    def __init__(self, tiny_models) -> None:
        self.begun, self.may_load = threading.Event(), threading.Event()
        loaders = tiny_language_models(tiny_models)
        self.engines = shelf(loaders | {"second": lambda: self._load(loaders["second"])})

    def _load(self, load):
        self.begun.set()
        assert self.may_load.wait(fakes.PATIENCE_SECONDS)
        return load()


@pytest.fixture
async def site(tiny_models):
    site = SlowSite(tiny_models)
    async with site.engines.using("first"):
        pass
    asgi = await asyncio.to_thread(command_line.build_app, site.engines, command_line.arguments([]))
    with command_line.listen("127.0.0.1", 0) as listener:
        server = command_line.build_server(asgi)
        site.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        site.serving = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        site.server = server
        site.serving.start()
        yield site
        server.should_exit = True
        site.may_load.set()
        await asyncio.to_thread(site.serving.join)
    site.engines.close()


@pytest.fixture
async def client():
    async with httpx.AsyncClient(timeout=fakes.PATIENCE_SECONDS) as client:
        yield client


async def arrived(condition) -> None:
    async with asyncio.timeout(SOON_SECONDS):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_visitor_who_leaves_while_a_model_is_loaded_leaves_no_text(site, client):
    store = site.engines.store
    before = set(store._held)
    async with visiting(client, site.url) as visitor:
        await visitor.ask("further", {"elem_id": "pg-decode"}, None, BEGIN)
        await arrived(site.begun.is_set)
    await asyncio.sleep(0.2)  # the server hears that the visitor has left
    site.may_load.set()
    await arrived(lambda: site.engines.loaded("second") and not site.engines._places["second"].users)
    assert set(store._held) == before


async def test_a_visitor_who_stays_gets_the_text_of_the_model_that_was_loaded(site, client):
    store = site.engines.store
    before = set(store._held)
    async with visiting(client, site.url) as visitor:
        site.may_load.set()
        async for _ in visitor.trigger("pg-decode", "further", BEGIN):
            pass
        [trace_id] = set(store._held) - before
        assert store.get(trace_id).model == "second"


async def test_a_page_that_asks_for_a_model_and_leaves_does_not_use_it(site, client):
    asking = asyncio.create_task(client.get(f"{site.url}/playground/model.json", params={"model": "second"}))
    await arrived(site.begun.is_set)
    assert site.engines._places["second"].users == 1
    asking.cancel()
    await arrived(lambda: not site.engines._places["second"].users)


async def test_a_server_ends_while_a_model_is_loaded_and_says_so(site, client, caplog):
    asked = [
        asyncio.create_task(client.get(f"{site.url}/playground/model.json", params={"model": "second"})),
        asyncio.create_task(client.post(f"{site.url}/v1/completions", json={"model": "second", "prompt": "a"})),
    ]
    await arrived(lambda: site.engines._places["second"].users == 2)
    site.server.should_exit = True
    await asyncio.to_thread(site.serving.join, SOON_SECONDS)
    assert not site.serving.is_alive(), "the load goes on, and nobody waits for it"
    page, program = [(await one) for one in asked]
    assert (page.status_code, program.status_code) == (503, 503)
    assert page.json()["detail"] == program.json()["error"]["message"]
    assert page.json()["detail"].startswith("The server is shutting down.")
    assert not [record for record in caplog.records if record.exc_info]


async def test_work_on_its_own_thread_returns_its_result_or_its_error():
    assert await on_own_thread("work", threading.get_ident) != threading.get_ident()
    with pytest.raises(KeyError, match="lost"):
        await on_own_thread("work", lambda: {}["lost"])


async def test_a_result_that_nobody_waits_for_is_thrown_away():
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        may_end.wait(fakes.PATIENCE_SECONDS)
        ended.set()

    waiting = asyncio.create_task(on_own_thread("work", work))
    await asyncio.to_thread(begun.wait, fakes.PATIENCE_SECONDS)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    may_end.set()
    assert await asyncio.to_thread(ended.wait, fakes.PATIENCE_SECONDS)
    await asyncio.sleep(0.01)
