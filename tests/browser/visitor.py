"""Helpers for what a visitor sees and does on the page, found by role and label."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Locator, Page, expect

from tests.browser.seats import IDLE

expect.set_options(timeout=30_000)


VIEWS = {
    "Decode": ["Decode"],
    "Prompts": ["Compare", "Prompts"],
    "Settings": ["Compare", "Settings"],
    "Models": ["Compare", "Models"],
    "Families": ["Compare", "Families"],
    "Beams": ["Beams"],
    "Picture": ["Inside the model", "Picture"],
    "Tokens": ["Inside the model", "Tokens"],
    "Embeddings": ["Inside the model", "Embeddings"],
    "Positions": ["Inside the model", "Positions"],
    "Attention": ["Inside the model", "Attention"],
    "Layers": ["Inside the model", "Layers"],
    "To a word": ["Inside the model", "To a word"],
    "Why": ["Inside the model", "Why"],
    "Learn": ["Learn"],
}
"""The tabs that lead to each view."""


def open_view(page: Page, name: str) -> None:
    for tab in VIEWS[name]:
        page.get_by_role("tab", name=tab, exact=True).click()


def strip(page: Page):
    return page.get_by_role("listbox", name="Tokens", exact=True)


def tokens(page: Page):
    """Returns the generated tokens."""
    return text(page).get_by_role("option")


def text(page: Page):
    """Returns the generated tokens as one group."""
    return strip(page).get_by_role("group", name="Generated tokens")


def given(page: Page):
    """Returns the prompt's tokens that can be chosen: all but the first, once the text has ended."""
    return strip(page).get_by_role("group", name="Prompt tokens").get_by_role("option")


def selected(page: Page):
    return strip(page).get_by_role("option", selected=True)


def bars(page: Page):
    return page.locator(".pg-bar[data-kind=token]")


def ending(page: Page):
    return page.get_by_role("status").filter(has_text=re.compile("ended|stopped|scored"))


def set_number(page: Page, label: str, value: str) -> None:
    """Types a value into the number box of a slider."""
    box = page.get_by_role("spinbutton", name=label)
    box.fill(value)
    box.press("Enter")


def settle(page: Page) -> None:
    """Waits until the page has the row of the example's first step. After that it sends no requests."""
    if page.url.startswith("file:"):
        return  # a page to take home has its rows
    fetched = 'performance.getEntriesByType("resource").map((entry) => entry.name)'
    page.wait_for_function(f'{fetched}.some((name) => name.endsWith("/logits/0"))')


def wait_until_kept(page: Page, text: str) -> None:
    """Waits until the browser keeps `text` for a reload: Gradio passes a change on a moment after it is seen."""
    page.wait_for_function("text => sessionStorage['playground:kept:1:page']?.includes(text)", arg=text)


def share_of_band(mark: Locator) -> float:
    """Returns where the mark of a draw is seen over its band: 0 at the band's beginning, 1 at its end."""
    return mark.evaluate(
        """mark => {
            const own = mark.getBoundingClientRect();
            const band = mark.parentElement.querySelector(".pg-ribbon-band").getBoundingClientRect();
            return (own.left + own.width / 2 - band.left) / band.width;
        }"""
    )


@contextmanager
def requested(page: Page, part: str = "", event: str = "request") -> Iterator[list]:
    """Yields the list of the requests of the page until the block ends, or of the responses.

    Args:
        part: only those with this part in their address.
    """
    heard = []
    listen = lambda told: heard.append(told) if part in told.url else None  # noqa: E731
    page.on(event, listen)
    try:
        yield heard
    finally:
        page.remove_listener(event, listen)


def fold(page: Page, title: str) -> None:
    """Closes an accordion of Gradio if it is open."""
    button = page.get_by_role("button", name=title)
    if "open" in (button.get_attribute("class") or "").split():
        button.click()


def unfold(page: Page, title: str) -> None:
    """Opens an accordion of Gradio. Gradio then makes its content, and sets its values again when it is idle."""
    page.get_by_role("button", name=title).click()
    page.evaluate(IDLE)


def lock(page: Page):
    """Returns the toggle of the seed."""
    return page.get_by_role("button", name="Lock the seed")


def lock_seed(page: Page) -> None:
    if lock(page).get_attribute("aria-pressed") == "false":
        lock(page).click()
    expect(lock(page)).to_have_attribute("aria-pressed", "true")


def step(page: Page):
    return page.get_by_role("button", name="Step", exact=True)


def generate(page: Page, prompt: str, new_tokens: int = 12) -> None:
    """Writes a text with the seed that the sidebar shows."""
    lock_seed(page)
    page.get_by_label("Prompt", exact=True).fill(prompt)
    set_number(page, "Max new tokens", str(new_tokens))
    page.get_by_role("button", name="Generate").click()


def headline(page: Page):
    """Returns the token whose step is in view."""
    return page.locator(".pg-headline-token")


def chosen(page: Page) -> str:
    return headline(page).inner_text()


def assert_found_by_search(page: Page, num_beams: int) -> None:
    """Checks that the Decode tab calls the token found by beam search, and never drawn or chosen by a person."""
    step = page.locator("#pg-decode .pg-step")
    expect(step.locator(".pg-legend").first).to_contain_text("found by beam search")
    expect(step.locator(".pg-said")).to_contain_text(f"Generated with Beam search, {num_beams} beams.")
    expect(step.locator(".pg-said")).to_contain_text("Beam search compares whole texts")
    expect(step.locator(".pg-headline")).to_contain_text("found by beam search; the stages kept")
    expect(step.locator(".pg-bars")).not_to_contain_text(re.compile("drawn|chosen by you"))


def say(page: Page, **settings: object) -> None:
    """Tells all tabs that the chain has these settings, as a change of a card does."""
    page.evaluate(
        "said => void document.dispatchEvent(new CustomEvent('playground:settings', { detail: said }))", settings
    )
