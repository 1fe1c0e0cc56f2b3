"""A class for tests: the routes behind the guards, and clients that speak the protocol without a network."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI

from playground.engine.engine import Engine
from playground.engine.engines import Engines
from playground.web.classroom.room import PUPIL_HEADER, TEACHER_HEADER, Room
from playground.web.guards.chain import Policy, guarded
from playground.web.guards.hosts import own_names
from playground.web.guards.visits import Visits
from playground.web.routes.beside_gradio import add_routes
from playground.web.routes.classroom import add_class_routes
from playground.web.routes.lessons import add_lesson_routes
from tests.fakes import PATIENCE_SECONDS

SECRET = "a-secret-of-tests"
TEACHER = {TEACHER_HEADER: SECRET}
HOST = "127.0.0.1:7860"


class NoSessions:
    """Stands in for Gradio's application, with nobody logged in."""

    cookie_id = "x"
    tokens: dict[str, str] = {}  # noqa: RUF012


class Answer:
    """An answer: its status, headers and content."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None

    @property
    def sentence(self) -> str:
        return self.json["detail"]


class Site:
    """A server with a class. Its requests are ASGI calls, so that a stream is read as it comes."""

    def __init__(self, engine: Engine, lessons: Any = (), address: str = "192.0.2.7", **policy: Any) -> None:
        self.engine = engine
        self.room = Room(engine.store, SECRET)
        self.address = address
        self.routes = FastAPI(openapi_url=None)
        engines = Engines.only(engine)
        add_routes(self.routes, engines)
        add_lesson_routes(self.routes, lessons, self.room.hidden_parts)
        add_class_routes(self.routes, engines, self.room, lessons)
        policy = {"hosts": own_names("127.0.0.1"), "rules": self.room} | policy
        self.asgi = guarded(self.routes, Policy(**policy), NoSessions(), Visits())

    async def ask(self, method: str, path: str, given: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """Returns the answer to a request. A path without a leading slash is below the class's prefix."""
        body = given if isinstance(given, bytes) else b"" if given is None else json.dumps(given).encode()
        asked = [{"type": "http.request", "body": body}]
        told: list[dict[str, Any]] = []
        gone = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if asked:
                return asked.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            told.append(message)

        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.asgi(self.scope(method, path, headers or {}, len(body)), receive, send)
        found = {name.decode(): value.decode() for name, value in told[0]["headers"]}
        return Answer(told[0]["status"], found, b"".join(one.get("body", b"") for one in told[1:]))

    async def post(self, path: str, given: Any = None, headers: dict[str, str] | None = None) -> Answer:
        return await self.ask("POST", path, given, headers)

    async def teach(self, path: str, given: Any = None) -> Any:
        """Returns what the teacher gets for a POST that is not refused."""
        answer = await self.post(path, given, TEACHER)
        assert answer.status in (200, 204), answer.body
        return answer.json

    async def join(self, nickname: str | None = None) -> dict[str, str]:
        """Returns the headers of a new pupil."""
        answer = await self.post("join", {"nickname": nickname})
        assert answer.status == 200, answer.body
        return {PUPIL_HEADER: answer.json["token"]}

    def scope(self, method: str, path: str, headers: dict[str, str], length: int = 0) -> dict[str, Any]:
        path, _, query = (path if path.startswith("/") else f"/playground/class/{path}").partition("?")
        named = {"host": HOST, "content-type": "application/json", "content-length": str(length)} | headers
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in named.items()],
            "client": (self.address, 50_000),
            "server": ("127.0.0.1", 7860),
        }

    @asynccontextmanager
    async def reading(self, headers: dict[str, str] | None = None) -> "AsyncIterator[Stream]":
        """Gives the news as they come, from when the first message is there."""
        stream = Stream()
        task = asyncio.create_task(self.asgi(self.scope("GET", "events", headers or {}), stream.receive, stream.send))
        try:
            await stream.read_first(task)
            yield stream
        finally:
            stream.leave()
            await asyncio.wait_for(task, PATIENCE_SECONDS)


class Stream:
    """The news of one reader.

    Attributes:
        messages: all messages to everybody so far; `chunks` the bytes that carried them.
        state: the parts as they are after the messages that were read.
        desk: the newest message to the desk.
        is_slow: while it is set, the reader takes nothing.
    """

    def __init__(self) -> None:
        self.status: int | None = None
        self.messages: list[dict[str, Any]] = []
        self.chunks: list[bytes] = []
        self.state: dict[str, Any] = {}
        self.desk: dict[str, Any] | None = None
        self.has_ended = False
        self.may_go = asyncio.Event()
        self.may_go.set()
        self._left = asyncio.Event()
        self._news = asyncio.Condition()

    async def receive(self) -> dict[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        await self.may_go.wait()
        async with self._news:
            if message["type"] == "http.response.start":
                self.status = message["status"]
            else:
                self._take(message.get("body", b""))
                self.has_ended = not message.get("more_body", False)
            self._news.notify_all()

    def _take(self, chunk: bytes) -> None:
        if chunk.startswith(b"event: desk\n"):
            self.desk = json.loads(chunk.removeprefix(b"event: desk\ndata: "))
        elif chunk.startswith(b"data: "):
            assert chunk.endswith(b"\n\n")
            told = json.loads(chunk.removeprefix(b"data: "))
            self.messages.append(told)
            self.chunks.append(chunk)
            self.state |= told["changed"]

    async def read_first(self, task: "asyncio.Task[None]") -> None:
        first = asyncio.ensure_future(self.until(lambda: self.messages or self.has_ended))
        await asyncio.wait((first, task), return_when=asyncio.FIRST_COMPLETED)
        assert self.messages, f"the stream began with status {self.status}"

    async def until(self, is_so: Any) -> Any:
        """Waits until a condition holds, and returns what it returned."""
        async with asyncio.timeout(PATIENCE_SECONDS), self._news:
            await self._news.wait_for(is_so)
        return is_so()

    async def has(self, **parts: Any) -> None:
        """Waits until the parts have these values."""
        await self.until(lambda: all(self.state.get(name) == value for name, value in parts.items()))

    def leave(self) -> None:
        """Closes the connection."""
        self.may_go.set()
        self._left.set()


def scene(**fields: Any) -> dict[str, Any]:
    """Returns a scene of the Decode view."""
    return {"view": "decode", "face": "simple", "guess": False} | fields
