"""The folder into which the site is written, a new or an empty one. Nothing in it is ever deleted or replaced."""

import os
from pathlib import Path

from playground.errors import PlaygroundError


def empty_folder(told: str) -> Path:
    """Returns the folder, which is made if it is not there.

    Raises:
        PlaygroundError: it holds something, is no folder, or cannot be written.
    """
    folder = Path(told)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise PlaygroundError(f"The folder {told} is not empty. Name a new folder, or empty this one yourself.")
    except OSError as error:
        raise PlaygroundError(f"The folder {told} cannot be used: {error.strerror}. Name another folder.") from None
    if not os.access(folder, os.W_OK | os.X_OK):
        raise PlaygroundError(f"The folder {told} cannot be written. Name another folder.")
    return folder


def write(folder: Path, name: str, page: str) -> int:
    """Writes a new file, and returns its size in bytes.

    Raises:
        PlaygroundError: the file is there already, or the disk does not take it.
    """
    content = page.encode()
    try:
        with (folder / name).open("xb") as file:
            file.write(content)
    except OSError as error:
        raise PlaygroundError(f"{folder / name} cannot be written: {error.strerror}.") from None
    return len(content)
