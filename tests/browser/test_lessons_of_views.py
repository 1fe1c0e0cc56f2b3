"""Walks pages of the shipped lessons whose views are Compare prompts and Beams, on the default model."""

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.model]


def panel(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Lesson")


def open_lesson(page: Page, name: str) -> None:
    page.evaluate("(name) => document.dispatchEvent(new CustomEvent('playground:lesson', { detail: name }))", name)
    expect(panel(page)).to_be_visible()
    expect_there(page)


def expect_there(page: Page) -> None:
    expect(panel(page)).to_have_attribute("data-there", "")


def press(page: Page, name: str) -> None:
    panel(page).get_by_role("button", name=name, exact=True).click()


def guess(page: Page, choice: str, outcome: str) -> None:
    panel(page).get_by_label(choice).check()
    press(page, "Commit")
    expect(panel(page).locator(".pg-guess-result")).to_contain_text(outcome)
    expect_there(page)


def test_columns_are_brought_and_a_task_is_failed_and_solved(fresh_page):
    page = fresh_page
    open_lesson(page, "limits")
    columns = page.get_by_label("Examples in this column")
    expect(columns).to_have_count(1)
    guess(page, "It gets a little more.", "The answer is: It gets more than half.")
    expect(columns).to_have_count(2)
    row = page.locator(".pg-prompts-label-body [role=img][aria-label^='Few-shot, 4']").first
    share = row.get_attribute("aria-label").split("Negative ")[1].rstrip(")")
    expect(panel(page)).to_contain_text(f"It gets {share}.")
    for _ in range(5):
        press(page, "Next")
    expect_there(page)
    solved = panel(page).get_by_text("✓ Solved.")
    columns.nth(1).select_option("3 shots")
    expect(page.get_by_label("Label words", exact=True).last).to_contain_text("Few-shot, 3")
    expect(solved).to_have_count(0)
    columns.nth(1).select_option("2 shots")
    expect(solved).to_be_visible()


def test_a_search_is_brought_and_its_texts_are_in_the_panel(fresh_page):
    page = fresh_page
    open_lesson(page, "beams")
    greedy = ", the city of Nova Haven was a thriving metropolis, with"
    expect(panel(page)).to_contain_text(f"which is greedy's: “{greedy}”.")
    guess(page, "A text that is more probable as a whole.", "✓ Right")
    expect(page.get_by_role("spinbutton", name="Beams")).to_have_value("4")
    expect(panel(page)).to_contain_text("It finds “, there was a small town nestled in the heart of a”.")
