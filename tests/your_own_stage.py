"""Writes the files of `docs/your-own-stage.md`, for tests that run the document's code."""

import re
from pathlib import Path

DOCUMENT = (Path(__file__).parent.parent / "docs" / "your-own-stage.md").read_text("utf-8")


def code(language: str) -> str:
    """Returns the document's only block of code in a language."""
    [block] = re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)
    return block


def write(folder: Path, *, with_javascript: bool = False) -> Path:
    """Writes the stage into a folder. Returns the path of its Python file."""
    path = folder / "my_top_a.py"
    path.write_text(code("python"), "utf-8")
    if with_javascript:
        path.with_suffix(".js").write_text(code("js"), "utf-8")
    return path
