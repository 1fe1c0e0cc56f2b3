"""Tests that a class's pages show what counts without scrolling on a small laptop, on a projector, and on a phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.classroom import Four, class_of_four, desk, slider
from tests.browser.lesson_panel import panel
from tests.browser.visitor import bars, headline

pytestmark = [pytest.mark.browser, pytest.mark.model]

LAPTOP = {"width": 1024, "height": 768}
PHONE = {"width": 390, "height": 844}
LINES = """(desk) => {
    const shown = [...desk.querySelectorAll(".pg-class-row button")].filter((one) => one.checkVisibility());
    return new Set(shown.map((one) => Math.round(one.getBoundingClientRect().top))).size;
}"""
"""In how many lines the teacher's buttons stand."""


@pytest.fixture(scope="module")
def four(chromium, site) -> Iterator[Four]:
    with class_of_four(chromium, site.engine) as opened:
        opened.projector.set_viewport_size(LAPTOP)
        opened.teacher.set_viewport_size(LAPTOP)
        yield opened


def face(page: Page, name: str) -> None:
    page.get_by_role("radio", name=name).check(force=True)  # the switch lies over its radios


def question(page: Page) -> Locator:
    return page.get_by_role("region", name="Question to the class")


def bottom(part: Locator) -> float:
    box = part.bounding_box()
    assert box is not None
    return box["y"] + box["height"]


@pytest.mark.parametrize(("name", "most"), [("Simple", 1), ("Everything", 2)])
def test_the_teachers_row_has_few_lines(four, name, most):
    face(four.teacher, name)
    assert desk(four.teacher).evaluate(LINES) <= most
    four.teacher.set_viewport_size(PHONE)
    assert desk(four.teacher).evaluate(LINES) <= 3
    four.teacher.set_viewport_size(LAPTOP)


def test_a_result_stands_above_the_bars_of_its_step_in_one_window(four):
    teacher, projector = four.teacher, four.projector
    face(teacher, "Simple")
    teacher.get_by_role("button", name="Close this explanation").click()
    desk(teacher).get_by_role("button", name="Ask the class").click()
    teacher.get_by_role("button", name="Ask", exact=True).click()
    for pupil, word in ((four.one, "stars"), (four.other, "glitter")):
        question(pupil).get_by_label("Your token").fill(word)
        question(pupil).get_by_role("button", name="Send").click()
    question(teacher).get_by_role("button", name="Reveal").click()
    covered = projector.locator(".sidebar").bounding_box()
    assert covered is not None
    for page, end in ((teacher, LAPTOP["height"]), (projector, covered["y"])):
        expect(question(page).get_by_role("table", name="The answers of the class beside")).to_be_visible()
        expect(question(page)).to_contain_text("Surprisal of the class")
        assert bottom(question(page)) < bottom(bars(page).first) < end
    question(teacher).get_by_text("What the score means").click()
    expect(question(teacher)).to_contain_text("The surprisal is the mean of")
    question(teacher).get_by_role("button", name="Close the question").click()
    expect(headline(projector)).to_be_visible()


def test_the_projectors_sliders_stand_beside_the_panel_of_a_lesson(four):
    four.teacher.evaluate("document.dispatchEvent(new CustomEvent('playground:lesson', { detail: 'temperature' }))")
    expect(panel(four.projector)).to_be_visible()
    beside, first = panel(four.projector).bounding_box(), slider(four.projector).bounding_box()
    last = four.projector.locator("#pg-control-top_p input[type=range]").bounding_box()
    assert None not in (beside, first, last)
    assert first["x"] >= beside["x"] + beside["width"]
    assert last["x"] + last["width"] <= LAPTOP["width"]
    panel(four.teacher).get_by_role("button", name="Close the lesson").click()
    expect(panel(four.projector)).to_have_count(0)
