"""Tests CSV files as people have them: delimiters, quotes, encodings, headings, and a sentence for each mistake."""

import csv
import io
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground.errors import PlaygroundError
from playground.prompts.labelled_csv import read_examples
from playground.prompts.prompting import Example

PAIRS = [Example("Good, really!", "Positive"), Example('He said "no".', "Negative")]


@pytest.mark.parametrize(
    ("content", "note"),
    [
        ('input,answer\n"Good, really!",Positive\n"He said ""no"".",Negative\n', "comma, with a heading"),
        ('"Good, really!";Positive\r\n"He said ""no"".";Negative\r\n', "semicolon, without a heading"),
        ('id\tlabel\ttext\n1\tPositive\tGood, really!\n2\tNegative\t"He said ""no""."\n', "tab, with a heading"),
        ('\ufeffReview|Sentiment\n\nGood, really!|Positive\n"He said ""no""."|Negative', "bar, with a heading"),
    ],
)
def test_delimiters_quotes_and_headings(content, note):
    table = read_examples(content.encode(), 10)
    assert table.rows == PAIRS
    assert note in table.note


def test_a_cell_may_hold_a_line_break():
    assert read_examples(b'"one\ntwo",x\n"three\nfour",y\n', 10).rows[0] == Example("one\ntwo", "x")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(encoding):
    table = read_examples("input,answer\nCafé — très bon,Positive\n".encode(encoding), 10)
    assert table.rows == [Example("Café — très bon", "Positive")]
    assert ("Windows-1252" in table.note) == (encoding == "cp1252")


def test_a_formula_is_a_text_like_any_other():
    assert read_examples(b"input,answer\n=cmd(),Positive\n", 10).rows == [Example("=cmd()", "Positive")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (b" \n \n", "The file is empty"),
        (b",,\n,\n", "The file is empty"),
        (b"\xff\xfe", "The file is empty"),
        (b"input,answer\n", "has a heading and no rows"),
        (b"input,answer\nfine\n", r"Row 2 has too few columns \(1\)"),
        (b"input,remark\nfine,x\n", "has no answer. Call the columns input and answer"),
        (b"input,answer\n,Positive\n", "Row 2 has an empty input or answer"),
        (b"a,b\n" * 100_000, "has more than 10 rows. Keep the first 10"),
        (b"a,\0b\n", "contains bytes that are not text"),
        (b"\xff\xfea", "begins like UTF-16 but is not UTF-16"),
        (b"a" * 5_000_001, "has 5,000,001 bytes"),
        (b'"' + b"a" * 200_000 + b'",b\n', "cannot be read"),
        (b"a" * 60_000 + b",b\n", "an input of 60,000 characters"),
        (b"a," + b"b" * 60_000 + b"\n", "an answer of 60,000 characters"),
        (b"a" + b"," * 1000 + b"\n", "Row 1 has 1,001 columns. Give at most 200"),
    ],
)
def test_bad_files(content, sentence):
    with pytest.raises(PlaygroundError, match=sentence):
        read_examples(content, 10)


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("text;label\na=1, b=2;Positive\nc=3;Negative\n", [("a=1, b=2", "Positive"), ("c=3", "Negative")]),
        ("a=1, b=2;on\nc=3, d=4;in\n", [("a=1, b=2", "on"), ("c=3, d=4", "in")]),
        ("Good, really!;on\nBad, really!;in\n", [("Good, really!", "on"), ("Bad, really!", "in")]),
        ("Good; really!,on\nBad; really!,in\n", [("Good; really!", "on"), ("Bad; really!", "in")]),
        ('"one;two";on\n"three;four;five";in\n', [("one;two", "on"), ("three;four;five", "in")]),
        ("a|b\ton\nc\tin\n", [("a|b", "on"), ("c", "in")]),
        ("x" * 40_000 + ";on\ny;in\n", [("x" * 40_000, "on"), ("y", "in")]),
    ],
)
def test_the_delimiter_is_the_one_that_makes_columns(content, rows):
    assert read_examples(content.encode(), 10).rows == [Example(*row) for row in rows]


def test_the_sniffer_whose_work_grows_with_the_square_is_not_asked(monkeypatch):
    """csv.Sniffer took minutes for 20 KB of quotes and blocked the event loop, so it is not used."""
    monkeypatch.setattr(csv, "Sniffer", None)
    hostile = ("'a" * 10_000 + "\n").encode()
    with pytest.raises(PlaygroundError, match=r"Row 1 has too few columns \(1\)"):
        read_examples(hostile, 10)


cells = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1).filter(str.strip)


@settings(deadline=None, derandomize=True, database=None)
@given(st.lists(st.tuples(cells, cells), min_size=1, max_size=8), st.sampled_from(",;\t"))
def test_a_table_is_read_back_as_it_was_written(rows, delimiter):
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows([("input", "answer"), *rows])
    found = read_examples(file.getvalue().encode(), len(rows)).rows
    assert found == [Example(text.strip(), answer.strip()) for text, answer in rows]


@settings(deadline=None, derandomize=True, database=None)
@given(st.binary(max_size=300) | st.text(alphabet="ab,;\t|\"'\n\r =", max_size=300).map(str.encode))
def test_any_bytes_are_read_or_refused(content):
    with suppress(PlaygroundError):
        assert read_examples(content, 10).rows
