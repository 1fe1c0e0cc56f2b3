"""Tells all readers what of the class has changed, in order and without gaps: one message for all of them.

Knows bytes and the event loop. Does not know what the parts of the class mean, nor how a message reaches a browser.
"""

import asyncio
import json
import secrets
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

MOST_WAITING = 256
"""The messages that wait for a slow reader. One who lacks more gets everything anew instead."""
SOON_SECONDS = 0.1
"""Numbers that many people change at once are told together after this time."""
DESK_SECONDS = 0.25

Parts = dict[str, Any]


class Message(NamedTuple):
    """`kind` is "class" for a message to everybody and "desk" for one to the teacher; `content` is JSON."""

    kind: str
    content: bytes


class News:
    """Holds the readers, and the number of the last message.

    Args:
        everything: returns all parts as they are now.
        desk: returns what only the teacher's desk is told.

    Attributes:
        begun: names this class, so that a reader notices that another one has begun.
        version: the number of messages so far.
    """

    def __init__(self, everything: Callable[[], Parts], desk: Callable[[], Parts]) -> None:
        self.begun = secrets.token_urlsafe(9)
        self.version = 0
        self.readers: set[Reader] = set()
        self._everything, self._desk = everything, desk
        self._soon: set[str] = set()
        self._waking: asyncio.TimerHandle | None = None
        self._desk_waking: asyncio.TimerHandle | None = None
        self._whole: bytes | None = None
        self._desk_now: bytes | None = None

    def tell(self, *names: str, growth: Any = None) -> int:
        """Tells everybody the parts of these names, and those that were to be told soon. Returns the version."""
        names = (*names, *sorted(self._soon.difference(names)))
        self._soon.clear()
        parts = self._everything()
        changed = {name: parts[name] for name in names} | ({} if growth is None else {"growth": growth})
        self.version += 1
        self._whole = None
        message = Message("class", self._encoded(changed))
        for reader in self.readers:
            reader.put(message)
        self.tell_desk()
        return self.version

    def tell_soon(self, *names: str) -> None:
        """Tells everybody these parts with the next message, or a moment later if there is none."""
        self._soon.update(names)
        self._whole = None
        if self._waking is None:
            self._waking = asyncio.get_running_loop().call_later(SOON_SECONDS, self._wake)
        self.tell_desk()

    def tell_desk(self) -> None:
        """Tells the teacher's desk a moment later, at most four times a second."""
        self._desk_now = None
        if self._desk_waking is None and any(reader.has_desk for reader in self.readers):
            self._desk_waking = asyncio.get_running_loop().call_later(DESK_SECONDS, self._wake_desk)

    def whole(self) -> bytes:
        """Returns the message that holds all parts. It is made once for all who ask for it."""
        if self._whole is None:
            self._whole = self._encoded(self._everything())
        return self._whole

    def desk(self) -> bytes:
        """Returns the desk's message. It is made once for all who ask for it."""
        if self._desk_now is None:
            self._desk_now = _json(self._desk())
        return self._desk_now

    def end(self) -> None:
        """Ends all readers after what waits for them, and tells nothing any more."""
        for timer in (self._waking, self._desk_waking):
            if timer is not None:
                timer.cancel()
        for reader in tuple(self.readers):
            reader.end()

    def _wake(self) -> None:
        self._waking = None
        if self._soon:
            self.tell()

    def _wake_desk(self) -> None:
        self._desk_waking = None
        for reader in self.readers:
            reader.put_desk()

    def _encoded(self, changed: Parts) -> bytes:
        return _json({"version": self.version, "begun": self.begun, "changed": changed})


class Reader:
    """One who reads the news, from everything that is now on. Use it as a context: outside of it, it costs nothing.

    Args:
        has_desk: whether it also reads what only the teacher's desk is told.
    """

    def __init__(self, news: News, has_desk: bool = False) -> None:
        self.has_desk = has_desk
        self._news = news
        self._waiting: deque[Message] = deque()
        self._lacks_all = True
        self._lacks_desk = has_desk
        self._has_ended = False
        self._arrived = asyncio.Event()

    def __enter__(self) -> "Reader":
        self._news.readers.add(self)
        return self

    def __exit__(self, *_: object) -> None:
        self._news.readers.discard(self)
        self._waiting.clear()

    def put(self, message: Message) -> None:
        """Adds a message. If too many wait, they are dropped for one that holds everything."""
        if len(self._waiting) >= MOST_WAITING:
            self._lacks_all = True
            self._waiting.clear()
        if not self._lacks_all:
            self._waiting.append(message)
        self._arrived.set()

    def put_desk(self) -> None:
        """Notes that the desk has changed. Only its newest state is read."""
        self._lacks_desk = self.has_desk
        self._arrived.set()

    def end(self) -> None:
        """Ends the reader after what waits for it."""
        self._has_ended = True
        self._arrived.set()

    async def next(self) -> Message | None:
        """Returns the next message, when there is one; None at the end."""
        while True:
            if self._lacks_all:
                self._lacks_all = False
                return Message("class", self._news.whole())
            if self._waiting:
                return self._waiting.popleft()
            if self._has_ended:
                return None
            if self._lacks_desk:
                self._lacks_desk = False
                return Message("desk", self._news.desk())
            self._arrived.clear()
            await self._arrived.wait()


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
