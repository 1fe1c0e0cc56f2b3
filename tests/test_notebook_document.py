"""Runs `docs/notebook.md` as a notebook: its blocks of Python are the cells, in one kernel."""

import re

import nbformat
import pytest
from nbclient import NotebookClient

from playground.places import CHECKOUT

CELLS = re.findall(r"```python\n(.*?)```", (CHECKOUT / "docs" / "notebook.md").read_text("utf-8"), re.DOTALL)
SECONDS = 300
"""The longest that a cell may take."""


@pytest.mark.model
def test_every_cell_runs_and_the_traces_are_shown_as_pages(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    options = {"timeout": SECONDS, "kernel_name": "python3", "resources": {"metadata": {"path": str(tmp_path)}}}
    NotebookClient(document, **options).execute()
    shown = [
        output.data for cell in document.cells for output in cell.outputs if output.output_type == "execute_result"
    ]
    pages = [data["text/html"] for data in shown if "text/html" in data]
    assert [page.startswith('<iframe srcdoc="&lt;!doctype html') for page in pages] == [True, True]
    assert all(data["text/plain"].startswith("<Recorded by SmolLM2-135M-Instruct, ") for data in shown[:2])
    printed = "".join(output.text for output in document.cells[3].outputs if output.output_type == "stream")
    assert len(printed.splitlines()) >= 11
    assert (tmp_path / "sky.html").stat().st_size > 500_000
