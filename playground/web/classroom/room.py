"""The room in which classes take place: who asks, and the class that is in it now.

Knows the headers of the class. Does not know its routes.
"""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playground.classroom.classroom import Classroom
from playground.classroom.pupils import Pupil
from playground.errors import PlaygroundError
from playground.traces.store import TraceStore
from playground.traces.trace import Step, Trace
from playground.web.messages.trace import trace_message
from playground.web.routes.lessons import ALL_ANSWERS, ANSWERS

TEACHER_HEADER = "X-Playground-Teacher"
PUPIL_HEADER = "X-Playground-Pupil"
"""In these headers a page proves who asks. Neither is ever part of an address, and no answer holds it."""

NO_TEACHER = "Only the teacher may do this. Open the teacher's address, which the server printed at its start."
WRONG_SECRET = "The teacher's secret is wrong. Open the teacher's address, which the server printed at its start."
NO_PUPIL = "This class does not know you. Load the page again to join it."


@dataclass(frozen=True)
class Asker:
    """Who asks: the teacher, a pupil, or, with neither, somebody who only looks."""

    is_teacher: bool = False
    pupil: Pupil | None = None

    @property
    def role(self) -> str:
        """One of "teacher", "pupil" and "projector"."""
        return "teacher" if self.is_teacher else "pupil" if self.pupil else "projector"


class Room:
    """Holds one class at a time. When a class is ended, all of it is forgotten, and an empty one takes its place.

    Args:
        store: the texts.
        secret: what the teacher's page proves itself with.
    """

    def __init__(self, store: TraceStore, secret: str) -> None:
        self._store = store
        self.secret = secret
        self.classroom = Classroom(store, _tell_steps)
        self.is_closed = asyncio.Event()

    def asker(self, headers: Mapping[str, str]) -> Asker:
        """Returns who asks.

        Raises:
            PlaygroundError: the secret is wrong, or no pupil of this class has the token.
        """
        secret, token = headers.get(TEACHER_HEADER), headers.get(PUPIL_HEADER)
        if secret is not None:
            if not secrets.compare_digest(secret.encode(), self.secret.encode()):
                raise PlaygroundError(WRONG_SECRET, status=403)
            return Asker(is_teacher=True)
        if token is None:
            return Asker()
        pupil = self.classroom.pupils.known(token)
        if pupil is None:
            raise PlaygroundError(NO_PUPIL, status=403)
        return Asker(pupil=pupil)

    def why_no_play(self, headers: Mapping[str, str]) -> str | None:
        """Returns why the model may not work for whoever asks with these headers; None if it may."""
        if self.is_teacher(headers):
            return None
        return self.classroom.why_no_play(self.classroom.pupils.known(headers.get(PUPIL_HEADER, "")))

    def why_paused(self, headers: Mapping[str, str]) -> str | None:
        """Returns why nothing may be computed for whoever asks with these headers; None if it may."""
        return self.why_no_play(headers) if self.classroom.mode.is_paused else None

    def is_seen(self, trace_id: str) -> bool:
        """Returns whether the class looks at a text, or several visitors do."""
        return self.classroom.holding.holds(trace_id) or self._store.is_shared(trace_id)

    def is_teacher(self, headers: Mapping[str, str]) -> bool:
        """Returns whether the teacher asks."""
        try:
            return self.asker(headers).is_teacher
        except PlaygroundError:
            return False

    def hidden_parts(self, headers: Mapping[str, str]) -> tuple[str, ...]:
        """Returns which parts of lessons are hidden from whoever asks; see `routes/lessons.py`."""
        if self.is_teacher(headers):
            return ()
        return ANSWERS if self.classroom.mode.may["play"] else ALL_ANSWERS

    def end(self) -> None:
        """Ends the class."""
        ended, self.classroom = self.classroom, Classroom(self._store, _tell_steps)
        ended.end()

    def close(self) -> None:
        """Ends all streams, because the server ends. Pages connect again when it is back."""
        self.is_closed.set()
        self.classroom.news.end()


def _tell_steps(trace_id: str, trace: Trace, steps: Sequence[Step]) -> dict[str, Any]:
    """Returns the message about new steps as a page gets it that generates the text, without the header."""
    return trace_message(trace_id, trace, steps, 0, ()) | {"header": None}
