"""Tests that everything a visit held is freed when its visitor leaves, between two texts or in the middle of one."""

import asyncio
import threading
from collections.abc import Callable

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from gradio.routes import App
from gradio.server_messages import HeartbeatMessage

from playground import command_line
from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.web.classroom import stream
from playground.web.classroom.room import TEACHER_HEADER
from playground.web.guards import visits
from playground.web.guards.standing_in import HEARTBEAT_HEADER
from playground.web.panels import visit
from playground.web.routes.leaving import CLIENT_CLOSED_REQUEST, LeavingRoute
from tests import fakes
from tests.plain_visitor import PlainVisitor, visiting

SECRET = "a-secret-of-tests"


class Site:
    """A running server on a tiny model, which can count what it and Gradio hold."""

    def __init__(self, engine: Engine, url: str, gradio: App, end: Callable[[], None]) -> None:
        self.engine = engine
        self.url = url
        self.gradio = gradio
        self.end = end

    def held(self) -> dict[str, int]:
        """Returns what the server holds of visits, as counts."""
        page, engine = self.gradio.get_blocks(), self.engine
        queue = page._queue
        return {
            "bytes of traces": engine.store.nbytes,
            "bytes of caches": engine.caches.nbytes,
            "rows": int(engine.busy),
            "component values": len(self.gradio.state_holder.session_data),
            "messages": len(queue.pending_messages_per_session),
            "names of events": len(queue.pending_event_ids_session),
            "events": len(queue.event_ids_to_events),
            "statistics": len(queue.event_analytics),
            "generators": len(self.gradio.iterators),
            "running": sum(job is not None for job in queue.active_jobs),
            "diffs": len(page.pending_diff_streams),
        }

    async def holds(self, wanted: dict[str, int]) -> None:
        """Waits until it holds exactly this."""
        try:
            async with asyncio.timeout(fakes.PATIENCE_SECONDS):
                while self.held() != wanted:
                    await asyncio.sleep(0.01)
        except TimeoutError:
            assert self.held() == wanted


@pytest.fixture
def site(request, engine, monkeypatch):
    """A server with the options of the test's parameter."""
    engine.model.eos_token_ids = frozenset()
    mounted, find = [], command_line.gradio_app

    def found(app: FastAPI) -> App:
        mounted.append(find(app))
        return mounted[0]

    monkeypatch.setattr(command_line, "gradio_app", found)
    asgi = command_line.build_app(Engines.only(engine), command_line.arguments(getattr(request, "param", [])))
    [gradio] = mounted
    with command_line.listen("127.0.0.1", 0) as listener:
        server = command_line.build_server(asgi, asgi.end)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})

        def end() -> None:
            server.should_exit = True
            engine.model.free()
            thread.join()

        thread.start()
        yield Site(engine, f"http://127.0.0.1:{listener.getsockname()[1]}", gradio, end)
        end()


@pytest.fixture
async def client():
    async with httpx.AsyncClient(timeout=fakes.PATIENCE_SECONDS, limits=httpx.Limits(max_connections=None)) as client:
        yield client


async def write(visitor: PlainVisitor, new_tokens: int = 4) -> list[dict]:
    return [message async for message in visitor.click("Generate", prompt="the tin", max_new_tokens=new_tokens)]


async def test_nothing_of_visits_that_are_over_is_held(site, client):
    before = site.held()
    for _ in range(3):
        async with visiting(client, site.url) as first, visiting(client, site.url) as second:
            await asyncio.gather(write(first), write(second))
            assert site.held()["bytes of traces"] > before["bytes of traces"]
            assert len(site.gradio.state_holder.session_data) >= 2
        await site.holds(before)


async def test_nothing_of_a_visit_that_ended_in_the_middle_of_a_text_is_held(site, client):
    before = site.held()
    async with visiting(client, site.url) as visitor:
        site.engine.model.hold()
        messages = visitor.click("Generate", prompt="the tin", max_new_tokens=60)
        site.engine.model.allow(3)
        for _ in range(3):
            assert (await anext(messages))["msg"] in ("estimation", "process_starts", "process_generating")
        assert site.engine.busy
    site.engine.model.free()
    await site.holds(before)


async def test_nothing_of_an_event_that_comes_after_its_visit_is_held(site, client, monkeypatch):
    """A page's last request may reach a busy server after the end of its heartbeat, which Gradio tells only once."""
    monkeypatch.setattr(visits, "ABSENT_SECONDS", 0.05)
    before = site.held()
    async with visiting(client, site.url) as visitor:
        await write(visitor)
    await site.holds(before)
    await visitor.ask("click", {"value": "Generate"}, {"prompt": "the tin", "max_new_tokens": 4})
    await site.holds(before)


async def test_nothing_of_a_visitor_without_a_heartbeat_is_held(site, client, monkeypatch):
    """A visitor may leave a busy server before its heartbeat begins, whose end Gradio does not tell then."""
    before = site.held()
    visitor = PlainVisitor(client, site.url, (await client.get(f"{site.url}/config")).json())
    await visitor.ask("load", None)
    listening = asyncio.create_task(visitor.listen())
    await write(visitor)
    monkeypatch.setattr(visits, "ABSENT_SECONDS", 0.05)  # not before: the visit would end between two events
    assert (await write(visitor))[-1]["msg"] == "process_completed"
    listening.cancel()
    await site.holds(before)


async def test_what_a_visitor_holds_stays_while_the_page_is_open(site, client, monkeypatch):
    monkeypatch.setattr(visits, "ABSENT_SECONDS", 0.05)
    before = site.held()
    async with visiting(client, site.url) as visitor:
        await write(visitor)
        await asyncio.sleep(0.3)
        assert site.held()["bytes of traces"] > before["bytes of traces"]


@pytest.mark.parametrize("site", [["--teacher", SECRET]], indirect=True)
async def test_the_news_of_a_class_stand_in_for_the_heartbeat_also_after_its_end(site, client, monkeypatch):
    monkeypatch.setattr(visits, "ABSENT_SECONDS", 0.05)
    monkeypatch.setattr(stream, "PING_SECONDS", 0.05)
    before = site.held()
    async with visiting(client, site.url, in_class=True) as visitor:
        await write(visitor)
        assert (await client.get(f"{site.url}/playground/status")).json()["sessions"] == 1
        ended = await client.post(f"{site.url}/playground/class/end", headers={TEACHER_HEADER: SECRET})
        assert ended.status_code == 204
        async with asyncio.timeout(fakes.PATIENCE_SECONDS):
            while not visitor.has_class_ended:
                await asyncio.sleep(0.01)
        await write(visitor)
        await asyncio.sleep(0.3)
        assert site.held()["bytes of traces"] > before["bytes of traces"]
    await site.holds(before)
    assert (await client.get(f"{site.url}/playground/status")).json()["sessions"] == 0


@pytest.mark.parametrize("site", [["--teacher", SECRET]], indirect=True)
async def test_a_server_that_ends_ends_the_streams_of_open_pages_and_breaks_none_off(site, client, caplog):
    config = (await client.get(f"{site.url}/config")).json()
    page, pupil = (PlainVisitor(client, site.url, config) for _ in range(2))
    streams = [asyncio.create_task(page.stay_connected()), asyncio.create_task(pupil.follow_class())]
    async with asyncio.timeout(fakes.PATIENCE_SECONDS):
        while (await client.get(f"{site.url}/playground/status")).json()["sessions"] < len(streams):
            await asyncio.sleep(0.01)
    await asyncio.to_thread(site.end)
    await asyncio.gather(*streams)
    assert [record.getMessage() for record in caplog.records if record.name.startswith("uvicorn")] == []


@pytest.mark.parametrize("site", [["--teacher", SECRET]], indirect=True)
async def test_a_visit_that_no_page_has_is_refused(site, client):
    for name in ("", "../status", "x" * 65):
        answer = await client.get(f"{site.url}/playground/class/events", headers={HEARTBEAT_HEADER: name})
        assert (answer.status_code, HEARTBEAT_HEADER in answer.json()["detail"]) == (400, True)


async def test_no_two_searches_have_the_same_id(site, client):
    """A page outlives its visit, and must not take the search of a later visit for one that it knows."""
    asked, ids = {"num_beams": 2, "max_new_tokens": 2}, []
    for _ in range(2):
        async with visiting(client, site.url) as visitor:
            told = [message async for message in visitor.trigger("pg-beams", "beams_run", asked)]
            ids.append(told[-1]["output"]["data"][0]["search"])
    assert ids[0] != ids[1]


async def test_what_a_search_and_a_text_of_ones_own_held_goes_with_the_visit(site, client):
    before = site.held()
    async with visiting(client, site.url) as visitor:
        asked = {"num_beams": 2, "max_new_tokens": 3}
        async for _ in visitor.trigger("pg-beams", "beams_run", asked):
            pass
        told = [message async for message in visitor.trigger("pg-attention", "texts", {"asked": 1, "texts": ["tin"]})]
        [text] = told[-1]["output"]["data"][0]["texts"]
        path = f"{site.url}/playground/traces/{text['trace_id']}/attention/thumbnails"
        assert (await client.get(path)).status_code == 200
    await site.holds(before)
    assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize("way", ["call", "queue"])
async def test_a_text_that_an_api_client_left_is_not_written_to_its_end(site, client, way):
    before = len(site.engine.model.batch_sizes)
    site.engine.model.hold()
    asked = ["the tin", {"max_new_tokens": 80}]
    if way == "call":
        joined = await client.post(f"{site.url}/gradio_api/call/trace", json={"data": asked})
        stream = f"{site.url}/gradio_api/call/trace/{joined.json()['event_id']}"
    else:
        named = (await client.get(f"{site.url}/config")).json()["dependencies"]
        number = next(event["id"] for event in named if event["api_name"] == "trace")
        given = {"data": asked, "fn_index": number, "session_hash": "left"}
        await client.post(f"{site.url}/gradio_api/queue/join", json=given)
        stream = f"{site.url}/gradio_api/queue/data?session_hash=left"
    await site.engine.model.arrived()
    async with client.stream("GET", stream):
        pass
    while not any(row.stopped for row in list(site.engine._rows)):
        await asyncio.sleep(0.01)
    site.engine.model.free()
    while site.engine.busy:
        await asyncio.sleep(0.01)
    assert len(site.engine.model.batch_sizes) == before + 1, "only the step that was under way"


async def test_a_page_whose_stream_ends_after_its_visit_is_no_error(site, client, caplog):
    """The stream may end after the visit: a browser closes a page's two connections in any order."""
    visitor = PlainVisitor(client, site.url, (await client.get(f"{site.url}/config")).json())
    present = asyncio.create_task(visitor.stay_connected())
    await visitor.ask("load", None)
    site.engine.model.hold()
    await visitor.ask("click", {"value": "Generate"}, {"prompt": "the tin", "max_new_tokens": 30})
    answers = asyncio.create_task(client.get(f"{site.url}/gradio_api/queue/data?session_hash={visitor.session}"))
    await site.engine.model.arrived()
    mailboxes = site.gradio.get_blocks()._queue.pending_messages_per_session
    mailbox = mailboxes[visitor.session]
    present.cancel()
    while visitor.session in mailboxes:
        await asyncio.sleep(0.01)
    mailbox.put_nowait(HeartbeatMessage())  # what comes just before the end of the visit wakes the stream
    assert "session_not_found" in (await answers).text
    site.engine.model.free()
    while site.engine.busy:
        await asyncio.sleep(0.01)
    async with visiting(client, site.url) as other:
        assert (await write(other))[-1]["msg"] == "process_completed"
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_a_page_keeps_its_mailbox_however_many_calls_there_are(site, client, monkeypatch):
    monkeypatch.setattr(visit, "MAILBOXES", 3)
    async with visiting(client, site.url) as visitor:
        for _ in range(6):
            assert (await client.post(f"{site.url}/gradio_api/call/model", json={"data": []})).status_code == 200
        assert visitor.session in site.gradio.get_blocks()._queue.pending_messages_per_session
        assert (await write(visitor))[-1]["msg"] == "process_completed"
        assert len(site.gradio.get_blocks()._queue.pending_messages_per_session) == 3


def test_mailboxes_are_bounded_though_all_say_they_are_pages(monkeypatch):
    monkeypatch.setattr(visit, "MAILBOXES", 3)
    mailboxes = visit.Mailboxes()
    for number in range(10):
        mailboxes[str(number)] = asyncio.Queue()
        mailboxes.pages.add(str(number))
    assert (list(mailboxes), mailboxes.pages) == (["7", "8", "9"], {"7", "8", "9"})


async def test_calls_of_the_api_leave_a_bounded_number_of_sessions(site, client, monkeypatch):
    monkeypatch.setattr(site.gradio.state_holder, "capacity", 3)
    for _ in range(5):
        joined = await client.post(f"{site.url}/gradio_api/call/model", json={"data": []})
        answer = await client.get(f"{site.url}/gradio_api/call/model/{joined.json()['event_id']}")
        assert "event: complete" in answer.text
    assert len(site.gradio.state_holder.session_data) == 3


def test_the_page_bounds_what_gradio_keeps(site):
    assert site.gradio.state_holder.capacity == 300


async def test_a_client_that_leaves_before_its_body_is_read_causes_no_error():
    """A busy server reads a body late, and the page ends its requests at any time."""
    app, router = FastAPI(), APIRouter(route_class=LeavingRoute)
    asked, sent = [], []

    @router.post("/work")
    async def work(request: Request) -> None:
        asked.append(await request.json())

    app.include_router(router)
    scope = {"type": "http", "method": "POST", "path": "/work", "headers": [], "query_string": b""}

    async def receive() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(message: dict) -> None:
        sent.append(message.get("status"))

    await app(scope, receive, send)
    assert sent[0] == CLIENT_CLOSED_REQUEST
    assert asked == []
