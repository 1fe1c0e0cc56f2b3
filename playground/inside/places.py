"""Checks the numbers by which a request names a token of a text, a layer or a neuron. Knows errors only."""

from playground.errors import PlaygroundError


def check_range(name: str, value: int, count: int, what: str) -> None:
    """Raises PlaygroundError for a number that is not from 0 to `count` - 1."""
    if not 0 <= value < count:
        raise PlaygroundError(f"{name} is {value}, and {what} has {count:,} of them. Choose one from 0 to {count - 1}.")


def check_position(position: int, size: int) -> None:
    """Raises PlaygroundError if a text of `size` tokens has none at this position."""
    if not 0 <= position < size:
        raise PlaygroundError(
            f"position is {position}, and this text has {size} tokens. Choose one from 0 to {size - 1}."
        )


def check_near(position: int, most: int, reader: str) -> None:
    """Raises PlaygroundError for a position that is not among the first `most` tokens.

    Args:
        reader: what reads no more than these, and how: "the lens reads".
    """
    if position >= most:
        raise PlaygroundError(
            f"position is {position}, and {reader} the first {most} tokens of a text. Choose one from 0 to {most - 1}.",
            status=413,
        )
