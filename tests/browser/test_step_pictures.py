"""Tests how a step's pictures are read: kept axis, keyboard, the whole text, system colours, and nothing is cut."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.visitor import bars, chosen, ending, generate, selected, set_number, share_of_band, strip, tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]

MIXED = "مرحبا 夜空 🦜 At night"


@pytest.fixture
def page(example):
    """The example, which most tests of this file use."""
    return example


def outlines(page: Page) -> list[str]:
    return page.locator(".pg-bar[data-kind=token] .pg-outline").evaluate_all("all => all.map((one) => one.style.width)")


def test_the_axis_stays_while_a_slider_moves_and_fits_on_demand(page):
    ticks, before = page.locator(".pg-tick:not([hidden])"), outlines(page)[:4]
    axis = ticks.all_inner_texts()
    set_number(page, "Temperature", "0.2")
    expect(page.locator(".pg-differing")).to_contain_text("temperature 0.2")
    set_number(page, "Temperature", "2")
    expect(page.locator(".pg-differing")).to_contain_text("temperature 2")
    expect(ticks).to_have_text(axis)
    assert outlines(page)[:1] == before[:1]
    fit, longest = page.get_by_label("fit the axis"), bars(page).first.locator(".pg-fill")
    fit.check()
    expect(ticks.last).to_have_text("50 %")
    fit.uncheck()
    set_number(page, "Temperature", "0.2")
    expect(longest).to_have_class(re.compile("pg-beyond"))  # longer than the axis, which stays
    expect(ticks.last).to_have_text("50 %")
    fit.check()
    expect(ticks.last).to_have_text("100 %")
    expect(longest).not_to_have_class(re.compile("pg-beyond"))
    fit.uncheck()
    tokens(page).nth(4).click()
    expect(page.locator(".pg-bars-title")).to_contain_text("Step 5:")
    set_number(page, "Temperature", "0.8")
    tokens(page).first.click()
    expect(page.locator(".pg-bars-title")).to_contain_text("Step 1:")
    expect(ticks).to_have_text(axis)


def test_the_bars_are_a_list_with_values_for_the_keyboard(fresh_page):
    page = fresh_page
    candidates = page.get_by_role("listbox", name="Candidates")
    options = candidates.get_by_role("option")
    expect(candidates.get_by_role("option", selected=True)).to_have_count(1)
    expect(options.first).to_have_accessible_name(re.compile(r"·stars [\d.]+ % [\d.]+ %"))
    expect(options.first).to_have_accessible_description(re.compile(r"^[\d.]+ % now, [\d.]+ % unscaled$"))
    assert candidates.locator("[tabindex='0']").count() == 1
    page.get_by_label("fit the axis").focus()
    page.keyboard.press("Tab")
    expect(options.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(options.nth(2)).to_be_focused()
    page.keyboard.press("End")
    expect(options.last).to_be_focused()
    expect(options.last).to_have_accessible_name(re.compile(r"^[\d,]+ more [\d.]+ %"))
    page.keyboard.press("Enter")  # all other tokens together are no token to continue with
    page.keyboard.press("Home")
    page.get_by_label("Number of bars").select_option("10 bars")
    word = bars(page).nth(3).locator(".pg-label").inner_text()
    options.nth(3).press("Enter")
    expect(tokens(page).first).to_have_text(word)
    expect(page.get_by_role("list", name="Branches").get_by_role("button")).not_to_have_count(1)


def test_up_and_down_choose_on_another_line_of_the_strip(page):
    def top() -> float:
        return selected(page).bounding_box()["y"] + page.locator(".pg-strip").evaluate("strip => strip.scrollTop")

    tokens(page).nth(3).click()
    first, above = chosen(page), top()
    strip(page).press("ArrowDown")
    expect(selected(page)).not_to_have_text(first)
    assert top() > above + 15
    strip(page).press("ArrowUp")
    assert abs(top() - above) < 8


def test_the_whole_text_is_read_beside_the_strip_and_copied_without_a_clipboard(fresh_page):
    page = fresh_page
    generate(page, MIXED, 4)
    expect(ending(page)).to_be_visible()
    part = strip(page).locator("[data-whole='🦜']").first
    expect(part).to_have_text(re.compile("^·?‹F0 9F"))
    expect(part).to_have_attribute("title", re.compile("^part of 🦜"))
    place = page.locator(".pg-bars").bounding_box()
    page.get_by_role("button", name="Text", exact=True).click()
    text = page.get_by_role("region", name="The whole text")
    expect(text.locator(".pg-text-prompt")).to_have_text(MIXED)
    assert page.locator(".pg-bars").bounding_box() == place
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    page.evaluate("document.execCommand = () => { window.copied = document.activeElement.value; return true; }")
    copy = page.get_by_role("button", name="Copy text")
    copy.click()
    expect(page.get_by_role("status").filter(has_text="Text copied.")).to_have_count(1)
    expect(copy).to_have_text("Copied")
    assert page.evaluate("copied").startswith(MIXED)
    page.evaluate("document.execCommand = () => false")
    copy.click()
    expect(page.get_by_role("status").filter(has_text="The text is selected")).to_have_count(1)
    assert page.evaluate("getSelection().toString()").startswith(MIXED)


def test_in_the_systems_colours_bars_shades_and_cuts_are_seen(page):
    colour = "(element, name) => getComputedStyle(element)[name]"
    page.emulate_media(forced_colors="active")
    ground = page.locator("#pg-decode .pg-root").evaluate(colour, "backgroundColor")
    seen = {
        "bar": bars(page).first.locator(".pg-fill").evaluate(colour, "backgroundColor"),
        "outline": bars(page).first.locator(".pg-outline").evaluate(colour, "borderTopColor"),
        "drawn": page.locator(".pg-bar.pg-drawn .pg-label").evaluate(colour, "color"),
        "shade": tokens(page).last.evaluate(colour, "backgroundColor"),
        "pressed": page.locator(".pg-chain [aria-pressed=true]").evaluate(colour, "backgroundColor"),
        "cut": page.locator(".pg-curve-drag:not([hidden]) .pg-curve-cut").first.evaluate(colour, "stroke"),
        "curve": page.locator(".pg-curve-now").evaluate(colour, "stroke"),
    }
    page.emulate_media(forced_colors="none")
    assert ground not in seen.values(), seen


CUT = """() => [...document.querySelectorAll("#pg-decode *")].filter((element) => {
    const style = getComputedStyle(element);
    if (!element.checkVisibility() || !element.textContent.trim()) return false;
    if (element.closest(".pg-unseen, .pg-spoken, svg, .pg-settings, .pg-tools, .pg-status")) return false;
    if (element.scrollWidth <= element.clientWidth + 1 || style.display === "inline") return false;
    if (["auto", "scroll"].includes(style.overflowX)) return false;
    return style.overflowX === "hidden" ? !element.title && !element.closest("[title]:not([title=''])") : true;
}).map((element) => `${element.className}: ${element.textContent.slice(0, 60)}`)"""
"""The elements whose text is wider than they are, and which have no title with the whole of it."""


OUTSIDE = """() => {
    const { right } = document.querySelector("#pg-decode .pg-root").getBoundingClientRect();
    const isSeen = (one) => one.checkVisibility() && !one.closest(".pg-unseen, .pg-scroll, svg");
    const parts = [...document.querySelectorAll(".pg-how *, .pg-chain *")].filter(isSeen);
    return parts.filter((one) => one.getBoundingClientRect().right > right + 1).map((one) => one.className);
}"""


@pytest.mark.parametrize("width", [1440, 1024])
def test_no_text_is_cut_or_leaves_its_place_after_a_thousand_draws_with_every_stage_on(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    page.get_by_role("button", name="Draw 1,000").click()
    expect(page.locator(".pg-ribbon-result")).to_contain_text("1,000 draws")
    page.evaluate("() => { const { random } = Math; Math.random = () => { Math.random = random; return 0.9999; }; }")
    page.get_by_role("button", name="Draw again").click()
    expect(page.locator(".pg-ribbon-reading")).to_contain_text("u = 1.000 falls")
    assert share_of_band(page.locator(".pg-ribbon-u")) == pytest.approx(0.9999, abs=0.003)
    page.wait_for_function(f"() => !({CUT})().length")  # the parts take their places in the other window first
    page.evaluate(
        """() => document.dispatchEvent(new CustomEvent("playground:settings", { detail: {
            logit_bias: {" the": 1}, repetition_penalty: 1.3, no_repeat_ngram_size: 2,
            top_h: 0.6, top_k: 40, top_p: 0.9, min_p: 0.01,
            typical_p: 0.9, epsilon_cutoff: 0.0003, eta_cutoff: 0.0003 } }))"""
    )
    expect(page.locator(".pg-stage-card:not(.pg-stage-card-off)")).to_have_count(12)  # the model and eleven stages
    assert page.evaluate(CUT) == []
    assert page.evaluate(OUTSIDE) == []
    page.set_viewport_size({"width": 1440, "height": 900})


def test_what_scrolls_can_be_reached_by_key_and_every_head_of_a_table_has_a_text(page):
    page.get_by_text("The candidates as a table").click()
    page.get_by_role("button", name="Surprisal and entropy").click()
    page.get_by_text("The lines as a table").click()
    heads = page.locator("#pg-decode th:visible").all_inner_texts()
    assert len(heads) > 20
    assert all(heads)
    unreachable = page.evaluate(
        """() => [...document.querySelectorAll("#pg-decode *")].filter((one) => {
            const { overflowX, overflowY } = getComputedStyle(one);
            const scrolls = [overflowX, overflowY].some((way) => ["auto", "scroll"].includes(way));
            const isReached = one.tabIndex >= 0 || one.querySelector("[tabindex='0'], button, input");
            return scrolls && one.checkVisibility() && !isReached;
        }).map((one) => one.className)"""
    )
    page.get_by_role("button", name="Surprisal and entropy").click()
    assert unreachable == []
