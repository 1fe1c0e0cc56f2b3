"""Tests the example in a stage's explanation: one press writes its text and shows the stage in the bars."""

import re

import pytest
from playwright.sync_api import Page, expect

from playground.decoding.stages import BY_NAME
from tests.browser.chain import add, card, press, see, switch
from tests.browser.visitor import bars, ending, headline, selected, tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]

SHOWN = {
    "top_k": ["Sample, top-k 3", "49,152 → 3", "drawn from 3 tokens"],
    "no_repeat_ngram_size": ["Greedy, no-repeat n-gram 2", "49,152 → 49,151", "white"],
    "constraint": ["Greedy, regular expression", "49,152 → 1", "1 token"],
    "exponential_decay_length_penalty": ["Greedy, exponential decay", "1 moved", "im_end"],
    "watermark": ["Greedy, watermark 3", "moved", "young"],
}
"""What the page says of a stage of each kind: with what the text is written, on its card, and elsewhere
of the step that the example shows."""

ENDLESS = "1, 2, 3, 4,"
"""Greedy counts on from here until it is stopped."""


@pytest.fixture
def page(shared_page):
    """One page for all tests of this file. Each example sets all that it needs."""
    return shared_page


def explain(page: Page, label: str):
    """Opens the explanation of a stage, and returns it."""
    if card(page, label).count() == 0:
        add(page, label)
    about = page.get_by_role("group", name=f"About {label}")
    if not about.is_visible():
        press(page, label, "Explain")
    expect(about.get_by_role("button", name="Try it")).to_be_visible()
    return about


def written(page: Page, generated: str) -> None:
    """Waits until the text of these settings is written. The ending of the one before stays in view until it begins."""
    expect(page.locator(".pg-said")).to_contain_text(f"Generated with {generated}")
    expect(ending(page)).to_be_visible()


def prompt(page: Page):
    return page.get_by_label("Prompt", exact=True)


@pytest.mark.parametrize("name", SHOWN)
def test_one_press_writes_the_example_and_shows_what_the_stage_does(page, name):
    stage = BY_NAME[name]
    generated, on_card, elsewhere = SHOWN[name]
    about = explain(page, stage.label)
    expect(about).to_contain_text(stage.example.says)
    about.get_by_role("button", name="Try it").click()
    expect(prompt(page)).to_have_value(stage.example.prompt)
    written(page, generated)
    expect(page.locator(".pg-status")).to_contain_text(f"step {stage.example.step + 1} of")
    expect(switch(page, stage.label)).to_be_checked()
    expect(card(page, stage.label)).to_contain_text(on_card)
    expect(page.locator("#pg-decode .pg-step")).to_contain_text(elsewhere)
    expect(about).to_be_visible()
    expect(page.locator(".pg-legend").first).to_contain_text(f"without {stage.label}")
    expect(bars(page).first).to_have_attribute("aria-description", re.compile(f"without {stage.label}$"))
    others = [one for one in BY_NAME.values() if one.name != name and card(page, one.label).count()]
    for other in others:
        expect(see(page, other.label)).to_be_disabled()  # the example has its own stages only


def test_it_works_by_key_and_the_keyboard_stays_there(page):
    about = explain(page, "XTC")
    page.get_by_role("button", name="Explain XTC").focus()
    button = about.get_by_role("button", name="Try it")
    while not button.evaluate("button => button === document.activeElement"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement !== document.body")
    page.keyboard.press("Enter")
    written(page, "Sample, temperature 0.6, XTC 1")
    expect(headline(page)).to_have_text("·man")
    expect(selected(page)).to_have_text("·man")
    expect(tokens(page)).to_have_count(20)
    expect(button).to_be_focused()
    press(page, "XTC", "What if off")
    expect(page.locator(".pg-legend").first).not_to_contain_text("without")


def test_what_the_reader_wrote_comes_back(page):
    about = explain(page, "top-k")
    prompt(page).fill("My own words")
    for label, generated in (("top-k", "Sample, top-k 3"), ("top-p", "Sample, top-p")):
        about = explain(page, label)
        about.get_by_role("button", name="Try it").click()
        expect(prompt(page)).to_have_value("My favourite animal is the")
        written(page, generated)
    about.get_by_role("button", name="Bring back what I wrote").click()
    expect(prompt(page)).to_have_value("My own words")
    expect(about.get_by_role("button", name="Bring back what I wrote")).to_be_hidden()
    expect(about.get_by_role("button", name="Try it")).to_be_focused()


def test_while_a_text_is_written_nothing_is_replaced(page):
    about = explain(page, "top-k")
    prompt(page).fill(ENDLESS)
    page.get_by_role("button", name="Balanced", exact=True).click()
    page.get_by_role("radio", name="Greedy").check()
    page.get_by_role("spinbutton", name="Max new tokens").fill("500")
    page.get_by_role("spinbutton", name="Max new tokens").press("Enter")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator(".pg-said")).to_contain_text("Generated with Greedy.")
    expect(ending(page)).to_be_hidden()
    about.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("The text is still being generated. Press Stop first")).to_be_visible()
    expect(prompt(page)).to_have_value(ENDLESS)
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(ending(page)).to_be_visible()


def test_examples_that_do_not_come_are_told_and_asked_for_again(fresh_page, seats):
    fresh_page.route("**/stages/examples.json", lambda route: route.abort())
    press(fresh_page, "top-k", "Explain")
    about = fresh_page.get_by_role("group", name="About top-k")
    expect(about).to_contain_text("The server does not answer.")
    expect(about.get_by_role("button", name="Try it")).to_be_hidden()
    fresh_page.unroute("**/stages/examples.json")
    seats["own"].forgive()  # the browser's console tells of the request that failed
    explain(fresh_page, "top-p")
