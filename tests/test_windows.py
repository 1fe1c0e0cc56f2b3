"""Tests what can be tested elsewhere of how the playground runs on Windows: nothing that only POSIX has is needed."""

import ast
import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import pytest

from playground.models.built_in import BUILT_IN
from playground.places import CHECKOUT

assert CHECKOUT is not None
CODE = sorted(path for folder in ("playground", "docs") for path in (CHECKOUT / folder).rglob("*.py"))
CODE += [CHECKOUT / "app.py", CHECKOUT / "setup.py"]

MISSING = ("fcntl", "grp", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty")
"""Modules of Python that Windows does not have."""
SOCKETS_ONLY = ("select", "selectors")
"""Modules that wait for sockets on Windows, and not for pipes and files."""
# fmt: off
OF_OS = frozenset({
    "chown", "chroot", "fork", "forkpty", "getegid", "geteuid", "getgid", "getgroups", "getloadavg", "getpgid",
    "getpgrp", "getpriority", "getsid", "getuid", "killpg", "lchown", "mkfifo", "mknod", "nice", "openpty",
    "posix_fadvise", "posix_spawn", "pread", "pwrite", "sched_getaffinity", "sched_setaffinity", "setpgid",
    "setpriority", "setsid", "sysconf", "uname", "wait3", "wait4",
})
# fmt: on
"""Functions of `os` that Windows does not have."""
OF_SIGNAL = frozenset({"SIGKILL", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM", "alarm", "pthread_kill", "sigwait"})
OF_SOCKET = frozenset({"AF_UNIX", "SO_REUSEADDR", "SO_REUSEPORT"})
"""The first and the last are missing; the second lets two servers have one port there."""


def unguarded(tree: ast.AST) -> Iterator[ast.AST]:
    """Yields the nodes that are not in an `if` that asks for the system."""
    for child in ast.iter_child_nodes(tree):
        asks = isinstance(child, ast.If) and re.search(r"sys\.platform|os\.name", ast.unparse(child.test))
        if not asks:
            yield child
            yield from unguarded(child)


def faults(source: str) -> list[str]:
    """Returns what a file needs that Windows does not have, and what depends on the encoding of the system."""
    found = []
    for node in unguarded(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [one.name for one in node.names]
            found += [name for name in names if name.split(".")[0] in (*MISSING, *SOCKETS_ONLY)]
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            known = {"os": OF_OS, "signal": OF_SIGNAL, "socket": OF_SOCKET}.get(node.value.id, frozenset())
            found += [f"{node.value.id}.{node.attr}"] if node.attr in known else []
        if isinstance(node, ast.Call) and _reads_text(node):
            found.append(ast.unparse(node))
    return found


def _reads_text(call: ast.Call) -> bool:
    """Returns whether a call reads or writes text and leaves the encoding to the system."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    before = {"read_text": 0, "write_text": 1}.get(name)
    if before is not None:
        return len(call.args) <= before and not _says_encoding(call)
    if name != "open" or not (isinstance(call.func, ast.Name) or _is_path(call)):
        return False
    modes = call.args[1:] if isinstance(call.func, ast.Name) else call.args
    return not any("b" in str(one.value) for one in modes if isinstance(one, ast.Constant)) and not _says_encoding(call)


def _is_path(call: ast.Call) -> bool:
    """Returns whether `something.open(…)` is that of a path: it has a mode, or nothing."""
    return all(isinstance(one, ast.Constant) and re.fullmatch("[rwab+]+", str(one.value)) for one in call.args)


def _says_encoding(call: ast.Call) -> bool:
    return any(one.arg == "encoding" for one in call.keywords)


@pytest.mark.parametrize("path", CODE, ids=lambda path: path.relative_to(CHECKOUT).as_posix())
def test_nothing_is_needed_that_windows_does_not_have(path):
    assert faults(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import resource", ["resource"]),
        ("def f():\n    from fcntl import flock", ["fcntl"]),
        ("import sys\nif sys.platform != 'win32':\n    import resource", []),
        ("import sys\nif sys.platform == 'win32':\n    a()\nelse:\n    os.nice(1)", []),
        ("os.nice(1)", ["os.nice"]),
        ("signal.SIGINT, signal.SIGKILL", ["signal.SIGKILL"]),
        ("Path('a').read_text()", ["Path('a').read_text()"]),
        ("Path('a').read_text('utf-8'), a.write_text(b, 'utf-8'), a.write_text(b, encoding='utf-8')", []),
        ("a.write_text(b)", ["a.write_text(b)"]),
        ("open('a'), open('a', 'rb'), open('a', encoding='utf-8'), a.open('rb')", ["open('a')"]),
        ("a.open(), a.open('w'), store.open(trace)", ["a.open()", "a.open('w')"]),
    ],
)
def test_what_windows_lacks_is_seen(source, found):
    assert sorted(faults(source)) == sorted(found)


def test_every_file_has_a_name_that_windows_takes():
    folders = ("assets", "bench", "docs", "playground", "tests")
    names = [path.relative_to(CHECKOUT).as_posix() for folder in folders for path in (CHECKOUT / folder).rglob("*")]
    names = [name for name in names if "__pycache__" not in name]
    assert [name for name in names if re.search(r'[<>:"|?*\\]|[. ]($|/)', name)] == []
    reserved = r"(^|/)(con|prn|aux|nul|com\d|lpt\d)(\.[^/]*)?($|/)"
    assert [name for name in names if re.search(reserved, name, re.IGNORECASE)] == []
    assert len({name.casefold() for name in names}) == len(names), "two names differ in capital letters only"


OF_LIBRARIES = {"getuid", "sysconf", "uname"}
"""What libraries ask of `os` on Linux, and nowhere else."""
WINDOWS = f"""
import builtins, os

known = builtins.__import__

def imported(name, globals=None, *others, **more):
    asks = (globals or {{}}).get("__name__", "").partition(".")[0]
    if name.partition(".")[0] in {(*MISSING, *SOCKETS_ONLY)!r} and asks in ("playground", "__main__"):
        raise ImportError(f"Windows has no {{name}}")
    return known(name, globals, *others, **more)

builtins.__import__ = imported
for name in {sorted(OF_OS - OF_LIBRARIES)!r}:
    if hasattr(os, name):
        delattr(os, name)
"""
"""A `sitecustomize` that takes away what Windows lacks: modules from the playground, functions of `os` from all."""


def test_the_page_is_served_without_what_windows_lacks(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(WINDOWS, "utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "playground", "--port", "0", "--device", "cpu", "--model", BUILT_IN / "french-english"],
        cwd=CHECKOUT,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        told = []
        for line in process.stdout:
            told.append(line)
            if "playground is at" in line:
                break
        [address] = re.findall(r"http://[\d.]+:\d+", "".join(told))
        assert "gradio" in urllib.request.urlopen(address).read().decode()
    finally:
        process.terminate()
        rest, _ = process.communicate(timeout=60)
    assert "Traceback" not in rest


@pytest.mark.long
@pytest.mark.parametrize("version", ["3.11", "3.12", "3.13", "3.14"])
def test_every_requirement_has_a_wheel_for_windows(version, tmp_path):
    """pip reads only what the index says of each wheel. It needs the network, as the installation does."""
    listed = [option for name in ("requirements.txt", "requirements-javascript.txt") for option in ("-r", name)]
    windows = ["--platform", "win_amd64", "--python-version", version, "--only-binary", ":all:"]
    pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--ignore-installed", "--quiet"]
    asked = [*pip, *windows, "--target", str(tmp_path), *listed]
    answer = subprocess.run(asked, cwd=CHECKOUT, capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
