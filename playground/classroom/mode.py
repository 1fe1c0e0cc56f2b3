"""What the teacher does to all pages at once, and what pupils may do."""

from playground.errors import PlaygroundError
from playground.values import Values

SCREEN = ("frozen", "blank", "paused")
"""Pages keep what they show, or show nothing, or the model does not work for them."""
FREEDOMS = ("leave", "settings", "play")
"""Pupils leave the class to play alone, move the sliders, and make the model work."""

PAUSED = "The teacher has paused the class. Wait until it goes on."
NO_PLAY = "The teacher has switched off playing alone, so that the model writes for the class only."


class Mode:
    """The mode of the class.

    Attributes:
        screen: whether each of `SCREEN` is on.
        may: whether pupils may do each of `FREEDOMS`.
    """

    def __init__(self) -> None:
        self.screen = dict.fromkeys(SCREEN, False)
        self.may = dict.fromkeys(FREEDOMS, True)

    def change(self, given: object) -> None:
        """Changes any of `SCREEN`, and of `FREEDOMS` in `may`, all or nothing.

        Raises:
            PlaygroundError: a value is not true or false.
        """
        asked = Values("The mode", given)
        freedoms = Values("What pupils may do", asked.mapping("may") if "may" in asked else {})
        screen = {name: asked.boolean(name) for name in SCREEN if name in asked}
        self.may = self.may | {name: freedoms.boolean(name) for name in FREEDOMS if name in freedoms}
        self.screen = self.screen | screen

    @property
    def is_frozen(self) -> bool:
        """Whether pages keep what they show."""
        return self.screen["frozen"]

    @property
    def is_paused(self) -> bool:
        """Whether nothing is computed for pupils."""
        return self.screen["paused"]

    def refuse_while_paused(self) -> None:
        """Refuses what a pupil does together with the class.

        Raises:
            PlaygroundError: the class is paused.
        """
        if self.is_paused:
            raise PlaygroundError(PAUSED, status=409)

    @property
    def why_no_play(self) -> str | None:
        """Why the model may not work for pupils, in a sentence; None if it may."""
        if self.is_paused:
            return PAUSED
        return None if self.may["play"] else NO_PLAY
