"""Helpers for the chain of stages: its cards, found by what they are called."""

import re

from playwright.sync_api import Locator, Page, expect


def chain(page: Page) -> Locator:
    return page.get_by_role("list", name="How the choice was made")


def card(page: Page, label: str) -> Locator:
    """Returns the card of a stage: "top-k"."""
    return chain(page).get_by_role("group", name=label, exact=True)


def cards(page: Page) -> list[str]:
    """Returns what the cards are called, in order."""
    return [group.get_attribute("aria-label") for group in chain(page).get_by_role("group").all()]


def see(page: Page, label: str) -> Locator:
    """Returns the button that shows the distribution after a stage, or before all of them: "model"."""
    place = chain(page).locator(".pg-stage-card-model") if label == "model" else card(page, label)
    return place.locator(".pg-stage-card-name")


def facts(page: Page, label: str) -> list[str]:
    """Returns what a card says of its stage: "49,152 → 40" and "−7.53 %"."""
    return card(page, label).locator(".pg-stage-card-facts > *").all_inner_texts()


def add(page: Page, label: str) -> None:
    """Adds a stage as a visitor does who knows its name."""
    page.get_by_role("button", name="+ stage").click()
    page.get_by_role("searchbox", name="Find a stage").fill(label)
    page.get_by_role("searchbox", name="Find a stage").press("Enter")
    expect(card(page, label)).to_be_visible()


def put(page: Page, label: str, value: str) -> None:
    """Adds a stage with a value. The stage begins with one of its own, which the card shows a frame later."""
    add(page, label)
    expect(switch(page, label)).to_have_attribute("aria-checked", "true")
    type_in_card(page, label, value)


def type_in_card(page: Page, label: str, value: str) -> None:
    card(page, label).get_by_role("spinbutton").fill(value)


def switch(page: Page, label: str) -> Locator:
    return card(page, label).get_by_role("switch")


def press(page: Page, label: str, name: str) -> None:
    """Presses a button of a card: "Explain", "Remove", "What if off"."""
    card(page, label).get_by_role("button", name=re.compile(f"^{name}")).click()


def number_in_sidebar(page: Page, label: str) -> Locator:
    return page.locator(".sidebar").get_by_role("spinbutton", name=label)
