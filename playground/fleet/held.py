"""Something that stays on a replica while the page's process works with it, such as a search under way.

Does not know what carries the calls.
"""

from collections.abc import Awaitable, Callable, Generator, Sequence
from secrets import token_urlsafe
from typing import Any

from playground.engine.reader import Held, Thing
from playground.errors import PlaygroundError
from playground.fleet.replicas import LOST, TRIES

Ask = Callable[..., Awaitable[Any]]
"""Asks a replica, as `FarReader.ask` does."""
GONE = "gone"
"""What a replica answers that does not have the thing: the replica that had it has died."""


class FarHeld(Held[Thing]):
    """A thing on a replica. If the replica dies, another one makes the thing again, and what was done with it is done
    again there. So what comes next is what would have come.

    Args:
        ask: asks a replica.
        client: the name of this process at the replicas.
        make, source_ids: as for `Reader.held`.

    Attributes:
        key: the thing's name on its replica.
        at: the replica's name, once the thing is there.
    """

    def __init__(self, ask: Ask, client: str, make: Callable[[Any], Thing], source_ids: Sequence[int]) -> None:
        self.key = token_urlsafe(9)
        self.at: str | None = None
        self._ask, self._client, self._make, self._source_ids = ask, client, make, tuple(source_ids)
        self._past: list[tuple[Any, ...]] = []

    async def begin(self) -> None:
        """Has a replica make the thing, and do with it what was done before."""
        self.at = await self._ask("hold", self.key, self._client, self._make, self._source_ids)
        for method, *args in self._past:
            if _is_gone(await self._ask(method, self.key, *args, at=self.at)):
                self.at = None
                return

    async def look(self, work: Callable[[Any, Thing], Any]) -> Any:
        return await self._answer("call_held", work)

    async def call(self, work: Callable[[Any, Thing], Any]) -> Any:
        answer = await self._answer("call_held", work)
        self._past.append(("call_held", work))
        return answer

    async def work(
        self, job: Callable[[Any, Thing], Generator[None, None, Any]], source_ids: Sequence[int] = ()
    ) -> Any:
        answer = await self._answer("work_held", job, tuple(source_ids))
        self._past.append(("work_held", job, tuple(source_ids)))
        return answer

    async def _answer(self, method: str, *args: Any) -> Any:
        for _ in range(TRIES):
            if self.at is None:
                await self.begin()
                continue
            answer = await self._ask(method, self.key, *args, at=self.at)
            if not _is_gone(answer):
                return answer
            self.at = None
        raise PlaygroundError(LOST, status=503)


def _is_gone(answer: Any) -> bool:
    return isinstance(answer, str) and answer == GONE
