"""Installs Firefox and WebKit with their drivers on Debian, as root: `python -m tests.other_browsers`."""

import os
import subprocess
import sys

from tests.chromium import is_debian

PACKAGES = ("firefox-esr", "webkit2gtk-driver", "xvfb")


def main() -> None:
    """Installs Debian's packages, or says what to install."""
    if os.geteuid() != 0 or not is_debian():
        sys.exit(f"Install {', '.join(PACKAGES)} (their names in Debian), then run the tests again.")
    quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(["apt-get", "update"], check=True)
    subprocess.run(["apt-get", "install", "-y", "--no-install-recommends", *PACKAGES], env=quiet, check=True)


if __name__ == "__main__":
    main()
