"""Walks the first lesson as a newcomer does: on a first visit, with the panel and the simple face alone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.example import expect_drawn
from tests.browser.lesson_panel import guess, panel, press
from tests.browser.visitor import tokens

SIZES = {"projector": (1024, 768), "phone": (390, 844)}


@pytest.fixture(params=SIZES)
def newcomer(request, chromium, site):
    """The page of somebody who is here for the first time, in the first lesson. No error may be on the console."""
    width, height = SIZES[request.param]
    with chromium.first_visits.new_page(viewport={"width": width, "height": height}) as page:
        errors = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(site.url)
        expect_drawn(page)
        page.get_by_role("button", name="Show me (3 minutes)").click()
        expect_there(page, "One word at a time")
        yield page
    assert errors == []


def expect_there(page: Page, title: str) -> None:
    expect(panel(page).get_by_role("heading", level=3)).to_have_text(title)
    expect(panel(page)).to_have_attribute("data-there", "")


def test_a_newcomer_learns_what_temperature_does(newcomer):
    page = newcomer
    solved = panel(page).get_by_text("✓ Solved.")
    for written in range(2, 6):
        expect(solved).to_have_count(0)
        page.get_by_role("button", name="Write the next word").click()
        expect(tokens(page)).to_have_count(written)
    expect(solved).to_be_visible()
    press(page, "Next")
    expect_there(page, "Chance decides")
    guess(page, "It must be", "✗ Not this time.")
    press(page, "Next")
    expect_there(page, "Temperature down")
    guess(page, "It grows.", "✓ Right: It grows.")
    expect(page.get_by_role("slider", name="Temperature")).to_have_value("0.3")
    press(page, "Next")
    expect_there(page, "Temperature up")
    expect(page.locator(".pg-caption")).not_to_be_visible()  # it would tell the answer
    panel(page).get_by_role("slider").press("PageUp")
    press(page, "Commit")
    expect(panel(page)).to_contain_text("You: 10 %, model: 6.90 %, 3.1 points off.")
    press(page, "Next")
    expect_there(page, "Two texts")
    before = tokens(page).all_inner_texts()
    guess(page, "Words that the model finds more likely.", "✓ Right")
    expect(tokens(page)).not_to_have_text(before)
    press(page, "Next")
    expect_there(page, "Your turn")
    slider = page.get_by_role("slider", name="Temperature")
    slider.press("ArrowRight")  # a warmer one does not solve it
    expect(solved).to_have_count(0)
    slider.press("Home")
    expect(solved).to_be_visible()
    panel(page).get_by_text("Show an answer").click()
    expect(panel(page)).to_contain_text("A low temperature")
    press(page, "Close the lesson")
    expect(panel(page)).to_have_count(0)
    expect(tokens(page)).to_have_count(40)  # the text of before is back, with its settings
    expect(slider).to_have_value("0.8")
