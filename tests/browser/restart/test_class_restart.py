"""Tests that a class goes on after a restart of its server, and that nothing of it is left when it has ended."""

import pytest
from playwright.sync_api import expect

from tests import fakes
from tests.browser.classroom import SECRET, classroom, desk, says, turn_over
from tests.browser.restart.restarting import Restarting
from tests.browser.restart.words import written
from tests.browser.visitor import generate, headline, tokens

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def server(tiny_models, tokenizer):
    server = Restarting(fakes.PacedModel(tiny_models["llama"], tokenizer))
    server.options = ["--teacher", SECRET]
    server.start()
    yield server
    server.close()


@pytest.fixture
def pages(chromium, server):
    with classroom(chromium, server.url) as pages:
        yield pages


def name(page, nickname: str) -> None:
    page.locator(".pg-class-menu summary").click()
    page.get_by_label("Nickname, if you like").fill(nickname)
    page.keyboard.press("Enter")
    expect(page.locator(".pg-class-menu summary")).to_contain_text(nickname)


def test_after_a_restart_the_class_goes_on_by_itself(pages, server):
    teacher, pupil = pages.teacher(), pages.pupil()
    name(pupil, "Ada")
    text = written(teacher, "Nine ten", 6)
    tokens(teacher).nth(2).click()
    expect(headline(pupil)).to_have_text(text[2])
    server.end()
    for page in (teacher, pupil):
        expect(says(page)).to_contain_text("The connection to the class was lost.")
    tokens(teacher).nth(3).click()
    server.start()
    expect(desk(teacher)).to_contain_text("1 pupil here")
    expect(says(pupil)).to_have_text("Following the teacher")
    expect(pupil.locator(".pg-class-menu summary")).to_contain_text("Ada")
    expect(headline(pupil)).to_have_text(text[3])
    assert tokens(pupil).all_inner_texts() == text
    tokens(teacher).nth(5).click()
    expect(headline(pupil)).to_have_text(text[5])


def test_what_pupils_may_do_is_as_before_after_a_restart_and_the_teacher_hears_what_is_lost(pages, server):
    teacher, pupil = pages.teacher(), pages.pupil()
    written(teacher, "Six seven", 4)
    tokens(teacher).nth(1).click()
    teacher.get_by_role("button", name="Pause").click()
    expect(says(pupil)).to_have_text("Paused by the teacher")
    turn_over(teacher, "Pupils")
    teacher.get_by_label("write texts of their own").uncheck()
    teacher.get_by_role("button", name="Everyone draws").click()
    lost = teacher.get_by_role("status").filter(has_text="what the class did together is lost")
    server.end()
    expect(says(teacher)).to_contain_text("The connection to the class was lost.")
    server.start()
    expect(lost).to_be_visible()
    expect(teacher.get_by_role("button", name="Pause")).to_have_attribute("aria-pressed", "true")
    expect(says(pupil)).to_have_text("Paused by the teacher")
    expect(teacher.get_by_label("write texts of their own")).not_to_be_checked()
    teacher.get_by_role("button", name="Pause").click()
    teacher.get_by_role("button", name="Everyone draws").click()
    expect(lost).to_be_hidden()
    teacher.get_by_label("write texts of their own").check()
    teacher.get_by_role("button", name="End the draw").click()
    expect(pupil.get_by_role("region", name="Everyone draws")).to_be_hidden()


def test_a_pupil_alone_is_left_alone_by_a_restart(pages, server):
    teacher, pupil = pages.teacher(), pages.pupil()
    pupil.get_by_role("button", name="Play alone").click()
    text = written(pupil, "Three four", 4)
    server.end()
    expect(says(pupil)).to_contain_text("The connection to the class was lost.")
    server.start()
    expect(says(pupil)).to_have_text("Playing alone")
    expect(desk(teacher)).to_contain_text("1 alone")
    assert tokens(pupil).all_inner_texts() == text


def test_a_class_ends_at_the_second_press_and_its_pages_are_their_readers_own(pages, server):
    teacher, pupil = pages.teacher(), pages.pupil()
    written(teacher, "One two", 5)
    expect(pupil.locator(".pg-strip-prompt")).to_have_text("One·two")
    turn_over(teacher, "Pupils")
    teacher.get_by_role("button", name="End class").click()
    expect(says(pupil)).to_have_text("Following the teacher")
    teacher.get_by_role("button", name="Press again to end the class").click()
    expect(says(pupil)).to_have_text("The class has ended. This page is yours now.")
    expect(says(teacher)).to_have_text("The class has ended. Nothing about it is kept.")
    expect(tokens(pupil)).to_have_count(5)
    generate(pupil, "Seven eight", 3)
    expect(pupil.locator(".pg-strip-prompt")).to_have_text("Seven·eight")
    expect(tokens(pupil)).to_have_count(3)
