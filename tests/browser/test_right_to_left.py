"""Looks at the page in a language that is written from right to left, which a school may add.

No such language comes with the page. So the tests' page has one of their own: English in Hebrew letters.
"""

import json
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.dress import SIZES
from tests.browser.dress import size as resize
from tests.browser.seats import IDLE, VIEWPORT, Seat

pytestmark = [pytest.mark.browser, pytest.mark.model]

LOOK = (Path(__file__).parent / "look.js").read_text("utf-8")
LETTERS = dict(zip("abcdefghijklmnopqrstuvwxyz", map(chr, range(0x5D0, 0x5EA)), strict=True))
LANGUAGE = """{
    const letters = LETTERS;
    const written = (text) => text.replace(/({\\w+})|[a-z]/gi, (sign, place) => place ?? letters[sign.toLowerCase()]);
    const told = (_, text) => (typeof text === "string" ? [written(text)] : undefined);
    globalThis.playgroundCatalogue = new Proxy({}, { get: told });
    let languages;
    Object.defineProperty(globalThis, "playgroundLanguages", {
        get: () => languages,
        set: (all) => (languages = all.map((one) => ({ ...one, direction: "rtl" }))),
    });
}""".replace("LETTERS", json.dumps(LETTERS))
"""Tells the page, as it begins, that its language is written from right to left, and gives it the texts."""
WIDER = "() => document.documentElement.scrollWidth - innerWidth"
BARS = """() => [...document.querySelectorAll("#pg-decode .pg-bars-plot .pg-bar")]
    .map((bar) => [".pg-track", ".pg-fill", ".pg-label"].map((part) => bar.querySelector(part).getBoundingClientRect()))
    .filter(([, fill]) => fill.width > 1)
    .map(([track, fill, label]) => [fill.left - track.left, fill.width, label.right < track.left])"""
"""For each bar how far it begins from the left end of its track, how long it is, and if its token is at its left."""
TOKENS = """() => [...document.querySelectorAll("#pg-decode .pg-strip .pg-token")]
    .map((token) => token.getBoundingClientRect()).map(({ left, top }) => [Math.round(top), left])"""

VIEWS = {
    "Decode": ("/?face=everything", ["Decode"]),
    "the simple face": ("/?face=simple", []),
    "Prompts": ("/?face=everything", ["Compare", "Prompts"]),
    "Learn": ("/?face=everything", ["Learn"]),
    "a lesson": ("/?lesson=next-word/1", []),
}
"""The address of each view, and the tabs that lead to it from there."""


def written(text: str) -> str:
    """Returns an English text in the language."""
    return "".join(LETTERS.get(sign, sign) for sign in text.lower())


@pytest.fixture(scope="module")
def visit(chromium, site):
    """A function that returns the page at an address, in the language."""
    profile = chromium.first_visits.new_context(viewport=VIEWPORT)
    profile.add_init_script(LANGUAGE)
    seat = Seat(profile, site.url)

    def come(address: str):
        page = seat.visit(site.url + address)
        expect_drawn_in_it(page)
        return page

    yield come
    assert seat.faults() == []
    profile.close()


def expect_drawn_in_it(page):
    """Waits for the page's picture, and sees that the page is in the language."""
    expect(page.locator("html[data-drawn]")).to_have_attribute("dir", "rtl")
    expect(page.locator("#pg-decode .pg-caption strong").first).to_have_text(written("What am I looking at?"))


def tab(page, name: str):
    return page.get_by_role("tab", name=written(name), exact=True)


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_cut_covered_or_outside_of_the_window(visit, view):
    address, tabs = VIEWS[view]
    page = visit(address)
    for name in tabs:
        tab(page, name).click()
    if view == "a lesson":
        expect(page.get_by_role("complementary", name=written("Lesson"))).to_be_visible()
    faults = {}
    for size in SIZES:
        resize(page, size)
        page.evaluate(IDLE)
        wider = page.evaluate(WIDER)
        faults[size] = page.evaluate(LOOK, "body") + ([f"{wider} pixels wider than the window"] if wider > 0 else [])
    assert {size: found for size, found in faults.items() if found} == {}


@pytest.mark.parametrize("face", ["simple", "everything"])
def test_bars_and_the_text_of_the_model_go_to_the_right(visit, face):
    page = visit(f"/?face={face}")
    bars = page.evaluate(BARS)[:3]  # of the likeliest tokens
    assert len(bars) == 3
    assert all(is_beside for _, _, is_beside in bars)
    assert [start for start, _, _ in bars] == pytest.approx([0, 0, 0], abs=1)
    assert bars[0][1] > bars[1][1] > bars[2][1]
    tokens = page.evaluate(TOKENS)
    assert len(tokens) > 6
    assert tokens == sorted(tokens)


def test_sentences_and_buttons_begin_at_the_right(visit):
    page = visit("/?face=everything")
    first, second = (tab(page, name).bounding_box() for name in ("Decode", "Compare"))
    assert first["x"] > second["x"]
    assert page.locator("#pg-decode .pg-caption").first.evaluate("(one) => getComputedStyle(one).direction") == "rtl"


def test_arrow_keys_go_where_they_point(visit):
    """A slider's values grow to the right as its track does; the next tab is at the left."""
    page = visit("/?face=everything")
    slider = page.locator("#pg-control-temperature input[type=range]")
    before = float(slider.input_value())
    slider.press("ArrowRight")
    assert float(slider.input_value()) > before
    tab(page, "Decode").press("ArrowLeft")
    expect(tab(page, "Compare")).to_have_attribute("aria-selected", "true")
    expect(tab(page, "Prompts")).to_be_visible()
