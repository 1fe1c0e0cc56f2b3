"""Measures how long a person who looks at attention waits for another head's map and another step's shades.

It measures in Chromium, in the page that `app.py` serves. Times in the page are those of the page's clock.
"""

from collections.abc import Iterator
from statistics import median
from typing import TYPE_CHECKING

from bench.page import p95
from bench.server import Server, open_page
from bench.table import Row, at_most

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TEXT = " ".join(["the river ran past the old mill and the new bridge"] * 13)
TOKENS = 128
HEADS = 20
"""The number of heads and layers that are looked at in one round."""


def attention(browser: "Browser", server: Server, rounds: int) -> Iterator[Row]:
    """Measures the time from a choice of layer or head to its map (128 tokens), and of shading a step by attention."""
    page = open_page(browser, server)
    yield _step_script(page, rounds)
    tokens = _read(page)
    taken = [page.evaluate("bench.untilDrawn", choice) for _ in range(rounds) for choice in _choices()]
    page.close()
    note = f"median {median(taken):.0f}, {len(taken)} changes, {tokens} tokens"
    yield at_most("Layer or head to redrawn map, p95", p95(taken), " ms", 100, note)


def _step_script(page: "Page", rounds: int) -> Row:
    page.get_by_label("Colour by").select_option("attention")
    strip = page.get_by_role("listbox", name="Tokens", exact=True)
    page.locator(".pg-strip [data-heat]").first.wait_for()
    page.evaluate('performance.clearMeasures("playground:attention")')
    for _ in range(rounds):
        for key in ["ArrowRight"] * HEADS + ["ArrowLeft"] * HEADS:
            strip.press(key)
            page.evaluate("bench.pass(4)")
    work = page.evaluate('performance.getEntriesByName("playground:attention").map((entry) => entry.duration)')
    note = f"median {median(work):.1f}, {len(work)} steps"
    return at_most("Step change, shades of attention: script work, p95", p95(work), " ms", 16, note)


def _read(page: "Page") -> int:
    """Opens a text of `TOKENS` words in the view Attention and waits for its first map. Returns its number of tokens."""
    page.get_by_role("tab", name="Inside the model").click()
    page.get_by_label("Text to look at").select_option("a text of my own")
    words = TEXT.split(" ")[:TOKENS]
    page.get_by_label("First text").fill(" ".join(words))
    page.get_by_role("button", name="Read").click()
    page.get_by_role("listbox", name="Tokens of the text").get_by_text("bridge").first.wait_for()
    page.wait_for_function('performance.getEntriesByName("playground:map").length > 0')
    page.evaluate("bench.quiet()")
    return page.get_by_role("listbox", name="Tokens of the text").get_by_role("option").count()


def _choices() -> Iterator[list[str]]:
    for number in range(HEADS // 2):
        yield ["Layer", str(3 * number % 30)]
        yield ["Head", str(number % 9)]
