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
from playground.lessons.models import Models


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


if __name__ == "__main__":
    sys.exit(main())
