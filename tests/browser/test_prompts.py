"""Tests the Compare prompts tab as a visitor uses it, on the default model."""

import json
import math
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.held import hold_requests, hold_until_stopped
from tests.browser.prompts import (
    HOSTILE,
    SharedTab,
    answer_of,
    columns,
    endings,
    expect_finished,
    open_tab,
    prompt_of,
    run,
    shares,
    write_input,
)
from tests.browser.seats import SHARED
from tests.browser.visitor import headline, open_view, say, set_number, tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]


@pytest.fixture(scope="module")
def shared_tab(seats, site):
    return SharedTab(seats[SHARED], site.url)


@pytest.fixture
def page(shared_tab):
    """The tab as it opens."""
    yield shared_tab.page()
    assert shared_tab.seat.faults() == []


@pytest.fixture
def worked(shared_tab):
    """The tab with the form as it opens, and the answers to some input, for a test that writes its own."""
    yield shared_tab.worked()
    assert shared_tab.seat.faults() == []


def test_the_label_share_rises_with_the_shots_without_scrolling(page):
    open_tab(page)
    zero, one, few = shares(page)
    assert zero < 30 < one < 70 < few
    assert page.evaluate("scrollY") == 0
    panel = page.get_by_role("complementary", name="Label words")
    for row in panel.get_by_role("img").all():
        box = row.bounding_box()
        assert box["y"] + box["height"] <= 900
    expect(columns(page).nth(0)).to_contain_text("56 of 8,192 tokens")


def test_prompts_and_completions_are_taken_away(page):
    open_tab(page)
    assert len(shares(page)) == 3
    page.locator("#pg-prompts").get_by_role("button", name="Export").click()
    with page.expect_download() as download:
        page.get_by_role("menuitem", name="Prompts and completions as JSON").click()
    with open(download.value.path()) as file:
        taken = json.load(file)
    assert [column["tokens"] for column in taken["columns"]] == [16, 38, 91]
    assert taken["columns"][0]["prompt"].endswith("Sentiment:")
    assert taken["columns"][0]["completion"].endswith("\n\n")
    assert taken["columns"][2]["labels"]["share"] > 0.8


def test_a_column_opens_in_decode_with_its_own_prompt(page):
    open_tab(page)
    columns(page).nth(1).get_by_role("button", name="Open in Decode").click()
    expect(page.locator(".pg-strip-prompt")).to_contain_text("The·soup·was·cold")
    first = page.locator(".pg-prompts-answer").nth(1).locator(".pg-token").first
    expect(headline(page)).to_have_text(first.text_content())
    expect(tokens(page).first).to_have_attribute("aria-selected", "true")


def steps_in_view(page: Page) -> list[str]:
    return page.locator(".pg-prompts-glance-head strong").all_inner_texts()


def places(page: Page) -> list[dict]:
    parts = ".pg-prompts-column, .pg-prompts-glance, .pg-prompts-glance .pg-bars, .pg-prompts-labels, .pg-prompts-same"
    return [part.bounding_box() for part in page.locator(parts).all()]


def test_any_token_of_a_completion_is_seen_in_place_and_opens_in_decode(page):
    open_tab(page)
    answer, column = answer_of(page, 0), columns(page).nth(0)
    options = answer.get_by_role("option")
    drawn = column.locator(".pg-bar.pg-drawn .pg-label")
    last = options.count()
    assert last > 2
    assert steps_in_view(page) == ["Step 1"] * 3
    expect(answer.get_by_role("option", selected=True)).to_have_text(options.nth(0).inner_text())
    expect(column).to_contain_text("u = 0.734 drew")
    assert len(shares(page)) == 3
    before = places(page)
    for press, step in (("ArrowRight", 2), ("End", last), ("ArrowRight", last), ("Home", 1), ("ArrowLeft", 1)):
        answer.press(press)
        expect(column.locator(".pg-prompts-glance-head strong")).to_have_text(f"Step {step}")
        expect(drawn).to_have_text(options.nth(step - 1).inner_text())
        assert places(page) == before
    options.nth(1).click()
    expect(answer.get_by_role("option", selected=True)).to_have_text(options.nth(1).inner_text())
    expect(drawn).to_have_text(options.nth(1).inner_text())
    assert steps_in_view(page) == ["Step 2", "Step 1", "Step 1"]
    expect(page.get_by_role("table", name="First answer token in every column")).to_contain_text("·Negative")
    token = options.nth(1).inner_text()
    surprisal, entropy = column.locator(".pg-prompts-facts span").all_inner_texts()
    told = options.nth(1).get_attribute("title")
    assert surprisal in told
    assert entropy in told
    words = options.all_inner_texts()
    column.get_by_role("button", name="Open in Decode").click()
    expect(tokens(page)).to_have_text(words)  # and not those of a text that was opened before
    expect(tokens(page).nth(1)).to_have_attribute("aria-selected", "true")
    expect(page.locator(".pg-headline-token")).to_have_text(token)
    expect(page.locator("#pg-decode .pg-step:not(.pg-waiting)")).to_be_visible()
    unscaled = float(page.locator(".pg-facts strong").nth(1).inner_text().removesuffix(" %")) / 100
    assert surprisal == f"surprisal {-math.log2(unscaled):.1f} bits"


def test_a_column_says_what_the_settings_did_to_the_token_in_view(page):
    open_tab(page)
    column = columns(page).nth(0)
    expect(column).to_contain_text("The settings leave 21 of 49,152 tokens and remove 27.8 % of the probability.")
    same = page.get_by_role("table", name="First answer token in every column")
    before = page.get_by_label("Which probabilities").input_value()
    page.get_by_label("Which probabilities").select_option("under the settings")
    page.get_by_role("button", name="Top-3 only").click()
    expect(same.get_by_role("row")).to_have_count(6)  # the head, and the 5 tokens that are among any column's first 3
    expect(column).to_contain_text("The settings leave 3 of 49,152 tokens")
    expect(column).to_contain_text("Other settings chose ·Neutral.")
    page.get_by_role("button", name="Greedy", exact=True).click()
    expect(column).to_contain_text("Greedy takes the most probable token")
    run(page)
    expect_finished(page)
    expect(column).to_contain_text("It chose ·")
    assert steps_in_view(page) == ["Step 1"] * 3
    page.get_by_label("Which probabilities").select_option(before)
    page.get_by_role("button", name="Balanced", exact=True).click()


def test_labels_that_cannot_stand_beside_each_other_are_refused(worked):
    page = worked
    labels = page.get_by_role("textbox", name="Label words")
    labels.fill("Positive, Positive")
    panel = page.get_by_role("complementary", name="Label words")
    expect(panel).to_contain_text("The labels 'Positive' and 'Positive' are the same")
    labels.fill("")
    expect(panel).to_contain_text("This task has no label words")
    labels.fill("Positive, Negative")
    assert len(shares(page)) == 3


def test_columns_are_drawn_again_when_the_mask_of_a_constraint_has_come(worked):
    page, same = worked, worked.locator(".pg-prompts-same")
    two = page.locator(".pg-prompts-told").filter(has_text="leave 2 of 49,152 tokens")
    same.get_by_label("Which probabilities").select_option("under the settings")
    page.route("**/playground/mask*", lambda route: None)  # holds the answer
    with page.expect_request("**/playground/mask*"):
        say(page, choices=[" Paris", " Rome"], top_k=0, top_p=1)  # no later stage removes one of them
    page.unroute("**/playground/mask*")
    expect(two).to_have_count(3)
    expect(same.locator("tbody tr")).to_have_count(2)
    say(page, choices=None, top_k=40, top_p=0.9)
    same.get_by_label("Which probabilities").select_option("raw")


def test_an_edit_takes_the_results_of_the_prompt_before_away(worked):
    page = worked
    write_input(page, "I would see it every day.")
    expect(page.locator(".pg-prompts-answer .pg-token")).to_have_count(0)
    expect(page.get_by_role("table", name="First answer token in every column")).to_be_hidden()
    expect(prompt_of(page, 0)).to_contain_text("I·would·see·it·every·day.")
    assert len(shares(page)) == 3
    run(page)
    expect_finished(page)
    expect(page.get_by_role("table", name="First answer token in every column")).to_be_visible()


def test_a_text_in_decode_stays_when_its_column_runs_again(worked, site):
    page = worked
    columns(page).nth(2).get_by_role("button", name="Open in Decode").click()
    first = page.locator(".pg-prompts-answer").nth(2).locator(".pg-token").first
    expect(headline(page)).to_have_text(first.text_content())
    in_view = "import(new URL('playground/assets/common/views.js', document.baseURI)).then((m) => m.placeInView())"
    trace_id = page.evaluate(in_view)["traceId"]
    open_view(page, "Prompts")
    run(page)
    expect_finished(page)
    last = site.engine.store.get(trace_id).steps[-1]
    assert last.logits is not None, "the list in Decode holds it"
    open_view(page, "Decode")
    tokens(page).last.click()
    expect(page.locator("#pg-decode .pg-bars-title")).to_contain_text(f"Step {last.index + 1}:")
    expect(page.locator("#pg-decode .pg-headline")).to_contain_text(f"rank {last.raw.rank}")
    expect(page.locator("#pg-decode .pg-notice[role=alert]")).to_have_text("")
    listed = page.get_by_role("list", name="Branches").get_by_role("button")
    before = listed.count()
    page.locator("#pg-decode .pg-bar[data-kind=token]").nth(1).click()
    expect(listed).to_have_count(before + 1)
    expect(tokens(page).nth(last.index)).to_have_attribute("title", re.compile("chosen by you"))


def test_the_room_for_an_answer_changes_while_a_pressed_run_is_built(worked):
    page = worked
    release = hold_requests(page, "**/component_server/")
    write_input(page, "I would see it twice.")
    run(page)
    page.locator("#pg-prompts").get_by_text("running", exact=True).wait_for()
    room = page.get_by_role("spinbutton", name="Max new tokens").input_value()
    set_number(page, "Max new tokens", "2")
    release()
    expect_finished(page)
    for number in range(3):
        expect(answer_of(page, number).get_by_role("option")).to_have_count(2)
    set_number(page, "Max new tokens", room)


def test_run_asks_again_for_prompts_that_the_server_did_not_build(worked):
    page = worked
    page.route("**/component_server/", lambda route: route.fulfill(json={"error": "The server is busy."}))
    write_input(page, "I would see it again.")
    refusal = page.get_by_role("alert").filter(has_text="The server is busy.")
    expect(refusal).to_be_visible()
    page.unroute("**/component_server/")
    run(page)
    expect_finished(page)
    expect(refusal).to_be_hidden()
    expect(prompt_of(page, 2)).to_contain_text("I·would·see·it·again.")


def test_columns_are_added_removed_and_made_free(worked):
    page = worked
    page.get_by_role("button", name="Add a column").click()
    expect(columns(page)).to_have_count(4)
    columns(page).nth(0).get_by_role("button", name="Remove this column").click()
    columns(page).nth(0).get_by_role("button", name="Remove this column").click()
    expect(columns(page)).to_have_count(2)
    columns(page).nth(1).get_by_label("Examples in this column").select_option("free prompt")
    columns(page).nth(1).get_by_label("Free prompt").fill(HOSTILE)
    expect(prompt_of(page, 1)).to_contain_text("onerror=alert(1)>·${alert(2)}·{{alert(3)}}")
    run(page)
    expect_finished(page)


def test_stop_ends_all_columns(worked, site, monkeypatch):
    page = worked
    page.locator("#pg-prompts").get_by_label("Task", exact=True).select_option("Chat")
    page.get_by_text("Edit the task and its examples").click()
    page.get_by_label("Stop string", exact=True).fill("")
    set_number(page, "Max new tokens", "500")
    expect(prompt_of(page, 0)).to_contain_text("rainy·Sunday")
    hold_until_stopped(site.engine, monkeypatch, steps=2, traces=3)
    run(page)
    expect(page.locator(".pg-prompts-answer").nth(0).locator(".pg-token").nth(1)).to_be_visible()
    answer_of(page, 0).press("ArrowRight")
    expect(columns(page).nth(0).locator(".pg-prompts-glance-head strong")).to_have_text("Step 2")
    page.locator("#pg-prompts").get_by_role("button", name="Stop").click()
    site.wait_until(lambda: not site.engine.busy)
    for number in range(3):
        expect(endings(page).nth(number)).to_contain_text("stopped")
    assert steps_in_view(page) == ["Step 2", "Step 1", "Step 1"]


def test_the_room_for_an_answer_changes_while_the_tab_opens(fresh_page, site, monkeypatch):
    """The answers come although the sidebar's values return only after the tab has begun."""
    page = fresh_page
    hold_until_stopped(site.engine, monkeypatch, steps=1, traces=3)
    open_view(page, "Prompts")
    expect(page.locator(".pg-prompts-answer .pg-token").first).to_be_visible()
    set_number(page, "Max new tokens", "2")
    expect_finished(page)
    for number in range(3):
        expect(answer_of(page, number).get_by_role("option")).to_have_count(2)


def test_the_room_for_an_answer_changes_before_the_tokens_texts_are_there(another, site):
    page, held = another("about:blank"), []
    page.route("**/vocabulary.json", lambda route: held.append(route))
    page.goto(site.url)
    open_view(page, "Prompts")
    expect(columns(page)).to_have_count(3)
    with page.expect_response("**/component_server/"):
        set_number(page, "Max new tokens", "2")
    for route in held:
        route.continue_()
    expect_finished(page)
    for number in range(3):
        expect(answer_of(page, number).get_by_role("option")).to_have_count(2)


def test_the_tab_does_not_run_by_itself_while_the_model_is_busy(fresh_page, site, monkeypatch):
    page = fresh_page
    set_number(page, "Max new tokens", "3")
    hold_until_stopped(site.engine, monkeypatch, steps=2)
    sidebar = page.locator(".sidebar")
    sidebar.get_by_role("button", name="Generate", exact=True).click()
    site.wait_until(lambda: site.engine.busy)
    open_view(page, "Prompts")
    expect(page.get_by_text("The model is busy with other texts. Press Run")).to_be_visible()
    expect(prompt_of(page, 2)).to_contain_text("Sentiment:")
    open_view(page, "Decode")
    sidebar.get_by_role("button", name="Stop", exact=True).click()
    site.wait_until(lambda: not site.engine.busy)
    open_view(page, "Prompts")
    expect(page.locator(".pg-prompts-answer .pg-token")).to_have_count(0)
    run(page)
    expect_finished(page)


def test_examples_from_a_file_go_into_the_task_for_which_it_was_chosen(page):
    open_tab(page)
    page.get_by_text("Edit the task and its examples").click()
    release = hold_requests(page, "**/component_server/")
    with page.expect_request("**/component_server/"):
        page.locator("#pg-prompts .pg-prompts-form-tools input[type=file]").first.set_input_files(items("wolf;animal"))
    task = page.locator("#pg-prompts").get_by_label("Task", exact=True)
    task.select_option("Antonyms")
    first = page.get_by_label("input of example 1", exact=True)
    expect(first).to_have_value("hot")
    release()
    expect(page.get_by_text("They went into the task for which the file was chosen.")).to_be_visible()
    expect(first).to_have_value("hot")
    task.select_option("Sentiment of a review")
    expect(first).to_have_value("wolf")
    page.get_by_role("button", name="Remove example 1").press("Enter")
    expect(page.get_by_role("button", name="Add an example")).to_be_focused()


def test_an_example_that_does_not_fit_is_named(page):
    open_tab(page)
    page.get_by_text("Edit the task and its examples").click()
    page.get_by_label("input of example 1", exact=True).fill("word " * 2500)
    expect(columns(page).nth(1)).to_contain_text("These examples do not fit: 1.")
    expect(columns(page).nth(2)).to_contain_text("These examples do not fit: 1.")
    write_input(page, "word " * 2500)
    expect(columns(page).nth(0)).to_contain_text("Shorten them, or ask for fewer new tokens.")
    assert page.get_by_label("input of example 1", exact=True).input_value() == "word " * 2500


def items(*rows: str) -> dict:
    return {"name": "items.csv", "mimeType": "text/csv", "buffer": "\n".join(["input;label", *rows]).encode()}


def test_an_evaluation_counts_and_its_items_open_in_the_columns(worked):
    page = worked
    page.get_by_text("Does it help? Accuracy").click()
    page.get_by_role("button", name="Evaluate").click()
    stop = page.locator("#pg-prompts").get_by_role("button", name="Stop", exact=True)
    stop.click()
    expect(page.get_by_role("status").filter(has_text=re.compile(r"Stopped: \d+ of 300 prompts"))).to_be_visible()
    expect(stop).to_be_disabled()
    page.get_by_role("button", name="Clear").click()
    file = page.locator("#pg-evaluation input[type=file]")
    file.set_input_files(items("fine"))
    expect(page.get_by_role("alert").filter(has_text="Row 2 has too few columns")).to_be_visible()
    file.set_input_files(items("I love it!;Positive", "I hate it!;Negative", "=cmd();Negative"))
    expect(page.get_by_text("delimiter semicolon")).to_be_visible()
    page.get_by_label("Numbers of shots").select_option("0, 1, 4")
    page.get_by_role("button", name="Evaluate").click()
    numbers = page.get_by_role("table", name="Accuracy and label share of every run")
    expect(numbers.get_by_role("row")).to_have_count(4)
    expect(page.get_by_role("button", name="Evaluate")).to_be_enabled()
    expect(numbers.get_by_role("row").nth(3)).to_contain_text("1: no switches")
    expect(page.get_by_role("table", name="Confusion table").get_by_role("row")).to_have_count(3)
    page.get_by_role("table", name="Items of the run").get_by_role("button", name="=cmd()").click()
    expect(prompt_of(page, 0)).to_contain_text("=cmd()")
    page.get_by_text("Which prompt is better?").click()
    page.get_by_label("Wording B").fill("How does it feel?")
    page.get_by_role("button", name="Compare the wordings").click()
    expect(page.get_by_text("McNemar's exact test, p =")).to_be_visible()
