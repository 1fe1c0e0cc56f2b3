"""Finds the models below a folder, and gives models names that tell them apart.

Knows how folders of models look, and the layout of Hugging Face's cache. Reads no file.
"""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from playground.errors import PlaygroundError

HUB = "models--"
"""What the name of a model's folder in Hugging Face's cache begins with. Slashes of its id are `--` there."""


def models_below(folder: Path) -> list[Path]:
    """Returns the folders with a `config.json` and the `.gguf` files below a folder, in the order of their paths.

    Below a model's folder no further models are looked for, as authors put other formats of the same model there. Of
    Hugging Face's cache the newest version of each model is returned.

    Raises:
        PlaygroundError: there is no such folder.
    """
    if not folder.is_dir():
        raise PlaygroundError(f"--models is {str(folder)!r}, and there is no such folder. Give a folder of models.")
    found = []
    for here, folders, files in os.walk(folder, followlinks=True):
        place = Path(here)
        if "config.json" in files:
            found.append(place)
            folders.clear()
            continue
        found += [place / file for file in files if file.endswith(".gguf")]
        folders[:] = sorted(_newest(place) if place.name == "snapshots" else _unhidden(folders))
    return sorted(found, key=lambda path: [part.casefold() for part in path.parts])


def _unhidden(folders: Sequence[str]) -> list[str]:
    return [one for one in folders if not one.startswith(".") and one != "blobs"]


def _newest(snapshots: Path) -> list[str]:
    """Returns the version that the cache of a model names as its newest, or all if it names none."""
    main = snapshots.parent / "refs" / "main"
    versions = [one.name for one in snapshots.iterdir() if one.is_dir()]
    named = main.read_text("utf-8").strip() if main.is_file() else ""
    return [named] if named in versions else versions


def parts_of_name(path: Path) -> tuple[str, ...]:
    """Returns the parts of a whole path of which a model's name is made; in Hugging Face's cache, its id alone."""
    parts = path.parts
    for number, part in enumerate(parts):
        if part.startswith(HUB) and parts[number + 1 : number + 2] == ("snapshots",):
            return ("/".join(part.removeprefix(HUB).split("--")), *parts[number + 3 :])
    return parts


def unlike_names(parts: Sequence[tuple[str, ...]]) -> list[str]:
    """Returns a name for each model: the last part of its path, or as many parts as tell it from the others."""
    used = [1] * len(parts)
    while True:
        names = ["/".join(one[-count:]).replace("//", "/") for one, count in zip(parts, used, strict=True)]
        counted = Counter(names)
        longer = [at for at, name in enumerate(names) if counted[name] > 1 and used[at] < len(parts[at])]
        if not longer:
            return names
        for at in longer:
            used[at] += 1
