"""Reaches the replicas of a fleet through Ray Serve.

Serve knows which replicas there are, starts new ones in place of those that died, and more where many texts are
written. The router below sends a call to a certain replica where the caller says which.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import ray
from ray.exceptions import ActorDiedError, ActorUnavailableError, RayTaskError, TaskCancelledError, WorkerCrashedError
from ray.serve.exceptions import DeploymentUnavailableError, ReplicaUnavailableError
from ray.serve.handle import DeploymentHandle
from ray.serve.request_router import PendingRequest, RequestRouter, RunningReplica

from playground.fleet.replicas import Chosen, ReplicaLostError, Replicas

Answer = TypeVar("Answer")

LOST = (
    ActorDiedError,
    ActorUnavailableError,
    WorkerCrashedError,
    TaskCancelledError,
    ReplicaUnavailableError,
    DeploymentUnavailableError,
)


def _connection() -> str | None:
    """Returns the name of this process's connection to a cluster, which is another one after each `ray.init`."""
    return ray.get_runtime_context().get_worker_id() if ray.is_initialized() else None


class ToReplica(RequestRouter):
    """Chooses the replica that a call names as its session, or prefers with `prefer`, or the less busy one of two."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._connection = _connection()

    async def choose_replicas(
        self, candidate_replicas: list[RunningReplica], pending_request: PendingRequest | None = None
    ) -> list[list[RunningReplica]]:
        if _connection() != self._connection:
            await asyncio.Event().wait()  # its cluster has ended, and it would look for replicas for ever
        by_name = {one.replica_id.unique_id: one for one in candidate_replicas}
        at = None if pending_request is None else by_name.get(pending_request.metadata.session_id)
        if at is not None:
            return [[at]]
        two = random.sample(candidate_replicas, min(2, len(candidate_replicas)))
        preferred = None if pending_request is None else by_name.get(pending_request.kwargs.get("prefer") or "")
        return [two] if preferred is None else [[preferred], two]


class ServeReplicas(Replicas):
    """The replicas of a deployment.

    Args:
        handle: the deployment.
        again: connects to the cluster again, and returns the deployment there. It may block.
        end: leaves the cluster.
    """

    def __init__(
        self, handle: DeploymentHandle[Any], again: Callable[[], DeploymentHandle[Any]], end: Callable[[], None]
    ) -> None:
        self._current: DeploymentHandle[Any] | None = handle
        self._again, self._end = again, end
        self._under_way: set[asyncio.Future[Any]] = set()

    @property
    def _handle(self) -> DeploymentHandle[Any]:
        if self._current is None:
            raise ReplicaLostError
        return self._current

    @asynccontextmanager
    async def choose(self, prefer: str | None) -> AsyncIterator[Chosen]:
        handle = self._handle
        choice = handle.text.choose_replica(prefer=prefer)
        chosen = await self._lasting(choice.__aenter__())
        try:

            async def write(order: Any) -> None:
                await self._lasting(handle.dispatch(chosen, order))

            yield Chosen(chosen.replica_id, write)
        finally:
            await self._lasting(choice.__aexit__(None, None, None))

    async def ask(self, method: str, *args: Any, at: str | None = None) -> Any:
        return await self._lasting(self._handle.options(method_name=method, session_id=at or "").remote(*args))

    async def stream(self, method: str, *args: Any, at: str | None = None) -> AsyncGenerator[Any]:
        called = self._handle.options(method_name=method, session_id=at or "", stream=True)
        values: Any = called.remote(*args)
        while (value := await self._lasting(anext(values, _END))) is not _END:
            yield value

    async def ask_all(self, method: str, *args: Any) -> list[Any]:
        answers = await self._lasting(self._handle.broadcast(method, *args).results_async())
        return [answer for answer in answers if not isinstance(answer, Exception)]

    async def reconnect(self) -> None:
        self._current = None
        for work in tuple(self._under_way):
            work.cancel()
        self._current = await asyncio.to_thread(self._again)

    def close(self) -> None:
        self._end()

    async def _lasting(self, work: Awaitable[Answer]) -> Answer:
        """Returns what `work` returns, unless the cluster ends before.

        Raises `ReplicaLostError` for Ray's errors that say so, and the replica's own error for a wrapped one.
        """
        doing = asyncio.ensure_future(work)
        self._under_way.add(doing)
        try:
            return await doing
        except RayTaskError as error:
            raise error.cause from None
        except LOST as error:
            raise ReplicaLostError(str(error)) from error
        except asyncio.CancelledError:
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                raise
            raise ReplicaLostError from None
        finally:
            doing.cancel()
            self._under_way.discard(doing)


_END = object()
