"""Helpers for what a test does on the page in any browser. `actions.js` defines their functions."""

import time
from pathlib import Path
from typing import Any

from tests.other_browsers.drivers import PATIENCE_SECONDS, Browser

ACTIONS = (Path(__file__).parent / "actions.js").read_text()


class Page:
    """The page in the browser's only window."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    def run(self, expression: str, *values: Any) -> Any:
        """Returns the value of an expression that may use `actions.js`. `values` are its `arguments`."""
        return self._browser.run(f"{ACTIONS}\nreturn {expression};", *values)

    def wait(self, expression: str, *values: Any) -> None:
        """Waits until the expression is true."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.run(f"Boolean({expression})", *values):
            assert time.monotonic() < deadline, f"{expression} {values} never held; {self.run('told()')}"
            time.sleep(0.05)

    def click(self, selector: str, name: str) -> None:
        """Clicks the element with this selector and text, once it is there and enabled."""
        self.wait("named(arguments[0], arguments[1])", selector, name)
        self.run("named(arguments[0], arguments[1]).click()", selector, name)

    def give(self, label: str, value: str, within: str = "body") -> None:
        """Sets the value of a control, once it is there."""
        self.wait("labelled(arguments[0], arguments[1])", label, within)
        self.run("give(labelled(arguments[0], arguments[1]), arguments[2])", label, within, value)

    def open_tab(self, name: str) -> None:
        """Opens a tab of the page."""
        self.click("[role=tab]", name)
