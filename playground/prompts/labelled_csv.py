"""Reads examples from a CSV file that a reader uploads: several delimiters, quoting and common encodings.

Reading takes time in proportion to the bytes, and their number is bounded. Knows prompting. Does not know what the rows
are for.
"""

import csv
import io
from contextlib import suppress
from typing import NamedTuple

from playground.errors import PlaygroundError
from playground.prompts.prompting import Example
from playground.values import shown

LARGEST_BYTES = 5_000_000
LONGEST_CELL = 50_000
MOST_COLUMNS = 200
DELIMITERS = "\t;|,"
"""The delimiters that are recognised. The last one is the most frequent in texts."""
SAMPLE_CHARACTERS, SAMPLE_ROWS = 200_000, 20
"""The part of a file from which the delimiter is found: its first characters, and the first rows in them."""
INPUTS = ("input", "text", "review", "sentence", "question", "source", "prompt")
ANSWERS = ("answer", "label", "sentiment", "class", "category", "output", "target")


class Table(NamedTuple):
    """The rows of a file, and a sentence that says how they were read."""

    rows: list[Example]
    note: str


def read_examples(content: bytes, most: int) -> Table:
    """Reads the columns whose headings name the input and the answer, or the first two columns without such a heading.

    Raises:
        PlaygroundError: the file is empty, too large, not text or not CSV; it has too many rows or columns, or only one
            of the two headings; or a row lacks its input or answer or has too long a cell.
    """
    if len(content) > LARGEST_BYTES:
        raise PlaygroundError(
            f"The file has {len(content):,} bytes. Give one of at most {LARGEST_BYTES:,}.", status=413
        )
    text, encoding = _decoded(content)
    if "\0" in text:
        raise PlaygroundError("The file contains bytes that are not text. Save the table as CSV in UTF-8.")
    delimiter = _delimiter(text)
    rows = _rows(text, delimiter, most)
    if not rows:
        raise PlaygroundError("The file is empty. Each row needs an input and its answer.")
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
                f"Row {number} has too few columns ({len(row)}). Each row needs an input and its answer: "
                "check the delimiter and the quotes."
            )
        example = Example(row[input_column].strip(), row[answer_column].strip())
        if not example.input or not example.answer:
            raise PlaygroundError(f"Row {number} has an empty input or answer. Fill it or remove the row.")
        for name, cell in (("input", example.input), ("answer", example.answer)):
            if len(cell) > LONGEST_CELL:
                raise PlaygroundError(f"Row {number} has an {name} of {len(cell):,} characters. Shorten it.")
        found.append(example)
    names = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
    heading = "with" if has_heading else "without"
    return Table(found, f"Read as {encoding}, delimiter {names[delimiter]}, {heading} a heading.")


def _decoded(content: bytes) -> tuple[str, str]:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return content.decode("utf-16"), "UTF-16"
        except UnicodeDecodeError:
            raise PlaygroundError("The file begins like UTF-16 but is not UTF-16. Save it as UTF-8.") from None
    try:
        text, encoding = content.decode("utf-8-sig"), "UTF-8"
    except UnicodeDecodeError:
        text, encoding = content.decode("cp1252", "replace"), "Windows-1252, as it is not UTF-8"
    return text, encoding


def _delimiter(text: str) -> str:
    """Returns the delimiter that fits the first rows best, or a comma if none fits.

    The rows are read with each delimiter, so that characters inside quotes do not count. A known heading decides first.
    Then as many rows as possible should have two columns or more, and all rows equally many. Then the delimiter with
    fewer spaces behind it wins, because punctuation in a sentence has a space behind it. Of delimiters that are still
    equal, the last one in `DELIMITERS` wins.
    """
    beginning = text[:SAMPLE_CHARACTERS]
    if len(beginning) < len(text):
        beginning = beginning[: max(beginning.rfind("\n"), beginning.rfind("\r")) + 1] or beginning
    return max(reversed(DELIMITERS), key=lambda delimiter: _fit(beginning, delimiter))


def _fit(text: str, delimiter: str) -> tuple[bool, float, bool, float]:
    """Returns how well a delimiter fits, as a tuple that compares: a greater one fits better.

    It holds whether there is a known heading, the share of rows with two columns or more, whether all rows have equally
    many columns, and the share of cells that begin with a space, with the sign reversed.
    """
    rows = []
    with suppress(csv.Error):  # after an error, such as a cell without an end, the rows before it still count
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if any(cell.strip() for cell in row):
                rows.append(row)
            if len(rows) == SAMPLE_ROWS:
                break
    widths = [len(row) for row in rows]
    if max(widths, default=0) < 2:
        return False, 0.0, False, 0.0
    names = {cell.strip().lower() for cell in rows[0]}
    has_heading = not names.isdisjoint(INPUTS) and not names.isdisjoint(ANSWERS)
    behind = [cell for row in rows for cell in row[1:]]
    spaced = sum(cell.startswith(" ") for cell in behind) / len(behind)
    return has_heading, sum(width > 1 for width in widths) / len(widths), len(set(widths)) == 1, -spaced


def _rows(text: str, delimiter: str, most: int) -> list[list[str]]:
    """Returns the rows that are not empty. It stops after `most` rows, a heading and one more row."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    rows = []
    try:
        for row in reader:
            if len(row) > MOST_COLUMNS:
                raise PlaygroundError(
                    f"Row {len(rows) + 1} has {len(row):,} columns. Give at most {MOST_COLUMNS}; it reads two."
                )
            if any(cell.strip() for cell in row):
                rows.append(row)
            if len(rows) > most + 1:
                break
    except csv.Error as error:
        raise PlaygroundError(f"Row {reader.line_num} cannot be read ({error}). Check its quotes.") from None
    return rows


def _columns(first: list[str]) -> tuple[int, int, bool]:
    """Returns the columns of input and answer, and whether `first` is a heading that names them.

    Raises:
        PlaygroundError: the heading names only one of the two.
    """
    names = [cell.strip().lower() for cell in first]
    inputs = [place for place, name in enumerate(names) if name in INPUTS]
    answers = [place for place, name in enumerate(names) if name in ANSWERS]
    if inputs and answers:
        return inputs[0], answers[0], True
    if inputs or answers:
        raise PlaygroundError(
            f"The heading has {shown(', '.join(first))} and has no {'answer' if inputs else 'input'}. "
            f"Call the columns input and answer."
        )
    return 0, 1, False
