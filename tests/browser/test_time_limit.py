"""Tests that a browser test that hangs ends with a failure, and that the tests after it pass."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
CONFTEST = """
import pytest
from playwright.sync_api import sync_playwright
from tests import chromium, time_limit
from tests.time_limit import pytest_runtest_call, pytest_runtest_setup, pytest_runtest_teardown

@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=chromium.find(), args=["--no-sandbox"])

@pytest.fixture(scope="session")
def page(browser):
    page = browser.new_page()
    time_limit.SECONDS = 2  # a busy machine needs longer than that to start a browser
    return page

@pytest.fixture
def stuck(page):
    page.evaluate("new Promise(() => {})")

@pytest.fixture
def sticky(page):
    yield
    page.evaluate("new Promise(() => {})")
"""
TESTS = """
import threading

def test_promise(page):
    page.evaluate("new Promise(() => {})")  # it hangs here

def test_thread():
    threading.Event().wait()

def test_setup(stuck):
    pass

def test_teardown(sticky):
    pass

def test_page_works_after_all(page):
    assert page.evaluate("1 + 1") == 2
"""


@pytest.mark.parametrize("options", [[], ["-n", "1"]], ids=["alone", "with xdist"])
def test_what_hangs_is_ended_and_named(tmp_path, options):
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_hanging.py").write_text(TESTS)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options, "test_hanging.py"]
    found = os.environ | {"PYTHONPATH": str(ROOT)}
    run = subprocess.run(command, cwd=tmp_path, env=found, capture_output=True, text=True)
    for phase, name in [("call", "promise"), ("call", "thread"), ("setup", "setup"), ("teardown", "teardown")]:
        assert f"The {phase} of test_hanging.py::test_{name} hung: it did not end within 2 s." in run.stdout
    assert 'page.evaluate("new Promise(() => {})")  # it hangs here' in run.stdout
    assert "2 failed, 2 passed, 2 errors" in run.stdout, run.stdout
