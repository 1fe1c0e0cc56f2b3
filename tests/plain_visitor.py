"""A visitor without a browser: sends the requests that a page sends to Gradio, with the first values of its controls.

One process can run many of them, and each can leave at any time.
"""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from playground.web.addresses import CLASS
from playground.web.guards.standing_in import HEARTBEAT_HEADER

PATIENCE_SECONDS = 300


@asynccontextmanager
async def visiting(client: httpx.AsyncClient, url: str, in_class: bool = False) -> AsyncIterator["PlainVisitor"]:
    """Yields a visitor who leaves at the end of the block, even while something still runs.

    With `in_class`, the stream of the class stands in for the heartbeat, as it does on a page.
    """
    config = (await client.get(f"{url}/config")).json()
    visitor = PlainVisitor(client, url, config)
    connections = [asyncio.create_task(visitor.follow_class() if in_class else visitor.stay_connected())]
    try:
        await visitor.ask("load", None)
        connections.append(asyncio.create_task(visitor.listen()))
        yield visitor
    finally:
        for connection in connections:
            connection.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


class PlainVisitor:
    """One page. `session` is Gradio's session hash."""

    def __init__(self, client: httpx.AsyncClient, url: str, config: dict[str, Any]) -> None:
        self.session = uuid.uuid4().hex
        self.has_class_ended = False
        self._client = client
        self._url = f"{url}/gradio_api"
        self._parts = {part["id"]: part["props"] for part in config["components"]}
        self._events = config["dependencies"]
        self._mail: dict[str, asyncio.Queue[dict[str, Any]]] = {}
        self._asked = asyncio.Event()

    async def stay_connected(self) -> None:
        """Keeps the connection open whose end tells the server that the visitor has left."""
        async with self._client.stream("GET", f"{self._url}/heartbeat/{self.session}") as beats:
            async for _ in beats.aiter_lines():
                pass

    async def follow_class(self) -> None:
        """Reads the news of the class, in place of the heartbeat."""
        headers = {HEARTBEAT_HEADER: self.session}
        address = self._url.removesuffix("/gradio_api") + CLASS + "/events"
        async with self._client.stream("GET", address, headers=headers) as news:
            async for line in news.aiter_lines():
                self.has_class_ended = self.has_class_ended or '"ended":true' in line

    async def listen(self) -> None:
        """Receives the messages of all events. The server closes the stream when no event runs."""
        while await self._asked.wait():
            self._asked.clear()
            async with self._client.stream("GET", f"{self._url}/queue/data?session_hash={self.session}") as lines:
                async for line in lines.aiter_lines():
                    message = json.loads(line.removeprefix("data:") or "{}")
                    if message.get("event_id"):
                        self._mail.setdefault(message["event_id"], asyncio.Queue()).put_nowait(message)

    async def click(self, button: str, **values: Any) -> AsyncIterator[dict[str, Any]]:
        """Yields the messages of the event that a button starts.

        `values` are values of controls, by label, or by id without "pg-" where there is no label.
        """
        async for message in self._messages(await self.ask("click", {"value": button}, values)):
            yield message

    async def trigger(self, element: str, event: str, data: dict[str, Any]) -> AsyncIterator[dict[str, Any]]:
        """Yields the messages of an event that the page's own JavaScript starts."""
        async for message in self._messages(await self.ask(event, {"elem_id": element}, {}, data)):
            yield message

    async def ask(
        self, event: str, of: dict[str, str] | None, values: dict[str, Any] | None = None, data: Any = None
    ) -> str:
        """Starts an event of the component that has the properties `of`. Returns the event's id."""
        number, dependency, target = next(
            (number, dependency, target)
            for number, dependency in enumerate(self._events)
            for target, name in dependency["targets"]
            if name == event
            and dependency["backend_fn"]
            and (of is None or of.items() <= self._parts.get(target, {}).items())
        )
        given = {name.replace("_", " "): value for name, value in (values or {}).items()}
        props = [self._parts[part] for part in dependency["inputs"]]
        joined = {
            "data": [given.get(_name(own), own.get("value")) for own in props],
            "fn_index": dependency.get("id", number),
            "trigger_id": target,
            "event_data": data,
            "session_hash": self.session,
        }
        answer = await self._client.post(f"{self._url}/queue/join", json=joined)
        answer.raise_for_status()
        self._asked.set()
        return answer.json()["event_id"]

    async def _messages(self, event_id: str) -> AsyncIterator[dict[str, Any]]:
        mail = self._mail.setdefault(event_id, asyncio.Queue())
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                message = await mail.get()
                yield message
                if message["msg"] == "process_completed":
                    assert message["success"], message
                    return


def _name(control: dict[str, Any]) -> str:
    return str(control.get("label") or control.get("elem_id")).lower().removeprefix("pg-")
