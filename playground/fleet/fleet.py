"""The replicas as the page's process uses them: it has texts written there, and asks them for other work.

Knows replicas through `Replicas`. Does not know what carries the calls, nor what the models are. A loop on a thread of
its own talks with the replicas. What they do is told to the loops of those who asked, as the engine does.
"""

import asyncio
import logging
import random
import threading
from collections.abc import AsyncGenerator, Coroutine, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from secrets import token_urlsafe
from typing import Any, Self, TypeVar

from playground.engine.errands import SHUTTING_DOWN
from playground.engine.other_processes import OtherProcesses
from playground.engine.speed import Speed
from playground.errors import PlaygroundError
from playground.fleet.described import Described
from playground.fleet.replicas import Known, ReplicaLostError, Replicas
from playground.fleet.text import Text
from playground.fleet.texts import Texts
from playground.traces.store import TraceStore

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


class Fleet(OtherProcesses):
    """The replicas of all models of a server. Start it before use, and close it after use.

    Args:
        replicas: the replicas.
        store: keeps the records of texts. The rows of their steps stay on the replicas.
        speed: where tokens are counted.

    Attributes:
        client: the name of this process at the replicas.
        texts: the texts that the replicas write.
    """

    def __init__(self, replicas: Replicas, store: TraceStore, speed: Speed | None = None) -> None:
        self.store, self.speed = store, speed or Speed()
        self.client = token_urlsafe(9)
        self.texts = Texts(replicas, store, self.speed, self.client, self.having)
        self._replicas = replicas
        self._states: list[dict[str, Any]] = []
        self._loop = asyncio.new_event_loop()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._home = threading.Thread(target=self._loop.run_forever, name="fleet", daemon=True)
        self._closed = False

    def start(self) -> Self:
        """Begins to look at the replicas. Returns the fleet."""
        self._home.start()
        self._loop.call_soon_threadsafe(self._spawn, self._watch())
        self.store.on_gone.append(self._tell_gone)
        return self

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self.store.on_gone.remove(self._tell_gone)
            asyncio.run_coroutine_threadsafe(self._leave(), self._loop).result()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._home.join()
            self._loop.close()
            self._replicas.close()

    async def _leave(self) -> None:
        self.texts.end()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # texts

    def write(self, text: Text) -> None:
        """Has the replicas write a text.

        Raises:
            PlaygroundError: the fleet is closed.
        """
        self.check_open()
        self.texts.under_way[text.trace_id] = text
        self._loop.call_soon_threadsafe(self._spawn, self.texts.write(text))

    def stop(self, trace_id: str) -> None:
        """Ends a text after the present step. Ignores texts that are not under way."""
        text = self.texts.under_way.get(trace_id)
        if text is not None:
            self._loop.call_soon_threadsafe(self._spawn, self.texts.stop(text))

    async def find(self, trace_id: str) -> bool:
        if self._closed or (found := await self._at_home(self._found(trace_id))) is None:
            return False
        if not self.store.knows(trace_id):  # another request may have found it meanwhile
            self.texts.places[trace_id] = found.replica
            self.store.open(found.trace, trace_id)
            self.store.follow(trace_id)
            self.store.release([trace_id])
            asyncio.get_running_loop().call_later(LOOKED_SECONDS, self.store.unfollow, trace_id)
        return True

    async def _found(self, trace_id: str) -> Known | None:
        """Returns the longest text that a replica has under this id, unless it is being written; None if there is none
        or the cluster does not answer."""
        try:
            answers = await asyncio.wait_for(self._replicas.ask_all("known", trace_id, self.client), FIND_SECONDS)
        except (ReplicaLostError, TimeoutError):
            return None
        known = (one for one in answers if one is not None)
        return max(known, key=lambda one: len(one.trace.steps), default=None)

    def _tell_gone(self) -> None:
        places = self.texts.places
        gone = [trace_id for trace_id in tuple(places) if not self.store.holds(trace_id)]
        if gone and not self._closed:
            self._loop.call_soon_threadsafe(self._release, gone)

    # other work

    async def ask(self, method: str, *args: Any, at: str | None = None) -> Any:
        """Returns what a method of a replica returns. If the replica dies, another one does the work.

        Args:
            at: the replica that is asked first; None for any.

        Raises:
            PlaygroundError: the replica refuses the work, or several have died of it.
        """
        self.check_open()
        return await self._at_home(self._ask(method, *args, at=at))

    def describe(self, name: str) -> Described:
        """Returns the description of a model, which a replica loads first if need be. It is for a thread that waits.

        Raises:
            PlaygroundError: the replica cannot load the model, or has ended. Another one does not try it by itself: a
                model that needs too much memory would end all of them.
        """
        self.check_open()
        try:
            return asyncio.run_coroutine_threadsafe(self._describe(name), self._loop).result()
        except CancelledError:
            raise PlaygroundError(SHUTTING_DOWN, status=503) from None

    async def _describe(self, name: str) -> Described:
        try:
            told = await self._replicas.ask("describe", name, at=self.having(name))
        except ReplicaLostError:
            raise PlaygroundError(
                f"{name} could not be loaded, because its replica has ended. Choose it again; if this happens again, "
                "it needs more memory than a replica has.",
                status=503,
            ) from None
        await self._status()  # the model's first text goes to the replica that has loaded it
        return told

    async def _ask(self, method: str, *args: Any, at: str | None) -> Any:
        return await self._replicas.tried(lambda: self._replicas.ask(method, *args, at=at))

    async def stream(self, method: str, *args: Any, at: str | None = None) -> AsyncGenerator[Any]:
        """Yields what a method of a replica yields. It asks for the next value when the one before was taken.

        If the replica dies, another one begins again, and the values that were yielded before are left out.

        Raises:
            PlaygroundError: as `ask`.
        """
        values, number, yielded = self._replicas.stream(method, *args, at=at), 0, 0

        async def following() -> Any:
            nonlocal values, number
            try:
                while (value := await anext(values, _END)) is not _END:
                    number += 1
                    if number > yielded:
                        return value
            except ReplicaLostError:
                values, number = self._replicas.stream(method, *args, at=at), 0
                raise
            return _END

        while (value := await self._at_home(self._replicas.tried(following))) is not _END:
            yielded += 1
            yield value

    def tell(self, method: str, *args: Any, at: str | None) -> None:
        """Asks for something that needs no answer, and that a replica which has died needs not do."""
        if not self._closed:
            self._loop.call_soon_threadsafe(self._spawn, self._tell(method, *args, at=at))

    # replicas

    def having(self, model: str) -> str | None:
        """Returns one of the replicas that have loaded a model, if others have not; None if it does not matter which.

        Of several, it is one with a free place, if there is one. If none of them has one, another replica may load
        the model.
        """
        has = [one for one in self._states if model in one["models"]]
        free = [one["replica"] for one in has if one["running"] < one["places"]]
        return random.choice(free) if free and len(has) < len(self._states) else None

    def replicas(self) -> list[dict[str, Any]]:
        return self._states

    async def status(self) -> list[dict[str, Any]]:
        """Returns what each replica is doing now."""
        return await self._at_home(self._status())

    async def _status(self) -> list[dict[str, Any]]:
        try:
            self._states = await asyncio.wait_for(self._replicas.ask_all("status", self.client), LOOK_SECONDS)
        except (ReplicaLostError, TimeoutError):
            self._states = []
        return self._states

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

    def check_open(self) -> None:
        """Raises PlaygroundError if the fleet is closed."""
        if self._closed:
            raise PlaygroundError(SHUTTING_DOWN, status=503)

    async def _at_home(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        try:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))
        except asyncio.CancelledError:
            if self._closed:
                raise PlaygroundError(SHUTTING_DOWN, status=503) from None
            raise

    # on the fleet's own loop

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self, method: str, *args: Any, at: str | None) -> None:
        with suppress(ReplicaLostError):
            await self._replicas.ask(method, *args, at=at)

    def _release(self, trace_ids: Sequence[str]) -> None:
        """Tells the replicas which texts nobody looks at any more."""
        by_replica: dict[str, list[str]] = {}
        for trace_id in trace_ids:
            replica = self.texts.places.pop(trace_id, None)
            if replica is not None:
                by_replica.setdefault(replica, []).append(trace_id)
        for replica, gone in by_replica.items():
            self._spawn(self._tell("release", gone, self.client, at=replica))


_END = object()
