"""Tests how the page chooses its language: from its address, the reader's choice or the browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.example import expect_drawn
from tests.browser.seats import VIEWPORT

pytestmark = [pytest.mark.browser, pytest.mark.model]


@pytest.fixture
def visit(chromium, site):
    """A function that returns the page of a browser in a language, at an address, with the files that it asked for."""
    profiles = []

    def come(address: str = "", locale: str = "en-GB"):
        profile = chromium.first_visits.new_context(viewport=VIEWPORT, locale=locale)
        profiles.append(profile)
        page, asked = profile.new_page(), []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(site.url + address)
        expect_drawn(page)
        return page, asked

    yield come
    for profile in profiles:
        profile.close()


def expect_french(page):
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    expect(page.locator(".pg-caption").first).to_contain_text("Qu’est-ce que je vois ?")
    expect(page.get_by_role("combobox", name="Langue")).to_have_value("fr")
    expect(page.locator("#pg-control-temperature label").first).to_contain_text("Température")


@pytest.mark.parametrize(("address", "locale"), [("/?lang=fr", "en-GB"), ("", "fr-FR"), ("/?lang=xx", "fr-CA")])
def test_the_address_comes_before_the_browser(visit, address, locale):
    page, _ = visit(address, locale)
    expect_french(page)


def test_an_english_page_loads_no_texts(visit):
    page, asked = visit("", "ja-JP")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert [url for url in asked if url.endswith(("/fr.js", "/de.js", "/en.js"))] == []


def test_a_choice_by_hand_is_kept(visit, site):
    page, _ = visit("/?face=everything")
    page.locator("#pg-prompt textarea").fill("My own words")
    page.wait_for_function("JSON.stringify(Object.entries(localStorage)).includes('My own words')")
    page.get_by_role("combobox", name="Language").select_option("Français")
    page.wait_for_url("**/?face=everything&lang=fr")
    expect_drawn(page)
    expect_french(page)
    expect(page.locator("#pg-prompt textarea")).to_have_value("My own words")
    page.goto(site.url)
    expect_french(page)


def test_numbers_are_written_as_the_language_does(visit):
    page, _ = visit("/?lang=fr&face=everything")
    expect(page.locator(".pg-bar[data-kind=token]").first).to_contain_text("68,8\u00a0%")
    expect(page.locator(".pg-bar[data-kind=rest]")).to_contain_text(re.compile(r"49\s1\d\d"))
    expect(page.locator(".pg-headline")).to_contain_text("u = 0,734")


def test_a_refusal_of_the_server_is_told_in_the_language(visit):
    page, _ = visit("/?lang=fr&face=everything")
    page.get_by_role("textbox", name="Prompt", exact=True).fill("a " * 9000)
    page.get_by_role("button", name="Générer").click()
    expect(page.get_by_role("alert").filter(has_text="8 192")).to_contain_text("fenêtre")
