"""Tests the words that explain themselves, and the signs beside the controls of the sidebar."""

import re

import pytest
from playwright.sync_api import Page, expect

from playground.decoding.stages import STAGES
from tests.browser.seats import VIEWPORT
from tests.browser.visitor import VIEWS, open_view, strip

pytestmark = [pytest.mark.browser, pytest.mark.model]

PHONE = {"width": 390, "height": 844}
BOXES = """() => [...document.querySelectorAll(".sidebar, .sidebar *, #pg-decode, #pg-decode *")]
    .filter((one) => one.checkVisibility())
    .map((one) => one.getBoundingClientRect())
    .flatMap(({ left, top, width, height }) => [left, top, width, height])"""
"""A script that returns where everything is, as one list of numbers."""
AMISS = """() => {
    const card = document.querySelector("#pg-term-card").getBoundingClientRect();
    const word = document.activeElement.getBoundingClientRect();
    const isInside = card.left >= 0 && card.right <= innerWidth && card.top >= 0 && card.bottom <= innerHeight;
    const isApart = card.top >= word.bottom || card.bottom <= word.top;
    return isInside && isApart ? [] : [document.activeElement.textContent, card.toJSON(), word.toJSON()];
}"""
"""A script that says what is amiss with the place of the card: it leaves the window, or covers its word."""


@pytest.fixture
def page(shared_page):
    """A page that the tests of this file share. Each begins on Decode, in a window of the usual size, with no card."""
    shared_page.set_viewport_size(VIEWPORT)
    open_view(shared_page, "Decode")
    yield shared_page
    shared_page.evaluate("document.activeElement.blur()")


def card(page: Page):
    return page.locator("#pg-term-card")


def fact(page: Page, name: str):
    """Returns a word of the headline."""
    return page.locator(".pg-facts").get_by_role("button", name=name, exact=True)


def signs(page: Page):
    """Returns the signs beside the controls that are seen."""
    return page.locator(".sidebar .pg-help:visible")


def test_a_word_shows_its_sentence_by_keyboard(page):
    page.get_by_role("button", name="Open file").focus()
    page.keyboard.press("Tab")
    expect(fact(page, "probability")).to_be_focused()
    expect(card(page)).to_contain_text("Arrow keys: the next word.")
    page.keyboard.press("ArrowRight")
    expect(fact(page, "unscaled")).to_be_focused()
    expect(card(page)).to_have_text("The model's own probability: temperature 1, nothing cut, no penalty.")
    expect(fact(page, "unscaled")).to_have_accessible_description(card(page).inner_text())
    page.keyboard.press("Escape")
    expect(card(page)).to_be_hidden()
    expect(fact(page, "unscaled")).to_be_focused()
    page.keyboard.press("Enter")
    expect(card(page)).to_be_visible()
    page.keyboard.press(" ")
    expect(card(page)).to_be_hidden()
    page.keyboard.press("ArrowDown")
    expect(card(page)).to_contain_text("The most probable one has rank 1.")
    page.keyboard.press("Tab")
    expect(card(page)).to_be_hidden()
    page.keyboard.press("Shift+Tab")
    expect(fact(page, "rank")).to_be_focused()  # the word that had the focus last


def test_the_words_of_a_panel_are_one_stop_and_the_arrow_keys_reach_them_all(page):
    focused = "document.activeElement.matches('#pg-decode .pg-term') ? document.activeElement.textContent : ''"
    strip(page).focus()
    stops = []
    while page.evaluate("document.activeElement.closest('#pg-decode') !== null"):
        stops.append(page.evaluate(focused))
        page.keyboard.press("Tab")
    stops = [stop for stop in stops if stop]
    assert len(stops) == 3
    reached = []
    for stop in stops:
        page.locator("#pg-decode .pg-term:visible").get_by_text(stop, exact=True).first.press("Home")
        words = [page.evaluate(focused)]
        while page.keyboard.press("ArrowRight") or (word := page.evaluate(focused)) != words[-1]:
            words.append(word)
        reached += words
    assert sorted(reached) == sorted(page.locator("#pg-decode .pg-term:visible").all_inner_texts())
    page.locator("#pg-decode .pg-term:visible").get_by_text("‹E2›").click()
    expect(card(page)).to_have_text(re.compile("^Bytes, .* a part of a character"))


def test_a_click_shows_the_sentence_and_a_second_one_or_one_elsewhere_closes_it(page):
    rank = fact(page, "rank")
    rank.click()
    expect(card(page)).to_be_visible()
    rank.click()
    expect(card(page)).to_be_hidden()
    rank.click()
    expect(card(page)).to_be_visible()
    page.locator(".pg-headline-token").click()
    expect(card(page)).to_be_hidden()


def test_escape_closes_the_card_before_anything_else_and_a_step_keeps_the_focus(page):
    page.get_by_role("button", name="Presenter view").click()
    token = page.locator(".pg-headline-token").inner_text()
    fact(page, "rank").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".pg-headline-token")).not_to_have_text(token)
    expect(fact(page, "rank")).to_be_focused()
    page.keyboard.press("Escape")
    expect(card(page)).to_be_hidden()
    expect(page.locator(":root.pg-presenter")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(":root.pg-presenter")).to_be_hidden()


def test_every_control_has_one_sentence_and_nothing_moves(page):
    in_sidebar = sum(stage.in_sidebar for stage in STAGES)
    expect(signs(page)).to_have_count(in_sidebar + 3)  # and the strategy, the number of new tokens, and the seed
    before = page.evaluate(BOXES)
    for place in range(signs(page).count()):
        sign = signs(page).nth(place)
        sign.focus()
        expect(card(page)).to_be_visible()
        assert page.evaluate(AMISS) == []
        assert sign.evaluate("({ offsetWidth, offsetHeight }) => Math.min(offsetWidth, offsetHeight)") >= 24
    page.get_by_role("button", name="What does top-p do?").click()
    expect(card(page)).to_have_text("Top-p keeps the fewest most probable tokens whose probabilities sum to p or more.")
    page.evaluate("document.querySelector('.sidebar-content').scrollTop = 0")
    assert page.evaluate(BOXES) == pytest.approx(before, abs=0.1)  # a page that was scrolled rounds by a 64th


def test_a_touch_shows_the_sentence_of_a_slider_in_the_sheet_of_a_phone(page):
    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="What does temperature do?").click()
    expect(card(page)).to_contain_text("Temperature divides the logits")
    assert page.evaluate(AMISS) == []


@pytest.mark.parametrize("size", [VIEWPORT, PHONE], ids=["laptop", "phone"])
@pytest.mark.parametrize("view", VIEWS)
def test_the_card_is_inside_of_the_window_and_not_over_its_word(page, view, size):
    page.set_viewport_size(size)
    open_view(page, view)
    words = page.locator("#pg-views .pg-term:visible")
    for place in range(words.count()):
        words.nth(place).focus()
        expect(card(page)).to_be_visible()
        page.wait_for_function(f"({AMISS})().length === 0")  # while a view is drawn, the card follows its word
