"""The example as a page to take home: opened from a file, with the network off, by a visitor who sends nothing."""

import json
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page

from tests.browser.faces import WithEverything
from tests.browser.seats import VIEWPORT

LIVE, TAKEN_HOME = "example", "taken_home"
"""The fixtures of the two pages on which the tests of the step view run: a file's `page` has them as its parameters."""
BOTH = [LIVE, TAKEN_HOME]
in_the_playground_only = pytest.mark.parametrize("page", [LIVE], indirect=True)
"""Marks a test of what a page to take home does not have."""
DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
"""A promise that resolves when the frames that were asked for are drawn."""


def example_id(url: str) -> str:
    """Returns the id of the text with which the page opens."""
    with urlopen(f"{url}/config") as answer:
        components = json.load(answer)["components"]
    return next(one["props"]["value"]["trace_id"] for one in components if one["props"].get("elem_id") == "pg-decode")


def take_home(url: str, kind: str, path: Path, language: str = "en") -> Path:
    """Saves the example as a page, and returns its file."""
    with urlopen(f"{url}/playground/traces/{example_id(url)}/page?kind={kind}&lang={language}") as answer:
        path.write_bytes(answer.read())
    return path


class Reader:
    """Somebody who opens files without a network, in one tab. Has the methods of a seat that a shared page needs."""

    def __init__(self, chromium: WithEverything) -> None:
        self.context = chromium.new_context(viewport=VIEWPORT, offline=True)
        self._tab = self.context.new_page()
        self._faults: list[str] = []
        self._tab.on("console", lambda message: self._heard(message.text) if message.type == "error" else None)
        self._tab.on("pageerror", lambda error: self._heard(str(error)))
        self._tab.on("request", lambda request: None if _is_own(request.url) else self._heard(f"asked {request.url}"))

    def visit(self, url: str) -> Page:
        self._tab.set_viewport_size(VIEWPORT)
        self._tab.mouse.move(0, 0)
        self.forgive()
        self._tab.goto(url)
        return self._tab

    def wait_until_quiet(self) -> None:
        """Waits until what was pressed is drawn. Nothing else can be under way."""
        self._tab.evaluate(DRAWN)

    def forgive(self) -> None:
        """Forgets the errors so far."""
        self._faults.clear()

    def faults(self) -> list[str]:
        """Returns the errors in the console, and all requests but those for the file itself and what it holds."""
        return list(self._faults)

    def leave(self) -> None:
        self.context.close()

    def _heard(self, fault: str) -> None:
        self._faults.append(fault)


def _is_own(url: str) -> bool:
    return url.startswith(("file:", "data:", "blob:"))
