"""Lets long work rest between its parts, so that the texts which other threads write go on.

Python runs one thread at a time. A step of a text is made of several hundred operations, and before each of them its
thread has to wait for work in Python that another thread does. So a step takes as long as that work, until it rests.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_rest: ContextVar[Callable[[], None] | None] = ContextVar("rest", default=None)


@contextmanager
def resting(rest: Callable[[], None]) -> Iterator[None]:
    """Lets the work in the block rest by a call of `rest`, which returns when the work may go on."""
    token = _rest.set(rest)
    try:
        yield
    finally:
        _rest.reset(token)


def take_rest() -> None:
    """Ends one part of the work. It returns at once if the work is not in a block of `resting`."""
    rest = _rest.get()
    if rest is not None:
        rest()
