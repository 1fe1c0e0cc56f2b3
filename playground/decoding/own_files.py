"""Which files of whoever runs the server define further stages (`--stage`). Knows paths only.

It stands outside of `stages/`, because the registry there is made when it is first imported, and reads these files.
"""

import sys
from collections.abc import Iterable
from pathlib import Path

FILES: list[Path] = []
"""The files, in the order in which they were given."""


def give(paths: Iterable[str | Path]) -> None:
    """Adds files. Call it before anything imports the registry.

    Raises:
        RuntimeError: the registry is there already, and would not have these stages.
    """
    paths = list(paths)
    if paths and "playground.decoding.stages" in sys.modules:
        raise RuntimeError("The registry of stages is made already. Give the files of further stages before.")
    FILES.extend(Path(path) for path in paths)
