"""Keeps what a replica has for one of the page's processes: its texts, and what their readers will be told.

Does not know what carries the messages.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from playground.engine.row import Mail

IDLE_SECONDS = 3.0
"""How long a client's reader stays when nothing is written for it."""


class Letter(NamedTuple):
    """What the reader of a text is told: the order's key, the news, and at the end why the text has ended."""

    key: str
    news: Mail
    reason: str | None = None


class Client:
    """A process whose texts are written here.

    Attributes:
        under_way: the ids of its texts that are being written.
        texts: the ids of all texts that it holds here.
        heard: when it showed that it is alive.
    """

    def __init__(self) -> None:
        self.under_way: Counter[str] = Counter()
        self.texts: set[str] = set()
        self.heard = time.monotonic()
        self._letters: list[Letter] = []
        self._is_news = asyncio.Event()

    @contextmanager
    def writing(self, trace_id: str) -> Iterator[None]:
        """Counts a text as one that is being written."""
        self.under_way[trace_id] += 1
        try:
            yield
        finally:
            self.under_way -= Counter({trace_id: 1})

    def post(self, letter: Letter) -> None:
        """Keeps a letter for the next message."""
        self._letters.append(letter)
        self._is_news.set()

    async def letters(self) -> list[Letter]:
        """Waits for letters and returns all that are there; none if nothing is written and nothing comes."""
        while not self._letters:
            self._is_news.clear()
            try:
                await asyncio.wait_for(self._is_news.wait(), IDLE_SECONDS)
            except TimeoutError:
                if not self.under_way:
                    return []
        letters, self._letters = self._letters, []
        return letters
