"""Keeps the latest requests of clients of `/v1`, whose texts can be opened in the page.

Knows the store. Does not know who may see them.
"""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from playground.traces.store import TraceStore

SHOWN = 80
"""The most characters of a prompt's end that the list shows."""


@dataclass(frozen=True)
class Kept:
    """One request.

    Attributes:
        at: when it ended, in seconds since 1970.
        route: the route that it asked.
        model: the name of the model.
        prompt: the end of its first prompt, or of the last turn of its conversation.
        trace_ids: its texts, in the order of their choices.
    """

    at: float
    route: str
    model: str
    prompt: str
    trace_ids: tuple[str, ...]


class History:
    """Holds the texts of the last `most` requests in the store.

    Args:
        store: the store that has the texts.
        most: the number of requests. Older ones are forgotten, unless an open page holds their texts.
    """

    def __init__(self, store: TraceStore, most: int) -> None:
        self._store = store
        self._most = most
        self._kept: deque[Kept] = deque()

    def add(self, route: str, model: str, prompt: str, trace_ids: Sequence[str]) -> None:
        """Keeps a request whose texts the caller holds. From now on they are held here."""
        shown = prompt if len(prompt) <= SHOWN else f"…{prompt[-SHOWN:]}"
        self._kept.append(Kept(time.time(), route, model, shown, tuple(trace_ids)))
        while len(self._kept) > self._most:
            self._store.drop(self._kept.popleft().trace_ids)

    def listed(self) -> list[dict[str, Any]]:
        """Returns the requests, the latest first, as JSON values."""
        return [asdict(one) for one in reversed(self._kept)]
