"""Tests the page's CSV: Python's reader gets every cell back, and no spreadsheet runs a cell as a formula."""

import csv
import io

from tests.javascript import node

CELLS = [
    ("plain", "plain"),
    ('a "quoted", cell', 'a "quoted", cell'),
    ("two\nlines", "two\nlines"),
    ("=1+1", "'=1+1"),
    ("+cmd", "'+cmd"),
    ("-cmd|' /C calc'!A0", "'-cmd|' /C calc'!A0"),
    ("@SUM(A1)", "'@SUM(A1)"),
    ("\t=1", "'\t=1"),
    ("\r=1", "'\r=1"),
    ("＝1+1", "'＝1+1"),
    ("-2.5", "-2.5"),
    ("-", "'-"),
    (-1.5, "-1.5"),
    (1e-7, "1e-7"),
    (0, "0"),
    (None, ""),
    ("", ""),
    (" =1", " =1"),
    ("·the", "·the"),
]


def test_cells_are_read_back_and_never_run():
    [text] = node.call("common/download.js", "csv", [[[cell, "end"] for cell, _ in CELLS]])
    assert list(csv.reader(io.StringIO(text, newline=""))) == [[read, "end"] for _, read in CELLS]


def test_a_text_becomes_part_of_a_file_name():
    names = node.call("common/download.js", "fileNameOf", ["At night, the ☃"], ["☃"], ["../a"])
    assert names == ["at-night-the", "playground", "a"]
