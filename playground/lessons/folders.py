"""Finds the files of lessons in a folder and reads them all. Nothing outside of the folder is read.

Knows files. Does not know what a lesson holds.
"""

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from playground.lessons.faults import Fault, LessonError
from playground.lessons.lesson import Lesson
from playground.lessons.reading import parsed_name, read_lesson
from playground.lessons.translations import differences
from playground.places import ASSETS

SHIPPED = ASSETS / "lessons"
"""Holds the lessons that come with the playground."""
MOST_FILES = 300
"""The most files of lessons in a folder: a hundred lessons, with translations."""
MOST_LESSONS = 100
NO_LESSON = ("readme.md",)
"""A file that may lie beside lessons."""


def read_all(own: Sequence[str | Path] = ()) -> tuple[Lesson, ...]:
    """Returns the lessons that come with the playground, in their order, and then those of other folders.

    Raises:
        LessonError: a folder or a file cannot be used, or two lessons have the same name. All faults are told.
    """
    return _read([(SHIPPED, str(SHIPPED), False)] if SHIPPED.is_dir() else [], own)


def read_folder(folder: str | Path) -> tuple[Lesson, ...]:
    """Returns the lessons of one folder, in their order.

    Raises:
        LessonError: as `read_all`.
    """
    return _read([], [folder])


def _read(shipped: Iterable[tuple[Path, str, bool]], own: Iterable[str | Path]) -> tuple[Lesson, ...]:
    lessons: list[Lesson] = []
    faults: list[Fault] = []
    for folder, told, is_own in [*shipped, *((Path(one), str(one), True) for one in own)]:
        try:
            lessons += _lessons(folder, told, is_own)
        except LessonError as refusal:
            faults += refusal.faults
    faults += _collisions(lessons)
    if faults:
        raise LessonError(faults)
    return tuple(lessons)


def _lessons(folder: Path, told: str, is_own: bool) -> list[Lesson]:
    """Returns the lessons of a folder, which faults name as `told`."""
    try:
        names = sorted(os.listdir(folder))
    except OSError as error:
        raise LessonError([Fault(told, 1, f"The folder cannot be read: {error.strerror}.")]) from None
    names = [name for name in names if name.lower().endswith(".md") and not name.startswith(".")]
    names = [name for name in names if name.lower() not in NO_LESSON]
    if len(names) > MOST_FILES:
        sentence = f"The folder has {len(names)} files that end with .md. Keep at most {MOST_FILES}."
        raise LessonError([Fault(told, 1, sentence)])
    lessons: list[Lesson] = []
    faults: list[Fault] = []
    for name in names:
        path, told_path = folder / name, os.path.join(told, name)
        try:
            if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
                sentence = "This is not a file of its folder. Put the lesson's file itself into the folder."
                raise LessonError([Fault(told_path, 1, sentence)])
            lessons.append(read_lesson(path, told_path, is_own))
        except LessonError as refusal:
            faults += refusal.faults
    faults += _lonely_translations(lessons, names)
    faults += _drifted(lessons)
    if sum(not one.language for one in lessons) > MOST_LESSONS:
        faults.append(Fault(told, 1, f"The folder has more than {MOST_LESSONS} lessons. Divide it into several."))
    if faults:
        raise LessonError(faults)
    return sorted(lessons, key=lambda one: (one.number, one.name, one.language))


def _lonely_translations(lessons: Iterable[Lesson], names: Iterable[str]) -> list[Fault]:
    """Returns a fault for each translation of a lesson that is not there, whether or not it can be read."""
    there = {(found.number, found.name) for name in names if (found := parsed_name(name)) and not found.language}
    return [
        Fault(one.path, 1, f"This is a translation of {one.number:02}-{one.name}.md, which is not there. Add that one.")
        for one in lessons
        if one.language and (one.number, one.name) not in there
    ]


def _drifted(lessons: Iterable[Lesson]) -> list[Fault]:
    """Returns a fault for each thing other than words in which a translation differs from its lesson."""
    originals = {(one.number, one.name): one for one in lessons if not one.language}
    pairs = [(one, originals.get((one.number, one.name))) for one in lessons if one.language]
    return [fault for one, original in pairs if original for fault in differences(one, original)]


def _collisions(lessons: Iterable[Lesson]) -> list[Fault]:
    """Returns a fault for each lesson that has the name and the language of another one before it."""
    first: dict[tuple[str, str], Lesson] = {}
    faults = []
    for one in lessons:
        other = first.setdefault((one.name, one.language), one)
        if other is not one:
            sentence = f"The name {one.name} is that of {other.path} too. Rename one of the files."
            faults.append(Fault(one.path, 1, sentence))
    return faults
