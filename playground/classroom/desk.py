"""What only the teacher's desk is told: each pupil, the answers, and the class's address. Knows what it is handed."""

from collections.abc import Callable
from typing import Any

from playground.classroom.drawing import Drawing
from playground.classroom.pupils import Pupil, Pupils
from playground.classroom.question import Asking


class Desk:
    """The teacher's desk.

    Attributes:
        address, qr: the class's address and its QR code as SVG; "" as long as they are not known.
    """

    def __init__(self) -> None:
        self.address, self.qr = "", ""

    def told(
        self, pupils: Pupils, asking: Asking, drawing: Drawing, is_behind: Callable[[Pupil], bool]
    ) -> dict[str, Any]:
        """Returns the whole desk."""
        question, draw = asking.question, drawing.draw
        return {
            "pupils": [
                pupil.told()
                | {
                    "here": pupil.is_here,
                    "alone": pupil.alone,
                    "behind": is_behind(pupil),
                    "answered": question is not None and pupil.number in question.answers,
                    "drawn": draw is not None and draw.has_drawn(pupil),
                }
                for pupil in pupils
            ],
            "answers": {} if question is None else question.answers,
            "asked": [one.told_briefly() for one in asking.asked],
            "address": self.address,
            "qr": self.qr,
        }
