"""Tests what a class lets pupils do, who leads it, and what the teacher and the projector have besides."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.classroom import class_of_four, desk, let, says, slider, switch, temperature, turn, turn_over
from tests.browser.test_axe import found_by_axe
from tests.browser.visitor import headline, tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]

MARKUP = "<b id=x>Ada</b>"
PRESSED = ":is(button, input, select, [role=button]):not([inert] *):visible"
"""What can be pressed on a page."""


@pytest.fixture(scope="module")
def shared(chromium, site):
    with class_of_four(chromium, site.engine) as four:
        yield four


@pytest.fixture
def four(shared):
    shared.reset()
    return shared


def assert_moves(page, *, does: bool) -> None:
    """Checks whether the arrow keys move the slider of the temperature."""
    before = temperature(page).input_value()
    slider(page).focus()
    page.keyboard.press("ArrowRight")
    if does:
        expect(temperature(page)).not_to_have_value(before)
        page.keyboard.press("ArrowLeft")
    expect(temperature(page)).to_have_value(before)


def test_a_page_that_follows_writes_nothing_and_says_why(four):
    generate = four.one.get_by_role("button", name="Generate", exact=True)
    expect(generate).to_have_attribute("aria-disabled", "true")
    shown = tokens(four.one).count()
    generate.click(force=True)
    expect(four.one.locator(".pg-class-reason")).to_contain_text("Press “Play alone” to write texts of your own.")
    four.one.keyboard.press("Control+Enter")
    four.one.get_by_role("button", name="Play alone").click()
    expect(generate).not_to_have_attribute("aria-disabled", "true")
    expect(four.one.locator(".pg-class-reason")).to_have_text("")
    expect(tokens(four.one)).to_have_count(shown)


def test_what_pupils_may_is_obeyed_at_once(four):
    assert_moves(four.one, does=True)
    let(four.teacher, "move the settings while they follow", False)
    expect(slider(four.one)).to_have_attribute("aria-disabled", "true")
    assert_moves(four.one, does=False)
    expect(four.one.locator(".pg-class-reason")).to_contain_text("The teacher moves the settings.")
    chain = four.one.locator(".pg-chain").get_by_role("spinbutton").first
    before = chain.input_value()
    chain.focus()
    four.one.keyboard.type("2")
    expect(chain).to_have_value(before)
    four.one.get_by_role("button", name="Play alone").click()
    assert_moves(four.one, does=True)
    let(four.teacher, "write texts of their own", False)
    expect(four.one.get_by_role("button", name="Generate", exact=True)).to_have_attribute("aria-disabled", "true")
    let(four.teacher, "leave and play alone", False)
    expect(says(four.one)).to_have_text("Following the teacher")
    expect(four.one.get_by_role("button", name="Play alone")).to_have_attribute("aria-disabled", "true")


def test_a_pause_stops_everybody_but_the_teacher(four):
    four.other.get_by_role("button", name="Play alone").click()
    switch(four.teacher, "Pause")
    for page in (four.one, four.other):
        expect(says(page)).to_have_text("Paused by the teacher")
        assert_moves(page, does=False)
    assert_moves(four.teacher, does=True)
    switch(four.teacher, "Pause")
    assert_moves(four.other, does=True)


def test_the_lead_is_handed_over_and_taken_back(four):
    turn_over(four.teacher, "Pupils")
    number = four.one.locator("summary").filter(has_text="Number").inner_text().split()[-1]
    desk(four.teacher).get_by_role("button", name=f"Hand over the lead to pupil {number}").click()
    expect(says(four.one)).to_contain_text("You lead the class")
    expect(says(four.other)).to_have_text(f"Following pupil {number}")
    token = turn(four.one, 7)
    for page in (four.teacher, four.other, four.projector):
        expect(headline(page)).to_have_text(token)
    desk(four.teacher).get_by_role("button", name="Take the lead back", exact=True).click()
    expect(says(four.one)).to_have_text("Following the teacher")
    four.all_show(turn(four.teacher, 2))
    turn_over(four.teacher, "Pupils")


def test_whoever_comes_late_meets_what_is_shown(four):
    token = turn(four.teacher, 8)
    late = four.pages.pupil()
    expect(headline(late)).to_have_text(token)
    expect(desk(four.teacher)).to_contain_text("3 pupils here")
    late.close()
    expect(desk(four.teacher)).to_contain_text("2 pupils here")


def test_a_reload_finds_the_same_place(four):
    number = four.one.locator("summary").filter(has_text="Number").inner_text()
    token = turn(four.teacher, 9)
    four.one.reload()
    expect(headline(four.one)).to_have_text(token)
    expect(four.one.locator("summary").filter(has_text="Number")).to_have_text(number)
    four.teacher.reload()
    expect(desk(four.teacher)).to_contain_text("2 pupils here")


def test_a_page_that_asks_for_a_lesson_shows_what_the_class_sees_and_drives_nothing(four):
    """A page that follows a lesson has it in its address, and may be loaded again."""
    token = turn(four.teacher, 4)
    profile, asked = four.pages.profile(), []
    profile.on("request", lambda request: asked.append(request.url))
    late = four.pages.open(profile, "/?lesson=temperature/2")
    expect(says(late)).to_have_text("Following the teacher")
    expect(headline(late)).to_have_text(token)
    expect(tokens(late)).to_have_count(tokens(four.teacher).count())
    expect(late.locator(".pg-lesson")).to_have_count(0)
    assert "lesson=" not in late.url
    assert [url for url in asked if "lessons/temperature.json" in url] == [], "the lesson was begun beside the class"
    four.teacher.evaluate("document.dispatchEvent(new CustomEvent('playground:lesson', { detail: 'temperature' }))")
    title = four.teacher.locator(".pg-lesson-heading")
    expect(late.locator(".pg-lesson-heading")).to_have_text(title.inner_text())
    late.reload()
    expect(late.locator(".pg-lesson-heading")).to_have_text(title.inner_text())
    four.teacher.get_by_role("button", name="Close the lesson").click()
    expect(late.locator(".pg-lesson")).to_have_count(0)
    profile.close()


def test_a_nickname_is_text_everywhere(four):
    seat = four.other.locator(".pg-class-menu summary")
    number = seat.inner_text().split()[-1]
    seat.click()
    four.other.get_by_label("Nickname, if you like").fill(MARKUP)
    four.other.keyboard.press("Enter")
    expect(seat).to_have_text(f"{MARKUP}, number {number}")
    expect(desk(four.teacher)).to_contain_text("2 pupils here")
    turn_over(four.teacher, "Pupils")
    expect(desk(four.teacher).get_by_role("cell", name=MARKUP, exact=True)).to_be_visible()
    for page in (four.teacher, four.other):
        expect(page.locator("#x")).to_have_count(0)
    turn_over(four.teacher, "Pupils")


def test_a_remote_turns_the_page_whichever_window_has_the_focus(four):
    first = headline(four.teacher).inner_text()
    for page in (four.teacher, four.projector):
        page.keyboard.press("PageDown")
        expect(headline(four.teacher)).not_to_have_text(first)
        four.all_show(headline(four.teacher).inner_text())
        page.keyboard.press("PageUp")
        four.all_show(first)
    four.projector.keyboard.press("b")
    for page in (four.teacher, *four.followers):
        expect(page.locator("html")).to_have_class(re.compile("pg-guessing"))
        expect(page.locator("#pg-decode .pg-bars")).to_be_hidden()
    four.projector.keyboard.press("b")
    four.all_show(first)
    field = four.teacher.get_by_label("Prompt", exact=True)
    field.press("PageDown")
    four.all_show(first)


def test_the_projector_shows_the_presenter_view_and_has_nothing_to_press(four):
    expect(four.projector.locator("html")).to_have_class(re.compile("pg-presenter"))
    expect(four.projector.get_by_role("toolbar", name="Presenter")).to_be_hidden()
    expect(four.projector.locator(PRESSED)).to_have_count(0)
    four.projector.keyboard.press("Escape")
    expect(four.projector.locator(".pg-strip")).to_be_visible()
    turn_over(four.teacher, "Address")
    for page in (four.teacher, four.projector):
        expect(page.get_by_role("img", name="QR code of this address")).to_be_visible()
        assert page.evaluate("document.querySelector('.pg-class-qr').naturalWidth") > 0
    turn_over(four.teacher, "Address")
    expect(four.projector.get_by_role("img", name="QR code of this address")).to_be_hidden()


@pytest.mark.parametrize("who", ["teacher", "one", "projector"])
def test_axe_finds_nothing(four, who):
    page = getattr(four, who)
    viewport = page.viewport_size
    if who == "teacher":
        turn_over(page, "Pupils")
    found = found_by_axe(page)
    page.set_viewport_size(viewport)
    page.emulate_media(color_scheme="light")
    if who == "teacher":
        turn_over(page, "Pupils")
    assert found == {name: [] for name in found}
