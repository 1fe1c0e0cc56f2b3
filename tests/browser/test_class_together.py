"""Tests what a class does together: a question and its reveal, a draw of everyone, a text by turns, on four screens."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.classroom import SECRET, Classroom, Four, desk, seat, turn_over
from tests.browser.dress import dress
from tests.browser.lesson_panel import panel, press
from tests.browser.serving import build, serving
from tests.browser.test_axe import AXE, COLOURS, LEVELS, load_axe
from tests.browser.test_presenter import SMALL
from tests.browser.visitor import bars, headline, selected, tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]

MARKUP = "<img src=x onerror=alert(1)>"
HEAR = """(() => {
    const ask = window.fetch;
    window.heard = "";
    window.fetch = async (...asked) => {
        const response = await ask(...asked);
        if (!String(asked[0]?.url ?? asked[0]).endsWith("class/events")) return response;
        const [own, ours] = response.body.tee();
        const reader = ours.pipeThrough(new TextDecoderStream()).getReader();
        const read = ({ done, value }) => done || ((window.heard += value), reader.read().then(read));
        reader.read().then(read).catch(() => {});
        return new Response(own, response);
    };
})()"""
"""A script that keeps all that the page hears of the class in `window.heard`."""


class Heard(Classroom):
    """A class whose pages keep what they hear of it."""

    def profile(self) -> BrowserContext:
        profile = super().profile()
        profile.add_init_script(HEAR)
        return profile


class Screens(Four):
    """The four screens of a class."""

    @property
    def all(self) -> list[Page]:
        return [self.teacher, *self.followers]

    @property
    def pupils(self) -> list[Page]:
        return [self.one, self.other]


@pytest.fixture(scope="module")
def opened(chromium, site) -> Iterator[Screens]:
    with serving(build(site.engine, "--teacher", SECRET)) as url:
        pages = Heard(chromium, url)
        screens = Screens(pages)
        screens.projector.set_viewport_size({"width": 1024, "height": 768})
        expect(desk(screens.teacher)).to_contain_text("2 pupils here")
        yield screens
        pages.close()
        assert pages.faults == []


PRESS_VISIBLE = "(buttons) => buttons.forEach((one) => one.checkVisibility() && one.click())"


@pytest.fixture
def screens(opened) -> Iterator[Screens]:
    """The screens at the example's first step, with nothing under way before and after a test."""
    opened.reset()
    yield opened
    for name in ("Close the question", "End the draw", "End the text"):
        # What is under way may end by itself between a look and a click, so both are one.
        opened.teacher.get_by_role("button", name=name).evaluate_all(PRESS_VISIBLE)
    for page in opened.all:
        expect(page.locator(".pg-class-ask, .pg-class-draw, .pg-class-text").filter(visible=True)).to_have_count(0)


def question(page: Page) -> Locator:
    return page.get_by_role("region", name="Question to the class")


def drawing(page: Page) -> Locator:
    return page.get_by_role("region", name="Everyone draws")


def class_text(page: Page) -> Locator:
    return page.get_by_role("region", name="Text of the class")


def ask_for_the_next_word(teacher: Page) -> None:
    desk(teacher).get_by_role("button", name="Ask the class").click()
    teacher.get_by_label("A token that may come next").check()
    expect(teacher.get_by_label("Question", exact=True)).to_have_value("Which word comes next?")
    teacher.get_by_role("button", name="Ask", exact=True).click()


def answer(pupil: Page, word: str, button: str = "Send") -> None:
    question(pupil).get_by_label("Your token").fill(word)
    question(pupil).get_by_role("button", name=button).click()
    expect(question(pupil).get_by_role("status")).to_contain_text("Your answer is sent.")


def take_name(pupil: Page, name: str) -> None:
    seat(pupil).locator(".pg-class-menu summary").click()
    pupil.get_by_label("Nickname, if you like").fill(name)
    pupil.get_by_label("Nickname, if you like").press("Enter")
    expect(seat(pupil).locator(".pg-class-menu summary")).to_contain_text(name)


def line(page: Page, token: str) -> Locator:
    """Returns the line of the histogram of an answer."""
    return question(page).get_by_role("row").filter(has=page.get_by_role("rowheader", name=token, exact=True))


def test_a_question_hides_the_bars_and_its_reveal_shows_the_answers_beside_the_model(screens):
    ask_for_the_next_word(screens.teacher)
    for page in (screens.one, screens.other, screens.projector):
        expect(question(page)).to_contain_text("Which word comes next?")
        for hidden in (bars(page).first, headline(page), selected(page)):
            expect(hidden).to_be_hidden()
    expect(bars(screens.teacher).first).to_be_visible()

    answer(screens.one, "stars")
    answer(screens.other, MARKUP)
    for page in screens.all:
        expect(question(page)).to_contain_text("2 of 2 have answered")
    expect(question(screens.projector).get_by_role("button")).to_have_count(0)
    for page in (screens.one, screens.other, screens.projector):
        assert MARKUP not in page.evaluate("heard") or page is screens.other
        assert '"results":[' not in re.sub(r"\s", "", page.evaluate("heard"))
        expect(page.locator(".pg-hist")).to_have_count(0)
    question(screens.teacher).get_by_text("Answers by pupil").click()
    expect(question(screens.teacher).get_by_role("table", name="Answers by pupil")).to_contain_text(MARKUP)

    answer(screens.other, " light", "Change my answer")
    question(screens.teacher).get_by_role("button", name="Reveal").click()
    for page in screens.all:
        expect(line(page, "“ stars”")).to_contain_text("1 · 50.0 %")
        expect(line(page, "“ stars”")).to_contain_text("68.8 %")
        expect(line(page, "“ light”")).to_contain_text("1 · 50.0 %")
        expect(question(page)).to_contain_text("entropy of the model: 5.7 bits")
        expect(bars(page).first).to_be_visible()
        assert page.locator(".pg-hist img").count() == 0
    expect(question(screens.one).get_by_role("button", name=re.compile("Send|Change"))).to_have_count(0)


def test_the_open_question_and_its_histogram_can_be_read_by_all(screens):
    ask_for_the_next_word(screens.teacher)
    answer(screens.one, "glitter")
    for page in (screens.one, screens.projector):
        load_axe(page)
        expect(question(page)).to_contain_text("1 of 2 have answered")
        assert page.evaluate(AXE, {"runOnly": LEVELS}) == []
    question(screens.teacher).get_by_role("button", name="Reveal").click()
    for page in (screens.one, screens.projector):
        expect(question(page).get_by_role("table")).to_be_visible()
        assert page.evaluate(AXE, {"runOnly": LEVELS}) == []
        dress(page, "dark")
        assert page.evaluate(AXE, COLOURS) == []
        dress(page)
    assert screens.projector.evaluate(SMALL) == []


def test_choices_of_ones_own_and_the_bar_of_a_token_are_asked_for(screens):
    teacher = screens.teacher
    desk(teacher).get_by_role("button", name="Ask the class").click()
    teacher.get_by_label("One of several answers").check()
    teacher.get_by_label("Question", exact=True).fill("What does a low temperature do?")
    teacher.get_by_label("Answers, one a line").fill("It makes the first bar longer.\n<b>Nothing.</b>")
    teacher.get_by_role("button", name="Ask", exact=True).click()
    question(screens.one).get_by_label("<b>Nothing.</b>").check()
    question(screens.one).get_by_role("button", name="Send").click()
    expect(question(teacher)).to_contain_text("1 of 2 have answered")
    question(teacher).get_by_role("button", name="Reveal").click()
    expect(line(screens.projector, "<b>Nothing.</b>")).to_contain_text("1 · 100 %")
    question(teacher).get_by_role("button", name="Close the question").click()

    desk(teacher).get_by_role("button", name="Ask the class").click()
    teacher.get_by_label("The length of a token's bar").check()
    expect(teacher.get_by_label("Question", exact=True)).to_have_value("How long is the bar of “ stars”?")
    teacher.get_by_role("button", name="Ask", exact=True).click()
    bar = question(screens.one).get_by_role("slider")
    for _ in range(6):
        bar.press("PageUp")
    question(screens.one).get_by_role("button", name="Send").click()
    expect(question(teacher)).to_contain_text("1 of 2 have answered")
    question(teacher).get_by_role("button", name="Reveal").click()
    expect(line(screens.other, "60 to 70 % ◆ the model")).to_contain_text("1 · 100 %")
    expect(question(screens.other)).to_contain_text("The model's value is 68.8 %.")


def test_a_pupil_who_plays_alone_sees_the_result_of_the_classs_step_until_the_class_does_something_else(screens):
    seat(screens.one).get_by_role("button", name="Play alone").click()
    tokens(screens.one).nth(5).click()
    expect(selected(screens.one)).to_have_attribute("data-index", "5")
    ask_for_the_next_word(screens.teacher)
    answer(screens.one, "stars")
    expect(bars(screens.one).first).to_be_hidden()
    question(screens.teacher).get_by_role("button", name="Reveal").click()
    expect(line(screens.one, "“ stars”")).to_contain_text("68.8 %")
    expect(line(screens.one, "“ stars”")).to_contain_text("1 · 100 %")
    expect(selected(screens.one)).to_have_attribute("data-index", "5")
    desk(screens.teacher).get_by_role("button", name="Everyone draws").click()
    for page in screens.all:
        expect(drawing(page)).to_be_visible()
        expect(question(page)).to_be_hidden()


def test_the_counts_of_a_draw_are_equal_on_all_screens(screens):
    desk(screens.teacher).get_by_role("button", name="Everyone draws").click()
    waiting = drawing(screens.one).get_by_role("button", name="Draw my token", disabled=True)
    for count in (1, 0):
        desk(screens.teacher).get_by_role("button", name="Pause").click()
        expect(waiting).to_have_count(count)
    for pupil in screens.pupils:
        drawing(pupil).get_by_role("button", name="Draw my token").click()
        expect(drawing(pupil).get_by_role("status")).to_contain_text(re.compile(r"Your u = 0\.\d{3} falls on “"))
        expect(drawing(pupil).locator(".pg-luck-u")).to_be_visible()
        expect(drawing(pupil).get_by_role("button", name="Draw my token")).to_have_attribute("aria-disabled", "true")
    counts = []  # of the tokens that are kept, as far as a screen has room for them
    for page in screens.all:
        expect(drawing(page)).to_contain_text("2 of 2 have drawn")
        expect(drawing(page)).to_contain_text("2 draws: too few for a test.")
        expect(drawing(page)).to_contain_text("With 2 draws, the share of “ stars”, whose probability is 68.8 %")
        expect(bars(page).first).to_contain_text(re.compile(r"\d, 1\.4$"))
        counts.append(bars(page).locator(".pg-note").all_inner_texts()[:7])
    assert [one == counts[0][: len(one)] for one in counts] == [True] * 4
    assert sum(int(note.split(",")[0]) for note in counts[0]) == 2
    drawing(screens.teacher).get_by_role("button", name="New round").click()
    for page in screens.all:
        expect(drawing(page)).to_contain_text("0 of 2 have drawn")
    drawing(screens.teacher).get_by_role("button", name="End the draw").click()
    expect(bars(screens.one).first).not_to_contain_text(re.compile(r"\d, 1\.4$"))


def test_a_question_of_a_lesson_is_asked_and_its_reveal_moves_all_screens(screens):
    teacher = screens.teacher
    teacher.evaluate("document.dispatchEvent(new CustomEvent('playground:lesson', { detail: 'temperature' }))")
    expect(panel(teacher).get_by_role("button", name="Ask the class")).to_be_visible()
    expect(panel(teacher)).to_have_attribute("data-there", "")
    press(teacher, "Ask the class")
    text = panel(teacher).locator(".pg-lesson-predict .pg-lesson-question").inner_text()
    for pupil in screens.pupils:
        expect(question(pupil)).to_contain_text(text.split("\n")[0])
        expect(panel(pupil)).to_contain_text("Answer it in the row of the class.")
        expect(panel(pupil).locator(".pg-lesson-reveal")).to_be_empty()
    bar = question(screens.one).get_by_role("slider")
    bar.press("PageUp")
    question(screens.one).get_by_role("button", name="Send").click()
    expect(question(teacher)).to_contain_text("1 of 2 have answered")
    question(teacher).get_by_role("button", name="Reveal").click()
    expect(panel(teacher).locator(".pg-lesson-reveal")).not_to_be_empty()
    for page in screens.all:
        expect(question(page).get_by_role("table", name="How long the class expects")).to_contain_text("1 · 100 %")
        expect(question(page)).to_contain_text("The model's value is")
    for pupil in screens.pupils:
        expect(panel(pupil).locator(".pg-lesson-reveal")).not_to_be_empty()
    press(teacher, "Close the lesson")
    expect(panel(screens.one)).to_have_count(0)


def test_two_pupils_write_a_text_by_turns(screens):
    take_name(screens.other, "<i>Bo</i>")
    branches = screens.teacher.get_by_role("list", name="Branches").get_by_role("listitem")
    before = branches.count()
    desk(screens.teacher).get_by_role("button", name="Class text").click()
    for page in screens.all:  # on each one the tokens of the text before would tell what the model has drawn
        expect(tokens(page)).to_have_count(1)
    for turn in range(4):
        for page in (screens.one, screens.other):
            expect(class_text(page)).to_contain_text(f"{turn} token" if turn == 1 else f"{turn} tokens")
        mine, others = (
            screens.pupils if "It is your turn." in class_text(screens.one).inner_text() else reversed(screens.pupils)
        )
        expect(class_text(mine)).to_contain_text("It is your turn.")
        expect(class_text(others)).to_contain_text("It is the turn of")
        expect(class_text(screens.projector)).to_contain_text("It is the turn of")
        expect(class_text(others).get_by_role("button")).to_have_attribute("aria-disabled", "true")
        class_text(mine).get_by_role("button", name="Draw the next token").click()
        expect(class_text(screens.projector)).to_contain_text(re.compile(r"“.*” was drawn by .+ with u = 0\.\d{3}\."))
    expect(class_text(screens.teacher)).to_contain_text("4 tokens so far")
    for page in screens.all:
        expect(tokens(page).nth(3)).to_have_attribute("title", re.compile("drawn by (<i>Bo</i>|pupil 1)"))
    expect(branches).to_have_count(before + 1)
    for page in screens.all:
        expect(class_text(page)).to_contain_text("was drawn by <i>Bo</i> with u")
        expect(headline(page)).to_be_hidden()  # of the token that the model would draw
    class_text(screens.teacher).get_by_role("button", name="Skip this pupil").click()
    expect(class_text(mine)).to_contain_text("It is your turn.")
    class_text(screens.teacher).get_by_role("button", name="End the text").click()
    for page in screens.all:
        expect(class_text(page)).to_have_count(0)
        expect(tokens(page)).to_have_count(4)
        expect(headline(page)).to_have_text(tokens(page).last.inner_text())
        assert tokens(page).all_inner_texts() == tokens(screens.teacher).all_inner_texts()
    expect(branches).to_have_count(before + 1)


def test_nothing_stays_hidden_when_the_class_ends_during_a_question(screens):
    """It is the last one: the pages do not come back to the class."""
    ask_for_the_next_word(screens.teacher)
    for page in screens.followers:
        expect(bars(page).first).to_be_hidden()
    turn_over(screens.teacher, "Pupils")
    listed = screens.teacher.get_by_role("group", name="Pupils")
    expect(listed.get_by_role("cell", name="follows")).to_have_count(2)  # no page has news to tell then
    end = desk(screens.teacher).get_by_role("button", name=re.compile("End class|Press again"))
    end.click()
    end.click()
    for page in screens.followers:
        expect(question(page)).to_have_count(0)
        expect(bars(page).first).to_be_visible()
