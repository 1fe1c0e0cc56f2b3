"""Says which pupils are behind: their pages follow, and have not shown the scene some seconds after it was told."""

import asyncio
from collections.abc import Callable

from playground.classroom.pupils import Pupil

SECONDS = 3.0
"""What a page may take to show a scene."""


class Behind:
    """The newest scene, and whether it is due on all pages.

    Args:
        due: called when a scene becomes due.
    """

    def __init__(self, due: Callable[[], None]) -> None:
        self._due = due
        self._version = 0
        self._is_due = True

    def told(self, version: int) -> None:
        """Notes that a scene was told with this version."""
        self._version, self._is_due = version, False
        asyncio.get_running_loop().call_later(SECONDS, self._becomes_due, version)

    def is_behind(self, pupil: Pupil) -> bool:
        """Returns whether the page of a pupil who follows lacks the scene although it is due."""
        follows = pupil.is_here and not pupil.alone
        return follows and self._is_due and pupil.shown < self._version

    def _becomes_due(self, version: int) -> None:
        if version == self._version:
            self._is_due = True
            self._due()
