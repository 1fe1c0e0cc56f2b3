"""Tests that a text continues from any step with another token, and that its branches are kept and compared."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.held import hold_until_stopped
from tests.browser.seats import IDLE
from tests.browser.visitor import bars, ending, generate, headline, selected, set_number, step, strip, tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]

LIMIT = "ended at the limit of new tokens"


@pytest.fixture
def page(page):
    """The example of 40 tokens is there. Texts that are generated from here on have at most 8."""
    set_number(page, "Max new tokens", "8")
    return page


def branches(page: Page):
    """Returns the branches in the list."""
    return page.get_by_role("list", name="Branches").get_by_role("button")


def current(page: Page):
    return page.locator(".pg-branch-line [aria-current=true]")


def title(page: Page):
    return page.locator(".pg-bars-title")


def go_to(page: Page, number: int) -> None:
    tokens(page).nth(number - 1).click()
    expect(title(page)).to_contain_text(f"Step {number}:")


def fork(page: Page, number: int, place: int) -> str:
    """Continues with the candidate at a place of a step's bars. Returns its token."""
    go_to(page, number)
    bar = bars(page).nth(place)
    token = bar.locator(".pg-label").inner_text()
    before = branches(page).count()
    bar.click()
    expect(branches(page)).to_have_count(before + 1)
    expect(current(page)).to_contain_text(f"step {number}: {token}")
    expect(tokens(page)).to_have_count(8)
    expect(ending(page)).to_have_text(LIMIT)
    return token


def texts(page: Page) -> list[str]:
    return tokens(page).all_inner_texts()


def test_a_click_on_a_candidate_goes_on_with_it(page):
    example = texts(page)
    go_to(page, 4)
    number = page.locator(".pg-facts").inner_text().split("u =")[1]
    token = fork(page, 3, 2)
    assert texts(page)[:3] == [*example[:2], token]
    expect(tokens(page)).to_have_count(8)
    expect(current(page)).to_have_text(f"↳ 2 step 3: {token}")
    go_to(page, 3)
    expect(headline(page)).to_have_text(token)
    expect(page.locator(".pg-facts")).to_contain_text("chosen by you")
    expect(bars(page).filter(has_text="chosen by you").locator(".pg-label")).to_have_text(token)
    expect(tokens(page).nth(2)).to_have_class(re.compile("pg-forced"))
    assert "chosen by you" in tokens(page).nth(2).get_attribute("title")
    go_to(page, 4)
    assert page.locator(".pg-facts").inner_text().split("u =")[1] == number, "the number its parent's step saw"
    branches(page).first.click()
    expect(tokens(page)).to_have_text(example)


def test_a_fork_begins_with_its_parents_own_steps(page):
    go_to(page, 2)
    before = bars(page).all_inner_texts()
    fork(page, 5, 1)
    go_to(page, 2)
    expect(bars(page)).to_have_text(before, use_inner_text=True)


def test_the_table_continues_by_key(page):
    page.get_by_text("The candidates as a table").click()
    row = page.get_by_role("table", name="Next-token candidates").get_by_role("row").nth(1)
    row.get_by_role("button").press("ArrowDown")
    button = page.locator(":focus")
    token = re.match("Continue with (.*)", button.get_attribute("aria-label"))[1]
    button.press("ArrowDown")
    page.locator(":focus").press("ArrowUp")
    page.locator(":focus").press("Enter")
    expect(branches(page)).to_have_count(2)
    expect(tokens(page)).to_have_count(8)
    expect(ending(page)).to_have_text(LIMIT)
    expect(tokens(page).first).to_have_text(token)


def test_any_text_can_be_what_it_goes_on_with(page):
    field = page.get_by_label("Continue with this text from the step in view")
    go_to(page, 3)
    for text, sentence in [("", "There is no text to continue with"), ("word " * 20, "max_new_tokens is 8.")]:
        field.fill(text)
        field.press("Enter")
        expect(page.get_by_role("alert").filter(has_text=sentence)).to_be_visible()
        expect(field).to_have_value(text)
        expect(tokens(page)).to_have_count(40)
    field.fill(" bright balloons")
    page.get_by_role("button", name="Continue", exact=True).click()
    expect(tokens(page)).to_have_count(8)
    expect(ending(page)).to_have_text(LIMIT)
    assert "".join(texts(page)[2:]).startswith("·bright·balloons")
    expect(field).to_have_value("")
    expect(page.get_by_role("alert").filter(has_text="max_new_tokens")).to_have_count(0)
    expect(page.locator(".pg-forced")).not_to_have_count(1)


def test_an_end_token_ends_the_branch(page):
    field = page.get_by_label("Continue with this text from the step in view")
    go_to(page, 3)
    field.fill("<|im_end|>")
    field.press("Enter")
    expect(ending(page)).to_have_text("ended by the model's end token")
    expect(tokens(page)).to_have_count(3)


def test_undo_and_redo_by_button_and_by_key(page):
    fork(page, 3, 2)
    forked = texts(page)
    undo, redo = page.get_by_role("button", name="Undo"), page.get_by_role("button", name="Redo")
    undo.click()
    expect(tokens(page)).to_have_count(40)
    expect(branches(page)).to_have_count(1)
    expect(undo).to_be_disabled()
    strip(page).press("Control+Shift+Z")
    expect(branches(page)).to_have_count(2)
    expect(tokens(page)).to_have_text(forked)
    strip(page).press("Control+z")
    expect(branches(page)).to_have_count(1)
    prompt = page.get_by_label("Prompt", exact=True)
    prompt.fill("Something else")
    prompt.press("Control+Shift+Z")
    expect(branches(page)).to_have_count(1)  # a text field has its own undo
    redo.click()
    expect(branches(page)).to_have_count(2)
    expect(redo).to_be_disabled()


def test_generate_begins_another_text_and_keeps_the_ones_before(page):
    fork(page, 3, 2)
    forked = texts(page)
    generate(page, "The sky is", 5)
    expect(branches(page)).to_have_count(3)
    expect(current(page)).to_have_text("3 The sky is")
    expect(ending(page)).to_have_text(LIMIT)
    branches(page).filter(has_text="↳ 2").click()
    expect(tokens(page)).to_have_text(forked)
    page.get_by_role("button", name="Step", exact=True).click()
    expect(tokens(page)).to_have_text([*forked, re.compile(".")])  # of the text in view, whatever the sidebar's prompt
    expect(current(page)).to_have_text("↳ 4 from step 9")


def test_step_and_go_on_extend_the_text_in_view_under_the_settings_in_view(page):
    page.get_by_label("Prompt", exact=True).fill("The sea is")
    page.get_by_role("button", name="Step from the new prompt").click()
    expect(ending(page)).to_have_text("stopped")
    expect(branches(page)).to_have_count(2)
    branches(page).first.click()
    expect(tokens(page)).to_have_count(40)
    branches(page).nth(1).click()
    expect(tokens(page)).to_have_count(1)
    set_number(page, "Temperature", "0.4")
    step(page).click()
    expect(tokens(page)).to_have_count(2)
    expect(page.locator(".pg-said")).to_contain_text("Generated with Sample, temperature 0.4, top-k 40, top-p 0.9")
    go_to(page, 1)
    expect(page.locator(".pg-differing")).to_have_text(
        "The bars show temperature 0.4. This token was written with temperature 0.8."
    )
    page.get_by_role("button", name="Go on", exact=True).click()
    expect(tokens(page)).to_have_count(10)
    expect(ending(page)).to_have_text(LIMIT)
    expect(branches(page)).to_have_count(2)
    page.get_by_role("button", name="Go on", exact=True).click()
    expect(tokens(page)).to_have_count(18)
    expect(current(page)).to_have_text("↳ 3 from step 11")


def test_a_text_is_written_again_under_what_the_bars_show(page):
    generate(page, "The sky is", 8)
    expect(tokens(page)).to_have_count(8)
    expect(ending(page)).to_have_text(LIMIT)
    seed = page.get_by_label("Seed", exact=True).input_value()
    bars_top = page.locator(".pg-chain").bounding_box()["y"]
    set_number(page, "Temperature", "0.3")
    expect(page.locator(".pg-differing")).to_have_text(
        "The bars show temperature 0.3. The text was written with temperature 0.8."
    )
    assert page.locator(".pg-chain").bounding_box()["y"] == bars_top
    page.get_by_role("button", name="Write it again").click()
    expect(branches(page)).to_have_count(3)
    expect(ending(page)).to_be_visible()
    expect(page.locator(".pg-differing")).to_have_text("")
    expect(page.locator(".pg-said")).to_contain_text(f"temperature 0.3, top-k 40, top-p 0.9, seed {seed}.")
    branches(page).nth(1).click()
    expect(page.get_by_role("spinbutton", name="Temperature")).to_have_value("0.8")
    expect(page.locator(".pg-differing")).to_have_text("")


def test_what_differs_is_named_in_full_in_a_list_that_opens(page):
    page.get_by_role("button", name="Creative", exact=True).click()
    expect(page.locator(".pg-differing")).to_have_text(
        "The bars show temperature 1.2, top-k off, top-p 0.95 and 1 more."
        " The text: temperature 0.8, top-k 40, top-p 0.9."
    )
    more, every = page.get_by_role("button", name="1 more"), page.locator(".pg-all-differing")
    expect(every).to_be_hidden()
    more.press("Enter")
    expect(every).to_contain_text("The bars show temperature 1.2, top-k off, top-p 0.95, min-p 0.05.")
    page.keyboard.press("Escape")
    expect(every).to_be_hidden()
    expect(more).to_be_focused()


def test_a_second_text_moves_nothing(page):
    page.set_viewport_size({"width": 1024, "height": 768})
    page.evaluate(IDLE)
    before = page.locator(".pg-headline").bounding_box()["y"]
    fork(page, 3, 2)
    go_to(page, 1)
    assert page.locator(".pg-headline").bounding_box()["y"] == before


def focused(page: Page):
    return page.locator(":focus")


def test_the_focus_never_falls_off_the_page(page):
    fork(page, 3, 2)
    page.get_by_role("button", name="Undo").press("Enter")
    expect(focused(page)).to_have_accessible_name("Redo")
    focused(page).press("Enter")
    expect(focused(page)).to_have_accessible_name("Undo")
    branches(page).first.press("Enter")
    expect(focused(page)).to_have_text(re.compile("^1 At night"))
    page.get_by_role("button", name="Branches ▾").press("Enter")
    page.get_by_role("button", name="Compare branch 2 with the text in view").press("Enter")
    page.get_by_role("button", name="Close the comparison").press("Enter")
    expect(focused(page)).to_have_accessible_name("Compare branch 2 with the text in view")
    focused(page).press("Enter")
    page.get_by_role("button", name="Close the comparison").press("Escape")
    expect(page.get_by_role("region", name="Comparison")).to_have_count(0)
    expect(focused(page)).to_have_accessible_name("Compare branch 2 with the text in view")
    page.get_by_role("button", name="Remove branch 2").press("Enter")
    expect(branches(page)).to_have_count(1)
    expect(focused(page)).to_have_accessible_name("Branches ▴")
    page.get_by_label("Name of branch 1").press("Escape")
    expect(table(page)).to_be_hidden()
    expect(focused(page)).to_have_accessible_name("Branches ▾")
    page.get_by_role("button", name="Draw again").press("Enter")
    page.get_by_role("button", name="Clear", exact=True).press("Enter")
    expect(focused(page)).to_have_text("Draw again")


def test_a_fork_goes_on_under_what_the_bars_show(page):
    set_number(page, "Temperature", "1.5")
    fork(page, 3, 2)
    go_to(page, 3)
    expect(page.get_by_text("Generated with Sample, temperature 1.5")).to_be_visible()
    go_to(page, 2)
    expect(page.get_by_text("Generated with Sample, temperature 0.8")).to_be_visible()


def test_a_fork_while_a_text_is_generated_is_a_sentence_and_loses_nothing(page, site, monkeypatch):
    hold_until_stopped(site.engine, monkeypatch, steps=3)
    page.get_by_role("button", name="Greedy", exact=True).click()
    generate(page, "Count: one two three", 120)
    expect(current(page)).to_have_text("2 Count: one two three")
    expect(tokens(page).nth(1)).to_be_visible()
    tokens(page).first.click()
    expect(title(page)).to_contain_text("Step 1:")
    bars(page).nth(1).click()
    expect(page.get_by_role("alert").filter(has_text="Press Stop first")).to_be_visible()
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    branches(page).first.click()
    expect(tokens(page)).to_have_count(40)
    branches(page).nth(1).click()
    page.get_by_role("button", name="Stop").click()
    expect(ending(page)).to_have_text("stopped")
    expect(branches(page)).to_have_count(2)


def table(page: Page):
    return page.get_by_role("table", name="Branches")


def test_branches_are_named_and_removed(page):
    fork(page, 3, 2)
    page.get_by_role("button", name="Branches ▾").click()
    row = table(page).get_by_role("row").nth(2)
    expect(row).to_contain_text("at step 3 of 1")
    expect(row).to_contain_text("Sample, temperature 0.8, top-k 40, top-p 0.9")
    expect(row.get_by_role("cell").nth(5)).to_have_text(re.compile(r"−\d\.\d\d"))
    name = page.get_by_label("Name of branch 2")
    name.fill("<b>mine</b>")
    name.press("Enter")
    expect(current(page)).to_have_text("↳ 2 <b>mine</b>")
    page.get_by_role("button", name="Remove branch 2").click()
    expect(branches(page)).to_have_count(1)
    expect(tokens(page)).to_have_count(40)
    expect(page.get_by_role("button", name="Remove branch 1")).to_be_disabled()
    undo = page.get_by_role("button", name="Undo")
    undo.click()
    expect(current(page)).to_have_text("↳ 2 <b>mine</b>")
    undo.click()
    expect(current(page)).to_contain_text("step 3")


def test_two_branches_are_compared_at_their_first_difference(page):
    example = texts(page)
    token = fork(page, 3, 2)
    page.get_by_role("button", name="Branches ▾").click()
    page.get_by_role("button", name="Compare branch 1 with the text in view").click()
    view = page.get_by_role("region", name="Comparison")
    expect(view.get_by_role("status")).to_contain_text("the first difference is at step 3")
    expect(view.locator(".pg-differs .pg-token")).to_have_text([example[2], token])
    rows = view.get_by_role("table").get_by_role("row")
    drawn, forced = rows.filter(has_text="◆ drawn"), rows.filter(has_text="◆ chosen by you")
    expect(drawn.get_by_role("rowheader")).to_have_text(example[2])
    expect(forced.get_by_role("rowheader")).to_have_text(token)
    one, other = drawn.get_by_role("cell").all_inner_texts()
    assert one.split(" ◆")[0] == other, "the same distribution under the same settings"
    go_to(page, 3)
    shown = bars(page).first.locator(".pg-now").inner_text()
    expect(rows.nth(1).get_by_role("cell").first).to_have_text(re.compile(f"^{re.escape(shown)}"))
    page.get_by_role("button", name="Close the comparison").click()
    expect(view).to_have_count(0)


def test_the_example_of_the_course_has_no_model_to_go_on_with(page):
    page.get_by_role("button", name="Example from the course").click()
    expect(bars(page).first).to_contain_text("·cake")
    bars(page).nth(1).click()
    refused = page.get_by_role("alert").filter(has_text="was not generated here")
    expect(refused).to_be_visible()
    step(page).click()
    expect(refused).to_be_visible()
    expect(branches(page)).to_have_text(["1 At night the sky is full of"])  # the list has words of the model
    expect(tokens(page)).to_have_count(1)


def test_a_trace_of_another_tab_can_be_opened_and_forked(site, page, another):
    """Whoever knows a trace's id may open it. Forgetting it in one tab leaves it in the other."""
    other = another()
    expect(selected(other)).to_be_visible()
    generate(other, "Red is", 5)
    expect(tokens(other)).to_have_count(5)
    expect(ending(other)).to_have_text(LIMIT)
    expect(title(other)).to_contain_text("Step 5:")
    in_view = "import(new URL('playground/assets/common/views.js', document.baseURI)).then((m) => m.placeInView())"
    trace_id = other.evaluate(in_view)["traceId"]
    page.evaluate(
        "(detail) => document.dispatchEvent(new CustomEvent('playground:open', { detail }))",
        {"traceId": trace_id, "index": 2},
    )
    expect(current(page)).to_have_text("2 Red is")
    token = fork(page, 3, 1)
    assert texts(page)[:3] == [*texts(other)[:2], token]
    assert site.engine.store.holds(trace_id)
