"""Tests that imports go one way: each folder of `playground/` is on a level and imports from lower levels only."""

import ast
import graphlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LONGEST, LONGEST_TEST = 300, 400
"""The most lines of a file. A longer file has two jobs. A file of tests may be longer, because it lists cases."""

LEVELS = (
    {"errors", "places", "visitor"},
    {"values", "on_host", "languages", "options"},
    {"conversation", "decoding"},
    {"models", "traces"},
    {"engine", "sharing"},
    {"attention", "classroom", "encoders", "fleet", "inside", "prompts", "strategies"},
    {"lessons", "notebook"},
    {"site"},
    {"web"},
    {"command_line"},
    {"__main__", "app"},
)
"""The levels of `docs/architecture.md`, lowest first. A module imports only from its own folder and lower levels."""

ONLY_IN = {
    "gradio": {"web", "command_line"},
    "fastapi": {"web", "command_line"},
    "starlette": {"web", "command_line"},
    "plotly": {"web"},
    "bertviz": {"web"},
    "babel": {"languages"},
    "segno": {"web"},
}
"""Libraries that only some folders may import."""

FILES = sorted([*(ROOT / "playground").rglob("*.py"), ROOT / "app.py"])
PYTHON = sorted(path for folder in ("playground", "tests", "bench") for path in (ROOT / folder).rglob("*.py"))
JAVASCRIPT = sorted(path for folder in ("assets", "tests") for path in (ROOT / folder).rglob("*.js"))


def name_of(path: Path) -> str:
    """Returns the dotted name of a file's module, such as "playground.engine.row", or its package for `__init__.py`."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path) for path in FILES}


def folder_of(module: str) -> str:
    """Returns the folder below `playground`, or the module if there is none: "engine", "errors", "app"."""
    top, *rest = module.split(".")
    return rest[0] if top == "playground" and rest else top


def level_of(folder: str) -> int:
    for number, folders in enumerate(LEVELS):
        if folder in folders:
            return number
    raise AssertionError(f"playground/{folder} has no level yet. Add it to LEVELS in tests/test_layers.py.")


def imports(source: str) -> set[str]:
    """Returns the dotted names of all imports in `source`; for `from a import b` the module `a.b`, or else `a`."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            names = {f"{node.module}.{name.name}" for name in node.names}
            found.update(name if name in MODULES else node.module for name in names)
    return found


def faults(module: str, source: str) -> list[str]:
    """Returns a sentence for each import of a file that breaks a rule."""
    folder, found = folder_of(module), []
    for name in sorted(imports(source)):
        top = name.split(".")[0]
        if top == "playground":
            other = folder_of(name)
            if other != folder and level_of(other) >= level_of(folder):
                found.append(f"{module} imports {name}, whose folder is not on a lower level")
        elif top == "tests":
            found.append(f"{module} imports tests")
        elif folder not in ONLY_IN.get(top, {folder}):
            found.append(f"{module} imports {top}, which belongs to {', '.join(sorted(ONLY_IN[top]))}")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_to_lower_levels_only(path):
    if path.name == "__init__.py":
        package = f"{name_of(path)}."
        own = {module for module in MODULES if module.startswith(package)}
        assert imports(path.read_text()) <= own, "a package itself imports nothing but its own files"
        return
    level_of(folder_of(name_of(path)))
    assert faults(name_of(path), path.read_text()) == []


def test_no_modules_import_each_other_in_a_circle():
    graph = {name_of(path): imports(path.read_text()) & MODULES for path in FILES if path.name != "__init__.py"}
    assert len(list(graphlib.TopologicalSorter(graph).static_order())) >= len(graph)


def test_every_folder_says_what_it_is_for():
    for package in (ROOT / "playground").rglob("__init__.py"):
        assert ast.get_docstring(ast.parse(package.read_text())), package
    folders = {path.parent for path in FILES if path.parent != ROOT}
    assert all((folder / "__init__.py").exists() for folder in folders)


@pytest.mark.parametrize(
    ("module", "source", "fault"),
    [
        ("playground.decoding.settings", "from playground.errors import PlaygroundError", None),
        ("playground.web.panels.decode", "import gradio as gr", None),
        ("playground.engine.row", "from playground.engine.request import Request", None),
        ("playground.engine.row", "from playground.models import caches", None),
        (
            "playground.errors",
            "from playground.decoding.settings import Settings",
            "playground.errors imports playground.decoding.settings, whose folder is not on a lower level",
        ),
        (
            "playground.traces.store",
            "def f():\n    import playground.engine.engine",
            "playground.traces.store imports playground.engine.engine, whose folder is not on a lower level",
        ),
        (
            "playground.prompts.labels",
            "from playground.attention import maps",
            "playground.prompts.labels imports playground.attention.maps, whose folder is not on a lower level",
        ),
        (
            "playground.engine.engine",
            "from gradio import Error",
            "playground.engine.engine imports gradio, which belongs to command_line, web",
        ),
        (
            "playground.attention.views",
            "from fastapi import Request",
            "playground.attention.views imports fastapi, which belongs to command_line, web",
        ),
        ("playground.engine.engine", "from tests.fakes import tiny", "playground.engine.engine imports tests"),
    ],
)
def test_a_wrong_import_is_seen(module, source, fault):
    assert faults(module, source) == ([] if fault is None else [fault])


def test_a_new_folder_is_told_where_to_go():
    with pytest.raises(AssertionError, match="novelty has no level yet. Add it to LEVELS in tests/test_layers"):
        level_of("novelty")


@pytest.mark.parametrize("path", PYTHON + JAVASCRIPT, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_has_two_jobs(path):
    lines = len(path.read_text().splitlines())
    longest = LONGEST_TEST if path.is_relative_to(ROOT / "tests") else LONGEST
    assert lines <= longest, f"{path.name} has {lines} lines: move one of its jobs out"
