"""Tests the page of a server with a stage of its own (`--stage`): through the server, and with JavaScript."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests import your_own_stage
from tests.browser.chain import add, card, press, put
from tests.browser.example import expect_drawn

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.model

CUT = re.compile(r"my top-a 0\.3 keeps \d+")
KEPT: set[str] = set()
"""What the bars say of the same setting, computed in both ways."""


def serve(stage: Path):
    command = [sys.executable, "app.py", "--port", "0", "--no-built-in", "--stage", str(stage)]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ, stdout=subprocess.PIPE, text=True)


@pytest.fixture(scope="module", params=[False, True], ids=["Python", "JavaScript"])
def own(request, tmp_path_factory, chromium):
    """The page of a server with the document's stage, and whether the stage has JavaScript."""
    path = your_own_stage.write(tmp_path_factory.mktemp("own"), with_javascript=request.param)
    with serve(path) as process:
        assert process.stdout is not None
        address = next(line for line in process.stdout if line.startswith("The playground is at")).split()[4]
        context = chromium.new_context(viewport={"width": 1440, "height": 900})
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.goto(address)
        expect_drawn(page)
        yield page, request.param
        context.close()
        process.terminate()
    assert faults == []


def asked_of(page: Page) -> list[str]:
    """The addresses of the requests that are sent from now on."""
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    return sent


def test_its_card_cuts_the_bars(own):
    page, has_javascript = own
    sent = asked_of(page)
    put(page, "my top-a", "0.3")
    expect(page.locator("#pg-views")).to_contain_text(CUT)
    KEPT.update(CUT.findall(page.locator("#pg-views").inner_text()))
    assert len(KEPT) == 1, "the server and the page's own JavaScript keep the same tokens"
    assert any("/stages/my_top_a" in url for url in sent) is not has_javascript
    said = page.locator(".pg-served")
    if has_javascript:
        expect(said.first).to_be_hidden()
    else:
        expect(said.first).to_have_text("my top-a is computed by the server.")


def test_its_explanation_has_no_example(own):
    page, _ = own
    if card(page, "my top-a").count() == 0:
        add(page, "my top-a")
    press(page, "top-k", "Explain")
    expect(page.get_by_role("button", name="Try it")).to_be_visible()
    press(page, "my top-a", "Explain")
    expect(page.get_by_role("group", name="About my top-a")).to_be_visible()
    expect(page.get_by_role("button", name="Try it")).to_be_hidden()


def test_a_stage_that_cannot_be_ends_the_start_with_one_sentence(tmp_path):
    path = tmp_path / "wrong.py"
    path.write_text("x = 1 / 0\n", "utf-8")
    command = [sys.executable, "app.py", "--port", "0", "--stage", str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1
    sentence = "failed (wrong.py, line 1): ZeroDivisionError: division by zero. Correct its file."
    assert done.stderr.strip() == f"--stage {path} {sentence}"
    assert done.stdout == ""
