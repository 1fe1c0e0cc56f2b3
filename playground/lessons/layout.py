"""Divides a lesson's file into its front matter, its pages, and the blocks and texts of each page, with their lines.

Knows the fences of Markdown. Does not know what a block holds.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from playground.lessons.faults import Faults

BLOCKS = ("state", "predict", "reveal", "try", "ask", "note", "claim")
BORDER = "---"
FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})[ \t]*(.*)")
HEADING = re.compile(r"##(?:[ \t]+(.*?))?(?:[ \t]+#+)?[ \t]*")


@dataclass(frozen=True)
class Block:
    """A part of a page: a block of one of the `BLOCKS`, or running text, whose kind is "text".

    `line` is the number of the first of `lines` in the file.
    """

    kind: str
    line: int
    lines: tuple[str, ...]


@dataclass
class RawPage:
    """A page as it is written."""

    line: int
    title: str
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True)
class Layout:
    """The parts of a file. The front matter begins in line 2."""

    front: tuple[str, ...]
    pages: tuple[RawPage, ...]


def divided(lines: Sequence[str], faults: Faults) -> Layout:
    """Returns the parts of a file. What belongs to none of them is noted as a fault."""
    front, first = _front(lines, faults)
    pages: list[RawPage] = []
    text: list[str] = []
    number = first
    while number < len(lines):
        line = lines[number]
        fence, heading = FENCE.fullmatch(line), HEADING.fullmatch(line)
        if heading:
            _end_text(text, number, pages, faults)
            pages.append(RawPage(number + 1, (heading[1] or "").strip()))
            number += 1
            continue
        if not fence or (fence[1][0] == "`" and "`" in fence[2]):
            text.append(line)
            number += 1
            continue
        end = _end_of(fence[1], lines, number)
        if end is None:
            faults.add(number + 1, f"This block begins with {fence[1]} and has no end. Write {fence[1]} below it.")
            break
        kind = fence[2].strip()
        if kind not in BLOCKS or line[0] in " \t":  # within a list, where Markdown sees that it is a block
            text += lines[number : end + 1]
        else:
            _end_text(text, number, pages, faults)
            if pages:
                pages[-1].blocks.append(Block(kind, number + 2, tuple(lines[number + 1 : end])))
            else:
                faults.add(number + 1, f"A {kind} block stands before the first page. Write a line ## Title before it.")
        number = end + 1
    _end_text(text, number, pages, faults)
    return Layout(front, tuple(pages))


def _front(lines: Sequence[str], faults: Faults) -> tuple[tuple[str, ...], int]:
    """Returns the lines of the front matter, and the index of the line after it."""
    if not lines or lines[0].rstrip() != BORDER:
        faults.add(1, "A lesson begins with a line ---, and lines such as title: Temperature. Write them first.")
        return (), 0
    end = next((place for place, line in enumerate(lines[1:], 1) if line.rstrip() == BORDER), None)
    if end is None:
        faults.add(1, "The lines after the first --- have no end. Write a second line --- below them.")
        return (), len(lines)
    return tuple(lines[1:end]), end + 1


def _end_of(mark: str, lines: Sequence[str], start: int) -> int | None:
    """Returns the index of the line that closes a fence, None if there is none."""
    closing = re.compile(rf"[ \t]*{re.escape(mark[0])}{{{len(mark)},}}[ \t]*")
    return next((place for place in range(start + 1, len(lines)) if closing.fullmatch(lines[place])), None)


def _end_text(text: list[str], number: int, pages: Sequence[RawPage], faults: Faults) -> None:
    """Gives the running text before line index `number` to its page."""
    if any(line.strip() for line in text):
        start = number - len(text) + 1
        if pages:
            pages[-1].blocks.append(Block("text", start, tuple(text)))
        else:
            first = next(place for place, line in enumerate(text) if line.strip())
            faults.add(start + first, "Text stands before the first page. Write a line ## Title before it.")
    text.clear()
