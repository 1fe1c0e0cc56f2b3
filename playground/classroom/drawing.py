"""A draw of the whole class: everybody draws one token of the same step, each with a number of their own.

Does not know how the distribution is made.
"""

import random
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import Any

from playground.classroom.pupils import Pupil
from playground.decoding.draws import Walk
from playground.decoding.settings import Settings
from playground.errors import PlaygroundError
from playground.values import MOST_NUMBER, Values

_system = random.SystemRandom()


class Draw:
    """One draw of the class.

    Args:
        number: names it.
        place: the text and its step.
        settings: those under which is drawn.
        walk: the distribution.
        uniform: returns a random number in [0, 1), of which nobody can tell the next.
    """

    def __init__(
        self,
        number: int,
        place: tuple[str, int],
        settings: Settings,
        walk: Walk,
        uniform: Callable[[], float] = _system.random,
    ) -> None:
        self.number, self.place, self.settings = number, place, settings
        self._walk, self._uniform = walk, uniform
        self._drawn: dict[int, tuple[float, int]] = {}

    def one(self, pupil: Pupil) -> dict[str, Any]:
        """Draws for a pupil, and returns {u, token_id}. Asked again, it returns the same."""
        if pupil.number not in self._drawn:
            u = self._uniform()
            self._drawn[pupil.number] = (u, self._walk.token_at(u))
        u, token_id = self._drawn[pupil.number]
        return {"u": u, "token_id": token_id}

    def has_drawn(self, pupil: Pupil) -> bool:
        """Returns whether the pupil has drawn."""
        return pupil.number in self._drawn

    def told(self) -> dict[str, Any]:
        """Returns what everybody may know."""
        trace, index = self.place
        return {
            "id": self.number,
            "place": {"trace": trace, "index": index},
            "settings": self.settings.to_dict(),
            "drawn": len(self._drawn),
            "counts": Counter(str(token_id) for _, token_id in self._drawn.values()),
        }


class Drawing:
    """The draw that is open, if there is one."""

    def __init__(self) -> None:
        self.draw: Draw | None = None
        self._numbers = count(1)

    def begin(self, place: tuple[str, int], settings: Settings, walk: Walk) -> Draw:
        """Opens a draw, in place of the one before."""
        self.draw = Draw(next(self._numbers), place, settings, walk)
        return self.draw

    def one(self, pupil: Pupil, given: object) -> dict[str, Any]:
        """Draws for a pupil, as `Draw.one`.

        Raises:
            PlaygroundError: this draw is not open any more.
        """
        number = Values("The draw", given).whole("draw", 1, MOST_NUMBER)
        if self.draw is None or self.draw.number != number:
            raise PlaygroundError("This draw is over. Wait for the next one.", status=409)
        return self.draw.one(pupil)

    def close(self) -> None:
        """Closes the draw, if one is open."""
        self.draw = None
