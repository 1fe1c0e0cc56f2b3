"""Writes texts on replicas: the page's process has the records of texts, and the replicas have the model.

Knows replicas through `Replicas`. Does not know what carries the calls. A loop on a thread of its own talks with the
replicas. What they do is told to the loops of those who asked, as the engine does.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from functools import partial
from secrets import token_urlsafe
from typing import Any, Self, TypeVar

from playground import visitor
from playground.engine.any_engine import AnyEngine
from playground.engine.errands import SHUTTING_DOWN, Job, Work
from playground.engine.reader import Held, Thing, Told, ToldJob
from playground.engine.request import Request, check
from playground.engine.row import Mail
from playground.engine.run import Run, begun
from playground.engine.speed import Speed
from playground.errors import PlaygroundError
from playground.fleet.described import FarModel
from playground.fleet.far_positions import FarPositions
from playground.fleet.held import FarHeld
from playground.fleet.replicas import Known, ReplicaLostError, Replicas
from playground.fleet.text import Text
from playground.fleet.texts import Texts
from playground.traces.store import TraceStore
from playground.traces.trace import Step

WATCH_SECONDS = 5.0
"""The time between two looks at what the replicas do."""
LOOK_SECONDS = 30.0
"""How long a look may take."""
FIND_SECONDS = 5.0
"""How long the replicas are asked for a text that another process wrote."""
SILENT_LOOKS = 3
"""After so many looks at which no replica answers, the cluster counts as ended, and is connected again."""
LOOKED_SECONDS = 60.0
"""How long a text that another process wrote is held here. In this time a page that looks at it holds it too."""

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")


class Fleet(AnyEngine):
    """Writes texts with one model on replicas, and does other work there. Start it before use, and close it after use.

    Args:
        replicas: the replicas.
        model: their model, without its weights; its limits are those of a replica.
        store: keeps the records of texts. The rows of their steps stay on the replicas.
        speed: where tokens are counted.
        at_end: called when the fleet is closed.
    """

    def __init__(
        self,
        replicas: Replicas,
        model: FarModel,
        store: TraceStore,
        speed: Speed | None = None,
        at_end: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(model, store, model.limits)
        self.speed = speed or Speed()
        self._replicas = replicas
        self._states: list[dict[str, Any]] = []
        self._at_end = at_end
        self._client = token_urlsafe(9)
        self._texts = Texts(replicas, model, store, self.speed, self._client)
        self.places = self._texts.places
        self.lookups = FarPositions(store, self.places, self.ask, self.stream)
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._home = threading.Thread(target=self._loop.run_forever, name="fleet", daemon=True)

    def start(self) -> Self:
        self._home.start()
        self._loop.call_soon_threadsafe(self._spawn, self._watch())
        return self

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            asyncio.run_coroutine_threadsafe(self._leave(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._home.join()
            self._loop.close()
            self.store.on_gone.remove(self._tell_gone)
            self._at_end()

    async def _leave(self) -> None:
        self._texts.end()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def busy(self) -> bool:
        return bool(self._texts.under_way)

    def rows(self) -> tuple[int, int]:
        texts = [*self._texts.under_way.values()]
        running = sum(text.taken > 0 for text in texts)
        return running, len(texts) - running

    def trace(self, request: Request, onto: str | None = None, known: Step | None = None) -> Run:
        check(request, self.model, self.limits)
        if self._closed:
            raise PlaygroundError(SHUTTING_DOWN, status=503)
        if onto is not None:
            self.store.mark(onto, None)
        trace_id = onto or self.store.open(begun(request, self.model.name))
        mail: asyncio.Queue[Mail] = asyncio.Queue()
        post = partial(self._texts.outbox.put, asyncio.get_running_loop(), mail.put_nowait)
        text = Text(trace_id, request, self.store.get(trace_id), visitor.current.get(), post)
        self._texts.under_way[trace_id] = text
        self._loop.call_soon_threadsafe(self._spawn, self._texts.write(text))
        return Run(text, mail, self.stop)

    async def find(self, trace_id: str) -> bool:
        if self.store.knows(trace_id):
            return True
        if self._closed or (found := await self._at_home(self._found(trace_id))) is None:
            return False
        if not self.store.knows(trace_id):  # another request may have found it meanwhile
            self.places[trace_id] = found.replica
            self.store.open(found.trace, trace_id)
            self.store.follow(trace_id)
            self.store.release([trace_id])
            asyncio.get_running_loop().call_later(LOOKED_SECONDS, self.store.unfollow, trace_id)
        return True

    def stop(self, trace_id: str) -> None:
        text = self._texts.under_way.get(trace_id)
        if text is not None:
            self._loop.call_soon_threadsafe(self._spawn, self._texts.stop(text))

    async def call(self, work: Work) -> Any:
        return await self.ask("call", work)

    async def work(self, job: Job, source_ids: Sequence[int] = ()) -> Any:
        return await self.ask("work", job, tuple(source_ids))

    async def work_told(self, job: ToldJob, told: Told, source_ids: Sequence[int] = ()) -> Any:
        async with aclosing(self.stream("work_told", job, tuple(source_ids))) as news:
            async for progress, answer in news:
                if progress is None:
                    return answer
                told(*progress)
        raise AssertionError("a replica ends with the answer")

    @asynccontextmanager
    async def held(self, make: Callable[[Any], Thing], source_ids: Sequence[int] = ()) -> AsyncIterator["Held[Thing]"]:
        thing = FarHeld(self.ask, self._client, make, source_ids)
        await thing.begin()
        try:
            yield thing
        finally:
            self._loop.call_soon_threadsafe(self._spawn, self._tell("let_go", thing.key, at=thing.at))

    def replicas(self) -> list[dict[str, Any]]:
        return self._states

    async def status(self) -> list[dict[str, Any]]:
        """Returns what each replica is doing now."""
        return await self._at_home(self._status())

    async def _status(self) -> list[dict[str, Any]]:
        try:
            self._states = await asyncio.wait_for(self._replicas.ask_all("status", self._client), LOOK_SECONDS)
        except (ReplicaLostError, TimeoutError):
            self._states = []
        return self._states

    async def _found(self, trace_id: str) -> Known | None:
        """Returns the longest text that a replica has under this id, unless it is being written; None if there is none
        or the cluster does not answer."""
        try:
            answers = await asyncio.wait_for(self._replicas.ask_all("known", trace_id, self._client), FIND_SECONDS)
        except (ReplicaLostError, TimeoutError):
            return None
        known = (one for one in answers if one is not None)
        return max(known, key=lambda one: len(one.trace.steps), default=None)

    async def _watch(self) -> None:
        """Looks at the replicas again and again, for whoever asks for the server's state. If the cluster has ended,
        connects to it again as soon as it is there."""
        silent = 0
        while True:
            silent = 0 if await self._status() else silent + 1
            if silent == SILENT_LOOKS:
                log.warning("The cluster does not answer. The page connects again as soon as it is there.")
            if silent >= SILENT_LOOKS:
                await self._reconnect()
            await asyncio.sleep(WATCH_SECONDS)

    async def _reconnect(self) -> None:
        """Tries once to connect again. Whatever the reason why it cannot, the next look tries again."""
        try:
            await self._replicas.reconnect()
        except PlaygroundError as refusal:
            log.info("%s", refusal)
        except Exception:
            log.exception("The page could not connect to the cluster again. It tries once more.")
        else:
            log.warning("The page is connected to the cluster again.")

    async def ask(self, method: str, *args: Any, at: str | None = None) -> Any:
        """Returns what a method of a replica returns. If the replica dies, another one does the work.

        Args:
            at: the replica that is asked first; None for any.

        Raises:
            PlaygroundError: the replica refuses the work, or several have died of it.
        """
        if self._closed:
            raise PlaygroundError(SHUTTING_DOWN, status=503)
        return await self._at_home(self._ask(method, *args, visitor.current.get(), at=at))

    async def _ask(self, method: str, *args: Any, at: str | None) -> Any:
        return await self._replicas.tried(lambda: self._replicas.ask(method, *args, at=at))

    async def stream(self, method: str, *args: Any, at: str | None = None) -> AsyncGenerator[Any]:
        """Yields what a method of a replica yields. It asks for the next value when the one before was taken.

        If the replica dies, another one begins again, and the values that were yielded before are left out.

        Raises:
            PlaygroundError: as `ask`.
        """
        asked = method, *args, visitor.current.get()
        values, number, yielded = self._replicas.stream(*asked, at=at), 0, 0

        async def following() -> Any:
            nonlocal values, number
            try:
                while (value := await anext(values, _END)) is not _END:
                    number += 1
                    if number > yielded:
                        return value
            except ReplicaLostError:
                values, number = self._replicas.stream(*asked, at=at), 0
                raise
            return _END

        while (value := await self._at_home(self._replicas.tried(following))) is not _END:
            yielded += 1
            yield value

    async def _at_home(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        try:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))
        except asyncio.CancelledError:
            if self._closed:
                raise PlaygroundError(SHUTTING_DOWN, status=503) from None
            raise

    def _tell_gone(self) -> None:
        gone = [trace_id for trace_id in tuple(self.places) if not self.store.holds(trace_id)]
        if gone and not self._closed:
            self._loop.call_soon_threadsafe(self._release, gone)
        super()._tell_gone()

    # on the fleet's own loop

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self, method: str, *args: Any, at: str | None) -> None:
        """Asks for something that needs no answer, and that a replica which has died needs not do."""
        with suppress(ReplicaLostError):
            await self._replicas.ask(method, *args, at=at)

    def _release(self, trace_ids: Sequence[str]) -> None:
        """Tells the replicas which texts nobody looks at any more."""
        by_replica: dict[str, list[str]] = {}
        for trace_id in trace_ids:
            replica = self.places.pop(trace_id, None)
            if replica is not None:
                by_replica.setdefault(replica, []).append(trace_id)
        for replica, gone in by_replica.items():
            self._spawn(self._tell("release", gone, self._client, at=replica))


_END = object()
