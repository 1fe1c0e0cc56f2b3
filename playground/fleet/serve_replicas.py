"""Reaches the replicas of a fleet through Ray Serve.

Serve knows which replicas there are, starts new ones in place of those that died, and more where many texts are
written. The router below sends a call to a certain replica where the caller says which.
"""

import random
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from ray.exceptions import ActorDiedError, ActorUnavailableError, RayTaskError, TaskCancelledError, WorkerCrashedError
from ray.serve.exceptions import DeploymentUnavailableError, ReplicaUnavailableError
from ray.serve.handle import DeploymentHandle
from ray.serve.request_router import PendingRequest, RequestRouter, RunningReplica

from playground.fleet.replicas import Chosen, ReplicaLostError, Replicas

LOST = (
    ActorDiedError,
    ActorUnavailableError,
    WorkerCrashedError,
    TaskCancelledError,
    ReplicaUnavailableError,
    DeploymentUnavailableError,
)


class ToReplica(RequestRouter):
    """Chooses the replica that a call names as its session, or prefers with `prefer`, or the less busy one of two."""

    async def choose_replicas(
        self, candidate_replicas: list[RunningReplica], pending_request: PendingRequest | None = None
    ) -> list[list[RunningReplica]]:
        by_name = {one.replica_id.unique_id: one for one in candidate_replicas}
        at = None if pending_request is None else by_name.get(pending_request.metadata.session_id)
        if at is not None:
            return [[at]]
        two = random.sample(candidate_replicas, min(2, len(candidate_replicas)))
        preferred = None if pending_request is None else by_name.get(pending_request.kwargs.get("prefer") or "")
        return [two] if preferred is None else [[preferred], two]


class ServeReplicas(Replicas):
    """The replicas of a deployment."""

    def __init__(self, handle: DeploymentHandle[Any]) -> None:
        self._handle = handle

    @asynccontextmanager
    async def choose(self, prefer: str | None) -> AsyncIterator[Chosen]:
        with _lost():
            async with self._handle.text.choose_replica(prefer=prefer) as chosen:

                async def write(order: Any) -> None:
                    with _lost():
                        await self._handle.dispatch(chosen, order)

                yield Chosen(chosen.replica_id, write)

    async def ask(self, method: str, *args: Any, at: str | None = None) -> Any:
        with _lost():
            return await self._handle.options(method_name=method, session_id=at or "").remote(*args)

    async def stream(self, method: str, *args: Any, at: str | None = None) -> AsyncGenerator[Any]:
        with _lost():
            called = self._handle.options(method_name=method, session_id=at or "", stream=True)
            values: Any = called.remote(*args)
            async for value in values:
                yield value

    async def ask_all(self, method: str, *args: Any) -> list[Any]:
        with _lost():
            answers = await self._handle.broadcast(method, *args).results_async()
        return [answer for answer in answers if not isinstance(answer, Exception)]


@contextmanager
def _lost() -> Iterator[None]:
    """Raises `ReplicaLostError` for Ray's errors that say so, and the replica's own error for a wrapped one."""
    try:
        yield
    except RayTaskError as error:
        raise error.cause from None
    except LOST as error:
        raise ReplicaLostError(str(error)) from error
