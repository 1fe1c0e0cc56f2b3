"""What a test does on the page, whatever browser shows it: `actions.js` is the vocabulary."""

import time
from pathlib import Path
from typing import Any

from tests.other_browsers.drivers import PATIENCE_SECONDS, Browser

ACTIONS = (Path(__file__).parent / "actions.js").read_text()


class Page:
    """The page in a browser's only window."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    def run(self, expression: str, *values: Any) -> Any:
        """What an expression in the words of `actions.js` is; `values` are its `arguments`."""
        return self._browser.run(f"{ACTIONS}\nreturn {expression};", *values)

    def wait(self, expression: str, *values: Any) -> None:
        """Until the expression is true."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not self.run(f"Boolean({expression})", *values):
            assert time.monotonic() < deadline, f"{expression} {values} never held; faults: {self.run('faults()')}"
            time.sleep(0.05)

    def click(self, selector: str, name: str) -> None:
        """Clicks what is of that kind and has that text, once it is there and enabled."""
        self.wait("named(arguments[0], arguments[1])", selector, name)
        self.run("named(arguments[0], arguments[1]).click()", selector, name)

    def give(self, label: str, value: str, within: str = "body") -> None:
        """Gives a control a value, once it is there."""
        self.wait("labelled(arguments[0], arguments[1])", label, within)
        self.run("give(labelled(arguments[0], arguments[1]), arguments[2])", label, within, value)

    def open_tab(self, name: str) -> None:
        """Turns to a tab."""
        self.click("[role=tab]", name)
