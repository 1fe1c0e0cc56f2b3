"""Opens pages for visitors who have chosen a face of the page, or none."""

from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

CHOSEN = """
if (window === top && location.protocol.startsWith("http") && !localStorage.getItem("playground:face"))
    localStorage.setItem("playground:face", "everything");
"""


class WithEverything:
    """A browser whose visitors have chosen the face Everything in an earlier visit, which most tests look at.

    `first_visits` is the browser itself, for a test of a visitor without a choice.
    """

    def __init__(self, browser: Browser) -> None:
        self.first_visits = browser

    def new_context(self, **options: Any) -> BrowserContext:
        context = self.first_visits.new_context(**options)
        context.add_init_script(CHOSEN)
        return context

    def new_page(self, **options: Any) -> Page:
        page = self.first_visits.new_page(**options)
        page.add_init_script(CHOSEN)
        return page
