"""Runs the tests in JavaScript, `*.test.js` in this folder, with `node --test` and reports each file to pytest."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.javascript import node

FILES = sorted(Path(__file__).parent.glob("*.test.js"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_tests_of(file, subtests):
    done = node.run("--test", "--test-reporter=junit", file.name)
    assert done.stdout.startswith("<?xml"), done.stdout + done.stderr
    found = ElementTree.fromstring(done.stdout).findall(".//testcase")
    assert [case.get("name") for case in found] != [file.name], "it holds no test"
    for case in found:
        with subtests.test(case.get("name")):
            failure = case.find("failure")
            assert failure is None, failure.text
            assert case.find("skipped") is None
