"""Tests that with `--auth` every route of the running server needs a login, with a short list of exceptions."""

import re
from collections.abc import Iterator

import pytest
from starlette.routing import BaseRoute, Mount
from starlette.testclient import TestClient

from playground import command_line
from playground.engine.engines import Engines
from playground.web.bundles import joined
from playground.web.guards.visits import Visits

HERE = "http://127.0.0.1"
LOCAL = ("127.0.0.1", 50_000)
OPEN = {
    ("GET", "/"),
    ("HEAD", "/"),
    ("POST", "/login"),
    ("GET", "/healthz"),
    ("HEAD", "/healthz"),
    ("GET", "/assets/{name}"),
    ("GET", "/assets/{path:path}"),
    ("HEAD", "/assets/{path:path}"),
    ("GET", "/static/{path:path}"),
    ("HEAD", "/static/{path:path}"),
    ("GET", "/theme.css"),
    ("GET", "/favicon.ico"),
    ("GET", "/manifest.json"),
}
"""All that needs no login: the login page, the files that it loads, and the health check."""
ENDLESS = ("/gradio_api/heartbeat/", "/gradio_api/dev/reload")
"""Streams that last as long as the visit. The tests do not open them with a login."""
OPTIONS = ["--auth", "class:se:cret"]


@pytest.fixture
def routes(engine) -> set[tuple[str, str]]:
    """Returns the (method, path) of every route of the server."""
    server = command_line.build_routes(Engines.only(engine), command_line.arguments(OPTIONS), Visits())
    return set(listed(server.routes))


def listed(routes: list[BaseRoute], above: str = "") -> Iterator[tuple[str, str]]:
    for route in routes:
        if included := getattr(route, "original_router", None):  # FastAPI keeps an included router whole
            yield from listed(included.routes, above + route.include_context.prefix)
        elif isinstance(route, Mount) and route.routes:
            yield from listed(route.routes, above + route.path)
        elif isinstance(route, Mount):
            yield from (("GET", f"{above}{route.path}/page.js"), ("HEAD", f"{above}{route.path}/page.js"))
        else:
            assert hasattr(route, "methods"), f"{route} is no HTTP route: the guard has to learn its kind"
            for method in route.methods:
                yield method, above + route.path


@pytest.fixture
def client(engine) -> Iterator[TestClient]:
    server = command_line.build_app(Engines.only(engine), command_line.arguments(OPTIONS))
    with TestClient(server, base_url=HERE, client=LOCAL, raise_server_exceptions=False) as client:
        yield client


def filled(path: str) -> str:
    return re.sub(r"{[^}]*}", "1", path)


def test_the_list_of_routes_is_whole(routes):
    paths = {path for _, path in routes}
    ours = {
        "/v1/completions",
        "/playground/assets/page.js",
        "/playground/traces/{trace_id}/logits/{index}",
        "/status",
        "/metrics",
    }
    gradios = {"/config", "/gradio_api/info", "/gradio_api/openapi.json", "/gradio_api/queue/join", "/login", "/"}
    assert ours | gradios <= paths
    assert len(paths) > 80


def test_without_a_login_only_the_exceptions_answer(client, routes):
    answered = set()
    for method, path in sorted(routes):
        if client.request(method, filled(path), follow_redirects=False).status_code != 401:
            answered.add((method, path))
    assert answered == OPEN & routes


def test_a_wrong_path_tells_nothing(client):
    closed = ("/nothing/there", "/playground/", "/healthz/", "/assets", "/docs", "/openapi.json", "/playground/assets")
    for path in closed:
        assert client.get(path, follow_redirects=False).status_code == 401
    for path in ("/assets/..%2f..%2fconfig", "/static/%2e%2e/status", "/assets/nothing.js"):
        assert client.get(path, follow_redirects=False).status_code in (401, 403, 404)


def test_of_our_files_only_those_that_the_login_page_loads_are_open(client):
    parts = joined()
    for file in (parts.styles, parts.parts["page"]):
        assert client.get(f"/playground/{file.address}").status_code == 200
    for closed in (parts.parts["inside"].address, "files/0123456789abcdef/vocabulary.json", "files/../status"):
        assert client.get(f"/playground/{closed}").status_code == 401


def test_a_file_that_is_open_is_open_for_reading_only(client):
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert client.request(method, "/theme.css").status_code == 401
        assert client.request(method, "/").status_code == 401


def test_with_a_login_every_route_is_reached(client, routes):
    for method, path in sorted(routes):
        if path.startswith((*ENDLESS, "/v1")) or path in ("/logout", "/login"):
            continue  # /v1 needs the key for programs, and not the login; see test_openai_refusals.py
        logged_in(client)
        status = client.request(method, filled(path), follow_redirects=False).status_code
        assert status != 401, f"{method} {path}"


def logged_in(client: TestClient) -> dict[str, str]:
    """Logs in if that has not happened yet. Returns the cookies."""
    if not client.cookies:
        assert client.post("/login", data={"username": "class", "password": "se:cret"}).status_code == 200
    return dict(client.cookies)


def test_the_page_answers_after_a_login_and_not_after_a_logout(client):
    assert client.get("/playground/vocabulary.json").json()["detail"].startswith("You are not logged in.")
    assert client.post("/login", data={"username": "class", "password": "wrong"}).status_code == 400
    assert client.get("/status").status_code == 401
    kept = logged_in(client)
    for path in ("/config", "/gradio_api/info", "/playground/vocabulary.json", "/status", "/metrics"):
        assert client.get(path).status_code == 200
    client.get("/logout")
    client.cookies.update(kept)
    assert client.get("/playground/vocabulary.json").status_code == 401


def test_an_invented_cookie_is_no_login(client):
    [name] = [cookie for cookie in logged_in(client) if "unsecure" in cookie]
    for token in ("", "None", "x"):
        client.cookies.clear()
        client.cookies.set(name, token)
        assert client.get("/status").status_code == 401


def test_a_program_may_send_name_and_password(client):
    assert client.get("/metrics", auth=("class", "se:cret")).status_code == 200
    assert client.get("/metrics", auth=("class", "secret")).status_code == 401
    for value in ("Basic", "Basic ???", "Basic w6k=", "Bearer x", "basic"):
        assert client.get("/metrics", headers={"Authorization": value}).status_code == 401


def test_without_auth_everything_is_open(engine):
    server = command_line.build_app(Engines.only(engine), command_line.arguments([]))
    with TestClient(server, base_url=HERE) as client:
        for path in ("/config", "/gradio_api/info", "/playground/vocabulary.json"):
            assert client.get(path).status_code == 200
