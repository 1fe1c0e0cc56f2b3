"""Tests what the page fetches when it opens, and what it draws before the answers are there."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.example import expect_drawn
from tests.browser.visitor import bars, chosen, given, open_view, selected, settle, tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]

TABS = {"Attention": "inside", "Prompts": "prompts", "Settings": "compare", "Beams": "beams"}
"""The part of each view."""
PANELS = {"inside": "attention"}
FOLLOW = "The less probable tokens follow."
MOVED = """
window.moved = [];
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.moved.push(entry.value);
}).observe({ type: "layout-shift", buffered: true });
"""
COUNTED = """
window.asked = 0;
window.plainFrame = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (draw) => { window.asked += 1; return window.plainFrame(draw); };
"""
RESTS = """() => new Promise((done) => {
    const before = asked;
    const look = (left) => (left ? plainFrame(() => look(left - 1)) : done(asked === before));
    look(10);
})"""
"""A script that says whether nothing on the page asks for one of the next ten frames."""
MOST_REQUESTS = 8
"""Styles, modules, vocabulary, the prompt's numbers, one row, the server's state; not Gradio's own requests."""


def ours(page: Page) -> list[str]:
    """Returns the addresses that the page has fetched from our routes, without the origin and the hashes."""
    urls = page.evaluate('performance.getEntriesByType("resource").map((entry) => new URL(entry.name).pathname)')
    return [re.sub(r"/files/\w+/", "/", url) for url in urls if url.startswith("/playground/")]


def shown(page: Page) -> list[str]:
    """Returns what the bars and the strip show."""
    return [*bars(page).all_inner_texts(), *tokens(page).all_inner_texts(), chosen(page)]


def test_the_page_and_each_tab_fetch_what_they_need_and_each_of_it_once(another):
    page = another()
    expect_drawn(page)
    expect(given(page)).to_have_count(6)
    settle(page)
    first = ours(page)
    assert len(first) <= MOST_REQUESTS, first
    assert {f"/playground/{part}.js" for part in TABS.values()}.isdisjoint(first)
    for name, part in TABS.items():
        open_view(page, name)
        page.wait_for_function(f"document.querySelector('#pg-{PANELS.get(part, part)} .pg-root')")
        assert ours(page).count(f"/playground/{part}.js") == 1
    expect(page.locator(".pg-prompts-answer .pg-token").first).to_be_attached()
    fetched = ours(page)
    modules = [url for url in fetched if url.endswith(".js")]
    assert sorted(modules) == sorted(f"/playground/{part}.js" for part in ("page", *TABS.values()))
    assert fetched.count("/playground/vocabulary.json") == 1


def test_text_and_bars_come_with_the_page_and_the_rest_of_the_row_follows(another, site):
    """The page is seen when its first picture is drawn, then nothing moves, and in the end nothing asks for a frame."""
    page = another("about:blank")
    page.add_init_script(MOVED + COUNTED)
    held = []
    page.route(re.compile(r"/(vocabulary\.json|logits/)"), lambda route: held.append(route))
    page.goto(site.url)
    expect_drawn(page)
    expect(selected(page)).to_have_text("·glitter")
    said = page.locator("#pg-decode .pg-said")
    expect(said).to_contain_text(FOLLOW)
    before = shown(page)
    assert all("#" not in text for text in before), before
    assert [route.request.url.rpartition("/")[2] for route in held] == ["vocabulary.json"], "no row before the words"
    held.pop().continue_()
    while not held:
        page.wait_for_timeout(10)
    held.pop().continue_()
    expect(said).not_to_contain_text(FOLLOW)
    assert shown(page) == before
    settle(page)
    assert sum(page.evaluate("moved")) < 0.02
    while not page.evaluate(RESTS):
        page.wait_for_timeout(10)


def test_the_page_is_hidden_until_its_picture_is_drawn_and_not_for_ever(shared_page):
    hidden, shown, late = shared_page.evaluate("""() => {
        const app = document.querySelector("gradio-app");
        const seen = () => getComputedStyle(app).visibility;
        const shown = seen();
        delete document.documentElement.dataset.drawn;
        const hidden = seen();
        app.getAnimations()[0].finish();
        const late = seen();
        document.documentElement.dataset.drawn = "";
        return [hidden, shown, late];
    }""")
    assert (hidden, shown, late) == ("hidden", "visible", "visible")
