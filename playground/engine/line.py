"""Decides the order in which requests are admitted, and which requests are refused while too many wait.

Knows rows and limits. Does not know threads or models.
"""

from collections import Counter
from collections.abc import Sequence

from playground.engine.news import Waiting
from playground.engine.request import Limits
from playground.engine.row import Row, free_rows
from playground.errors import PlaygroundError
from playground.visitor import NOBODY


def in_turn(waiting: Sequence[Row], active: Sequence[Row]) -> list[Row]:
    """Returns `waiting`, which is in the order of arrival, in the order of admission.

    Texts that somebody waits for come before those in the background. Within each kind the next place goes to the
    visitor who has the fewest rows. Among equals it goes to the earliest request.
    """
    ordered: list[Row] = []
    for background in (False, True):
        has = Counter(row.visitor for row in active if row.request.background == background)
        left = [row for row in waiting if row.request.background == background]
        while left:
            following = min(left, key=lambda row: has[row.visitor])
            left.remove(following)
            has[following.visitor] += 1
            ordered.append(following)
    return ordered


def gives_way(row: Row, active: Sequence[Row], running: Sequence[Row]) -> Row | None:
    """Returns the running row that goes back in line to make place for `row`, or None if no row has to.

    It is the latest row of the visitor who has the most rows. That visitor must still have at least as many rows as the
    visitor of `row` afterwards. So one visitor cannot keep all places with long texts, and two visitors cannot take
    one place from each other again and again. A row in the background gets no place in this way.
    """
    has = Counter(other.visitor for other in active if not other.request.background)
    if row.request.background or not has:
        return None
    most = max(has, key=has.__getitem__)
    if has[most] < has[row.visitor] + 2:
        return None
    own = [other for other in running if other.visitor == most and not other.request.background]
    return own[-1] if own else None


def refuse_excess(
    background: bool, visitor: str, waiting: Sequence[Row], active: Sequence[Row], limits: Limits
) -> None:
    """Refuses one more request while too many requests of this visitor, or of all visitors, wait.

    Raises:
        PlaygroundError: names the limit and the remedy.
    """
    alike = [row for row in waiting if row.request.background == background]
    own = sum(row.visitor == visitor for row in alike)
    free = 0 if background else free_rows(active, limits)
    most = limits.waiting_background_each if background else limits.waiting_each
    if visitor != NOBODY and own >= most + free:
        raise PlaygroundError(
            f"{own} of your texts are already waiting, and one visitor may have at most {most} in the line. "
            "Wait until some of them are generated.",
            status=429,
        )
    if not background and len(alike) >= limits.waiting + free:
        raise PlaygroundError(
            f"{limits.waiting} requests are already waiting, which is the limit. "
            "Try again in a moment, or start the server with a higher --max-waiting.",
            status=503,
        )


def tell_places(waiting: Sequence[Row]) -> None:
    """Tells each row whose place in the line is another one than before."""
    for place, row in enumerate(waiting, start=1):
        if row.place != place:
            row.place = place
            row.post(Waiting(place))
