"""Finds the Chromium for the browser tests. `python -m tests.chromium` installs one if there is none.

Knows the machine and playwright. Does not know the page.
"""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

COMMANDS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
"""The first one draws no window and starts with half the work. Debian's package has the same name."""
APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)


def find() -> str:
    """Returns the path of a Chromium or Chrome: on PATH, a macOS application, or playwright's own."""
    on_path = [path for command in COMMANDS if (path := shutil.which(command))]
    found = on_path or [path for path in APPLICATIONS if Path(path).exists()] or _installed_by_playwright()
    if not found:
        raise FileNotFoundError("No Chromium was found: 'python -m tests.chromium' installs one.")
    return found[0]


def _installed_by_playwright() -> list[str]:
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return [path] if Path(path).exists() else []


def _install() -> None:
    """Installs with apt-get as root on Debian (Ubuntu's package is only a snap), else with playwright."""
    if os.geteuid() == 0 and is_debian():
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update"], check=True)
        subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", COMMANDS[0]], env=quiet, check=True)
    else:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=True)


def is_debian() -> bool:
    """Returns whether packages have Debian's names."""
    return platform.system() == "Linux" and platform.freedesktop_os_release().get("ID") == "debian"


if __name__ == "__main__":
    try:
        path = find()
    except FileNotFoundError:
        _install()
        path = find()
    print(f"Chromium: {path}")
