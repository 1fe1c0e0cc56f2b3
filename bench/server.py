"""Starts the playground as a user does: `app.py` in a process of its own, and a tab of Chromium that shows it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from bench.table import UnmeasurableError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent
VIEWPORT = {"width": 1440, "height": 900}
VIEWS = ("inside/attention", "compare/prompts", "compare/settings", "beams")
OPEN = """(view) => import(new URL("playground/assets/common/navigation.js", document.baseURI)).then((module) =>
    module.openView(view))"""
"""Opens a view by its name in the address."""
CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-background-networking"]
PATIENCE_MS = 90_000


@dataclass(frozen=True, eq=False)
class Server:
    """A server that answers. `began` is the `time.perf_counter()` at the start of its process."""

    url: str
    process: psutil.Process
    began: float

    @property
    def resident_bytes(self) -> int:
        """The memory that it holds now."""
        return self.process.memory_info().rss

    @property
    def peak_bytes(self) -> int | None:
        """The most memory that it ever held; None where the system does not report it (Linux does)."""
        status = Path(f"/proc/{self.process.pid}/status")
        if not status.exists():
            return None
        [kibibytes] = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(kibibytes) * 1024


@contextmanager
def serve(device: str, *options: str, environment: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Serves the default model in float32 on a free port until the block ends.

    Args:
        device: where the model runs.
        options: further options of `app.py`.
        environment: the variables that the process has beside those of this one.
    """
    began = time.perf_counter()
    command = [sys.executable, "-u", "app.py", "--port", "0", "--device", device, "--dtype", "float32", *options]
    variables = {**os.environ, **(environment or {})}
    with subprocess.Popen(command, cwd=ROOT, env=variables, stdout=subprocess.PIPE, text=True) as process:
        try:
            said = next((line for line in process.stdout if "http://" in line), None)
            if said is None:
                raise UnmeasurableError(f"app.py ended with exit code {process.wait()} and did not serve")
            url = next(word for word in said.split() if word.startswith("http://"))
            yield Server(url, psutil.Process(process.pid), began)
        finally:
            process.kill()  # after a request to end it would wait for the open tabs


@contextmanager
def chromium() -> Iterator["Browser"]:
    """Runs a headless Chromium until the block ends."""
    try:
        from playwright.sync_api import Error, sync_playwright

        from tests.chromium import find

        path = find()
    except (ModuleNotFoundError, FileNotFoundError) as error:
        raise UnmeasurableError(f"{error}; 'make test' installs playwright and Chromium") from error
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=CHROMIUM_OPTIONS)
        try:
            yield browser
        except Error as error:
            raise UnmeasurableError(error.message.partition("\n")[0]) from error
        finally:
            browser.close()


def open_page(browser: "Browser", server: Server) -> "Page":
    """Opens a tab with `watch.js` and waits until the example is drawn: its tokens and the candidates of one step."""
    page = browser.new_page(viewport=VIEWPORT)
    page.set_default_timeout(PATIENCE_MS)
    page.add_init_script(path=Path(__file__).with_name("watch.js"))
    page.goto(f"{server.url}/?face=everything")
    page.locator("#pg-step-0").wait_for()
    page.locator("#pg-decode .pg-bar").nth(1).wait_for()  # the first one is the axis
    return page


def ask(page: "Page", prompt: str, new_tokens: int) -> None:
    """Writes the prompt and the number of new tokens into the sidebar."""
    page.get_by_role("textbox", name="Prompt", exact=True).fill(prompt)
    length = page.get_by_role("spinbutton", name="Max new tokens")
    length.fill(str(new_tokens))
    length.press("Enter")


def generate(page: "Page") -> None:
    """Presses Generate."""
    page.get_by_role("button", name="Generate", exact=True).click()
