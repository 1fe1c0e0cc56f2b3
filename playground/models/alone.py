"""Lets a part of a model's load run alone, while the texts of other models wait for a moment.

Python runs one thread at a time. A step of a text is made of several hundred operations, and before each of them its
thread has to wait for work in Python that another thread does. So a step beside such work takes as long as the work and
more. It is shorter to let the step end first, and to begin the next one after the work.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

Turn = Callable[[], AbstractContextManager[None]]
_turn: ContextVar[Turn | None] = ContextVar("turn", default=None)


@contextmanager
def in_turn(turn: Turn) -> Iterator[None]:
    """Lets the parts of the work in the block that run `alone` take such a turn."""
    token = _turn.set(turn)
    try:
        yield
    finally:
        _turn.reset(token)


@contextmanager
def alone() -> Iterator[None]:
    """Surrounds a part of some 100 ms. It begins at once if the work is not in a block of `in_turn`."""
    turn = _turn.get()
    if turn is None:
        yield
    else:
        with turn():
            yield


def give_way() -> None:
    """Waits until the texts that waited for a part `alone` have made a step."""
    with alone():
        pass
