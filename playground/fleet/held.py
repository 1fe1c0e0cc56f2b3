"""Something that stays on a replica while the page's process works with it, such as a search under way.

Does not know what carries the calls.
"""

from collections.abc import Awaitable, Callable, Generator, Sequence
from typing import Any

from playground.engine.reader import Held, Thing
from playground.errors import PlaygroundError

Ask = Callable[..., Awaitable[Any]]
"""Asks a replica, as `Fleet.ask` does."""
GONE = "gone"
"""What a replica answers that does not have the thing: the replica that had it has died."""


class FarHeld(Held[Thing]):
    """A thing on a replica.

    Args:
        ask: asks the replica.
        key: the thing's name there.
        at: the replica's name.
    """

    def __init__(self, ask: Ask, key: str, at: str) -> None:
        self._ask, self._key, self._at = ask, key, at

    async def call(self, work: Callable[[Any, Thing], Any]) -> Any:
        return _there(await self._ask("call_held", self._key, work, at=self._at))

    async def work(
        self, job: Callable[[Any, Thing], Generator[None, None, Any]], source_ids: Sequence[int] = ()
    ) -> Any:
        return _there(await self._ask("work_held", self._key, job, tuple(source_ids), at=self._at))


def _there(answer: Any) -> Any:
    if isinstance(answer, str) and answer == GONE:
        raise broken_off()
    return answer


def broken_off() -> PlaygroundError:
    """Returns the refusal to go on with something whose replica has died in the middle of it."""
    return PlaygroundError(
        "The part of the cluster on which this ran has ended in the middle of it. Start it again.", status=503
    )
