"""Tests the presenter view at a projector's size: how large its type is, its keys, and what they hide."""

import re

import pytest
from playwright.sync_api import TimeoutError, expect

from tests.browser.seats import IDLE
from tests.browser.visitor import VIEWS, bars, headline, selected, set_number, strip

pytestmark = [pytest.mark.browser, pytest.mark.model]

SMALL = """() => {
    const walker = document.createTreeWalker(document.querySelector(".gradio-container"), NodeFilter.SHOW_TEXT);
    const found = new Set();
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const element = node.parentElement;
        const { width } = element.getBoundingClientRect();
        const isSeen = width > 2 && element.checkVisibility({ visibilityProperty: true });
        if (!node.data.trim() || !isSeen || element.closest("script, style, option, .pg-unseen, .pg-spoken")) continue;
        const size = parseFloat(getComputedStyle(element).fontSize);
        if (size < 18) found.add(`${size} px: ${element.className} ${node.data.trim()}`);
    }
    return [...found];
}"""
"""A script that returns the texts on the page that are smaller than 18 px."""


@pytest.fixture
def page(shared_page):
    """The presenter view of Decode at 1024×768, as it begins."""
    shared_page.set_viewport_size({"width": 1024, "height": 768})
    if not shared_page.get_by_role("toolbar", name="Presenter").is_visible():
        shared_page.get_by_role("button", name="Presenter view").click()
    yield shared_page
    shared_page.keyboard.press("Escape")
    while not shared_page.url.endswith("=decode") and "tab=" in shared_page.url:
        shared_page.go_back()


def test_every_text_of_every_view_is_at_least_18_px_high(page):
    seen = []
    for _ in VIEWS:
        page.evaluate(IDLE)
        try:
            page.wait_for_function(f"({SMALL})().length === 0", timeout=5_000)  # Gradio's buttons grow slowly
        except TimeoutError:
            assert page.evaluate(SMALL) == [], page.url
        seen.append(re.sub(r".*tab=|.*presenter=1$", "", page.url))
        page.keyboard.press("v")
    assert len(set(seen)) == len(VIEWS), seen


def test_the_text_the_bars_and_three_sliders_are_in_the_first_screen(page):
    bottom = page.locator(".sidebar").bounding_box()["y"]
    last = page.locator("#pg-decode .pg-bar").last
    assert last.bounding_box()["y"] + last.bounding_box()["height"] <= bottom
    for name in ("Temperature", "Top-k", "Top-p"):
        expect(page.locator(".sidebar").get_by_role("slider", name=name)).to_be_in_viewport()
    expect(page.locator(".sidebar").get_by_role("slider", name="Max new tokens")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_the_keys_of_a_remote_control_turn_the_tokens(page):
    expect(selected(page)).to_have_attribute("data-index", "0")
    page.keyboard.press("PageDown")
    expect(selected(page)).to_have_attribute("data-index", "1")
    page.keyboard.press("PageUp")
    expect(selected(page)).to_have_attribute("data-index", "0")


def test_a_guess_hides_the_bars_and_the_token_in_view(page):
    page.keyboard.press("b")
    expect(page.get_by_text("What comes next?")).to_be_visible()
    for hidden in (bars(page).first, headline(page), selected(page)):
        expect(hidden).to_be_hidden()
    expect(strip(page)).to_be_visible()
    page.keyboard.press(".")
    expect(bars(page).first).to_be_visible()


def test_a_frozen_picture_stays_while_the_live_one_moves(page):
    page.keyboard.press("z")
    frozen = page.get_by_role("figure").filter(has_text="Frozen: T 0.8, top-k 40, top-p 0.9")
    before = frozen.inner_text()
    live = page.locator(".pg-frozen + .pg-bars")
    first = live.locator(".pg-bar[data-kind=token]").first.inner_text()
    set_number(page, "Temperature", "0.2")
    expect(live.locator(".pg-bar[data-kind=token]").first).not_to_have_text(first, use_inner_text=True)
    assert frozen.inner_text() == before
    left, right, alone = frozen.bounding_box(), live.bounding_box(), page.locator("#pg-decode .pg-bars")
    assert (left["y"], left["x"] + left["width"] < right["x"]) == (pytest.approx(right["y"], abs=1), True)
    page.keyboard.press("PageDown")
    expect(live.locator(".pg-tick:visible")).to_have_text(["0 %", "100 %"])  # between them is no room
    page.keyboard.press("PageUp")
    page.get_by_role("button", name="Freeze").click()
    expect(frozen).to_have_count(0)
    expect(page.locator(".pg-beside-frozen")).to_have_count(0)  # in the view itself, two columns would remain
    assert alone.bounding_box()["width"] > 1.8 * right["width"]
    set_number(page, "Temperature", "0.8")
    page.get_by_role("button", name="Next").focus()  # keys that are typed into a field do nothing else


def test_controls_are_hidden_one_by_one(page):
    bar, sliders = page.get_by_role("toolbar", name="Presenter"), page.locator(".sidebar")
    for has_bar, has_sliders in ((False, True), (False, False), (True, True)):
        page.keyboard.press("c")
        expect(bar).to_be_visible(visible=has_bar)
        expect(sliders).to_be_visible(visible=has_sliders)


def test_more_shows_the_rest_and_escape_leaves(page):
    tabs, chain = page.get_by_role("tablist", name="Views"), page.locator(".pg-chain")
    expect(tabs).to_be_hidden()
    expect(chain).to_be_hidden()
    page.keyboard.press("m")
    expect(tabs).to_be_visible()
    expect(chain).to_be_visible()
    page.get_by_role("button", name="Export").click()
    page.keyboard.press("Escape")  # closes the menu alone
    expect(page.get_by_role("menuitem").first).to_be_hidden()
    expect(page.get_by_role("toolbar", name="Presenter")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("toolbar", name="Presenter")).to_be_hidden()
    expect(page.get_by_role("button", name="Presenter view")).to_be_focused()
    assert "presenter" not in page.url


def test_the_address_and_a_link_hold_the_presenter_view(page):
    assert "presenter=1" in page.url
    search = "import(new URL('playground/assets/common/presenting.js', document.baseURI)).then((m) => m.searchOfLink())"
    assert page.evaluate(search) == "?presenter=1"
    page.reload()
    expect(page.get_by_role("toolbar", name="Presenter")).to_be_visible()
