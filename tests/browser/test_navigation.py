"""Tests the rows of tabs, the address, the skip link, and where the sidebar is: in Chromium, on the default model."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.example import expect_drawn
from tests.browser.prompts import expect_finished
from tests.browser.seats import VIEWPORT
from tests.browser.visitor import VIEWS, open_view, strip

pytestmark = [pytest.mark.browser, pytest.mark.model]

ADDRESSES = {
    "Prompts": "?tab=compare/prompts",
    "Settings": "?tab=compare/settings",
    "Models": "?tab=compare/models",
    "Families": "?tab=compare/families",
    "Beams": "?tab=beams",
    "Picture": "?tab=inside/picture",
    "Tokens": "?tab=inside/tokens",
    "Embeddings": "?tab=inside/embeddings",
    "Positions": "?tab=inside/positions",
    "Attention": "?tab=inside/attention",
    "Layers": "?tab=inside/layers",
    "To a word": "?tab=inside/word",
    "Why": "?tab=inside/why",
    "Learn": "?tab=learn",
    "Decode": "?tab=decode",
}
PANELS = {
    "Decode": "decode",
    "Prompts": "prompts",
    "Settings": "compare",
    "Models": "compare-models",
    "Families": "families",
    "Beams": "beams",
    "Picture": "picture",
    "Tokens": "tokens",
    "Embeddings": "embeddings",
    "Positions": "positions",
    "Attention": "attention",
    "Layers": "layers",
    "To a word": "word",
    "Why": "why",
    "Learn": "learn",
}
PARTS = {
    "Decode": {"Prompt", "Chat template", "Generate", "Score this text", "Strategy", "Temperature", "Max new tokens"},
    "Prompts": {"Strategy", "Temperature", "Max new tokens"},
    "Settings": set(),
    "Beams": {"Prompt", "Chat template", "Temperature"},
    "Picture": set(),
    "Embeddings": set(),
    "Tokens": set(),
    "Positions": set(),
    "Attention": set(),
    "Layers": set(),
    "To a word": {"Strategy", "Temperature", "Max new tokens"},
    "Why": set(),
    "Learn": set(),
}
"""The parts of the sidebar that each view reads, of some of its parts."""
SAYS = {
    "Decode": "Prompt and settings of the text",
    "Prompts": "Settings of all columns",
    "Beams": "Prompt of the search, settings of the sampled path",
    "To a word": "Settings that the table follows",
}
FOCUSED = "document.activeElement.textContent"


@pytest.fixture
def page(shared_page):
    """A page that the tests of this file share. Each begins on Decode, in a window of the usual size."""
    shared_page.emulate_media(color_scheme="light", forced_colors="none")
    shared_page.set_viewport_size(VIEWPORT)
    open_view(shared_page, "Decode")
    return shared_page


def panel(page: Page, name: str):
    return page.locator(f"#pg-{PANELS[name]}")


def expect_open(page: Page, name: str) -> None:
    for tab in VIEWS[name]:
        expect(page.get_by_role("tab", name=tab, exact=True, selected=True)).to_be_visible()
    expect(panel(page, name)).to_be_visible()
    for other in PANELS:
        if other != name:
            expect(panel(page, other)).to_be_hidden()


def expect_address(page: Page, address: str) -> None:
    expect(page).to_have_url(re.compile(re.escape(address) + "$"))


def test_a_tab_opens_a_view_that_the_address_names_and_back_and_forward_and_a_reload_find(page):
    for name, address in ADDRESSES.items():
        open_view(page, name)
        expect_open(page, name)
        expect_address(page, address)
    for name in reversed(list(ADDRESSES)[1:-1]):
        page.go_back()
        expect_open(page, name)
    page.go_forward()
    expect_open(page, "Models")
    expect_address(page, ADDRESSES["Models"])
    page.reload()
    expect_open(page, "Models")
    open_view(page, "Decode")
    expect_drawn(page)


def test_an_address_opens_its_view_at_once_and_a_link_its_own(another, site):
    visitor = another(f"{site.url}/{ADDRESSES['Attention']}")
    expect_open(visitor, "Attention")
    values = "strategy=greedy&max_new_tokens=2&seed=1"
    model = site.engine.model.name
    visitor.evaluate(f"location.hash = '#v=1&model={model}&prompt=By%20a%20link&step=2&{values}'")
    expect_open(visitor, "Decode")
    expect(visitor.locator(".pg-strip-prompt")).to_have_text("By·a·link")
    assert "?tab=decode#v=1" in visitor.url
    visitor.go_back()
    expect_open(visitor, "Attention")


def test_only_a_tab_with_several_views_has_a_second_row(page):
    rows = page.locator("#pg-nav").get_by_role("tablist")
    for name, count in [("Decode", 1), ("Prompts", 2), ("Beams", 1), ("Attention", 2)]:
        open_view(page, name)
        expect(rows).to_have_count(count)
    assert page.get_by_role("heading", level=1).all_inner_texts() == ["Decoding playground"]


def test_a_tab_of_gradio_that_a_script_presses_opens_its_view_in_our_rows_and_in_the_address(page):
    open_view(page, "Decode")
    page.evaluate("""document.querySelector('#pg-views > .tab-wrapper [data-tab-id="inside/attention"]').click()""")
    expect_open(page, "Attention")
    expect_address(page, ADDRESSES["Attention"])


def test_the_arrow_keys_move_along_both_rows_and_a_row_is_one_stop(page):
    open_view(page, "Settings")
    page.get_by_role("tab", name="Compare").focus()
    for key, name in [("ArrowRight", "Beams"), ("End", "Learn"), ("ArrowRight", "Decode")]:
        page.keyboard.press(key)
        assert page.evaluate(FOCUSED) == name
        expect(page.get_by_role("tab", name=name, selected=True)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect_open(page, "Settings")
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUSED) == "Settings"
    page.keyboard.press("ArrowLeft")
    expect_open(page, "Prompts")
    expect(page.get_by_role("tab", name="Prompts")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#pg-nav :focus")).to_have_count(0)
    expect_finished(page)


def test_the_strip_is_reached_by_few_keys_with_the_skip_link(page):
    page.evaluate("document.activeElement.blur()")
    page.mouse.click(2, 898)  # the keys begin at the top of the page again
    page.evaluate("getSelection().removeAllRanges(), document.body.prepend(document.querySelector('.pg-skip-link'))")
    page.locator(".pg-skip-link").focus()
    expect(page.get_by_role("link", name="Skip to the tabs")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="Decode")).to_be_focused()
    assert "#" not in page.url
    pressed = 2  # Tab to the link, and Enter
    while not strip(page).evaluate("(list) => list.contains(document.activeElement)"):
        page.keyboard.press("Tab")
        pressed += 1
        assert pressed <= 10
    assert page.evaluate("document.body.firstElementChild.className") == "pg-skip-link"


def test_the_focus_stays_on_the_page_when_a_view_goes(page):
    open_view(page, "Attention")
    page.get_by_label("Text to look at").focus()
    page.go_back()
    expect_open(page, "Decode")
    expect(page.get_by_role("tab", name="Decode")).to_be_focused()


@pytest.mark.parametrize("name", PARTS)
def test_the_sidebar_shows_what_the_view_reads_and_says_so(page, name):
    open_view(page, name)
    sidebar, seen = page.locator(".sidebar"), set()
    for part in PARTS["Decode"]:
        found = sidebar.get_by_text(part, exact=True).or_(sidebar.get_by_role("button", name=part, exact=True))
        if found.locator("visible=true").count():
            seen.add(part)
    assert seen == PARTS[name]
    width = panel(page, name).evaluate("(view) => view.getBoundingClientRect().width")
    if name in SAYS:
        expect(page.get_by_role("heading", level=2, name=SAYS[name], exact=True)).to_be_visible()
        assert width < VIEWPORT["width"] - 340
    else:
        expect(page.get_by_role("button", name="Toggle Sidebar")).to_be_hidden()
        assert width > VIEWPORT["width"] - 80
    # and Decode is as wide as it was, also after a change of the window's size without the sidebar
    page.set_viewport_size({"width": 1300, "height": 900})
    page.set_viewport_size(VIEWPORT)
    open_view(page, "Decode")
    assert panel(page, "Decode").evaluate("(view) => view.getBoundingClientRect().left") > 340


@pytest.mark.parametrize("name", ["Decode", "Prompts", "Settings", "Beams"])
def test_a_view_has_one_filled_button_which_control_enter_presses_and_one_stop(page, name):
    open_view(page, name)
    if name == "Prompts":
        expect_finished(page)
        for fold in page.locator("#pg-evaluation summary").all():
            fold.click()
    filled = page.evaluate(
        """() => {
            const probe = document.body.appendChild(document.createElement("i"));
            probe.style.color = "var(--pg-accent)";
            const accent = getComputedStyle(probe).color;
            probe.remove();
            return [...document.querySelectorAll("button")]
                .filter((one) => one.checkVisibility({ visibilityProperty: true }))
                .filter((one) => getComputedStyle(one).backgroundColor === accent)
                .map((one) => one.textContent.trim());
        }"""
    )
    expected = {"Decode": "Generate", "Prompts": "Run", "Settings": "Run", "Beams": "Search"}[name]
    assert filled == [expected]
    stops = page.get_by_role("button", name=re.compile("^Stop")).filter(visible=True)
    expect(stops).to_have_count(1)
    pressed = "(name) => { window.pgPressed = name; }"
    page.evaluate(f"""document.addEventListener("click", (event) => {{
        event.stopImmediatePropagation();
        ({pressed})(event.target.textContent.trim());
    }}, {{ capture: true, once: true }})""")
    page.keyboard.press("Control+Enter")
    assert page.evaluate("window.pgPressed") == expected
