"""Tests the page that a notebook shows below a cell: in a frame, without a server and without a network."""

import pytest
from playwright.sync_api import expect

from playground import notebook
from tests.browser.visitor import bars, set_number, tokens

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def recorded(tiny_models, tokenizer):
    asked = {"do_sample": True, "max_new_tokens": 6, "min_new_tokens": 6}
    return notebook.trace(tiny_models["llama"], tokenizer, "the  on", **asked)


def test_the_page_below_a_cell_shows_the_steps_and_follows_a_slider(chromium, recorded, tmp_path):
    shown = f'<!doctype html><meta charset="utf-8"><p>In [1]: notebook.trace(…)</p>{recorded._repr_html_()}'
    (tmp_path / "notebook.html").write_text(shown, "utf-8")
    context = chromium.new_context(viewport={"width": 1100, "height": 900}, offline=True)
    page, heard = context.new_page(), []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", lambda request: heard.append(request.url))
    page.goto((tmp_path / "notebook.html").as_uri())
    frame = page.locator("iframe").content_frame
    expect(tokens(frame)).to_have_count(6)
    assert page.locator("iframe").bounding_box()["width"] > 1000
    tokens(frame).nth(2).click()
    expect(frame.get_by_text("Step 3: candidates")).to_be_visible()
    first = bars(frame).first.locator(".pg-now")
    before = first.inner_text()
    set_number(frame, "Temperature", "0.2")
    expect(first).not_to_have_text(before)
    context.close()
    assert heard == [(tmp_path / "notebook.html").as_uri()]
