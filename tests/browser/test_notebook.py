"""Tests the page that a notebook shows below a cell: in a frame, without a server and without a network."""

import pytest
from playwright.sync_api import expect

from playground import notebook
from tests.browser.visitor import bars, set_number, tokens

pytestmark = pytest.mark.browser

THEMES = "body { background: #fff; color: #111 } body[data-theme=dark] { background: #111; color: #ddd }"
"""A notebook's own theme, which an attribute of its page names, as in Jupyter and in VS Code."""


@pytest.fixture(scope="module")
def recorded(tiny_models, tokenizer):
    asked = {"do_sample": True, "max_new_tokens": 6, "min_new_tokens": 6}
    return notebook.trace(tiny_models["llama"], tokenizer, "the  on", **asked)


@pytest.fixture
def opened(chromium, recorded, tmp_path):
    """Opens a notebook in which a cell shows the page. The test fails on a word of the console or a request."""
    shown = f'<!doctype html><meta charset="utf-8"><style>{THEMES}</style><p>In [1]: notebook.trace(…)</p><div>'
    file, heard, contexts = tmp_path / "notebook.html", [], []
    file.write_text(f"{shown}{recorded._repr_html_()}</div>", "utf-8")

    def open_it(**options):
        context = chromium.new_context(viewport={"width": 1100, "height": 900}, offline=True, **options)
        page = context.new_page()
        page.on("console", lambda message: heard.append(message.text))
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("request", lambda request: heard.append(request.url))
        page.goto(file.as_uri())
        contexts.append(context)
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert heard == [file.as_uri()]


def test_the_page_below_a_cell_shows_the_steps_and_follows_a_slider(opened):
    page = opened()
    frame = page.locator("iframe").content_frame
    expect(tokens(frame)).to_have_count(6)
    tokens(frame).nth(2).click()
    expect(frame.get_by_text("Step 3: candidates")).to_be_visible()
    first = bars(frame).first.locator(".pg-now")
    before = first.inner_text()
    set_number(frame, "Temperature", "0.2")
    expect(first).not_to_have_text(before)


def test_the_page_fills_the_width_of_a_cell_and_is_as_tall_as_the_window_has_room(opened):
    page = opened()
    cell, frame = page.locator("div"), page.locator("iframe")
    for height, expected in ((500, 560), (900, 750), (1300, 840)):
        page.set_viewport_size({"width": 1100, "height": height})
        assert frame.bounding_box() == cell.bounding_box(), "nothing stands over, and no line is below"
        assert frame.bounding_box()["height"] == expected
    assert cell.evaluate("(one) => one.scrollWidth - one.clientWidth") == 0


def test_the_page_is_dark_as_the_notebook_is_and_not_as_the_system(opened):
    page = opened(color_scheme="dark")
    body = page.locator("iframe").content_frame.locator("body")
    dark = body.get_by_role("button", name="Dark")
    expect(dark).to_have_attribute("aria-pressed", "false")
    for theme, is_dark in (("dark", True), ("light", False), ("dark", True)):
        page.evaluate("(theme) => { document.body.dataset.theme = theme; }", theme)
        expect(dark).to_have_attribute("aria-pressed", str(is_dark).lower())
        expect(body).to_have_class("dark" if is_dark else "")
    dark.click()
    page.evaluate("document.body.dataset.theme = 'light'")
    page.evaluate("document.body.dataset.theme = 'dark'")
    expect(dark).to_have_attribute("aria-pressed", "false")


def test_without_scripts_the_page_says_so(chromium, recorded, tmp_path):
    file = tmp_path / "preview.html"
    file.write_text(recorded._repr_html_().replace("<iframe ", "<iframe sandbox ", 1), "utf-8")
    page = chromium.new_page()
    page.goto(file.as_uri())
    assert "scripts are off here" in page.frames[1].locator("p").inner_text()
    page.close()
