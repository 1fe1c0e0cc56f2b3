"""Walks pages of the shipped lessons whose views are Compare prompts and Beams, on the default model."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.lesson_panel import panel, press
from tests.browser.visitor import open_view

pytestmark = [pytest.mark.browser, pytest.mark.model]


def open_lesson(page: Page, name: str) -> None:
    page.evaluate("(name) => document.dispatchEvent(new CustomEvent('playground:lesson', { detail: name }))", name)
    expect(panel(page)).to_be_visible()
    expect_there(page)


def expect_there(page: Page) -> None:
    expect(panel(page)).to_have_attribute("data-there", "")


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


def test_what_the_views_showed_is_there_again_after_a_lesson(fresh_page):
    page = fresh_page
    open_view(page, "Prompts")
    task_input = page.locator("#pg-prompts").get_by_label("Input", exact=True)
    task_input.fill("My own film.")
    open_view(page, "Embeddings")
    words = page.get_by_label("Words", exact=True)
    words.fill("one, two, three")
    page.locator("#pg-embeddings").get_by_role("button", name="Show", exact=True).first.click()
    expect(page.locator("#pg-embeddings").get_by_text("3 words in the embedding")).to_be_visible()
    open_view(page, "Attention")
    page.get_by_label("Text to look at").select_option("a text of my own")
    page.get_by_label("First text").fill("Two cats sleep.")
    page.get_by_role("button", name="Read", exact=True).click()
    expect(page.locator("#pg-attention .pg-map-axes").first).to_contain_text("cats")
    for lesson in ("limits", "attention", "embeddings"):
        open_lesson(page, lesson)
        press(page, "Close the lesson")
        expect(panel(page)).to_have_count(0)
    open_view(page, "Attention")
    expect(page.locator("#pg-attention .pg-map-axes").first).to_contain_text("cats")
    open_view(page, "Embeddings")
    expect(words).to_have_value("one, two, three")
    expect(page.locator("#pg-embeddings").get_by_text("3 words in the embedding")).to_be_visible()
    open_view(page, "Prompts")
    expect(task_input).to_have_value("My own film.")
    expect(page.get_by_label("Examples in this column")).to_have_count(3)
