"""Does the work of the page's processes with an engine of its own. Ray Serve runs as many replicas as are needed.

Knows engines. Does not know Ray, which calls these methods from other processes and carries what they return.
"""

import asyncio
import os
import time
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from functools import partial
from typing import Any, NamedTuple

from playground import visitor
from playground.engine.engine import Engine
from playground.engine.errands import Job, Work
from playground.engine.positions import Seen, recorded
from playground.engine.reader import Held, ToldJob
from playground.engine.request import Waiting
from playground.engine.row import Mail
from playground.engine.run import Run
from playground.errors import PlaygroundError
from playground.fleet.described import Described, described
from playground.fleet.held import GONE
from playground.fleet.order import Order
from playground.fleet.replicas import Known
from playground.traces.trace import Step, Trace

IDLE_SECONDS = 3.0
"""How long a client's reader stays when nothing is written for it."""
SILENT_SECONDS = 600.0
"""After so long without a sign of life a client's texts are let go. Until then another client may find them here."""


class Letter(NamedTuple):
    """What the reader of a text is told: the order's key, the news, and at the end why the text has ended."""

    key: str
    news: Mail
    reason: str | None = None


class Kept(NamedTuple):
    """What is held for a client: the manager that lets go of it, and the thing."""

    client: str
    manager: AbstractAsyncContextManager[Held[Any]]
    thing: Held[Any]


class Replica:
    """An engine that other processes use.

    Args:
        start: makes and starts the engine.
        name: the replica's name among the others.
    """

    def __init__(self, start: Callable[[], Engine], name: str) -> None:
        self._engine = start()
        self._name = name
        self._clients: defaultdict[str, Client] = defaultdict(Client)
        self._held: dict[str, Kept] = {}

    async def describe(self) -> Described:
        """Returns what the page's process has to know of the model."""
        return await asyncio.to_thread(described, self._engine.model, self._engine.limits)

    async def check_health(self) -> None:
        """Raises the error that has ended the model's thread, so that Serve replaces the replica."""
        if self._engine.failure is not None:
            raise self._engine.failure

    async def status(self, client: str) -> dict[str, Any]:
        """Returns what the replica is doing now. It also shows that the client is alive."""
        self._clients[client].heard = time.monotonic()
        await self._let_silent_go()
        running, waiting = self._engine.rows()
        memory: dict[str, Callable[[], int]] = self._engine.memory
        held = {name: count() for name, count in memory.items()} | {"traces": self._engine.store.nbytes}
        return {"replica": self._name, "process": os.getpid(), "running": running, "waiting": waiting, "bytes": held}

    # texts

    async def text(self, order: Order) -> None:
        """Writes a text. It returns when the text has ended; its steps go to whoever reads `news` of its client."""
        visitor.current.set(order.visitor)
        client, store = self._clients[order.client], self._engine.store
        client.texts.add(order.trace_id)
        with client.writing(order.trace_id):
            try:
                run = self._begun(order)
            except PlaygroundError as refusal:
                client.post(Letter(order.key, refusal))
                return
            try:
                async for news in run:
                    client.post(Letter(order.key, _told(news, order)))
            except Exception as error:
                client.post(Letter(order.key, error))
            else:
                is_held = store.holds(order.trace_id)  # its visitor may have left
                reason = store.get(order.trace_id).stop_reason if is_held else "stopped"
                client.post(Letter(order.key, None, reason))
            finally:
                run.close()

    def _begun(self, order: Order) -> Run:
        """Has the engine write a text. What the store has of it and of its parent already keeps its tensors."""
        store, trace_id, origin = self._engine.store, order.trace_id, order.trace.origin
        if not store.holds(trace_id) or store.get(trace_id).token_ids != order.trace.token_ids:
            store.drop([trace_id])
            store.open(order.trace, trace_id)
        is_fork = bool(order.request.forced_ids) and origin is not None and origin.at == len(order.trace.steps)
        known = store.step(origin.trace_id, origin.at) if is_fork and origin is not None else None
        return self._engine.trace(order.request, trace_id, known)

    async def stop(self, trace_id: str) -> None:
        """Ends a running or waiting text."""
        self._engine.stop(trace_id)

    async def news(self, client: str) -> AsyncIterator[list[Letter]]:
        """Yields what the texts of a client have made: one message for all texts of a forward.

        It ends when nothing is written for the client any more, so that a replica that is not needed any more can end.
        If the reader leaves before, its texts end.
        """
        own = self._clients[client]
        is_read = False
        try:
            while letters := await own.letters():
                yield letters
            is_read = True
        finally:
            for trace_id in () if is_read else tuple(own.under_way):
                self._engine.stop(trace_id)

    async def release(self, trace_ids: Sequence[str], client: str) -> None:
        """Lets go of texts at which nobody looks any more in a client. They are remembered for a while."""
        held = self._clients[client].texts
        gone = held.intersection(trace_ids)
        held -= gone
        self._engine.store.release([*gone])

    async def known(self, trace_id: str, client: str) -> Known | None:
        """Returns a text of another client, and holds it for this one; None if it is not here, or still grows."""
        held, store = self._clients[client].texts, self._engine.store
        if not store.knows(trace_id) or (trace := store.get(trace_id)).stop_reason is None:
            return None
        if trace_id not in held:
            store.adopt(trace_id)
            held.add(trace_id)
        return Known(trace.bare(), self._name)

    async def _let_silent_go(self) -> None:
        """Lets go of what clients hold that have not been heard for a long time: their processes have ended."""
        now = time.monotonic()
        for name, client in [*self._clients.items()]:
            if now - client.heard > SILENT_SECONDS and not client.under_way:
                del self._clients[name]
                self._engine.store.release([*client.texts])
                for key in [key for key, one in self._held.items() if one.client == name]:
                    await self.let_go(key)

    # work

    async def call(self, work: Work, asker: str) -> Any:
        """Returns `work(model)`."""
        visitor.current.set(asker)
        return await self._engine.call(work)

    async def work(self, job: Job, source_ids: Sequence[int], asker: str) -> Any:
        """Returns what `job(model)` returns."""
        visitor.current.set(asker)
        return await self._engine.work(job, source_ids)

    async def work_told(
        self, job: ToldJob, source_ids: Sequence[int], asker: str
    ) -> AsyncGenerator[tuple[tuple[int, int] | None, Any]]:
        """Yields how far a job is, and then None with what it returns."""
        visitor.current.set(asker)
        news: asyncio.Queue[tuple[int, int] | None] = asyncio.Queue()
        put = partial(asyncio.get_running_loop().call_soon_threadsafe, news.put_nowait)
        working = asyncio.ensure_future(self._engine.work_told(job, lambda done, of: put((done, of)), source_ids))
        working.add_done_callback(lambda _: news.put_nowait(None))
        try:
            while (progress := await news.get()) is not None:
                yield progress, None
            yield None, working.result()
        finally:
            working.cancel()

    async def hold(
        self, key: str, client: str, make: Callable[[Any], Any], source_ids: Sequence[int], asker: str
    ) -> str:
        """Makes something that stays here under a key, for `call_held` and `work_held`, until `let_go`.

        Returns the replica's name."""
        visitor.current.set(asker)
        manager = self._engine.held(make, source_ids)
        self._held[key] = Kept(client, manager, await manager.__aenter__())
        return self._name

    async def call_held(self, key: str, work: Callable[[Any, Any], Any], asker: str) -> Any:
        """Returns `work(model, thing)`, or `GONE`."""
        visitor.current.set(asker)
        return await self._held[key].thing.call(work) if key in self._held else GONE

    async def work_held(self, key: str, job: Callable[[Any, Any], Any], source_ids: Sequence[int], asker: str) -> Any:
        """Returns what `job(model, thing)` returns, or `GONE`."""
        visitor.current.set(asker)
        return await self._held[key].thing.work(job, source_ids) if key in self._held else GONE

    async def let_go(self, key: str) -> None:
        """Forgets what is held under a key."""
        if key in self._held:
            await self._held.pop(key).manager.__aexit__(None, None, None)

    # positions

    async def seen(self, trace_id: str, index: int, ids: tuple[int, ...], source: tuple[int, ...], asker: str) -> Seen:
        """Returns a step as it was recorded if it is here, or the position after `ids`, computed again."""
        visitor.current.set(asker)
        return recorded(self._engine.store, trace_id, index) or await self._engine.lookups.after(ids, source)

    async def whole(self, trace_id: str, trace: Trace, wants_attention: bool, asker: str) -> AsyncGenerator[Step]:
        """Yields the steps of a trace with their tensors, as `Positions.whole`."""
        visitor.current.set(asker)
        async for step in self._engine.lookups.whole(trace_id, trace, wants_attention=wants_attention):
            yield step


def _told(news: Step | Waiting, order: Order) -> Mail:
    """Returns what the reader is told: steps without their tensors, unless it reads them."""
    return news.bare() if isinstance(news, Step) and not order.request.reads_tensors else news


class Client:
    """A process whose texts are written here.

    Attributes:
        under_way: the ids of its texts that are being written.
        texts: the ids of all texts that it holds here.
        heard: when it showed that it is alive.
    """

    def __init__(self) -> None:
        self.under_way: Counter[str] = Counter()
        self.texts: set[str] = set()
        self.heard = time.monotonic()
        self._letters: list[Letter] = []
        self._is_news = asyncio.Event()

    @contextmanager
    def writing(self, trace_id: str) -> Iterator[None]:
        """Counts a text as one that is being written."""
        self.under_way[trace_id] += 1
        try:
            yield
        finally:
            self.under_way -= Counter({trace_id: 1})

    def post(self, letter: Letter) -> None:
        """Keeps a letter for the next message."""
        self._letters.append(letter)
        self._is_news.set()

    async def letters(self) -> list[Letter]:
        """Waits for letters and returns all that are there; none if nothing is written and nothing comes."""
        while not self._letters:
            self._is_news.clear()
            try:
                await asyncio.wait_for(self._is_news.wait(), IDLE_SECONDS)
            except TimeoutError:
                if not self.under_way:
                    return []
        letters, self._letters = self._letters, []
        return letters
