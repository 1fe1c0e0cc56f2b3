"""Keeps a line of items for each visitor. The visitors take turns, so that one with many does not delay the others.

Does not know what the waiting items are.
"""

from collections import OrderedDict, deque
from collections.abc import Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Turns(Generic[Item]):
    """Waiting items, each of one visitor. `take` serves the visitors in turn, and the items of each in order."""

    def __init__(self) -> None:
        self._lines: OrderedDict[str, deque[Item]] = OrderedDict()

    def __len__(self) -> int:
        return sum(map(len, self._lines.values()))

    def __iter__(self) -> Iterator[Item]:
        return (item for line in self._lines.values() for item in line)

    @property
    def visitors(self) -> int:
        """How many visitors have items here."""
        return len(self._lines)

    def waiting_for(self, visitor: str) -> int:
        """How many items one visitor has here."""
        return len(self._lines.get(visitor, ()))

    def add(self, visitor: str, item: Item) -> None:
        """Puts an item at the end of its visitor's line."""
        self._lines.setdefault(visitor, deque()).append(item)

    def remove(self, visitor: str, item: Item) -> None:
        """Takes an item out of its visitor's line."""
        line = self._lines[visitor]
        line.remove(item)
        if not line:
            del self._lines[visitor]

    def take(self) -> Item:
        """Removes and returns the first item of the visitor whose turn it is. This visitor then has the last turn."""
        visitor, line = self._lines.popitem(last=False)
        item = line.popleft()
        if line:
            self._lines[visitor] = line
        return item
