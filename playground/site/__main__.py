"""Writes lessons as a static site: `python -m playground.site OUT`.

It runs the models of the lessons once and prints each file with its size. The site needs neither a server nor a model.
"""

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from playground.errors import PlaygroundError
from playground.languages.catalogue import languages
from playground.lessons.folders import read_all
from playground.lessons.lesson import Lesson
from playground.lessons.models import Models
from playground.lessons.translations import in_language
from playground.models.threads import one_thread
from playground.site.folder import empty_folder, write
from playground.site.pages import lesson_page, list_page
from playground.site.recording import record

LIST = "index"
"""The name of the page with the list. `assets/site/mount.js` has the same one."""


def main(given: Sequence[str] | None = None) -> int:
    """Writes the site and returns the exit status: 1 if that is refused."""
    parser = argparse.ArgumentParser(prog="python -m playground.site", description="Writes lessons as a static site.")
    parser.add_argument("out", metavar="OUT", help="the folder to write: a new one, or an empty one")
    parser.add_argument("--lessons", action="append", default=[], metavar="FOLDER", help="a folder of further lessons")
    parser.add_argument(
        "--model", action="append", default=[], help="a further model that lessons name: id, folder or .gguf file"
    )
    tags = [language.tag for language in languages()]
    parser.add_argument("--lang", default="en", choices=tags, help="the language of the site (default: en)")
    parser.add_argument("--teacher-notes", action="store_true", help="write the notes for the teacher too")
    options = parser.parse_args(given)
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    try:
        lessons = in_language(options.lang, read_all(options.lessons))
        _check_names(lessons)
        out = empty_folder(options.out)
        with one_thread():  # sums of more threads differ in their last bits, and the same lessons give the same files
            asyncio.run(_write(out, lessons, options.model, options.lang, notes=options.teacher_notes))
        return 0
    except PlaygroundError as refusal:
        print(refusal)
    return 1


def _check_names(lessons: Sequence[Lesson]) -> None:
    if not lessons:
        raise PlaygroundError("There are no lessons to write. Name a folder of lessons with --lessons.")
    for lesson in lessons:
        if lesson.name == LIST:
            raise PlaygroundError(f"{lesson.path}: {LIST}.html is the list of lessons. Give the lesson another name.")


async def _write(folder: Path, lessons: Sequence[Lesson], models: Sequence[str], language: str, *, notes: bool) -> None:
    opened = Models(models)
    for lesson in lessons:
        try:
            page = lesson_page(lesson, await record(lesson, opened.texts), language, notes=notes)
        finally:
            opened.close()  # its texts take memory, and no other lesson has them
        _write_page(folder, lesson.name, page)
    _write_page(folder, LIST, list_page(lessons, language, notes=notes))
    print(f"The site is written. Open {folder / LIST}.html, or put the folder onto a web server.")


def _write_page(folder: Path, name: str, page: str) -> None:
    print(f"{name}.html: {write(folder, f'{name}.html', page) / 1e6:.1f} MB", flush=True)


if __name__ == "__main__":
    sys.exit(main())
