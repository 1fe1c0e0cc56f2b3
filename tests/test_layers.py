"""Imports go one way. The order is that of the data: from settings to logits to traces to figures to pages."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LONGEST = 400
"""Lines; a longer file has two jobs."""

LAYERS = (
    {"errors", "leaving", "memory", "speed", "threads", "turns", "visitor"},
    {"attention.head_probes", "attention.measures", "attention.one_job", "attention.one_query", "web.values"},
    {"caches", "default_model", "measures", "settings", "shelf", "tokens"},
    {"link", "processors"},
    {"traces"},
    {"model"},
    {"attention.maps", "batch", "errands", "loading", "request"},
    {"reopening", "run"},
    {"line", "prompt_line"},
    {"lookups"},
    {"engine"},
    {"fork"},
    {"attention.views", "scoring", "trace_file", "written"},
    {"prompts", "strategies"},
    {"figures", "script"},
    {"attention.routes", "export_routes"},
    {"api", "routes"},
    {"web"},
    {"panels"},
    {"page"},
    {"app"},
)
"""Bottom first. A module imports from layers below its own; a package named whole (`figures`) is one layer,
whose modules import from each other."""

ONLY_IN = {
    "gradio": {"panels", "page", "app"},
    "plotly": {"figures"},
    "bertviz": {"figures"},
}
"""Libraries that one kind of module alone may know."""

FILES = sorted([*(ROOT / "playground").rglob("*.py"), *ROOT.glob("*.py")])
PYTHON = sorted(path for folder in ("playground", "tests", "bench") for path in (ROOT / folder).rglob("*.py"))


def module_of(path: Path) -> str:
    """The module, or the package that is one layer as a whole, that a file belongs to."""
    top, *rest = path.relative_to(ROOT).with_suffix("").parts
    return named(rest) if top == "playground" and rest else top


def named(parts: list[str]) -> str:
    """What stands for a module in LAYERS, by its parts below playground: "engine", "attention.maps", "panels"."""
    dotted = ".".join(parts[:2])
    return dotted if any(dotted in modules for modules in LAYERS) else parts[0]


def imports(source: str) -> set[str]:
    """Dotted names of all that `source` imports, wherever in it; `from a import b` gives `a.b`."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found.update(name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            found.update(f"{node.module}.{name.name}" for name in node.names)
    return found


def layer(module: str) -> int:
    for number, modules in enumerate(LAYERS):
        if module in modules:
            return number
    raise AssertionError(
        f"playground/{module} has no layer yet. Add it to LAYERS in tests/test_layers.py, above all it imports."
    )


def faults(module: str, source: str) -> list[str]:
    """What the imports of one file break, as sentences."""
    found = []
    for name in sorted(imports(source)):
        top, *rest = name.split(".")
        if top == "playground" and rest:
            target = named(rest)
            if target != module and layer(target) >= layer(module):
                found.append(f"{module} imports {target}, which is not below it")
        elif top == "tests":
            found.append(f"{module} imports tests")
        elif module not in ONLY_IN.get(top, {module}):
            found.append(f"{module} imports {top}, which belongs to {', '.join(sorted(ONLY_IN[top]))}")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_down_the_layers_only(path):
    module = module_of(path)
    if path.name == "__init__.py":
        assert imports(path.read_text()) == set(), "a package itself imports nothing"
        return
    layer(module)
    assert faults(module, path.read_text()) == []


@pytest.mark.parametrize(
    ("module", "source", "fault"),
    [
        ("settings", "from playground.errors import PlaygroundError", None),
        ("panels", "import gradio as gr", None),
        ("figures", "import plotly.graph_objects as go", None),
        ("figures", "from playground.figures.strip import draw", None),
        ("errors", "from playground.settings import Settings", "errors imports settings, which is not below it"),
        ("errors", "from playground import settings", "errors imports settings, which is not below it"),
        ("settings", "import playground.tokens", "settings imports tokens, which is not below it"),
        ("traces", "def f():\n    import playground.engine", "traces imports engine, which is not below it"),
        ("engine", "from gradio import Error", "engine imports gradio, which belongs to app, page, panels"),
        ("panels", "import plotly", "panels imports plotly, which belongs to figures"),
        ("engine", "from tests.fakes import tiny", "engine imports tests"),
        ("engine", "from playground.attention.one_query import NAME", None),
        ("model", "from playground.attention import maps", "model imports attention.maps, which is not below it"),
    ],
)
def test_a_wrong_import_is_seen(module, source, fault):
    assert faults(module, source) == ([] if fault is None else [fault])


def test_a_new_module_is_told_where_to_go():
    with pytest.raises(AssertionError, match="novelty has no layer yet. Add it to LAYERS in tests/test_layers"):
        layer("novelty")


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_has_two_jobs(path):
    lines = len(path.read_text().splitlines())
    assert lines <= LONGEST, f"{path.name} has {lines} lines: move one of its jobs out"
