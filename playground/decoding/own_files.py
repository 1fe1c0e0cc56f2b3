"""Which files of whoever runs the server define further stages (`--stage`). Knows paths only.

It stands outside of `stages/`, because the registry there is made when it is first imported, and reads these files.
"""

import os
import sys
from collections.abc import Iterable
from pathlib import Path

VARIABLE = "PLAYGROUND_STAGES"
"""The variable of the environment that names the files to a process which another one starts, such as a replica."""
FILES: list[Path] = [Path(path) for path in os.environ.get(VARIABLE, "").split(os.pathsep) if path]
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


def environment(paths: Iterable[str]) -> dict[str, str]:
    """Returns what the environment of another process needs so that it has the stages of these files."""
    joined = os.pathsep.join(str(Path(path).absolute()) for path in paths)
    return {VARIABLE: joined} if joined else {}
