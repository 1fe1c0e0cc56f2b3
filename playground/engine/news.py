"""What a request tells its reader while it has no step yet. Knows nothing else of the engine."""

from typing import NamedTuple


class Waiting(NamedTuple):
    """The request's place in line. The place 1 is next."""

    place: int


class Reading(NamedTuple):
    """How many tokens of a long text are read, of all that are read before its first step."""

    read: int
    tokens: int


News = Waiting | Reading
"""Where a text is that has no step yet."""
