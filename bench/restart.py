"""Measures how soon an open page works again when its server is ended and started again."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from bench.server import PATIENCE_MS, ROOT, ask, chromium, generate
from bench.table import Row, UnmeasurableError, at_most

LIMIT_SECONDS = 10


def restart(rounds: int) -> Iterator[Row]:
    """Measures the time from the new server's answer to the first tokens of a text that the open page asks for."""
    try:
        with chromium() as browser:
            taken = [_seconds(browser) for _ in range(rounds)]
    except UnmeasurableError as reason:
        yield Row("An open page after a restart", f"not measured: {reason}")
        return
    yield at_most("From a restarted server's first answer to a token on the open page", max(taken), " s", LIMIT_SECONDS)


def _seconds(browser) -> float:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with _serving(port):
        page = browser.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"http://127.0.0.1:{port}/?face=everything")
        page.locator("#pg-step-0").wait_for()
    page.get_by_text("The connection to the server was lost").wait_for()
    with _serving(port):
        began = time.perf_counter()
        page.get_by_text("The connection to the server was lost").wait_for(state="hidden")
        ask(page, "Once upon a time", 4)
        generate(page)
        page.locator(".pg-strip-prompt", has_text="Once·upon·a·time").wait_for()
        page.locator("#pg-step-3").wait_for()
        seconds = time.perf_counter() - began
        page.close()
    return seconds


@contextmanager
def _serving(port: int) -> Iterator[None]:
    command = [sys.executable, "-u", "app.py", "--port", str(port), "--device", "cpu", "--dtype", "float32"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            if "http://" not in process.stdout.readline():
                raise UnmeasurableError(f"app.py ended with exit code {process.wait()} and did not serve")
            yield
        finally:
            process.kill()
