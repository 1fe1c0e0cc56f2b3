"""Tests the guards in front of all routes, with an application that reports which request reached it."""

import json
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient

from playground.web.addresses import VISIT_HEADER
from playground.web.guards import rates
from playground.web.guards.chain import Policy, guarded
from playground.web.guards.hosts import own_names
from playground.web.guards.rates import BUCKETS, Buckets, Rate, network, rates_of
from playground.web.guards.visits import Visits

COSTLY = "/gradio_api/queue/join"


class NoSessions:
    """Stands in for Gradio's application, with nobody logged in."""

    cookie_id = "x"
    tokens: dict[str, str] = {}  # noqa: RUF012


async def echo(request: Request) -> Response:
    """Answers with what arrived of the request."""
    body = len(await request.body())
    client = request.client.host if request.client else None
    return JSONResponse({"url": str(request.url), "client": client, "bytes": body, "headers": dict(request.headers)})


async def with_policy(request: Request) -> Response:
    return HTMLResponse("", headers={"Content-Security-Policy": "sandbox; default-src 'none'"})


async def script(request: Request) -> Response:
    return Response("", media_type="text/javascript")


async def stream(request: Request) -> Response:
    return Response("data: 1\n\n", media_type="text/event-stream")


async def broken(request: Request) -> Response:
    raise RuntimeError("a bug")


def app() -> Starlette:
    methods = ["GET", "POST", "PUT", "DELETE", "OPTIONS"]
    named = [
        Route("/policy", with_policy),
        Route("/script", script),
        Route("/broken", broken),
        Route("/stream", stream),
    ]
    return Starlette(routes=[*named, Route("/{path:path}", echo, methods=methods)])


def client(base_url: str = "http://127.0.0.1:7860", address: str = "192.0.2.7", **policy: Any) -> TestClient:
    policy = {"hosts": own_names("127.0.0.1")} | policy
    guards = guarded(app(), Policy(**policy), NoSessions(), Visits())
    return TestClient(guards, base_url=base_url, client=(address, 50_000), raise_server_exceptions=False)


@pytest.mark.parametrize(
    ("url", "more", "status"),
    [
        ("http://127.0.0.1:7860", [], 200),
        ("http://192.168.1.20:7860", [], 200),
        ("http://[fe80::1]:7860", [], 200),
        ("http://localhost:7860", [], 200),
        ("http://LOCALHOST.:7860", [], 200),
        ("http://evil.example", [], 400),
        ("http://127.0.0.1.evil.example", [], 400),
        ("http://localhost.evil.example", [], 400),
        ("http://play.uni.example", ["play.uni.example"], 200),
        ("http://evil.example", ["play.uni.example"], 400),
        ("http://evil.example", ["*"], 200),
    ],
)
def test_only_a_known_name_or_an_address_is_answered(url, more, status):
    answer = client(url, hosts=own_names("127.0.0.1") | set(more)).get("/")
    assert answer.status_code == status
    if status == 400:
        assert "does not answer to the name" in answer.json()["detail"]
        assert "--allow-host" in answer.json()["detail"]


@pytest.mark.parametrize("host", ["", "a b", "user@127.0.0.1", "127.0.0.1/x", "[::1", "a:b:c"])
def test_what_is_no_host_name_is_refused(host):
    answer = client().get("/", headers={"Host": host})
    assert answer.status_code == 400
    assert "which is not a host name" in answer.json()["detail"]


def test_the_machines_own_name_is_known(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "Desk.lab.example")
    assert own_names("Play.Example") == {"localhost", "desk.lab.example", "desk", "desk.local", "play.example"}


@pytest.mark.parametrize(
    ("url", "origin", "status"),
    [
        ("http://127.0.0.1:7860", None, 200),
        ("http://127.0.0.1:7860", "http://127.0.0.1:7860", 200),
        ("http://localhost", "http://localhost:80", 200),
        ("http://[::1]:7860", "http://[::1]:7860", 200),
        ("http://127.0.0.1:7860", "null", 403),
        ("http://127.0.0.1:7860", "", 403),
        ("http://127.0.0.1:7860", "file://", 403),
        ("http://127.0.0.1:7860", "http://evil.example", 403),
        ("http://127.0.0.1:7860", "http://127.0.0.1:3000", 403),
        ("http://127.0.0.1:7860", "http://localhost:7860", 403),
        ("http://127.0.0.1:7860", "http://127.0.0.1:7860.evil.example", 403),
        ("http://127.0.0.1:7860", "http://[", 403),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def test_a_page_of_another_site_is_refused(url, origin, status, method):
    answer = client(url).request(method, "/x", headers={} if origin is None else {"Origin": origin})
    assert answer.status_code == status
    if status == 403:
        assert "answers its own pages only" in answer.json()["detail"]


def test_the_first_refusal_of_another_sites_page_is_logged_since_an_empty_page_shows_none(caplog):
    behind = client("http://127.0.0.1:7860")
    for _ in range(2):
        behind.get("/x", headers={"Origin": "https://play.uni.example"})
    [told] = [record.getMessage() for record in caplog.records if record.name == "playground.web.guards.hosts"]
    assert "'https://play.uni.example'" in told
    assert "start it with --root-path" in told
    assert told.endswith("asked for '127.0.0.1:7860'.")


@pytest.mark.parametrize("path", ["/", "/broken"])
@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example"])
def test_every_answer_has_the_headers(path, host):
    headers = client().get(path, headers={"Host": host}).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert policy.endswith("frame-ancestors 'self'")
    assert "http" not in policy, "no other origin may be asked"


def test_scripts_and_styles_are_no_pages_and_have_no_policy():
    headers = client().get("/script").headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Content-Security-Policy" not in headers


def test_a_page_with_a_policy_of_its_own_keeps_it():
    policy = client().get("/policy").headers["Content-Security-Policy"]
    assert policy == "sandbox; default-src 'none'; frame-ancestors 'self'"


def test_a_course_system_may_show_the_page_in_a_frame():
    frames = ("https://moodle.example", "https://huggingface.co")
    policy = client(frames=frames).get("/").headers["Content-Security-Policy"]
    assert policy.endswith("frame-ancestors 'self' https://moodle.example https://huggingface.co")


def test_a_body_as_large_as_the_largest_csv_arrives():
    assert client().post("/x", content=b"x" * 6_700_000).json()["bytes"] == 6_700_000


@pytest.mark.parametrize("content", [b"x" * (8 * 2**20 + 1), iter([b"x" * 2**20] * 9)], ids=["announced", "streamed"])
def test_a_larger_body_is_refused(content):
    answer = client().post("/gradio_api/upload", content=content)
    assert answer.status_code == 413
    assert "more than 8,388,608 bytes" in answer.json()["detail"]


def test_a_stream_that_is_too_long_is_not_read_to_its_end():
    read = []

    def pieces():
        for number in range(100):
            read.append(number)
            yield b"x" * 2**20

    guards = guarded(app(), Policy(hosts=frozenset({"*"})), NoSessions(), Visits())
    sent = []
    run(guards, scope("POST", "/x"), pieces(), sent)
    assert sent[0]["status"] == 413
    assert len(read) == 9


def run(asgi, asked, pieces, sent):
    """Runs one request with a body in pieces, and appends what the application sends to `sent`."""
    import asyncio

    async def receive():
        piece = next(pieces, None)
        return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

    async def send(message):
        sent.append(message)

    asyncio.run(asgi(asked, receive, send))


def scope(method: str, path: str) -> dict[str, Any]:
    headers = [(b"host", b"127.0.0.1")]
    return {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "scheme": "http",
        "headers": headers,
        "client": ("192.0.2.7", 1),
        "server": ("127.0.0.1", 80),
    }


def test_over_the_limit_an_address_is_told_when_to_come_back(monkeypatch):
    monkeypatch.setattr(rates, "EVENTS", Rate(3, 0.25))
    limited = client()
    assert [limited.post(COSTLY).status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    refused = limited.post(COSTLY)
    assert refused.headers["Retry-After"] == "4"
    assert "Your address sends too many requests. Wait a moment" in refused.json()["detail"]
    assert limited.get("/playground/assets/page.js").status_code == 200, "what costs little is not counted"
    assert limited.get("/playground/traces/x/logits/0").status_code == 200, "looks are counted apart"


@pytest.mark.parametrize("path", ["traces", "traces/x", "next-logits", "scores", "inside/drawing.json"])
def test_what_the_model_computes_for_a_page_is_counted(path):
    assert [rate for _, rate in rates_of(scope("POST", f"/playground/{path}"))] == [rates.LOOKS_OF_A_PAGE, rates.LOOKS]


def test_a_page_that_hammers_uses_up_its_own_looks_before_its_neighbours(monkeypatch):
    monkeypatch.setattr(rates, "LOOKS_OF_A_PAGE", Rate(3, 0.01))
    monkeypatch.setattr(rates, "LOOKS", Rate(8, 0.01))
    limited, look = client(), "/playground/traces/x/logits/0"

    def statuses(page: str, times: int) -> list[int]:
        return [limited.get(look, headers={VISIT_HEADER: page}).status_code for _ in range(times)]

    assert statuses("a", 20) == [200] * 3 + [429] * 17
    assert [limited.get(look).status_code for _ in range(20)] == [200] * 3 + [429] * 17, "a page without a name is one"
    assert statuses("b", 3) == [200, 200, 429], "all pages of an address together have a limit too"


def refusals(visitors: int, looks: int, events: int, seconds: int) -> int:
    """Returns how many requests are refused when pages of one address each send this many per second."""
    now, refused = [0.0], 0
    buckets = Buckets(clock=lambda: now[0])
    for _ in range(seconds):
        now[0] += 1
        for visitor in range(visitors):
            for key, rate in [*asked("/playground/traces/x", visitor) * looks, *asked(COSTLY, visitor) * events]:
                refused += buckets.take(key, rate) > 0
    return refused


def asked(path: str, visitor: int) -> list:
    return rates_of(scope("GET", path) | {"headers": [(VISIT_HEADER.lower().encode(), str(visitor).encode())]})


def test_a_class_behind_one_address_steps_drags_and_opens_tabs():
    """Thirty visitors open everything at once, then make six looks and three events a second for ten minutes."""
    assert refusals(visitors=30, looks=200, events=100, seconds=1) == 0
    assert refusals(visitors=30, looks=6, events=3, seconds=600) == 0
    assert refusals(visitors=1, looks=60, events=20, seconds=600) == 0, "one page with a key held down"


def test_more_than_a_class_is_refused():
    assert refusals(visitors=30, looks=30, events=0, seconds=60) > 0
    assert refusals(visitors=1, looks=100, events=0, seconds=60) > 0
    assert refusals(visitors=30, looks=0, events=10, seconds=60) > 0


def test_one_address_that_hammers_does_not_use_up_anothers_share():
    now = [0.0]
    buckets = Buckets(clock=lambda: now[0])
    assert [buckets.take("a", Rate(10, 1)) for _ in range(11)][-1] == 1
    assert buckets.take("b", Rate(10, 1)) == 0
    now[0] = 2.5
    assert [buckets.take("a", Rate(10, 1)) for _ in range(3)] == [0, 0, 0.5]


def test_buckets_take_constant_memory():
    buckets = Buckets(clock=lambda: 0.0)
    for number in range(3 * BUCKETS):
        buckets.take(number, Rate(10, 1))
    assert len(buckets) == BUCKETS


@pytest.mark.parametrize(
    ("address", "whose"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("unix", "unix"),
        ("", ""),
    ],
)
def test_a_machine_has_all_addresses_of_its_ipv6_network(address, whose):
    assert network(address) == whose


FORWARDED = {
    "X-Forwarded-Host": "play.uni.example",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-For": "203.0.113.5, 198.51.100.9",
    "X-Gradio-Server": "http://evil.example",
    "Forwarded": "for=203.0.113.5",
}


def test_without_a_root_path_nobody_believes_forwarded_headers():
    told = client().get("/x", headers=FORWARDED).json()
    assert told["url"] == "http://127.0.0.1:7860/x"
    assert told["client"] == "192.0.2.7"
    assert not [name for name in told["headers"] if "forwarded" in name or "gradio" in name]


def test_with_a_root_path_the_proxy_is_believed():
    hosts = own_names("127.0.0.1") | {"play.uni.example"}
    behind = client(root_path="/play", hosts=hosts)
    for path in ("/gradio_api/info", "/play/gradio_api/info"):
        told = behind.get(path, headers=FORWARDED).json()
        assert told["url"] == "https://play.uni.example/gradio_api/info"
        assert told["client"] == "198.51.100.9", "the last address is the one that the proxy saw"
        assert not [name for name in told["headers"] if "forwarded" in name or "gradio" in name]
    origin = {"Origin": "https://play.uni.example"}
    assert behind.post("/x", headers=FORWARDED | origin).status_code == 200
    assert behind.post("/x", headers=FORWARDED | {"Origin": "http://127.0.0.1:7860"}).status_code == 403


def test_a_proxy_is_asked_to_pass_a_stream_on_as_it_comes():
    for path, asked in (("/stream", "no"), ("/script", None)):
        assert client(root_path="/play").get(path).headers.get("X-Accel-Buffering") == asked


def test_the_subpath_alone_gets_its_slash():
    answer = client(root_path="/play").get("/play", follow_redirects=False)
    assert answer.status_code == 307
    assert answer.headers["Location"] == "http://127.0.0.1:7860/play/"


def test_a_path_that_only_begins_like_the_subpath_is_left_alone():
    assert client(root_path="/play").get("/playground/x").json()["url"].endswith("7860/playground/x")


def test_behind_a_proxy_both_names_are_checked():
    """Both names are checked, because a page that rebinds its own name can also send forwarded headers."""
    behind = client("http://evil.example", root_path="/play")
    assert behind.get("/", headers={"X-Forwarded-Host": "127.0.0.1"}).status_code == 400
    assert client(root_path="/play").get("/", headers={"X-Forwarded-Host": "evil.example"}).status_code == 400


def test_the_limit_counts_the_visitor_and_not_the_proxy(monkeypatch):
    monkeypatch.setattr(rates, "EVENTS", Rate(1, 0.01))
    behind = client(root_path="")
    for visitor in ("203.0.113.5", "203.0.113.6"):
        assert behind.post(COSTLY, headers={"X-Forwarded-For": visitor}).status_code == 200
        assert behind.post(COSTLY, headers={"X-Forwarded-For": visitor}).status_code == 429


def test_a_stream_passes_piece_by_piece():
    """Each piece of a stream is sent on before the application sends the next one."""
    sent: list[dict[str, Any]] = []
    seen: list[int] = []

    async def streaming(asked, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for number in range(3):
            await send({"type": "http.response.body", "body": json.dumps(number).encode(), "more_body": number < 2})
            seen.append(len(sent))

    guards = guarded(streaming, Policy(hosts=frozenset({"*"}), root_path="/play"), NoSessions(), Visits())
    run(guards, scope("GET", "/x"), iter([]), sent)
    assert seen == [2, 3, 4]
