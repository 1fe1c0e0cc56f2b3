"""Collects what the engine's thread tells the readers of texts, and sends it with one call for each event loop.

Knows event loops. Does not know rows. Each call wakes the loop's thread, which takes Python's lock from the engine's
thread. With 16 texts in a step, 16 calls would cost more than the choice of their tokens.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from playground.engine.errands import tell

Letter = tuple[Callable[[Any], None], object]


class Outbox:
    """What is not sent yet. Only one thread uses it."""

    def __init__(self) -> None:
        self._letters: dict[asyncio.AbstractEventLoop, list[Letter]] = {}

    def put(self, loop: asyncio.AbstractEventLoop, listener: Callable[[Any], None], news: object) -> None:
        """Keeps a call of `listener` with `news` for the next `send`."""
        self._letters.setdefault(loop, []).append((listener, news))

    def send(self) -> None:
        """Lets each loop make its calls, in their order."""
        letters, self._letters = self._letters, {}
        for loop, own in letters.items():
            tell(loop, _deliver, own)


def _deliver(letters: list[Letter]) -> None:
    for listener, news in letters:
        listener(news)
