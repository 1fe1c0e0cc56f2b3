"""Lets several engines share visitors and a device: they know each other, and they take turns.

Does not know what an engine does in its turn.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

Member = TypeVar("Member")


class Peers(Generic[Member]):
    """The engines of one device. Two forwards at once on it take longer than one after the other, so that one engine
    works at a time, and those that wait are served in the order in which they came.

    Attributes:
        members: the engines that run. It is replaced and never changed, so that any thread may read it.
    """

    def __init__(self) -> None:
        self.members: tuple[Member, ...] = ()
        self._news = threading.Condition()
        self._next_number = 0
        self._served = 0

    def join(self, member: Member) -> None:
        """Adds an engine."""
        with self._news:
            self.members = (*self.members, member)

    def leave(self, member: Member) -> None:
        """Removes an engine, if it is there."""
        with self._news:
            self.members = tuple(one for one in self.members if one is not member)

    @property
    def is_wanted(self) -> bool:
        """Whether another engine waits until the turn that is under way ends."""
        return self._next_number > self._served + 1

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Waits until every engine that asked before has had its turn. No other turn begins in the block."""
        with self._news:
            number, self._next_number = self._next_number, self._next_number + 1
            self._news.wait_for(lambda: self._served == number)
        try:
            yield
        finally:
            with self._news:
                self._served += 1
                self._news.notify_all()
