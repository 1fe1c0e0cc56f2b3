"""Tests the main work of every tab in bfloat16, the default dtype above a billion parameters."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser import attention, prompts
from tests.browser.conftest import served
from tests.browser.visitor import bars, ending, generate, open_view, selected, tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]

NEW_TOKENS = 5
PANES = {
    "Picture": ".pg-plan-svg",
    "Tokens": ".pg-steps-svg rect",
    "Embeddings": ".pg-space-room[data-drawn]",
    "Positions": ".pg-curves-line",
    "Layers": ".pg-cell-bars .pg-bar",
    "To a word": ".pg-word-table tbody tr",
    "Why": ".pg-why-bar",
}
"""What each pane draws when it has its numbers."""


@pytest.fixture
def page(chromium, default_in_16_bits):
    """A visitor of a separate server. The test fails on an error in the console."""
    faults = []
    with served(default_in_16_bits) as site, chromium.new_page(viewport={"width": 1440, "height": 900}) as page:
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(site.url)
        expect(bars(page)).not_to_have_count(0)
        yield page
    assert faults == []


def test_every_tab_does_its_main_work(page):
    expect(page.locator("#pg-model")).to_contain_text("bfloat16")
    for main_work in (
        write,
        colour_by_attention,
        look_at_attention,
        compare_prompts,
        compare_settings,
        search,
        look_inside,
    ):
        main_work(page)
        expect(page.get_by_text(re.compile("does not return|went wrong")).filter(visible=True)).to_have_count(0)
        expect(page.get_by_role("alert").filter(visible=True)).to_have_count(0)


def write(page: Page) -> None:
    generate(page, "At night the sky is full of", NEW_TOKENS)
    expect(tokens(page)).to_have_count(NEW_TOKENS)
    expect(ending(page)).to_be_visible()
    tokens(page).nth(2).click()
    expect(selected(page)).to_have_count(1)
    expect(bars(page)).not_to_have_count(0)


def colour_by_attention(page: Page) -> None:
    page.get_by_label("Colour by").select_option("attention")
    heat = re.compile(r"\d")  # the first token, an attention sink, is hidden at first
    expect(page.locator("#pg-decode .pg-strip .pg-token").nth(1)).to_have_attribute("data-heat", heat)


def look_at_attention(page: Page) -> None:
    attention.open_tab(page)
    expect(attention.tab(page).locator(".pg-map-plot:not(.pg-no-map)").first).to_be_visible()


def compare_prompts(page: Page) -> None:
    prompts.open_tab(page)
    prompts.write_input(page, "A film that I would see again.")
    prompts.run(page)
    prompts.expect_finished(page)


def compare_settings(page: Page) -> None:
    open_view(page, "Settings")
    compare = page.locator("#pg-compare")
    compare.get_by_label("Seeds", exact=True).fill("1")
    compare.get_by_label("New tokens").fill(str(NEW_TOKENS))
    compare.get_by_role("button", name="Run").click()
    expect(compare.get_by_text(re.compile(r"^(\d+) of \1 texts?, done$"))).to_be_visible()


def search(page: Page) -> None:
    open_view(page, "Beams")
    beams = page.locator("#pg-beams")
    beams.get_by_label("Beams", exact=True).fill("2")
    beams.get_by_label("New tokens").fill(str(NEW_TOKENS))
    beams.get_by_role("button", name="Search", exact=True).click()
    expect(beams.get_by_role("rowheader", name="◆ winner")).to_be_visible()


def look_inside(page: Page) -> None:
    for name, drawn in PANES.items():
        open_view(page, name)
        expect(page.locator(drawn).filter(visible=True).first).to_be_visible()
