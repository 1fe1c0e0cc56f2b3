"""Worked examples or items to try from somebody's CSV file: any delimiter, quoting and common encoding.

Knows prompting. Does not know what the rows are for.
"""

import csv
import io
from typing import NamedTuple

from playground.errors import PlaygroundError
from playground.prompts.prompting import Example

LARGEST_BYTES = 5_000_000
LONGEST_CELL = 50_000
INPUTS = ("input", "text", "review", "sentence", "question", "source", "prompt")
ANSWERS = ("answer", "label", "sentiment", "class", "category", "output", "target")


class Table(NamedTuple):
    """The rows, and what was decided in reading them, in words."""

    rows: list[Example]
    note: str


def read_examples(content: bytes, most: int) -> Table:
    """The first two columns, or those whose headings say what they are.

    Raises:
        PlaygroundError: empty, too large, too many rows, no second column, or no text at all.
    """
    if len(content) > LARGEST_BYTES:
        raise PlaygroundError(f"The file has {len(content):,} bytes. Give one of at most {LARGEST_BYTES:,}.")
    text, encoding = _decoded(content)
    delimiter = _delimiter(text)
    rows = _rows(text, delimiter, most)
    input_column, answer_column, has_heading = _columns(rows[0])
    body = rows[1:] if has_heading else rows
    if len(body) > most:
        raise PlaygroundError(f"The file has more than {most:,} rows. Keep the first {most:,}, or fewer.")
    if not body:
        raise PlaygroundError("The file has a heading and no rows. Add rows of an input and its answer.")
    found = []
    for number, row in enumerate(body, start=2 if has_heading else 1):
        if len(row) <= max(input_column, answer_column):
            raise PlaygroundError(
                f"Row {number} has {len(row)} of the columns. Each row needs an input and its answer: "
                "check the delimiter and the quotes."
            )
        example = Example(row[input_column].strip(), row[answer_column].strip())
        if not example.input or not example.answer:
            raise PlaygroundError(f"Row {number} has an empty input or answer. Fill it or remove the row.")
        if len(example.input) > LONGEST_CELL:
            raise PlaygroundError(f"Row {number} has an input of {len(example.input):,} characters. Shorten it.")
        found.append(example)
    names = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
    heading = "with" if has_heading else "without"
    return Table(found, f"Read as {encoding}, delimiter {names[delimiter]}, {heading} a heading.")


def _decoded(content: bytes) -> tuple[str, str]:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return content.decode("utf-16"), "UTF-16"
        except UnicodeDecodeError:
            raise PlaygroundError("The file begins as UTF-16 and is not. Save it as UTF-8.") from None
    try:
        text, encoding = content.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        text, encoding = content.decode("cp1252", "replace"), "Windows-1252, as it is not UTF-8"
    if "\0" in text:
        raise PlaygroundError("The file holds bytes that are no text. Save the table as CSV in UTF-8.")
    if not text.strip():
        raise PlaygroundError("The file is empty. Give rows of an input and its answer.")
    return text, encoding


def _delimiter(text: str) -> str:
    """As the sniffer has it; where it finds nothing, the one that stands most often in the first line."""
    try:
        return csv.Sniffer().sniff(text[:20_000], delimiters=",;\t|").delimiter
    except csv.Error:
        first = text.strip().splitlines()[0]
        return max(",;\t|", key=first.count)


def _rows(text: str, delimiter: str, most: int) -> list[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append(row)
            if len(rows) > most + 1:
                break
    except csv.Error as error:
        raise PlaygroundError(f"Row {reader.line_num} cannot be read ({error}). Check its quotes.") from None
    return rows


def _columns(first: list[str]) -> tuple[int, int, bool]:
    """Where input and answer stand, and whether `first` is a heading that says so."""
    names = [cell.strip().lower() for cell in first]
    inputs = [place for place, name in enumerate(names) if name in INPUTS]
    answers = [place for place, name in enumerate(names) if name in ANSWERS]
    if inputs and answers:
        return inputs[0], answers[0], True
    if inputs or answers:
        raise PlaygroundError(
            f"The heading has {', '.join(first)!r} and misses the {'answer' if inputs else 'input'}. "
            f"Call the columns input and answer."
        )
    return 0, 1, False
