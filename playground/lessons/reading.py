"""Reads the file of one lesson. Every fault is told with its line, and a file with faults is refused as a whole.

Knows the parts of a file. Does not know folders or models.
"""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from playground import values as check
from playground.lessons.blocks import Reader
from playground.lessons.faults import Faults, LessonError
from playground.lessons.fields import Field, read_fields
from playground.lessons.layout import RawPage, divided
from playground.lessons.lesson import LEVELS, Lesson, Page, State
from playground.lessons.states import checked, read_state

MOST_BYTES = 100_000
MOST_PAGES, MOST_PARTS = 40, 40
MOST_MINUTES = 120
LONGEST_TITLE, LONGEST_ABOUT, LONGEST_MODEL = 120, 300, 200
NAME = re.compile(r"(\d\d)-([a-z0-9]+(?:-[a-z0-9]+)*)(?:\.([a-z]{2}))?\.md")
UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x85\u2028\u2029]")
FRONT = ("title", "level", "minutes", "about", "model")


class Name(NamedTuple):
    """What the name of a lesson's file says: `06-temperature.fr.md` is number 6, "temperature" and "fr"."""

    number: int
    name: str
    language: str


def parsed_name(file: str) -> Name | None:
    """Returns what a file's name says, None if it is not that of a lesson."""
    found = NAME.fullmatch(file)
    return found and Name(int(found[1]), found[2], found[3] or "")


def read_lesson(path: Path, told_path: str | None = None, is_own: bool = False) -> Lesson:
    """Returns the lesson of a file.

    Args:
        path: the file, named as `parsed_name` reads it.
        told_path: how faults name it; None for `path`.
        is_own: whether it comes from a folder of `--lessons`.

    Raises:
        LessonError: the file cannot be read or has faults, all of which are told.
    """
    faults = Faults(told_path or str(path))
    name = parsed_name(path.name)
    if name is None:
        faults.add(1, f"{check.shown(path.name)} is not a lesson's name. Name it as 06-temperature.md is named.")
        raise LessonError(faults.found)
    lesson = parse(_text(path, faults), name, faults, is_own)
    if faults.found:
        raise LessonError(faults.found)
    return lesson


def parse(text: str, name: Name, faults: Faults, is_own: bool = False) -> Lesson:
    """Returns the lesson of a file's text. It is of use only if no fault was noted."""
    lines = text.split("\n")
    layout = divided(lines, faults)
    front = read_fields(layout.front, 2, FRONT, "The front matter", faults)
    for needed in FRONT[:-1]:
        if needed not in front and layout.front:
            faults.add(1, f"The front matter has no {needed}. Write a line {needed}: and its value.")
    if not layout.pages:
        faults.add(len(lines), "The lesson has no page. Write a line ## Title, and the page below it.")
    if len(layout.pages) > MOST_PAGES:
        line = layout.pages[MOST_PAGES].line
        faults.add(line, f"The lesson has {len(layout.pages)} pages. Write at most {MOST_PAGES}.")
    head = _Head(front, faults)
    return Lesson(
        faults.path,
        *name,
        head.text("title", LONGEST_TITLE),
        head.text("about", LONGEST_ABOUT),
        head.level(),
        head.minutes(),
        head.text("model", LONGEST_MODEL) or None,
        _pages(layout.pages[:MOST_PAGES], faults),
        is_own,
    )


def _text(path: Path, faults: Faults) -> str:
    """Returns the text of a file, whose lines end with a line feed; "" with a fault if it cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        faults.add(1, f"The file cannot be read: {error.strerror}.")
        raise LessonError(faults.found) from None
    if len(content) > MOST_BYTES:
        faults.add(1, f"The file is larger than {MOST_BYTES:,} bytes. Divide the lesson into several.")
        raise LessonError(faults.found)
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        faults.add(line, "The file is not UTF-8. Save it in UTF-8, which every editor offers.")
        raise LessonError(faults.found) from None
    odd = UNPRINTABLE.search(text)
    if odd:
        line = text.count("\n", 0, odd.start()) + 1
        faults.add(line, f"The file holds the sign U+{ord(odd[0]):04X}, which no text has. Remove it.")
        raise LessonError(faults.found)
    return text


class _Head:
    """Reads the values of the front matter."""

    def __init__(self, front: Mapping[str, Field], faults: Faults) -> None:
        self._front = front
        self._faults = faults

    def text(self, name: str, most: int) -> str:
        return self._value(name, lambda field: check.text(name, field.sentence(), most), "")

    def level(self) -> str:
        return self._value("level", lambda field: check.choice("level", field.sentence(), LEVELS), LEVELS[0])

    def minutes(self) -> int:
        return self._value("minutes", lambda field: check.whole("minutes", field.value(), 1, MOST_MINUTES), 1)

    def _value(self, name: str, read: Any, default: Any) -> Any:
        return checked(self._front[name], read, default, self._faults) if name in self._front else default


def _pages(raw: Sequence[RawPage], faults: Faults) -> tuple[Page, ...]:
    pages, latest = [], None
    for one in raw:
        state = _state(one, latest, faults)
        latest = state or latest
        if latest is None:
            faults.add(one.line, "The first page has no state block. Write one that says what the page shows.")
        pages.append(_page(one, state, latest or State(one.line), faults))
    return tuple(pages)


def _state(page: RawPage, latest: State | None, faults: Faults) -> State | None:
    """Returns what a page's `state` block says, None if it has none."""
    blocks = [block for block in page.blocks if block.kind == "state"]
    for more in blocks[1:]:
        faults.add(more.line - 1, "A page has one state block, and this one has several. Begin a page with ## Title.")
    return read_state(blocks[0].lines, blocks[0].line, faults) if blocks else None


def _page(raw: RawPage, own: State | None, state: State, faults: Faults) -> Page:
    if not raw.title or len(raw.title) > LONGEST_TITLE:
        faults.add(raw.line, f"A page's title has {len(raw.title)} characters. Write 1 to {LONGEST_TITLE} behind ##.")
    if len(raw.blocks) > MOST_PARTS:
        faults.add(raw.line, f"The page has {len(raw.blocks)} parts. Write at most {MOST_PARTS}.")
    reader = Reader(state, faults)
    parts = [reader.part(block) for block in raw.blocks[:MOST_PARTS] if block.kind != "state"]
    reader.end()
    told = tuple(part for part in parts if part is not None)
    if not told:
        faults.add(raw.line, "The page has nothing to read. Write text below its title.")
    return Page(raw.line, raw.title, own, told, reader.claims)
