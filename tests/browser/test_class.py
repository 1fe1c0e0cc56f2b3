"""Tests a class in the browser: pupils' pages and the projector's follow the teacher's, and each may do what it may."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.attention import follow_decode, open_tab, query, row
from tests.browser.classroom import SECRET, class_of_four, desk, says, seat, slider, switch, temperature, turn
from tests.browser.held import hold_requests
from tests.browser.visitor import ending, generate, headline, open_view, requested, selected, set_number, tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]

ROWS = re.compile(r"/traces/[^/]+/(head|logits)/")


@pytest.fixture(scope="module")
def shared(chromium, site):
    with class_of_four(chromium, site.engine) as four:
        yield four


@pytest.fixture
def four(shared):
    shared.reset()
    return shared


def test_the_teachers_secret_stands_nowhere_but_in_the_teachers_requests(shared):
    four = shared
    pages = [four.teacher, *four.followers]
    assert [SECRET in page.url + page.title() for page in pages] == [False] * 4
    assert [SECRET in page.content() for page in pages] == [False] * 4
    kept = "JSON.stringify([Object.entries(sessionStorage), Object.entries(localStorage)])"
    assert [SECRET in page.evaluate(kept) for page in pages] == [True, False, False, False]


def test_a_secret_that_is_put_into_the_address_of_an_open_page_leaves_it_too(shared):
    profile = shared.pages.profile()
    page = shared.pages.open(profile, "/")
    with requested(page) as asked, page.expect_event("load"):  # of the page that loads itself again
        page.evaluate(f"location.hash = '#teacher={SECRET}'")
    expect(desk(page)).to_contain_text("here")
    assert [one.url for one in asked if SECRET in one.url] == []
    page.go_back()
    assert SECRET not in page.url
    profile.close()


def test_five_windows_of_one_browser_follow_at_once(four):
    """A browser has six connections to a server, and a page holds one of them."""
    profile = four.pages.profile()
    windows = [four.pages.open(profile, "/") for _ in range(5)]
    shown = turn(four.teacher, 2)
    for window in windows:
        expect(headline(window)).to_have_text(shown)
    profile.close()


def test_pages_follow_a_step_a_slider_and_a_view_and_ask_for_no_work(four):
    with requested(four.one, "queue/join") as joined, requested(four.projector, "queue/join") as of_projector:
        four.all_show(turn(four.teacher, 6))
        title = four.teacher.locator(".pg-bars-title")
        before = title.inner_text()
        set_number(four.teacher, "Temperature", "1.3")
        expect(title).not_to_have_text(before)
        for page in four.followers:
            expect(page.locator("#pg-control-temperature input[type=number]")).to_have_value("1.3")
        expect(four.one.locator(".pg-bars-title")).to_have_text(title.inner_text())
        slider(four.teacher).focus()
        for _ in range(5):
            four.teacher.keyboard.press("ArrowLeft")
        expect(temperature(four.one)).to_have_value(temperature(four.teacher).input_value())
        open_view(four.teacher, "Learn")
        for page in four.followers:
            expect(page.locator("html")).to_have_attribute("data-view", "learn")
        open_view(four.teacher, "Decode")
        for page in four.followers:
            expect(page.locator("html")).to_have_attribute("data-view", "decode")
        set_number(four.teacher, "Temperature", "0.8")
        expect(temperature(four.one)).to_have_value("0.8")
    assert joined == of_projector == []


def test_pages_follow_a_text_while_it_is_written(four):
    with requested(four.one, "queue/join") as joined:
        generate(four.teacher, "Once upon a time", 15)
        expect(four.one.locator(".pg-strip-prompt")).to_have_text("Once·upon·a·time")
        expect(tokens(four.teacher)).to_have_count(15)
        for page in four.followers:
            expect(tokens(page)).to_have_count(15)
            expect(ending(page)).to_be_visible()
            assert tokens(page).all_inner_texts() == tokens(four.teacher).all_inner_texts()
        expect(selected(four.teacher)).to_have_attribute("data-index", "14")
        expect(selected(four.one)).to_have_attribute("data-index", "14")
        expect(four.one.get_by_label("Prompt", exact=True)).to_have_value("Once upon a time")
    assert joined == []


def test_pages_follow_the_pages_of_a_lesson_and_keep_their_focus(four):
    leave = four.one.get_by_role("button", name="Play alone")
    leave.focus()
    with requested(four.one, "queue/join") as joined:
        four.teacher.evaluate("document.dispatchEvent(new CustomEvent('playground:lesson', { detail: 'temperature' }))")
        lesson = four.teacher.get_by_role("complementary", name="Lesson")
        for number in range(2):
            title = lesson.get_by_role("heading", level=3).inner_text()
            for page in four.followers:
                expect(page.locator(".pg-lesson-heading")).to_have_text(title)
            expect(four.one.get_by_role("button", name="Next", exact=True)).to_have_attribute("aria-disabled", "true")
            if number == 0:
                lesson.get_by_role("button", name="Next", exact=True).click()
        expect(four.one.locator(".pg-lesson-of-class")).to_contain_text("In a class the teacher asks")
        expect(four.one.locator(".pg-lesson").get_by_role("button", name="Commit")).to_have_count(0)
        lesson.get_by_role("button", name="Close the lesson").click()
        for page in four.followers:
            expect(page.locator(".pg-lesson")).to_have_count(0)
    expect(leave).to_be_focused()
    assert joined == []


def test_pages_follow_the_text_the_token_and_the_head_inside_the_model(four):
    open_tab(four.teacher)
    follow_decode(four.teacher)
    four.teacher.get_by_role("combobox", name="Layer", exact=True).select_option("3")
    four.teacher.get_by_role("combobox", name="Head", exact=True).select_option("2")
    row(four.teacher).get_by_role("option").nth(4).click()
    expect(four.teacher.locator("#pg-attention")).to_contain_text("Layer 3, head 2")
    for page in four.followers:
        expect(row(page)).to_have_text(row(four.teacher).inner_text().replace("\n", ""))
        expect(page.locator("#pg-attention")).to_contain_text("Layer 3, head 2")
        expect(query(page)).to_have_text(query(four.teacher).inner_text())


def test_a_pupil_who_plays_alone_is_free_and_comes_back_to_what_is_shown(four):
    four.one.get_by_role("button", name="Play alone").click()
    expect(says(four.one)).to_have_text("Playing alone")
    expect(desk(four.teacher)).to_contain_text("1 alone")
    generate(four.one, "My own text", 3)
    expect(four.one.locator(".pg-strip-prompt")).to_have_text("My·own·text")
    token = turn(four.teacher, 4)
    expect(headline(four.other)).to_have_text(token)
    expect(four.one.locator(".pg-strip-prompt")).to_have_text("My·own·text")
    four.one.get_by_role("button", name="Follow the teacher again").click()
    expect(headline(four.one)).to_have_text(token)
    expect(tokens(four.one)).to_have_count(tokens(four.teacher).count())
    expect(says(four.one)).to_have_text("Following the teacher")


def test_a_pupil_comes_back_before_the_own_text_is_drawn(four):
    shown = four.one.locator(".pg-strip-prompt")
    of_teacher = shown.inner_text()
    four.one.get_by_role("button", name="Play alone").click()
    release = hold_requests(four.one, ROWS)
    generate(four.one, "My own text", 3)
    expect(shown).to_have_text("My·own·text")
    four.one.get_by_role("button", name="Follow the teacher again").click()
    expect(shown).to_have_text(of_teacher)
    release()
    expect(ending(four.one)).to_be_visible()
    four.all_show(turn(four.teacher, 4))


def test_a_frozen_class_gets_the_last_picture_when_it_thaws(four):
    first = headline(four.teacher).inner_text()
    switch(four.teacher, "Freeze")
    expect(says(four.one)).to_have_text("Frozen by the teacher")
    turn(four.teacher, 3)
    last = turn(four.teacher, 5)
    four.all_show(first)
    switch(four.teacher, "Freeze")
    four.all_show(last)


def test_a_blank_page_shows_one_sentence(four):
    switch(four.teacher, "Blank screens")
    for page in four.followers:
        expect(seat(page)).to_contain_text("Please look at your teacher.")
        expect(page.locator("#pg-decode")).to_be_hidden()
        expect(page.locator(".sidebar")).to_be_hidden()
    expect(four.teacher.locator("#pg-decode")).to_be_visible()
    switch(four.teacher, "Blank screens")
    for page in four.followers:
        expect(page.locator("#pg-decode")).to_be_visible()


def test_a_page_shows_the_step_whose_row_was_lost_with_the_network_once_it_is_back(four):
    one = four.one
    four.all_show(turn(four.teacher, 2))
    before = headline(one).inner_text()
    one.context.set_offline(True)
    with one.expect_event("requestfailed", lambda request: "/traces/" in request.url):
        token = turn(four.teacher, 9)
    assert token != before
    one.context.set_offline(False)
    expect(headline(one)).to_have_text(token)
    four.pages.faults[:] = [told for told in four.pages.faults if "ERR_INTERNET_DISCONNECTED" not in told]
