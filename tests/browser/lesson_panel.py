"""What the tests of lessons press and wait for in the panel."""

from playwright.sync_api import Locator, Page, expect


def panel(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Lesson")


def press(page: Page, name: str) -> None:
    panel(page).get_by_role("button", name=name, exact=True).click()


def guess(page: Page, choice: str, outcome: str) -> None:
    """Commits to a choice, and waits until the panel says what came of it."""
    panel(page).get_by_label(choice).check()
    press(page, "Commit")
    expect(panel(page).locator(".pg-guess-result")).to_contain_text(outcome)
