"""Tests a visit in several tabs of one browser, which has six connections to a server in all."""

import pytest
from playwright.sync_api import expect

from tests.browser.seats import BLANK
from tests.browser.visitor import ending, generate, selected

pytestmark = [pytest.mark.browser, pytest.mark.model]


def test_tabs_of_one_browser_do_not_take_each_others_connections(profile, site):
    """An open page keeps one connection. The stream of answers closes when nothing is being generated."""
    pages = [profile.new_page() for _ in range(4)]
    for page in pages:
        page.goto(site.url)
        expect(selected(page)).to_be_visible()
    for page in (pages[-1], pages[0]):
        generate(page, "The sky", 2)
        expect(page.locator(".pg-strip-prompt")).to_have_text("The·sky")
        expect(ending(page)).to_be_visible()
    for page in pages:
        page.goto(site.url + BLANK)
        page.evaluate("localStorage.clear()")
        page.close()
