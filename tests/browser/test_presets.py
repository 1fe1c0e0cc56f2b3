"""Tests the presets of the sidebar: what a press sets, which cards it puts on the chain, and what its title says."""

import pytest
from playwright.sync_api import Page, expect

from playground.decoding.settings import PRESET_HELPS, PRESETS, Settings
from tests.browser.chain import card, cards, press, put
from tests.browser.seats import IDLE
from tests.browser.visitor import bars, open_view, requested, set_number, settle

pytestmark = [pytest.mark.browser, pytest.mark.model]

SAID = "() => ({ ...window.playgroundSettings })"
"""A script that returns the settings that the page's views have."""
SLIDERS = ["temperature", "top-k", "top-p"]


@pytest.fixture
def page(example):
    """The example, which all tests of this file use."""
    return example


def preset(page: Page, name: str):
    return page.get_by_role("button", name=name, exact=True)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_sets_all_that_says_how_a_token_is_chosen(page, name):
    put(page, "typical-p", "0.5")
    expect(page.locator(".pg-differing")).to_contain_text("typical-p 0.5")
    preset(page, name).click()
    expect(card(page, "typical-p")).to_have_count(0)
    expect(page.locator(".pg-chain > .pg-unseen")).to_have_text("")  # nobody hears of a stage that is gone
    wanted = PRESETS[name]
    expect(page.locator(".sidebar").get_by_role("spinbutton", name="Temperature")).to_have_value(
        f"{wanted.temperature:g}"
    )
    page.evaluate(IDLE)
    assert Settings.from_dict(page.evaluate(SAID)) == wanted
    preset(page, "Balanced").click()
    expect(page.locator(".pg-differing")).to_have_text("")


@pytest.mark.parametrize(
    ("name", "added"),
    [("Min-p 0.1", ["min-p"]), ("Top-nσ 1", ["top-nσ"]), ("Mirostat 2", ["Mirostat"])],
)
def test_a_preset_puts_its_stages_on_the_chain_without_a_request(page, name, added):
    assert cards(page) == SLIDERS
    settle(page)
    before = bars(page).all_inner_texts()
    with requested(page) as asked:
        preset(page, name).click()
        for label in added:
            expect(card(page, label).get_by_role("switch")).to_be_checked()
        expect(bars(page)).not_to_have_text(before, use_inner_text=True)
        preset(page, "Balanced").click()
        expect(page.locator(".pg-differing")).to_have_text("")
        expect(bars(page)).to_have_text(before, use_inner_text=True)
    assert asked == []
    assert cards(page) == SLIDERS, "stages that the next preset does not use are gone"


def test_xtc_and_dry_leave_out_the_obvious_token(page):
    first = bars(page).first.locator(".pg-label").inner_text()
    preset(page, "XTC + DRY").click()
    for label in ("DRY", "min-p", "XTC"):
        expect(card(page, label).get_by_role("switch")).to_be_checked()
    expect(bars(page).filter(has_text=first).first).to_contain_text("XTC")
    press(page, "XTC", "Remove")
    expect(bars(page).first).not_to_contain_text("XTC")


def test_each_preset_says_what_it_does(page):
    for name, says in PRESET_HELPS.items():
        expect(preset(page, name)).to_have_attribute("title", says)


@pytest.mark.parametrize("size", [(1440, 900), (1024, 768)])
def test_the_sliders_are_in_view_below_the_presets(page, size):
    page.set_viewport_size({"width": size[0], "height": size[1]})
    for name in PRESETS:
        button = preset(page, name)
        expect(button).to_be_in_viewport(ratio=1)
        assert button.evaluate("(one) => one.scrollWidth <= one.clientWidth"), f"{name} is cut"
    for label in ("Temperature", "Top-k", "Top-p", "Max new tokens"):
        expect(page.locator(".sidebar").get_by_role("slider", name=label)).to_be_in_viewport(ratio=1)


def test_a_view_without_the_chain_names_the_settings_that_only_the_chain_has(page):
    line = page.locator(".pg-further-line")
    preset(page, "Min-p 0.1").click()
    expect(card(page, "min-p")).to_be_visible()
    expect(line).to_be_hidden()
    open_view(page, "Beams")
    expect(line).to_have_text("Also in force: min-p 0.1. Change this in the chain of Decode.")
    preset(page, "Mirostat 2").click()
    expect(line).to_have_text("Also in force: Mirostat 2, target τ 3. Change these in the chain of Decode.")
    set_number(page, "Temperature", "0.7")
    preset(page, "Focused").click()
    expect(line).to_have_text("")
    open_view(page, "Decode")
