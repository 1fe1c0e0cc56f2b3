"""Walks through the lesson of `lessons.py` beside the live views, in Chromium on the default model."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.dress import dress, size
from tests.browser.lesson_panel import panel, press
from tests.browser.lessons import CHOICES, PROMPT, serve_lessons
from tests.browser.test_axe import AXE, COLOURS, found_by_axe, load_axe
from tests.browser.visitor import bars, chosen, ending, open_view, selected, set_number, strip, tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]

OWN_PROMPT = "My own words about the"


@pytest.fixture
def page(fresh_page):
    """A fresh visitor's page whose server has the lesson."""
    serve_lessons(fresh_page)
    yield fresh_page
    fresh_page.unroute_all()


def open_lesson(page: Page, number: int = 1) -> None:
    """Opens the lesson as the first visit does, turns to a page, and waits until its state is there."""
    page.evaluate("document.dispatchEvent(new CustomEvent('playground:lesson', { detail: 'temperature' }))")
    expect(panel(page)).to_be_visible()
    for _ in range(number - 1):
        press(page, "Next")
    expect_there(page)


def expect_there(page: Page) -> None:
    """Waits until the page of the lesson has its text in view."""
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(PROMPT)
    expect(panel(page)).to_have_attribute("data-there", "")


def heading(page: Page) -> Locator:
    return panel(page).get_by_role("heading", level=3)


def result(page: Page) -> Locator:
    return panel(page).locator(".pg-guess-result")


def shown(page: Page, token: str) -> str:
    """Returns the probability that the bars show for a token."""
    return bars(page).filter(has_text=token).first.locator(".pg-now").inner_text()


def prompt_of(page: Page) -> Locator:
    return page.get_by_label("Prompt", exact=True)


def tab_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Presses Tab until an element has the focus."""
    for _ in range(80):
        if wanted.evaluate("(one) => one === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"Tab does not reach {wanted}")


def test_a_lesson_is_walked_by_the_keyboard_alone(page):
    page.locator(".pg-skip-link").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("End")
    tab_to(page, page.get_by_role("button", name="Start").first)
    page.keyboard.press("Enter")
    expect(heading(page)).to_be_focused()
    expect(heading(page)).to_have_text("One number for every token")
    expect_there(page)
    tab_to(page, panel(page).get_by_role("button", name="Next"))
    page.keyboard.press("Enter")
    expect(heading(page)).to_be_focused()
    tab_to(page, panel(page).get_by_label(CHOICES[0]))
    page.keyboard.press("Space")
    tab_to(page, panel(page).get_by_role("button", name="Commit"))
    page.keyboard.press("Enter")
    expect(result(page)).to_have_text("✓ Right: It grows.")
    expect(panel(page).get_by_role("button", name="Try again")).to_be_focused()
    tab_to(page, panel(page).get_by_role("button", name="Next"))
    page.keyboard.press("Enter")
    slider = panel(page).get_by_role("slider", name="Your guess for the bar of “ stars”")
    tab_to(page, slider)
    for key in ("PageUp", "PageUp", "ArrowRight"):
        page.keyboard.press(key)
    expect(slider).to_have_attribute("aria-valuetext", "21 %")
    tab_to(page, panel(page).get_by_role("button", name="Commit"))
    page.keyboard.press("Enter")
    expect(result(page)).to_contain_text("You: 21 %")
    tab_to(page, panel(page).get_by_role("button", name="Close the lesson"), "Shift+Tab")
    page.keyboard.press("Enter")
    expect(panel(page)).to_have_count(0)
    expect(page.get_by_role("tab", name="Learn")).to_be_focused()


def test_the_numbers_of_a_page_are_those_of_the_bars_and_follow_the_sliders(page):
    open_lesson(page)
    numbers = panel(page).locator("output")
    expect(numbers.first).to_have_text(shown(page, "·stars"))
    before = numbers.first.inner_text()
    set_number(page, "Temperature", "0.4")
    expect(numbers.first).not_to_have_text(before)
    expect(numbers.first).to_have_text(shown(page, "·stars"))
    expect(numbers.last).to_have_text(re.compile(r"^\d\.\d bits$"))


def test_a_guess_comes_first_and_what_happens_is_not_on_the_page_before(page):
    open_lesson(page, 2)
    commit = panel(page).get_by_role("button", name="Commit")
    expect(commit).to_have_attribute("aria-disabled", "true")
    expect(panel(page)).not_to_contain_text("Before it was")
    before = shown(page, "·stars")
    panel(page).get_by_label(CHOICES[1]).check()
    commit.click()
    expect(result(page)).to_have_text("✗ Not this time. You said: It shrinks. The answer is: It grows.")
    expect(panel(page)).to_contain_text(f"Before it was {before}")
    expect(panel(page)).to_contain_text(f"Now it is {shown(page, '·stars')}")
    press(page, "Try again")
    expect(panel(page)).not_to_contain_text("Before it was")
    expect(page.get_by_role("spinbutton", name="Temperature")).to_have_value("0.8")


def test_a_bar_is_dragged_while_the_bars_are_hidden_and_the_guess_is_laid_over_it(page):
    open_lesson(page, 3)
    expect(bars(page).first).to_be_hidden()
    slider = panel(page).get_by_role("slider", name="Your guess")
    box = slider.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 10)
    page.mouse.up()
    expect(slider).to_have_attribute("aria-valuenow", "50")
    press(page, "Commit")
    expect(bars(page).first).to_be_visible()
    actual = shown(page, "·stars")
    off = abs(50 - float(actual.removesuffix(" %")))
    expect(result(page)).to_have_text(re.compile(rf"You: 50 %, model: {re.escape(actual)}, (\d+\.\d) points off\."))
    assert abs(float(re.search(r"([\d.]+) points", result(page).inner_text())[1]) - off) < 0.11
    outline, fill = (panel(page).locator(f".pg-guess-{one}").bounding_box()["width"] for one in ("outline", "fill"))
    assert outline / fill == pytest.approx(50 / float(actual.removesuffix(" %")), abs=0.05)


def test_a_token_is_typed_while_the_text_is_hidden(page):
    open_lesson(page, 4)
    expect(strip(page).get_by_role("option", selected=True)).to_be_hidden()
    field = panel(page).get_by_label("Your token")
    field.fill("fire")
    press(page, "Commit")
    expect(result(page)).to_contain_text(
        re.compile(r"✗ Not this time\. You: “ fire” with [\d.]+ %\. The model: “ stars” with")
    )
    assert chosen(page) == "·stars"
    press(page, "Try again")
    expect(strip(page).get_by_role("option", selected=True)).to_be_hidden()
    panel(page).get_by_role("button", name="“ stars”").click()
    press(page, "Commit")
    expect(result(page)).to_contain_text("✓ Right: “ stars” with")


def test_a_task_is_not_solved_with_another_setting_and_stays_solved_afterwards(page):
    open_lesson(page, 5)
    task = panel(page).get_by_role("region", name="Try it")
    set_number(page, "Temperature", "0.7")
    expect(task.get_by_role("status")).to_have_text("")
    set_number(page, "Top-k", "3")
    set_number(page, "Temperature", "0.3")
    expect(task.get_by_role("status")).to_have_text(
        "This task is solved with temperature alone. Put back first: top-k off."
    )
    set_number(page, "Top-k", "0")
    expect(task.get_by_role("status")).to_have_text("✓ Solved.")
    set_number(page, "Temperature", "1.5")
    expect(task.get_by_role("status")).to_have_text("✓ Solved.")
    task.get_by_text("Hint").click()
    expect(task).to_contain_text("Lower is sharper.")


def test_back_to_the_lesson_is_there_only_for_who_has_left_its_state(page):
    open_lesson(page)
    back = panel(page).get_by_role("button", name="Back to the lesson")
    expect(back).to_be_hidden()
    set_number(page, "Temperature", "1.4")
    expect(back).to_be_visible()
    back.click()
    expect(back).to_be_hidden()
    expect(page.get_by_role("spinbutton", name="Temperature")).to_have_value("0.8")
    tokens(page).nth(3).click()
    expect(back).to_be_visible()
    back.click()
    expect(selected(page)).to_have_id("pg-step-0")
    open_view(page, "Beams")
    expect(back).to_be_visible()
    back.click()
    expect(page).to_have_url(re.compile("tab=decode"))
    expect(back).to_be_hidden()


def test_a_lesson_in_the_middle_of_another_task_loses_nothing(page):
    prompt_of(page).fill(OWN_PROMPT)
    set_number(page, "Max new tokens", "5")
    set_number(page, "Temperature", "1.3")
    page.get_by_role("button", name="Generate").click()
    expect(tokens(page)).to_have_count(5)
    expect(ending(page).first).to_contain_text("ended")
    tokens(page).nth(2).click()
    own = tokens(page).all_inner_texts()
    open_lesson(page, 2)
    assert tokens(page).all_inner_texts() != own
    page.reload()
    serve_lessons(page)
    expect(heading(page)).to_have_text("Colder")
    expect_there(page)
    press(page, "Close the lesson")
    expect(prompt_of(page)).to_have_value(OWN_PROMPT)
    expect(page.get_by_role("spinbutton", name="Temperature")).to_have_value("1.3")
    expect(page.get_by_role("spinbutton", name="Max new tokens")).to_have_value("5")
    expect(tokens(page)).to_have_text(own)
    expect(selected(page)).to_have_id("pg-step-2")
    expect(page).not_to_have_url(re.compile("lesson"))


def test_a_reload_finds_the_page_and_the_record(page):
    open_lesson(page, 3)
    panel(page).get_by_role("slider").press("End")
    press(page, "Commit")
    expect(result(page)).to_contain_text("You: 100 %")
    assert "lesson=temperature/3" in page.url
    page.reload()
    expect(panel(page)).to_contain_text(re.compile(r"Your last guess: 100 %, [\d.]+ points off\."))
    expect_there(page)
    press(page, "Close the lesson")
    open_view(page, "Learn")
    row = page.locator("#pg-learn").get_by_role("listitem").first
    expect(row).to_contain_text("3 of 6 pages seen and 1 prediction")
    expect(row.get_by_role("button", name="Go on")).to_be_visible()
    page.get_by_role("button", name="Forget my progress").click()
    expect(row).to_contain_text("6 pages")
    expect(row.get_by_role("button", name="Start")).to_be_visible()


def test_back_and_forward_keep_the_lesson(page):
    open_lesson(page)
    open_view(page, "Beams")
    page.go_back()
    expect(page).to_have_url(re.compile("lesson=temperature/1"))
    expect(page.get_by_role("tab", name="Decode")).to_have_attribute("aria-selected", "true")
    expect(panel(page)).to_be_visible()


def test_another_view_the_pieces_of_a_text_and_an_open_question(page):
    open_lesson(page, 5)
    press(page, "Next")
    expect(page).to_have_url(re.compile("tab=inside/tokens"))
    expect(panel(page).locator("output")).to_have_text("7")
    answer = panel(page).get_by_text("Because of the softmax.")
    expect(answer).to_be_hidden()
    panel(page).get_by_text("Show an answer").click()
    expect(answer).to_be_visible()
    press(page, "All lessons")
    expect(page).to_have_url(re.compile("tab=learn"))
    expect(panel(page)).to_have_count(0)


def test_notes_are_for_the_teacher_alone(page):
    open_lesson(page, 5)
    press(page, "Next")
    note = panel(page).get_by_role("region", name="For the teacher")
    expect(note).to_have_count(0)
    open_view(page, "Learn")
    page.get_by_label("Notes for the teacher").check()
    expect(note).to_contain_text("Let them guess aloud first.")
    page.get_by_label("Notes for the teacher").uncheck()
    expect(note).to_have_count(0)


def test_on_a_phone_the_panel_leaves_the_view_its_room(page):
    size(page, "phone")
    open_lesson(page, 2)
    height = page.viewport_size["height"]
    assert panel(page).bounding_box()["height"] <= 0.46 * height
    assert panel(page).bounding_box()["width"] == page.viewport_size["width"]
    bars(page).first.scroll_into_view_if_needed()
    expect(bars(page).first).to_be_in_viewport()
    expect(panel(page)).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth") == page.viewport_size["width"]


def test_a_handout_has_the_questions_first_and_all_answers_on_a_page_of_their_own(page):
    open_view(page, "Learn")
    page.get_by_role("button", name="Handout").first.click()
    sheet = page.get_by_role("region", name="Handout")
    questions, answers = sheet.inner_text().split("Answers: 6 Temperature")
    assert "What happens to “ stars” at 0.3?" in questions
    assert "Because of the softmax." in answers
    assert "Because of the softmax." not in questions
    page.evaluate("() => { window.print = () => (window.pgPrinted = document.querySelector('.pg-printed').innerHTML) }")
    sheet.get_by_role("button", name="Print").click()
    assert "Answers" in page.evaluate("window.pgPrinted")
    page.emulate_media(media="print")
    printed = page.locator(".pg-printed")
    expect(printed).to_be_visible()
    expect(page.locator("#pg-model")).to_be_hidden()
    assert printed.locator(".pg-handout-answers").evaluate("(one) => getComputedStyle(one).breakBefore") == "page"
    page.emulate_media(media="screen")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(printed).to_have_count(0)
    sheet.get_by_role("button", name="Back to the list").click()
    expect(page.get_by_role("heading", name="Lessons", exact=True)).to_be_visible()


def test_lessons_of_a_school_stand_under_a_heading_of_their_own(page):
    open_view(page, "Learn")
    lists = page.locator("#pg-learn").get_by_role("list")
    expect(lists.first.get_by_role("listitem").first).to_contain_text("6 Temperature")
    expect(page.get_by_role("heading", name="Lessons of your school")).to_be_visible()
    expect(lists.last).to_contain_text("1 Our school")


def test_a_server_without_lessons_says_how_to_add_some(page):
    page.route("**/playground/lessons.json?*", lambda route: route.fulfill(json={"lessons": []}))
    open_view(page, "Learn")
    expect(page.locator("#pg-learn")).to_contain_text("This server has no lessons.")


def test_a_lesson_that_cannot_be_had_is_told_in_a_sentence(page, seats):
    refusal = {"status": 404, "json": {"detail": "There is no lesson of this name."}}
    page.route("**/playground/lessons/*.json?*", lambda route: route.fulfill(**refusal))
    open_view(page, "Learn")
    page.get_by_role("button", name="Start").first.click()
    expect(page.get_by_role("alert").filter(has_text="The lesson cannot be opened.")).to_contain_text(
        "There is no lesson of this name."
    )
    seats["own"].forgive()


@pytest.mark.parametrize("number", [2, 3, 5])
def test_axe_finds_nothing_in_the_panel(page, number):
    open_lesson(page, number)
    found = found_by_axe(page)
    size(page, "laptop")
    dress(page)
    for scheme in ("light", "dark"):
        page.emulate_media(forced_colors="active", color_scheme=scheme)
        dress(page, scheme)
        load_axe(page)
        found[scheme] = page.evaluate(AXE, COLOURS)
    page.emulate_media(forced_colors="none", color_scheme="light")
    assert found == {name: [] for name in found}
