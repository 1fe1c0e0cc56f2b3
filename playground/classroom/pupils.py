"""Keeps the pupils of a class: a number, a nickname and a secret token each, and whether their pages are open.

Knows nothing of what they do. Nothing about a pupil outlives the class.
"""

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from playground.classroom.written import one_line
from playground.errors import PlaygroundError

MOST_PUPILS = 200
LONGEST_NICKNAME = 24


@dataclass(eq=False)
class Pupil:
    """One pupil.

    Attributes:
        number: counts from 1 in the order of joining; no number is given twice.
        nickname: "" for one who gave none.
        token: what the pupil's page proves itself with.
        pages: the number of the pupil's open pages.
        alone: whether the page does not follow the class.
        shown: the version of the class that the page has shown last.
        seen: when the pupil was here last, in the clock's seconds.
    """

    number: int
    nickname: str
    token: str
    pages: int = 0
    alone: bool = False
    shown: int = 0
    seen: float = 0.0

    @property
    def is_here(self) -> bool:
        """Whether one of the pupil's pages is open."""
        return self.pages > 0

    def told(self) -> dict[str, Any]:
        """Returns {number, name}: what everybody may know."""
        return {"number": self.number, "name": self.nickname}


class Pupils:
    """All pupils of a class."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last = 0
        self._by_number: dict[int, Pupil] = {}
        self._by_digest: dict[bytes, Pupil] = {}

    def __iter__(self) -> Iterator[Pupil]:
        return iter(self._by_number.values())

    def __len__(self) -> int:
        return len(self._by_number)

    @property
    def here(self) -> list[Pupil]:
        """Those whose page is open, by number."""
        return [pupil for pupil in self if pupil.is_here]

    def get(self, number: int | None) -> Pupil | None:
        """Returns the pupil of this number, or None."""
        return None if number is None else self._by_number.get(number)

    def chosen(self, number: object) -> Pupil:
        """Returns the pupil of this number.

        Raises:
            PlaygroundError: there is none.
        """
        pupil = self._by_number.get(number) if isinstance(number, int) else None
        if pupil is None:
            raise PlaygroundError("There is no pupil with this number. Choose one who is here.", status=404)
        return pupil

    def known(self, token: str) -> Pupil | None:
        """Returns the pupil whose token it is, or None. A digest is looked up, so that the time tells nothing."""
        return self._by_digest.get(_digest(token))

    def join(self, nickname: object) -> Pupil:
        """Adds a pupil. In a full class, the place of whoever has been away for longest is given to the new one.

        Raises:
            PlaygroundError: the nickname is no text or too long, or all places are taken by pupils who are here.
        """
        name = read_nickname(nickname)
        if len(self) >= MOST_PUPILS:
            away = [pupil for pupil in self if not pupil.is_here]
            if not away:
                raise PlaygroundError(f"The class is full: {MOST_PUPILS} pupils are here.", status=503)
            self._remove(min(away, key=lambda one: one.seen))
        self._last += 1
        pupil = Pupil(self._last, name, secrets.token_urlsafe(18), seen=self._clock())
        self._by_number[pupil.number] = self._by_digest[_digest(pupil.token)] = pupil
        return pupil

    def open_page(self, pupil: Pupil) -> None:
        """Notes that a page of the pupil has opened."""
        pupil.pages += 1
        pupil.seen = self._clock()

    def close_page(self, pupil: Pupil) -> None:
        """Notes that a page of the pupil was closed."""
        pupil.pages -= 1
        pupil.seen = self._clock()

    def after(self, number: int) -> Pupil | None:
        """Returns the next pupil who is here after this number, round the class; None if nobody is."""
        here = self.here
        return next((pupil for pupil in here if pupil.number > number), here[0] if here else None)

    def _remove(self, pupil: Pupil) -> None:
        del self._by_number[pupil.number]
        del self._by_digest[_digest(pupil.token)]


def read_nickname(given: object) -> str:
    """Returns a nickname as it is shown, "" for None.

    Raises:
        PlaygroundError: it is no text or too long.
    """
    return one_line("The nickname", "" if given is None else given, LONGEST_NICKNAME)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()
