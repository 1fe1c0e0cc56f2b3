"""Where the end of a text stood before, and how far: the search behind DRY. Knows ids only."""

from collections.abc import Mapping, Sequence

Tails = Mapping[int, Sequence[Sequence[int]]]
"""Texts that end a repetition, as ids: for the first token of each the tokens that follow it, none if it has one."""

LONGEST_TAIL = 20
"""A breaker has at most this many tokens after its first one."""


def followers(ids: Sequence[int]) -> dict[int, int]:
    """Returns the tokens that followed an earlier place where the text stood as at its end, and over how many tokens.

    Of several such places the longest counts; places may overlap. The text is read from its end, where the question is
    which of its tokens begin a copy of its beginning: the Z algorithm (Gusfield 1997), in linear time.

    >>> followers([1, 2, 3, 9, 1, 2, 3])
    {9: 3}
    >>> followers([5, 5, 5])
    {5: 2}
    """
    backwards = ids[::-1]
    lengths = [0] * len(backwards)
    found: dict[int, int] = {}
    start = end = place = 0  # backwards[start:end] is the copy that reaches farthest
    for _ in range(backwards.count(backwards[0]) - 1 if ids else 0):
        place = backwards.index(backwards[0], place + 1)  # elsewhere the length is 0
        length = min(lengths[place - start], end - place) if place < end else 0
        if place + length >= end:
            while place + length < len(backwards) and backwards[length] == backwards[place + length]:
                length += 1
            start, end = place, place + length
        lengths[place] = length
        token_id = backwards[place - 1]
        found[token_id] = max(length, found.get(token_id, 0))
    return found


def since_breaker(ids: Sequence[int], breakers: Tails, most: int) -> int:
    """Returns how many tokens stand after the last breaker of the text, or `most` if that is fewer.

    Of several breakers that begin with the same token, the longest counts.
    """
    ending = ids[-(most + LONGEST_TAIL + 1) :][::-1]
    for place, token_id in enumerate(ending):
        if token_id not in breakers:
            continue
        after = ending[max(0, place - LONGEST_TAIL) : place][::-1]
        lengths = [len(tail) for tail in breakers[token_id] if [*after[: len(tail)]] == [*tail]]
        if lengths:
            return min(most, place - max(lengths))
    return most
