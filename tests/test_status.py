"""Tests the routes for those who run the server: health, status, and the same for Prometheus."""

import asyncio
import logging
import re
import threading

import numpy as np
import pytest
from fastapi import FastAPI
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from playground import command_line
from playground.attention.views import AttentionViews
from playground.decoding.settings import Settings
from playground.engine.engines import Engines
from playground.engine.request import Request
from playground.errors import PlaygroundError
from playground.web.guards.access_log import shortened
from playground.web.guards.chain import Policy, guarded
from playground.web.guards.hosts import own_names
from playground.web.guards.visits import Visits
from playground.web.report import Reporter
from playground.web.routes.status import add_status_routes
from tests import fakes
from tests.shelf import shelf, tiny_language_models

HERE = "http://127.0.0.1"
LOCAL = ("127.0.0.1", 50_000)
ELSEWHERE = ("192.0.2.7", 50_000)


class NoSessions:
    """Stands in for Gradio's application, with nobody logged in."""

    cookie_id = "x"
    tokens: dict[str, str] = {}  # noqa: RUF012


def client(engine, address=LOCAL, patience_seconds: float = 60, **policy) -> TestClient:
    """Returns a client of only the status routes, behind the guards."""
    app, visits = FastAPI(), Visits()
    add_status_routes(app, Reporter(Engines.only(engine), visits, patience_seconds), has_login="credentials" in policy)
    guards = guarded(app, Policy(hosts=own_names("127.0.0.1"), **policy), NoSessions(), visits)
    return TestClient(guards, base_url=HERE, client=address)


def test_the_status_tells_what_was_written(engine):
    first = fakes.run(engine, Request(fakes.prompt(5), Settings(max_new_tokens=4)))
    second = fakes.run(engine, Request(fakes.prompt(6), Settings(max_new_tokens=3)))
    status = client(engine).get("/status").json()
    assert status["model"] == "tiny"
    assert (status["sessions"], status["running"], status["waiting"]) == (0, 0, 0)
    written = sum(len(trace.steps) for _, trace in (first, second))
    assert (status["texts"], status["tokens"]) == (2, written)
    assert status["tokens_per_second"] > 0
    assert 0 < status["first_token_seconds"]["p50"] <= status["first_token_seconds"]["p95"]
    assert status["bytes"]["traces"] == engine.store.nbytes > 0
    assert status["bytes"]["caches"] == engine.caches.nbytes > 0
    assert status["resident_bytes"] > 50_000_000
    assert status["uptime_seconds"] >= 0


def test_work_in_the_background_is_tokens_and_looks_are_not_and_neither_is_a_text(engine):
    fakes.run(engine, Request(fakes.prompt(5), fakes.greedy(2), background=True))
    asyncio.run(engine.lookups.after(fakes.prompt(4)))
    assert engine.speed.tokens == 2
    assert engine.speed.texts == 0


async def test_running_and_waiting_rows_are_counted(llama, engine):
    llama.hold()
    runs = [engine.trace(Request(fakes.prompt(5), fakes.greedy(2))) for _ in range(engine.limits.rows + 3)]
    await llama.arrived()
    running, waiting = engine.rows()
    assert running + waiting == len(runs)
    assert running >= 1
    assert waiting >= 3
    llama.free()
    for run in runs:
        await fakes.collect(run)
    async with asyncio.timeout(fakes.PATIENCE_SECONDS):
        while engine.rows() != (0, 0):
            await asyncio.sleep(0)


def test_metrics_are_prometheus_text(engine):
    fakes.run(engine, Request(fakes.prompt(5), Settings(max_new_tokens=4)))
    answer = client(engine).get("/metrics")
    assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    families = {family.name: family for family in text_string_to_metric_families(answer.text)}
    assert [sample.value for sample in families["playground_tokens"].samples] == [engine.speed.tokens]
    stores = {sample.labels["store"]: sample.value for sample in families["playground_store_bytes"].samples}
    assert stores["traces"] == engine.store.nbytes
    quantiles = [sample.labels["quantile"] for sample in families["playground_first_token_seconds"].samples]
    assert quantiles == ["0.5", "0.95"]
    assert all(name.startswith("playground_") for name in families)


def test_attention_tells_what_it_keeps(engine):
    views = AttentionViews(engine)
    views.shelf._kept["trace", "maps"] = np.zeros(1000, "u1")
    assert client(engine).get("/status").json()["bytes"]["attention"] == 1000


def test_before_the_first_text_there_are_no_quantiles(engine):
    asked = client(engine)
    assert asked.get("/status").json()["first_token_seconds"] == {"p50": None, "p95": None}
    assert "quantile" not in asked.get("/metrics").text


@pytest.mark.parametrize("path", ["/status", "/metrics"])
def test_without_a_login_only_programs_on_this_machine_are_told(engine, path):
    assert client(engine).get(path).status_code == 200
    assert client(engine, address=("::1", 1)).get(path).status_code == 200
    elsewhere = client(engine, address=ELSEWHERE).get(path)
    assert elsewhere.status_code == 403
    assert "Start it with --auth" in elsewhere.json()["detail"]
    for header in ("X-Forwarded-For", "Forwarded", "Via"):
        assert client(engine).get(path, headers={header: "127.0.0.1"}).status_code == 403, "a proxy asks for somebody"
    proxied = client(engine, root_path="/play")
    assert proxied.get(path).status_code == 403
    assert proxied.get(path, headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 403


def test_the_page_may_ask_without_an_error(engine):
    assert client(engine).get("/playground/status").json()["model"] == "tiny"
    assert client(engine, address=ELSEWHERE).get("/playground/status").status_code == 204


def test_anybody_may_ask_whether_it_is_alive(engine):
    for asked in (client(engine, address=ELSEWHERE), client(engine, credentials=("class", "secret"))):
        assert asked.get("/healthz").status_code == 200


def test_a_thread_that_ended_is_not_alive(engine):
    engine.close()
    answer = client(engine).get("/healthz")
    assert answer.status_code == 503
    assert answer.json()["detail"] == "The model does not answer. Start the server again."


async def test_a_thread_that_does_not_answer_in_time_is_not_alive(llama, engine):
    llama.hold()
    run = engine.trace(Request(fakes.prompt(5), fakes.greedy(2)))
    await llama.arrived()
    reporter = Reporter(Engines.only(engine), Visits(), patience_seconds=0.01)
    assert await reporter.is_alive() is False
    llama.free()
    await fakes.collect(run)
    assert await Reporter(Engines.only(engine), Visits()).is_alive() is True


async def test_many_who_ask_at_once_share_one_question(engine, monkeypatch):
    asked = []
    call = engine.call

    async def counted(work):
        asked.append(work)
        return await call(work)

    monkeypatch.setattr(engine, "call", counted)
    reporter = Reporter(Engines.only(engine), Visits())
    assert all(await asyncio.gather(*(reporter.is_alive() for _ in range(100))))
    assert len(asked) == 1


async def test_a_bug_in_the_pulse_is_not_hidden(engine, monkeypatch):
    async def broken(work):
        raise RuntimeError("a bug")

    monkeypatch.setattr(engine, "call", broken)
    with pytest.raises(RuntimeError):
        await Reporter(Engines.only(engine), Visits()).is_alive()


async def test_an_open_page_is_a_session_until_it_leaves():
    visits = Visits()
    left = asyncio.Event()

    async def stream(scope, receive, send):
        await left.wait()
        raise PlaygroundError("a stream may end with an error")

    counted = visits.counting(stream)
    scopes = [{"type": "http", "path": f"/gradio_api/heartbeat/{number}"} for number in range(3)]
    tasks = [asyncio.create_task(counted(scope, None, None)) for scope in scopes]
    await asyncio.sleep(0)
    assert visits.count == 3
    tasks[0].cancel()
    left.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert visits.count == 0


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("/", "/"),
        ("/playground/traces/Tlalt8NflWQajqoJ-IzNm4KS", "/playground/traces/Tlalt8..."),
        ("/playground/traces/-lalt8NflWQajqoJ-IzNm4KS/logits/-1", "/playground/traces/-lalt8.../logits/-1"),
        ("/gradio_api/heartbeat/f18m7mkkl86", "/gradio_api/heartbeat/f18m7m..."),
        ("/gradio_api/call/trace/0123456789abcdef", "/gradio_api/call/trace/012345..."),
        ("/gradio_api/call/trace", "/gradio_api/call/trace"),
        ("/a\nb INFO forged", "/a%0Ab%20INFO%20forged"),
        ("/" + "x" * 1000, "/" + "x" * 199),
    ],
)
def test_a_line_of_the_log_lets_nobody_in(path, line):
    assert shortened(path) == line


def test_a_request_is_one_line_without_its_query_and_its_text(engine, caplog):
    caplog.set_level(logging.DEBUG)
    server = command_line.build_app(Engines.only(engine), command_line.arguments([]))
    with TestClient(server, base_url=HERE, client=LOCAL) as asked:
        asked.get("/healthz?token=hidden")
        settings = {"strategy": "greedy", "max_new_tokens": 2}
        event = asked.post("/gradio_api/call/trace", json={"data": ["secretly the", settings]}).json()["event_id"]
        assert "complete" in asked.get(f"/gradio_api/call/trace/{event}").text
        asked.get("/nothing")
    lines = [record.getMessage() for record in caplog.records if record.name == "playground.web.guards.access_log"]
    assert [re.sub(r"\d+\.\d+ s", "s", line) for line in lines] == [
        "GET /healthz 200 s 127.0.0.1",
        "POST /gradio_api/call/trace 200 s 127.0.0.1",
        f"GET /gradio_api/call/trace/{event[:6]}... 200 s 127.0.0.1",
        "GET /nothing 404 s 127.0.0.1",
    ]
    ours = [record.getMessage() for record in caplog.records if record.name.startswith("playground")]
    assert not [line for line in ours if "secretly" in line or event in line]


def test_by_default_no_request_is_logged(engine, caplog):
    caplog.set_level(logging.WARNING)
    client(engine).get("/healthz")
    assert not [record for record in caplog.records if record.name.startswith("playground")]


async def test_a_model_that_is_let_go_meanwhile_is_no_fault(tiny_models):
    engines, begun, may_end = shelf(tiny_language_models(tiny_models), room=1), threading.Event(), threading.Event()

    def busy(_: object) -> None:
        begun.set()
        assert may_end.wait(fakes.PATIENCE_SECONDS)

    async def use(name: str) -> None:
        async with engines.using(name):
            pass

    try:
        async with engines.using("first") as first:
            working = asyncio.create_task(first.call(busy))
            await asyncio.to_thread(begun.wait, fakes.PATIENCE_SECONDS)
            asked = asyncio.create_task(Reporter(engines, Visits()).is_alive())
            await asyncio.sleep(0.05)
        other = asyncio.create_task(use("second"))
        while engines.loaded("first") is not None:
            await asyncio.sleep(0.01)
        may_end.set()
        assert await asked
        await asyncio.gather(working, other)
    finally:
        may_end.set()
        engines.close()
