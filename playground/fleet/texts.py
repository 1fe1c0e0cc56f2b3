"""Has replicas write texts, and one replica go on where another one died. It runs on the fleet's own loop.

Knows replicas through `Replicas`, and the store. Does not know who asks.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from secrets import token_urlsafe

from playground.engine.errands import SHUTTING_DOWN
from playground.engine.outbox import Outbox
from playground.engine.row import Mail
from playground.engine.speed import Speed
from playground.errors import PlaygroundError
from playground.fleet.replicas import ReplicaLostError, Replicas
from playground.fleet.text import Text
from playground.traces.store import TraceStore
from playground.traces.trace import Step

log = logging.getLogger(__name__)


class Texts:
    """The texts under way.

    Args:
        replicas: write them.
        store: keeps their records.
        speed: counts their tokens.
        client: the name of this process at the replicas.
        having: returns the name of a replica that has loaded a model, or None if it does not matter which.

    Attributes:
        under_way: the texts by the ids of their traces.
        places: the replica that has a text, by the trace's id.
        outbox: what their readers are told.
    """

    def __init__(
        self, replicas: Replicas, store: TraceStore, speed: Speed, client: str, having: Callable[[str], str | None]
    ) -> None:
        self.under_way: dict[str, Text] = {}
        self.places: dict[str, str] = {}
        self.outbox = Outbox()
        self._replicas, self._store, self._speed = replicas, store, speed
        self._orders: dict[str, Text] = {}  # the texts on replicas, by the keys of their orders
        self._links: dict[str, asyncio.Task[bool]] = {}
        self._client, self._having = client, having

    async def write(self, text: Text) -> None:
        """Has replicas write a text, one after the other if they die."""
        try:
            while not text.done:
                await self._replicas.tried(lambda: self._go_on(text))
        except PlaygroundError as refusal:
            self._finish(text, "stopped", refusal)
        except Exception as error:
            log.exception("A text failed; the others go on.")
            self._finish(text, "stopped", error)
        finally:
            self.outbox.send()

    async def _go_on(self, text: Text) -> None:
        """Ends a text if it has all its tokens or was stopped, and else has one replica write it."""
        reason = "stopped" if text.stopped else text.ended()
        if reason is not None:
            self._finish(text, reason)
        elif not text.done:
            await self._write_on(text)

    async def _write_on(self, text: Text) -> None:
        """Has one replica write a text.

        Raises:
            ReplicaLostError: it has died before the text's end came.
        """
        known = [text.trace_id, *([text.begun.origin.trace_id] if text.begun.origin else [])]
        prefer = next((self.places[one] for one in known if one in self.places), None) or self._having(text.model.name)
        async with self._replicas.choose(prefer) as chosen:
            if text.done or text.stopped:
                return
            text.key = token_urlsafe(9)
            self._orders[text.key] = text
            text.replica = self.places[text.trace_id] = chosen.replica
            writing = asyncio.ensure_future(chosen.write(text.order(self._client)))
            over = asyncio.ensure_future(text.over.wait())
            try:
                while not text.done:
                    link = self._link(chosen.replica)
                    waits = {over, link} if writing.done() else {over, link, writing}
                    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
                    if writing.done():
                        writing.result()
                    if link.done() and not text.done and not link.result():
                        raise ReplicaLostError
                await writing
            finally:
                del self._orders[text.key]
                text.key = ""
                over.cancel()
                writing.cancel()
                await asyncio.gather(writing, over, return_exceptions=True)

    def _link(self, replica: str) -> "asyncio.Task[bool]":
        """Returns the task that reads a replica's news, until nothing is written there or the replica ends."""
        if replica not in self._links or self._links[replica].done():
            self._links[replica] = asyncio.create_task(self._read(replica))
        return self._links[replica]

    async def _read(self, replica: str) -> bool:
        """Reads a replica's news until it has no more. Returns whether it lives."""
        try:
            async for letters in self._replicas.stream("news", self._client, at=replica):
                for letter in letters:
                    text = self._orders.get(letter.key)
                    if text is not None:
                        self._take(text, letter.news, letter.reason)
                self.outbox.send()
        except ReplicaLostError:
            return False
        return True

    def _take(self, text: Text, news: Mail, reason: str | None) -> None:
        if isinstance(news, Step):
            text.take(news)
            if not text.request.background:
                self._store.append(text.trace_id, news)
            is_first = text.taken == 1 and text.request.keeps_cache and not text.request.background
            self._speed.record(news.seconds if is_first else None)
            text.post(news)
        elif news is None:
            self._finish(text, reason or "stopped")
        elif isinstance(news, Exception):
            self._finish(text, "stopped", news)
        else:
            text.post(news)

    def _finish(self, text: Text, reason: str, error: Exception | None = None) -> None:
        if text.done:
            return
        text.over.set()
        self.under_way.pop(text.trace_id, None)
        self._store.mark(text.trace_id, reason)
        text.post(error)

    def end(self) -> None:
        """Ends all texts, because the server ends."""
        for text in [*self.under_way.values()]:
            self._finish(text, "stopped", PlaygroundError(SHUTTING_DOWN, status=503))
        self.outbox.send()

    async def stop(self, text: Text) -> None:
        """Ends a text after the present step."""
        text.stopped = True
        if not text.key:
            self._finish(text, "stopped")
            self.outbox.send()
            return
        with suppress(ReplicaLostError):
            await self._replicas.ask("stop", text.trace_id, at=text.replica)
