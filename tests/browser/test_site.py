"""Walks through lessons of the static site: files on a disk, without a server and with the network off."""

import asyncio
import re
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from playground.engine.engine import Engine
from playground.lessons.checking import Opened
from playground.lessons.folders import read_all
from playground.lessons.lesson import Lesson
from playground.lessons.models import Models
from playground.lessons.texts import Texts
from playground.site.pages import lesson_page, list_page
from playground.site.recording import record
from playground.traces.store import TraceStore
from tests.browser.dress import SIZES, dress, size
from tests.browser.lesson_panel import panel, press
from tests.browser.test_axe import UNFOLD, found_by_axe

pytestmark = [pytest.mark.browser, pytest.mark.model]

LESSONS = [lesson for lesson in read_all() if not lesson.language]
WRITTEN = ("next-word", "temperature", "limits", "attention")
"""Two lessons on Decode, one on Compare prompts, and one whose view needs a model."""
OWN = ("file:", "data:", "blob:")


@pytest.fixture(scope="module")
def folder(default_model, tmp_path_factory) -> Path:
    """The site of some lessons. It is written on a thread of its own, because Playwright's loop runs on the tests'."""
    out = tmp_path_factory.mktemp("site")
    engine = Engine(default_model, TraceStore(2**28)).start()
    texts = Texts(default_model, engine)
    lessons = [lesson for lesson in LESSONS if lesson.name in WRITTEN]

    async def opened(_):
        return texts

    write_lessons(out, lessons, opened)
    engine.close()
    (out / "index.html").write_text(list_page(lessons, "en", notes=False), "utf-8")
    return out


def write_lessons(out: Path, lessons: Sequence[Lesson], opened: Opened) -> None:
    async def write() -> None:
        for lesson in lessons:
            page = lesson_page(lesson, await record(lesson, opened), "en", notes=False)
            (out / f"{lesson.name}.html").write_text(page, "utf-8")

    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, write()).result()


@pytest.fixture
def page(chromium) -> Iterator[Page]:
    """A fresh visitor without a network. The test fails on an error in the console or a request."""
    context = chromium.first_visits.new_context(viewport={"width": 1440, "height": 900}, offline=True)
    page, faults = context.new_page(), []
    page.on("console", lambda message: faults.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("request", lambda request: None if request.url.startswith(OWN) else faults.append(request.url))
    yield page
    context.close()
    assert faults == []


def open_lesson(page: Page, folder: Path, name: str, number: int = 1) -> None:
    page.goto(f"{(folder / name).as_uri()}.html#{number}")
    expect_there(page, number)


def expect_there(page: Page, number: int) -> None:
    """Waits until a page of the lesson has its text in view."""
    expect(panel(page).locator(".pg-lesson-place")).to_have_text(re.compile(rf"^{number} of "))
    expect(panel(page)).to_have_attribute("data-there", "")


def outputs(page: Page) -> list[str]:
    return panel(page).locator("output").all_inner_texts()


def result(page: Page) -> Locator:
    return panel(page).locator(".pg-guess-result")


def bar(page: Page, token: str) -> str:
    """Returns the probability that the bars show for a token."""
    return page.locator(".pg-bar").filter(has_text=token).first.locator(".pg-now").inner_text()


def temperature(page: Page) -> Locator:
    return page.get_by_role("slider", name="Temperature")


def tab_to(page: Page, wanted: Locator) -> None:
    for _ in range(80):
        if wanted.evaluate("(one) => one === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {wanted}")


def press_by_key(page: Page, name: str) -> None:
    tab_to(page, panel(page).get_by_role("button", name=name))
    page.keyboard.press("Enter")


def test_the_temperature_is_walked_by_the_keyboard_alone(page, folder):
    page.goto((folder / "index.html").as_uri())
    tab_to(page, page.get_by_role("link", name="Start").nth(1))
    page.keyboard.press("Enter")
    expect_there(page, 1)
    expect(panel(page).get_by_role("heading", level=3)).to_be_focused()
    assert outputs(page) == ["34.8 %"]
    expect(page.locator(".pg-bar").first).to_be_hidden()
    slider = panel(page).get_by_role("slider", name="Your guess")
    tab_to(page, slider)
    for _ in range(4):
        page.keyboard.press("PageUp")
    press_by_key(page, "Commit")
    expect(result(page)).to_have_text("You: 40 %, model: 86.1 %, 46.1 points off.")
    assert bar(page, "·stars") == "86.1 %"
    press_by_key(page, "Next")
    expect_there(page, 2)
    tab_to(page, panel(page).get_by_label("It grows."))
    page.keyboard.press("Space")
    press_by_key(page, "Commit")
    expect(result(page)).to_have_text("✓ Right: It grows.")
    assert outputs(page) == ["12.3 %", "12.3 %", bar(page, "·glitter")]


def test_a_task_is_failed_and_then_solved_and_stays_solved(page, folder):
    open_lesson(page, folder, "temperature", 6)
    said = panel(page).locator(".pg-task-said")
    expect(said).to_have_text("")
    page.get_by_role("spinbutton", name="Top-k").fill("1")
    expect(said).to_have_text(re.compile("Put back first"))
    page.get_by_role("spinbutton", name="Top-k").fill("0")
    expect(said).to_have_text("")
    temperature(page).focus()
    for _ in range(12):
        page.keyboard.press("ArrowLeft")
    expect(said).to_have_text("✓ Solved.")
    page.reload()
    expect_there(page, 6)
    expect(said).to_have_text("✓ Solved before.")
    page.goto((folder / "index.html").as_uri())
    expect(page.locator(".pg-learn-progress").nth(1)).to_have_text("1 of 8 pages seen and 1 task solved")


def test_the_first_task_is_solved_with_the_words_that_were_recorded(page, folder):
    open_lesson(page, folder, "next-word")
    write = page.get_by_role("button", name="Write the next word")
    for count in range(2, 6):
        write.click()
        expect(page.locator(".pg-strip-completion [role=option]")).to_have_count(count)
    expect(panel(page).locator(".pg-task-said")).to_have_text("✓ Solved.")
    press(page, "Back to the lesson")
    expect(page.locator(".pg-strip-completion [role=option]")).to_have_count(1)


def test_a_reveal_with_another_text_shows_that_text_and_try_again_brings_the_first_one_back(page, folder):
    open_lesson(page, folder, "next-word", 2)
    before = page.locator(".pg-strip-completion").inner_text()
    panel(page).get_by_label("It may be another word.").check()
    press(page, "Commit")
    expect(result(page)).to_have_text("✓ Right: It may be another word.")
    expect(page.locator(".pg-strip-completion")).not_to_have_text(before)
    press(page, "Try again")
    expect(page.locator(".pg-strip-completion")).to_have_text(before)


def test_a_page_whose_view_needs_a_model_says_so_and_still_asks_and_answers(page, folder):
    open_lesson(page, folder, "attention", 2)
    absent = page.locator(".pg-site-absent")
    expect(absent.get_by_role("heading")).to_have_text("The view “Inside the model · Attention” needs a model")
    expect(absent).to_contain_text("make run")
    expect(page.locator("#pg-decode")).to_be_hidden()
    assert outputs(page) == ["14.2 %"]
    expect(panel(page)).not_to_contain_text("Only the first token")
    panel(page).get_by_label("The row of “The”.").check()
    press(page, "Commit")
    expect(result(page)).to_have_text("✓ Right: The row of “The”.")
    assert "…" not in outputs(page)
    page.evaluate("location.hash = '#5'")
    expect_there(page, 5)
    expect(panel(page).get_by_label("Try it")).to_contain_text("This task needs a model.")


def test_compare_prompts_shows_its_columns_and_a_task_is_solved_by_trying(page, folder):
    open_lesson(page, folder, "limits")
    shares = page.locator(".pg-prompts-labels")
    expect(shares).to_contain_text("12.5 %")
    assert outputs(page) == ["5.25 %", "7.27 %"]
    panel(page).get_by_label("It gets more than half.").check()
    press(page, "Commit")
    expect(result(page)).to_have_text("✓ Right: It gets more than half.")
    expect(page.locator(".pg-prompts-column")).to_have_count(2)
    expect(shares).to_contain_text("92.9 %")
    page.evaluate("location.hash = '#6'")
    expect_there(page, 6)
    said, shots = panel(page).locator(".pg-task-said"), page.locator(".pg-prompts-column select").first
    for number, sentence in ((3, ""), (2, "✓ Solved.")):
        shots.select_option(label=f"{number} shots")
        expect(shares.locator(".pg-prompts-label-rows").first).to_contain_text(f"Few-shot, {number}")
        expect(said).to_have_text(sentence)
    page.get_by_label("Input", exact=True).fill("A film.")
    expect(page.locator(".pg-prompts > .pg-notice")).to_contain_text("this needs a model")


def test_compare_prompts_runs_what_was_recorded_and_opens_it_in_decode(page, folder):
    open_lesson(page, folder, "limits", 2)
    expect(page.get_by_role("button", name="Copy link")).to_have_count(0)
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(".pg-prompts-ending").get_by_text("tokens")).to_have_count(3)
    page.get_by_role("button", name="Open in Decode").first.click()
    expect(page.locator("#pg-decode .pg-bars-title")).to_contain_text("Step 1:")
    expect(page.locator("#pg-prompts")).to_be_hidden()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value(re.compile("A dull film that goes nowhere"))
    press(page, "Back to the lesson")
    expect(page.locator("#pg-prompts")).to_be_visible()
    expect(page.locator("#pg-decode")).to_be_hidden()


def test_the_address_names_the_page(page, folder):
    open_lesson(page, folder, "temperature", 3)
    press(page, "Next")
    expect_there(page, 4)
    assert page.url.endswith("temperature.html#4")
    page.evaluate("location.hash = '#99'")
    expect_there(page, 8)
    assert page.url.endswith("#8")
    panel(page).get_by_role("button", name="All lessons").last.click()
    expect(page.get_by_role("heading", name="Lessons", exact=True)).to_be_visible()


@pytest.mark.parametrize("notes", [False, True])
def test_a_handout_is_made_of_each_lesson_and_has_the_notes_only_for_a_teacher(page, tmp_path, notes):
    (tmp_path / "index.html").write_text(list_page(LESSONS, "en", notes=notes), "utf-8")
    page.goto((tmp_path / "index.html").as_uri())
    handouts = page.get_by_role("button", name="Handout")
    expect(handouts).to_have_count(len(LESSONS))
    handouts.nth(5).click()
    sheet = page.get_by_role("region", name="Handout")
    expect(sheet.get_by_role("heading", name="Answers: 6 Temperature")).to_be_visible()
    expect(sheet.get_by_role("heading", name="For the teacher: 6 Temperature")).to_have_count(int(notes))
    found = found_by_axe(page)
    assert found == {name: [] for name in found}
    sheet.get_by_role("button", name="Back to the list").click()
    expect(handouts.nth(5)).to_be_visible()


@pytest.mark.parametrize(
    ("name", "number"), [("index", 1), ("temperature", 2), ("temperature", 6), ("limits", 2), ("attention", 2)]
)
def test_axe_finds_nothing(page, folder, name, number):
    page.goto(f"{(folder / name).as_uri()}.html#{number}")
    if name != "index":
        expect_there(page, number)
    page.evaluate(UNFOLD)
    found = found_by_axe(page)
    assert found == {one: [] for one in found}


@pytest.mark.parametrize("face", ["Simple", "Everything"])
def test_nothing_is_cut_in_any_window(page, folder, face):
    open_lesson(page, folder, "temperature", 6)
    page.get_by_role("radio", name=face).check()
    for name in SIZES:
        size(page, name)
        dress(page)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{name}: the page is {wide} px wider than the window"
        sliders = [page.locator(f"#pg-control-{one}").bounding_box() for one in ("temperature", "top_k", "top_p")]
        if face == "Simple" and name in ("laptop", "projector"):
            assert len({slider["y"] for slider in sliders}) == 1, f"{name}: the sliders are not in one line"


@pytest.fixture(scope="module")
def models() -> Iterator[Models]:
    models = Models([])
    yield models
    models.close()


@pytest.mark.long
@pytest.mark.parametrize("lesson", LESSONS, ids=[lesson.name for lesson in LESSONS])
def test_every_page_of_every_lesson_has_its_numbers(page, models, tmp_path, lesson):
    write_lessons(tmp_path, [lesson], models.texts)
    assert (tmp_path / f"{lesson.name}.html").stat().st_size < 5_000_000
    open_lesson(page, tmp_path, lesson.name)
    for number in range(1, len(lesson.pages) + 1):
        expect_there(page, number)
        assert "…" not in outputs(page)
        if number < len(lesson.pages):
            press(page, "Next")
