"""Helpers for what a visitor does and sees while the server restarts, and on a later visit."""

import re

from playwright.sync_api import expect

from tests.browser.seats import BLANK
from tests.browser.visitor import bars, ending, generate, headline, selected, tokens

AWAY = "The connection to the server was lost. The page connects again by itself."
BACK = "The page is connected to the server again."
KEPT = "playground:kept:1:"


def idle_tab(profile):
    """Returns the profile's tab if no page is open in it, and else a new tab."""
    idle = [tab for tab in profile.pages if tab.url.endswith(BLANK)]
    return idle[0] if idle else profile.new_page()


def visit(profile, server):
    page = idle_tab(profile)
    page.goto(server.url)
    settled(page)
    return page


def settled(page):
    expect(selected(page)).to_be_visible()
    expect(bars(page)).not_to_have_count(0)


def line(page):
    return page.locator(".pg-connection")


def restart(page, server) -> None:
    """Restarts the server and waits until the page is connected to it."""
    server.end()
    expect(line(page)).to_have_text(AWAY)
    server.start()
    expect(line(page)).to_have_text(BACK)


def texts(page):
    return page.get_by_role("list", name="Branches").get_by_role("button")


def reload(page) -> None:
    page.reload()
    settled(page)


def written(page, prompt: str, new_tokens: int) -> list[str]:
    """Generates a text of `new_tokens` tokens and returns its tokens."""
    generate(page, prompt, new_tokens)
    expect(page.locator(".pg-strip-prompt")).to_have_text(prompt.replace(" ", "·"))
    expect(tokens(page)).to_have_count(new_tokens)
    expect(ending(page)).to_be_visible()
    return tokens(page).all_inner_texts()


def assert_every_step_can_be_looked_at(page, text: list[str]) -> None:
    expect(tokens(page)).to_have_text(text)
    for index in (1, len(text) // 2, len(text) - 1):
        tokens(page).nth(index).click()
        expect(page.locator(".pg-bars-title")).to_contain_text(f"Step {index + 1}:")
        expect(headline(page)).to_have_text(text[index])
    expect(alerts(page)).to_have_count(0)


def alerts(page):
    return page.locator("#pg-decode").get_by_role("alert").filter(has_text=re.compile("."))


def prompt(page):
    return page.get_by_label("Prompt", exact=True)


def kept(page, *words: str) -> None:
    """Waits until the browser keeps a text with these words."""
    has = "(words) => words.every((word) => Object.values(localStorage).some((text) => text.includes(word)))"
    page.wait_for_function(has, arg=list(words))
