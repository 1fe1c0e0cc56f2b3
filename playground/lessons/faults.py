"""What is wrong with the files of lessons: each fault names its file and its line. Knows nothing of lessons."""

from collections.abc import Iterable
from dataclasses import dataclass

from playground.errors import PlaygroundError


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong in a file.

    Attributes:
        path: the file, as its folder was given.
        line: counted from 1.
        sentence: what is wrong, the value that was found, and what to do.
    """

    path: str
    line: int
    sentence: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.sentence}"


class LessonError(PlaygroundError):
    """Lessons that cannot be used. Its text has a line for each of its `faults`, in the order of files and lines."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: (fault.path, fault.line)))
        super().__init__("\n".join(map(str, self.faults)))


class Faults:
    """Collects the faults of one file, so that all of them are told at once.

    Args:
        path: the file.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self._found: dict[Fault, None] = {}

    def add(self, line: int, sentence: object) -> None:
        """Notes a fault. The same one counts once."""
        self._found[Fault(self.path, line, str(sentence))] = None

    @property
    def found(self) -> tuple[Fault, ...]:
        """All faults so far."""
        return tuple(self._found)
