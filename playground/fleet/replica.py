"""Does the work of the page's processes with engines of its own. Ray Serve runs as many replicas as are needed.

Knows engines. Does not know Ray, which calls these methods from other processes and carries what they return.
"""

import asyncio
import os
import time
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any, NamedTuple

from playground import visitor
from playground.engine.any_engine import AnyEngine
from playground.engine.engines import Engines
from playground.engine.errands import Job, Work
from playground.engine.news import News
from playground.engine.positions import Seen, recorded
from playground.engine.reader import Held, Reader, ToldJob
from playground.engine.row import Mail
from playground.engine.run import Run
from playground.fleet.client import Client, Letter
from playground.fleet.described import Described, Offered, described, offered
from playground.fleet.held import GONE
from playground.fleet.order import Order
from playground.fleet.replicas import Asker, Known
from playground.traces.trace import Step, Trace

SILENT_SECONDS = 600.0
"""After so long without a sign of life a client's texts are let go. Until then another client may find them here."""


class Kept(NamedTuple):
    """What is held for a client: the thing, and what lets go of it and of its model."""

    client: str
    in_use: AsyncExitStack
    thing: Held[Any]


class Replica:
    """The engines of a server that other processes use.

    Args:
        start: makes the engines, of which the first runs.
        name: the replica's name among the others.
    """

    def __init__(self, start: Callable[[], Engines], name: str) -> None:
        self._engines = start()
        self._name = name
        self._clients: defaultdict[str, Client] = defaultdict(Client)
        self._held: dict[str, Kept] = {}
        self._to_begin: set[str] = set()  # the texts whose model is loaded first

    async def offers(self) -> Offered:
        """Returns the models that may be asked for."""
        return offered(self._engines.offers)

    async def describe(self, name: str) -> Described:
        """Returns what the page's process has to know of a model, which is loaded first if need be."""
        async with self._engines.using_any(name) as engine:
            return await asyncio.to_thread(described, engine.model, engine.limits)

    async def check_health(self) -> None:
        """Raises the error because of which no model can go on, so that Serve replaces the replica."""
        if self._engines.failure is not None:
            raise self._engines.failure

    async def status(self, client: str) -> dict[str, Any]:
        """Returns what the replica is doing now. It also shows that the client is alive."""
        self._clients[client].heard = time.monotonic()
        await self._let_silent_go()
        engines = self._engines.running()
        held = Counter({"traces": self._engines.store.nbytes})
        for engine in engines:
            held.update({name: count() for name, count in engine.memory.items()})
        return {
            "replica": self._name,
            "process": os.getpid(),
            "models": [engine.model.name for engine in engines],
            "running": sum(engine.rows()[0] for engine in engines),
            "waiting": sum(engine.rows()[1] for engine in engines),
            "places": max((engine.limits.rows for engine in engines), default=0),
            "bytes": dict(held),
        }

    # texts

    async def text(self, order: Order) -> None:
        """Writes a text. It returns when the text has ended; its steps go to whoever reads `news` of its client."""
        client = self._clients[order.client]
        client.texts.add(order.trace_id)
        with client.writing(order.trace_id):
            try:
                self._to_begin.add(order.trace_id)
                async with self._used(Asker(order.visitor, order.trace.model)) as engine:
                    is_stopped = order.trace_id not in self._to_begin
                    reason = "stopped" if is_stopped else await self._written(engine, order, client)
            except Exception as error:
                client.post(Letter(order.key, error))
            else:
                client.post(Letter(order.key, None, reason))
            finally:
                self._to_begin.discard(order.trace_id)

    async def _written(self, engine: AnyEngine, order: Order, client: Client) -> str | None:
        """Writes a text, and returns why it has ended."""
        run = self._begun(engine, order)
        try:
            async for news in run:
                client.post(Letter(order.key, _told(news, order)))
        finally:
            run.close()
        is_held = engine.store.holds(order.trace_id)  # its visitor may have left
        return engine.store.get(order.trace_id).stop_reason if is_held else "stopped"

    def _begun(self, engine: AnyEngine, order: Order) -> Run:
        """Has the engine write a text. What the store has of it and of its parent already keeps its tensors."""
        store, trace_id, origin = engine.store, order.trace_id, order.trace.origin
        if not store.holds(trace_id) or store.get(trace_id).token_ids != order.trace.token_ids:
            store.drop([trace_id])
            store.open(order.trace, trace_id)
        is_fork = bool(order.request.forced_ids) and origin is not None and origin.at == len(order.trace.steps)
        known = store.step(origin.trace_id, origin.at) if is_fork and origin is not None else None
        return engine.trace(order.request, trace_id, known)

    async def stop(self, trace_id: str) -> None:
        """Ends a running or waiting text."""
        self._end(trace_id)

    def _end(self, trace_id: str) -> None:
        self._to_begin.discard(trace_id)
        self._engines.stop(trace_id)

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
                self._end(trace_id)

    async def release(self, trace_ids: Sequence[str], client: str) -> None:
        """Lets go of texts at which nobody looks any more in a client. They are remembered for a while."""
        held = self._clients[client].texts
        gone = held.intersection(trace_ids)
        held -= gone
        self._engines.store.release([*gone])

    async def known(self, trace_id: str, client: str) -> Known | None:
        """Returns a text of another client, and holds it for this one; None if it is not here, or still grows."""
        held, store = self._clients[client].texts, self._engines.store
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
                self._engines.store.release([*client.texts])
                for key in [key for key, one in self._held.items() if one.client == name]:
                    await self.let_go(key)

    # work

    @asynccontextmanager
    async def _used(self, asker: Asker) -> AsyncIterator[Any]:
        """Gives what runs the model that is asked for. In the block the model is not let go."""
        visitor.current.set(asker.visitor)
        async with self._engines.using_any(asker.model) as engine:
            yield engine

    async def call(self, work: Work, asker: Asker) -> Any:
        """Returns `work(model)`."""
        async with self._used(asker) as engine:
            return await engine.call(work)

    async def work(self, job: Job, source_ids: Sequence[int], asker: Asker) -> Any:
        """Returns what `job(model)` returns."""
        async with self._used(asker) as engine:
            return await engine.work(job, source_ids)

    async def work_told(
        self, job: ToldJob, source_ids: Sequence[int], asker: Asker
    ) -> AsyncGenerator[tuple[tuple[int, int] | None, Any]]:
        """Yields how far a job is, and then None with what it returns."""
        news: asyncio.Queue[tuple[int, int] | None] = asyncio.Queue()
        put = partial(asyncio.get_running_loop().call_soon_threadsafe, news.put_nowait)
        async with self._used(asker) as engine:
            working = asyncio.ensure_future(engine.work_told(job, lambda done, of: put((done, of)), source_ids))
            working.add_done_callback(lambda _: news.put_nowait(None))
            try:
                while (progress := await news.get()) is not None:
                    yield progress, None
                yield None, working.result()
            finally:
                working.cancel()

    async def hold(
        self, key: str, client: str, make: Callable[[Any], Any], source_ids: Sequence[int], asker: Asker
    ) -> str:
        """Makes something that stays here under a key, for `call_held` and `work_held`, until `let_go`.

        Returns the replica's name."""
        async with AsyncExitStack() as in_use:
            engine: Reader[Any] = await in_use.enter_async_context(self._used(asker))
            thing = await in_use.enter_async_context(engine.held(make, source_ids))
            self._held[key] = Kept(client, in_use.pop_all(), thing)
        return self._name

    async def call_held(self, key: str, work: Callable[[Any, Any], Any], asker: Asker) -> Any:
        """Returns `work(model, thing)`, or `GONE`."""
        visitor.current.set(asker.visitor)
        return await self._held[key].thing.call(work) if key in self._held else GONE

    async def work_held(self, key: str, job: Callable[[Any, Any], Any], source_ids: Sequence[int], asker: Asker) -> Any:
        """Returns what `job(model, thing)` returns, or `GONE`."""
        visitor.current.set(asker.visitor)
        return await self._held[key].thing.work(job, source_ids) if key in self._held else GONE

    async def let_go(self, key: str) -> None:
        """Forgets what is held under a key."""
        if key in self._held:
            await self._held.pop(key).in_use.aclose()

    # positions

    async def seen(
        self, trace_id: str, index: int, ids: tuple[int, ...], source: tuple[int, ...], asker: Asker
    ) -> Seen:
        """Returns a step as it was recorded if it is here, or the position after `ids`, computed again."""
        if (held := recorded(self._engines.store, trace_id, index)) is not None:
            return held
        async with self._used(asker) as engine:
            return await engine.lookups.after(ids, source)

    async def whole(self, trace_id: str, trace: Trace, wants_attention: bool, asker: Asker) -> AsyncGenerator[Step]:
        """Yields the steps of a trace with their tensors, as `Positions.whole`."""
        async with self._used(asker) as engine:
            async for step in engine.lookups.whole(trace_id, trace, wants_attention=wants_attention):
                yield step


def _told(news: Step | News, order: Order) -> Mail:
    """Returns what the reader is told: steps without their tensors, unless it reads them."""
    return news.bare() if isinstance(news, Step) and not order.request.reads_tensors else news
