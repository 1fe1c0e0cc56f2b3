"""Walks every lesson that comes with the playground to its end, by keyboard on a phone, on the models that it names."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from playground.engine.request import Limits
from playground.engine.starting import Bounds, start_engines
from playground.lessons.folders import read_all
from playground.lessons.lesson import KEEPS_TEXT, Lesson, Predict, State, Try
from playground.models.built_in import BUILT_IN
from playground.models.default_model import ensure
from playground.models.offering import Asked, offers
from tests.browser.conftest import served_together
from tests.browser.lesson_panel import panel

pytestmark = [pytest.mark.browser, pytest.mark.model, pytest.mark.long]

LESSONS = [lesson for lesson in read_all() if not lesson.language]
PHONE = {"width": 390, "height": 844}
SWITCH = "Switch this head off"
MOST_STOPS = 150
"""The most stops of the Tab key between two places of a page with a lesson."""
SLOW_MS = 60_000
"""A page may write several texts and evaluate columns of prompts before it is there."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    made = offers(Asked([str(ensure())], built_in=[BUILT_IN / "french-english"], device="cpu"))
    with served_together(start_engines(made, Bounds(Limits(), 2**30, 2**28))) as site:
        yield site.url


@pytest.fixture
def page(chromium, url) -> Iterator[Page]:
    faults = []
    with chromium.first_visits.new_page(viewport=PHONE) as page:
        page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.set_default_timeout(SLOW_MS)
        yield page
    assert faults == []


def expect_there(page: Page) -> None:
    """Waits until the page's state is in view, and checks that every number of the lesson is known then."""
    expect(panel(page)).to_have_attribute("data-there", "", timeout=SLOW_MS)
    for value in panel(page).locator("output[data-value]").filter(visible=True).all():
        expect(value).not_to_have_text("…", timeout=SLOW_MS)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def reach(page: Page, part: Locator) -> None:
    """Comes to a part of the page by the Tab key."""
    expect(part).to_be_visible()
    for _ in range(MOST_STOPS):
        if part.evaluate("(part) => part === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"The Tab key does not come to {part}.")


def press(page: Page, name: str) -> None:
    reach(page, panel(page).get_by_role("button", name=name, exact=True))
    page.keyboard.press("Enter")


def guess(page: Page, asked: Predict) -> None:
    if asked.ask == "choice":
        reach(page, panel(page).get_by_role("radio").first)
        page.keyboard.press("Space")
    elif asked.ask == "bar":
        reach(page, panel(page).get_by_role("slider"))
        page.keyboard.press("PageUp")
    else:
        reach(page, panel(page).get_by_role("textbox"))
        page.keyboard.type(" the")
    press(page, "Commit")
    expect(panel(page).locator(".pg-guess-result")).not_to_be_empty(timeout=SLOW_MS)
    switch_off(page)
    expect_there(page)


def switch_off(page: Page) -> None:
    """Switches the head in view off where the lesson asks for it."""
    if SWITCH in panel(page).inner_text():
        reach(page, page.get_by_role("button", name=SWITCH))
        page.keyboard.press("Enter")


def bring(page: Page, state: State, changes: Mapping[str, Any]) -> None:
    """Makes of the page what solves a task, as somebody does who has found it out."""
    asked = {"state": state.changed(changes).told(), "keeps": KEEPS_TEXT.issuperset(changes)}
    page.evaluate(
        """async ({ state, keeps }) => {
            const load = (path) => import(new URL(`playground/assets/${path}`, document.baseURI).href);
            const { lessonView } = await load("lesson/views/table.js");
            if (state.view !== "decode") return lessonView(state.view).bring(state, () => false);
            if (keeps) return void (await load("common/controls.js")).takeSettings(state.settings);
            void new (await load("lesson/driver.js")).Driver().go(state);
        }""",
        asked,
    )
    switch_off(page)


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_lesson_is_walked_by_keyboard_on_a_phone(page, url, lesson: Lesson):
    page.goto(f"{url}/?lesson={lesson.name}")
    for number, (told, state) in enumerate(zip(lesson.pages, lesson.states, strict=True), 1):
        expect(panel(page).get_by_role("heading", level=3)).to_have_text(told.title, timeout=SLOW_MS)
        expect_there(page)
        for part in told.parts:
            if isinstance(part, Predict):
                guess(page, part)
            if isinstance(part, Try):
                solved = panel(page).get_by_text("✓ Solved.")
                expect(solved).to_have_count(0)
                bring(page, state, part.solved)
                expect(solved).to_be_visible(timeout=SLOW_MS)
        if number < len(lesson.pages):
            press(page, "Next")
    press(page, "Close the lesson")
    expect(panel(page)).to_have_count(0)
