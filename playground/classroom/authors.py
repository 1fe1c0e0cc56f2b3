"""Who drew which token of the texts that the class has written, so that a page can say so of each token.

It is kept as long as the class: nothing of it is in a text or in a file.
"""

from collections import deque
from dataclasses import dataclass, replace
from typing import Any

from playground.classroom.pupils import Pupil

MOST_TEXTS = 4
"""The texts of the class whose authors are kept, besides the one that it writes now."""


@dataclass(frozen=True)
class Authors:
    """Holds who drew the tokens of one text.

    Attributes:
        trace: the id of the text.
        first: the step of the first token that a pupil has drawn.
        pupils: one for each step from there; None for a step that no pupil has drawn.
    """

    trace: str
    first: int
    pupils: tuple[Pupil | None, ...] = ()

    def until(self, index: int) -> "Authors":
        """Returns the same for the text that goes on from step `index`."""
        return replace(self, pupils=self.pupils[: max(0, index - self.first)])

    def then(self, trace: str, index: int, pupil: Pupil) -> "Authors":
        """Returns the same for the text `trace`, in which a pupil has drawn the token of step `index`, the last one."""
        if not self.pupils:
            return Authors(trace, index, (pupil,))
        between = (None,) * (index - self.first - len(self.pupils))
        return Authors(trace, self.first, (*self.pupils, *between, pupil))

    def told(self) -> dict[str, Any]:
        """Returns {trace, first, by, names}: the pupils' numbers, null where it is none, and their nicknames."""
        drew = [pupil for pupil in self.pupils if pupil is not None]
        names = {str(pupil.number): pupil.nickname for pupil in drew}
        return {
            "trace": self.trace,
            "first": self.first,
            "by": [one and one.number for one in self.pupils],
            "names": names,
        }


class Written:
    """The authors of the texts that the class has finished, the last ones."""

    def __init__(self) -> None:
        self._texts: deque[Authors] = deque(maxlen=MOST_TEXTS)

    def keep(self, authors: Authors) -> None:
        """Keeps the authors of a text that is finished."""
        if authors.pupils:
            self._texts.append(authors)

    def of(self, trace: str, index: int) -> Authors:
        """Returns the authors of the steps before step `index` of a text."""
        known = next((one for one in self._texts if one.trace == trace), None)
        return Authors(trace, index) if known is None else known.until(index)

    def told(self, now: Authors | None) -> list[dict[str, Any]]:
        """Returns what everybody may know of these texts, and of the text that the class writes now."""
        return [one.told() for one in (*self._texts, now) if one is not None and one.pupils]
