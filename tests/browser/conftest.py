"""What every test in the browser needs: one Chromium for all of them.

It closes with the folder's last test: while Playwright runs, no other test could run an event loop of its own.
"""

import pytest
from playwright.sync_api import sync_playwright

from tests import chromium as installed

ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="package")
def chromium():
    """The Chromium of this machine, headless; `chromium.new_page()` opens a page of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=installed.find(), args=ARGUMENTS)
        yield browser
        browser.close()
