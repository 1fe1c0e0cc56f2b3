"""Drives Firefox and WebKit (Safari's engine) by their own remote protocols. It sends only scripts to a page.

Firefox accepts the Marionette protocol, which geckodriver also uses. WebKit comes with a WebDriver server.
Does not know our page.
"""

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx

PATIENCE_SECONDS = 90
WIDTH, HEIGHT = 1440, 900
PREFERENCES = {
    "marionette.port": 0,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "app.normandy.enabled": False,
    "extensions.update.enabled": False,
}
MINI_BROWSERS = "/usr/lib/*/webkit2gtk-4.*/MiniBrowser"


class Browser(Protocol):
    """A browser with one window."""

    def go_to(self, url: str) -> None:
        """Opens a page and waits until it has loaded."""

    def run(self, script: str, *values: Any) -> Any:
        """Runs the body of a function in the page, with `values` as `arguments`. Returns its result."""


class NotInstalledError(Exception):
    """A browser is not installed. The text names it."""


class Firefox:
    """Drives Firefox with Marionette: `length:[type, number, command, parameters]` over a socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._file = connection.makefile("rwb")
        self._number = 0
        self._receive()
        self._ask("WebDriver:NewSession", {"strictFileInteractability": True})
        self._ask("WebDriver:SetWindowRect", {"width": WIDTH, "height": HEIGHT})

    def go_to(self, url: str) -> None:
        self._ask("WebDriver:Navigate", {"url": url})

    def run(self, script: str, *values: Any) -> Any:
        return self._ask("WebDriver:ExecuteScript", {"script": script, "args": list(values)})["value"]

    def _ask(self, command: str, parameters: dict[str, Any]) -> Any:
        self._number += 1
        message = json.dumps([0, self._number, command, parameters]).encode()
        self._file.write(b"%d:%b" % (len(message), message))
        self._file.flush()
        _, number, error, answer = self._receive()
        assert (number, error) == (self._number, None), error
        return answer

    def _receive(self) -> Any:
        length = b""
        while (byte := self._file.read(1)) != b":":
            length += byte
        return json.loads(self._file.read(int(length)))


class WebKit:
    """Drives WebKit with WebDriver: JSON over HTTP."""

    def __init__(self, client: httpx.Client, program: str) -> None:
        self._client = client
        options = {"webkitgtk:browserOptions": {"binary": program, "args": ["--automation"]}}
        self._session = f"/session/{self._ask('/session', {'capabilities': {'alwaysMatch': options}})['sessionId']}"
        self._ask(f"{self._session}/window/rect", {"width": WIDTH, "height": HEIGHT})

    def go_to(self, url: str) -> None:
        self._ask(f"{self._session}/url", {"url": url})

    def run(self, script: str, *values: Any) -> Any:
        return self._ask(f"{self._session}/execute/sync", {"script": script, "args": list(values)})

    def _ask(self, path: str, parameters: dict[str, Any]) -> Any:
        answer = self._client.post(path, json=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()["value"]


@contextmanager
def firefox(folder: Path) -> Iterator[Browser]:
    """Runs a headless Firefox with a fresh profile in `folder`."""
    program = _found("Firefox", "firefox-esr", "firefox")
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items())
    (folder / "user.js").write_text("".join(lines))
    command = [program, "--headless", "--no-remote", "--marionette", "--profile", str(folder)]
    port = folder / "MarionetteActivePort"
    with _process(command), socket.socket() as connection:
        _wait_until(lambda: port.exists() and port.read_text().strip())
        connection.settimeout(PATIENCE_SECONDS)
        connection.connect(("127.0.0.1", int(port.read_text())))
        yield Firefox(connection)


@contextmanager
def webkit(_folder: Path) -> Iterator[Browser]:
    """Runs WebKitGTK's MiniBrowser on a virtual screen."""
    driver, screen = _found("WebKit", "WebKitWebDriver"), _found("Xvfb, which WebKit needs,", "Xvfb")
    programs = sorted(map(str, Path("/").glob(MINI_BROWSERS.removeprefix("/"))))
    if not programs:
        raise NotInstalledError("WebKit's MiniBrowser is not installed.")
    with ExitStack() as stack:
        shown = stack.enter_context(_process([screen, "-displayfd", "1", "-screen", "0", f"{WIDTH}x{HEIGHT}x24"]))
        display = f":{shown.stdout.readline().decode().strip()}"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        environment = {
            "DISPLAY": display,
            "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
            "LIBGL_ALWAYS_SOFTWARE": "1",
        }
        stack.enter_context(_process([driver, f"--port={port}", "--host=127.0.0.1"], environment))
        _wait_until(lambda: _listens(port))
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_SECONDS)
        yield WebKit(stack.enter_context(client), programs[-1])


def _found(name: str, *commands: str) -> str:
    found = next((path for command in commands if (path := shutil.which(command))), None)
    if found is None:
        raise NotInstalledError(f"{name} is not installed.")
    return found


@contextmanager
def _process(command: list[str], environment: dict[str, str] | None = None) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | (environment or {}),
        start_new_session=True,
    ) as process:
        try:
            yield process
        finally:
            os.killpg(process.pid, 9)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _wait_until(holds: Any) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "the browser did not start"
        time.sleep(0.05)
