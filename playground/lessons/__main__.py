"""Checks lessons on their models: `python -m playground.lessons check [FOLDER]`.

It prints for each lesson whether all that it claims holds, and what does not, with file and line.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from playground.errors import PlaygroundError
from playground.lessons.checking import check, count_of
from playground.lessons.folders import SHIPPED, read_folder
from playground.lessons.lesson import Lesson
from playground.lessons.texts import Texts

TRACE_BYTES = 2**30


def main(given: Sequence[str] | None = None) -> int:
    """Prints the result, and returns the exit status: 1 if a file has faults or something does not hold."""
    parser = argparse.ArgumentParser(prog="python -m playground.lessons", description="Checks lessons on their models.")
    commands = parser.add_subparsers(required=True, metavar="check")
    checking = commands.add_parser("check", help="run what lessons claim, and tell what does not hold")
    checking.add_argument("folder", metavar="FOLDER", nargs="?", help="a folder of lessons (default: those shipped)")
    checking.add_argument(
        "--model",
        action="append",
        default=[],
        help="Hugging Face id, local folder or .gguf file of a model that lessons name; may be repeated",
    )
    options = parser.parse_args(given)
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    try:
        return _checked(options.folder, options.model)
    except PlaygroundError as refusal:
        print(refusal)
    return 1


def _checked(folder: str | None, models: Sequence[str]) -> int:
    lessons = read_folder(folder or SHIPPED) if folder or SHIPPED.is_dir() else ()
    if not lessons:
        print(f"There are no lessons in {folder or SHIPPED}.")
        return 0
    return asyncio.run(_run(lessons, models))


async def _run(lessons: Iterable[Lesson], models: Sequence[str]) -> int:
    opened = Models(models)
    wrong = 0
    try:
        for lesson in lessons:
            faults = await check(lesson, opened.texts)
            wrong += bool(faults)
            print(*(faults or [f"{Path(lesson.path).name}: ok, {count_of(lesson)} checked"]), sep="\n", flush=True)
    finally:
        opened.close()
    return int(wrong > 0)


class Models:
    """The models that lessons may name: the default one, those that come with the playground, and further ones.

    Args:
        further: Hugging Face ids, folders or `.gguf` files.
    """

    def __init__(self, further: Sequence[str]) -> None:
        self._further = further
        self._opened: dict[str, Texts] = {}

    async def texts(self, name: str | None) -> Texts:
        """Returns the texts of a model, which is loaded first if it is not there.

        Raises:
            PlaygroundError: there is no such model.
        """
        from playground.models.default_model import NAME

        wanted = name or NAME
        if wanted not in self._opened:
            self._opened[wanted] = self._open(wanted)
        return self._opened[wanted]

    def close(self) -> None:
        """Ends the threads of all models."""
        for texts in self._opened.values():
            texts.close()

    def _open(self, name: str) -> Texts:
        from playground.engine.engine import Engine
        from playground.models.built_in import built_in_folders
        from playground.models.default_model import NAME
        from playground.models.device_settings import compute_in_full_float32
        from playground.models.language_model import LanguageModel
        from playground.models.offering import Asked, offers
        from playground.traces.store import TraceStore

        compute_in_full_float32()
        found = offers(Asked(self._further)) if self._further else []
        if name == NAME:
            found += offers(Asked())
        else:
            found += offers(Asked([str(folder) for folder in built_in_folders()]))
        offer = next((one for one in found if one.name == name), None)
        if offer is None:
            raise PlaygroundError(f"The lesson needs the model {name}. Name its folder or its id with --model.")
        model = offer.load()
        engine = Engine(model, TraceStore(TRACE_BYTES)).start() if isinstance(model, LanguageModel) else None
        return Texts(model, engine)


if __name__ == "__main__":
    sys.exit(main())
