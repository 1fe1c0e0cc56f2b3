"""A request under way as its reader sees it: an asynchronous iterator of its steps, and the trace that they make.

Knows rows. Does not know the thread.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Protocol

from playground.engine.news import News
from playground.engine.request import Request
from playground.engine.row import Mail
from playground.traces.trace import Step, Trace


def begun(request: Request, model: str) -> Trace:
    """Returns the trace of a request that has no step yet. `model` is the model's name."""
    return Trace(
        model,
        request.prompt_ids,
        request.settings,
        conversation=request.conversation,
        source_ids=request.source_ids,
    )


class UnderWay(Protocol):
    """A text that is written, wherever its model is."""

    @property
    def trace_id(self) -> str:
        """The id of its trace."""
        ...

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        ...


class Run:
    """An async iterator of news and steps. It ends when the trace has a stop reason, and raises its errors."""

    def __init__(self, row: UnderWay, mail: asyncio.Queue[Mail], stop: Callable[[str], None]) -> None:
        self._row = row
        self._mail = mail
        self._stop = stop

    @property
    def trace_id(self) -> str:
        """The id of its trace in the engine's store."""
        return self._row.trace_id

    def close(self) -> None:
        """Cancels the rest of the request. The row's place is free before the next step. Closing twice is allowed."""
        if not self._row.done:
            self._stop(self.trace_id)

    async def __aiter__(self) -> AsyncIterator[Step | News]:
        while True:
            item = await self._mail.get()
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            yield item
