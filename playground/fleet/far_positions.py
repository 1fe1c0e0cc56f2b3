"""Gets the positions of texts from the replicas that made them, or has them computed again.

Knows the store. Does not know what carries the calls.
"""

from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

from playground.engine.positions import Positions, Seen, recorded
from playground.fleet.held import Ask
from playground.traces.store import TraceStore
from playground.traces.trace import Step, Trace


class FarPositions(Positions):
    """The positions of a fleet's texts.

    Args:
        store: the records of the texts.
        places: the replica of each text.
        ask, stream: as `FarReader.ask` and `FarReader.stream`.
    """

    def __init__(
        self, store: TraceStore, places: Mapping[str, str], ask: Ask, stream: Callable[..., AsyncGenerator[Any]]
    ) -> None:
        self._store, self._places, self._ask, self._stream = store, places, ask, stream

    @property
    def nbytes(self) -> int:
        return 0

    async def at(self, trace_id: str, index: int) -> Seen:
        store = self._store
        ids, source = store.ids_before(trace_id, index), store.get(trace_id).source_ids
        held = recorded(store, trace_id, index)
        at = self._places.get(trace_id)
        return held or await self._ask("seen", trace_id, index, ids, source, at=at)

    async def after(self, ids: tuple[int, ...], source: tuple[int, ...] = ()) -> Seen:
        return await self._ask("seen", "", 0, tuple(ids), tuple(source))

    async def whole(self, trace_id: str, trace: Trace, *, wants_attention: bool) -> AsyncGenerator[Step]:
        at = self._places.get(trace_id)
        async for step in self._stream("whole", trace_id, trace, wants_attention, at=at):
            yield step
