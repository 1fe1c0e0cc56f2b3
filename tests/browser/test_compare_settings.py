"""Tests the tab Compare settings in Chromium, on the default model."""

import csv
import io
import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.visitor import assert_found_by_search, open_view, share_of_band, tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]


ROWS = ["Greedy", "Focused", "Balanced", "Creative"]
FORM = """() => [...document.querySelectorAll("#pg-compare :is(.pg-rows *, textarea, [type=checkbox])")]
    .flatMap(({ value, checked }) => (value === undefined ? [] : [value, checked])).join()"""
"""A script that returns the prompts and the rows of the form."""


@pytest.fixture
def page(shared_page):
    """A page that the tests of this file share, with the tab in view."""
    open_view(shared_page, "Settings")
    return shared_page


@pytest.fixture(scope="module")
def opening(shared_page):
    """The first prompt when the tab opens, and its whole form."""
    open_view(shared_page, "Settings")
    return shared_page.get_by_label("Prompt 1", exact=True).input_value(), shared_page.evaluate(FORM)


@pytest.fixture
def compare(page, opening):
    """The tab with the prompt and the rows that it opens with. The result of another test's grid may be in view."""
    compare, (prompt, form) = page.locator("#pg-compare"), opening
    if page.evaluate(FORM) != form:
        fill_form(compare, prompt)
    assert page.evaluate(FORM) == form
    return compare


@pytest.fixture
def grid(compare):
    """The result of a grid of four rows with two seeds and 8 new tokens. It runs again after another test's grid."""
    if not compare.get_by_text("7 of 7 texts, done", exact=True).is_visible():
        run(compare, 2, 8)
    expect(done(compare)).to_have_text("7 of 7 texts, done")
    return compare


def fill_form(compare, prompt: str) -> None:
    for _ in compare.get_by_role("button", name="Remove row").all():
        compare.get_by_role("button", name="Remove row 1", exact=True).click()
    for name in ROWS:
        compare.get_by_role("combobox", name="Preset").select_option(name)
        compare.get_by_role("button", name="Add row").click()
    for _ in compare.get_by_role("button", name="Remove prompt").all()[1:]:
        compare.get_by_role("button", name="Remove prompt 2", exact=True).click()
    compare.get_by_label("Prompt 1", exact=True).fill(prompt)
    compare.get_by_label("Chat template").uncheck()


def run(compare, seeds: int, new_tokens: int) -> None:
    compare.get_by_label("Seeds", exact=True).fill(str(seeds))
    compare.get_by_label("New tokens").fill(str(new_tokens))
    compare.get_by_role("button", name="Run").click()


def done(compare):
    """Returns what says that a grid has ended. The grids of the tests have different numbers of texts."""
    return compare.get_by_text(re.compile(r"^(\d+) of \1 texts?, done$"))


def test_a_grid_fills_the_table_and_the_texts(grid):
    table = grid.get_by_role("table", name=re.compile("How the settings differ"))
    expect(table.get_by_role("rowheader")).to_contain_text(["1 Greedy", "2 Focused", "3 Balanced", "4 Creative"])
    expect(grid.locator(".pg-card")).to_have_count(7)
    expect(grid.get_by_role("img", name=re.compile("Diversity against likelihood"))).to_be_visible()
    table.get_by_role("button", name="log-prob.").click()
    expect(table.get_by_role("columnheader", name="log-prob.")).to_have_attribute("aria-sort", "descending")
    values = [
        float(row.locator("td").nth(2).inner_text().split()[0].replace("−", "-"))
        for row in table.locator("tbody tr").all()
    ]
    assert values == sorted(values, reverse=True)


def test_the_same_luck_shows_one_number_on_two_distributions(grid):
    luck = grid.get_by_role("region", name="Same seed")
    expect(luck.locator(".pg-parting")).to_have_count(2)
    luck.get_by_label("First row").select_option("1")
    luck.get_by_role("button", name="Show why").click()
    expect(luck.get_by_role("status")).to_have_text(
        re.compile(r"the same u = 0\.\d{3} falls on “.+” under row 2 .+ and “.+” under row 3")
    )
    marks = luck.locator(".pg-luck-u")
    drawn = marks.evaluate_all("all => all.map((mark) => Number(mark.style.getPropertyValue('--pg-u')))")
    u, of_the_other = drawn
    assert u == of_the_other
    assert [share_of_band(mark) for mark in marks.all()] == pytest.approx([u, u], abs=0.003)
    parting = luck.locator(".pg-parting").all_inner_texts()
    for ribbon, word in zip(luck.locator(".pg-ribbon-band").all(), parting, strict=True):
        shares = ribbon.locator(".pg-segment").evaluate_all(
            "all => all.map(one => [parseFloat(one.style.width) / 100, one.title, one.classList.contains('pg-drawn')])"
        )
        place = next(place for place, (_, _, is_drawn) in enumerate(shares) if is_drawn)
        start = sum(share for share, *_ in shares[:place])
        assert start - 1e-6 <= u <= start + shares[place][0] + 1e-6
        assert shares[place][1].startswith(word)


def test_no_luck_falls_on_what_greedy_takes(grid):
    luck = grid.get_by_role("region", name="Same seed")
    luck.get_by_label("First row").select_option("0")
    luck.get_by_role("button", name="Show why").click()
    expect(luck.get_by_role("status")).to_have_text(
        re.compile(
            r"row 1 takes the most probable token, “.+” \(.+ %\) and u = 0\.\d{3} falls on “.+” under row 3 \(.+ %\)\."
        )
    )
    expect(luck.locator(".pg-luck-u").first).to_be_hidden()
    expect(luck.locator(".pg-luck-u").last).to_be_visible()


def test_the_grid_can_be_taken_away(grid, page):
    for label, name in [("Table as CSV", "compare-settings.csv"), ("Everything as JSON", "compare-settings.json")]:
        grid.get_by_role("button", name="Export").click()
        with page.expect_download() as saved:
            grid.get_by_role("menuitem", name=label).click()
        assert saved.value.suggested_filename == name
        content = saved.value.path().read_text(encoding="utf-8-sig")
        assert "Balanced" in content
    assert len(json.loads(content)["cells"]) == 7


def test_a_text_opens_in_decode(grid, page):
    card = grid.locator(".pg-card").nth(1)
    written = card.locator(".pg-token").all_inner_texts()
    card.get_by_role("button", name="Open in Decode").click()
    expect(page.get_by_role("tab", name="Decode")).to_have_attribute("aria-selected", "true")
    expect(tokens(page)).to_have_text(written)


def test_another_grid_takes_the_reason_of_the_one_before_away(grid):
    luck = grid.get_by_role("region", name="Same seed")
    luck.get_by_role("button", name="Show why").click()
    expect(luck.locator(".pg-luck-ribbon")).to_have_count(2)
    run(grid, 1, 5)
    expect(grid.locator(".pg-card .pg-token")).to_have_count(4 * 5)
    expect(done(grid)).to_have_text("4 of 4 texts, done")
    expect(luck.get_by_role("status")).to_have_text(re.compile(r"^They differ from token \d+ on\.$"))
    expect(luck.locator(".pg-luck-ribbon")).to_have_count(0)


def test_a_second_press_comes_too_late_to_ask_for_a_second_grid(compare):
    for row in (4, 3):
        compare.get_by_role("button", name=f"Remove row {row}").click()
    compare.get_by_label("Seeds", exact=True).fill("1")
    compare.get_by_label("New tokens").fill("2")
    press = "run => { run.click(); return run.ariaDisabled; }"
    assert compare.get_by_role("button", name="Run").evaluate(press) == "true"
    expect(done(compare)).to_have_text("2 of 2 texts, done")


def test_what_beams_found_opens_in_decode_as_that(compare, page):
    for _ in range(4):
        compare.get_by_role("button", name="Remove row 1").click()
    compare.get_by_role("combobox", name="Preset").select_option("Beam 4")
    compare.get_by_role("button", name="Add row").click()
    run(compare, 1, 6)
    expect(done(compare)).to_have_text("1 of 1 text, done")
    card = compare.locator(".pg-card")
    written = card.locator(".pg-token").all_inner_texts()
    card.get_by_role("button", name="Open in Decode").click()
    expect(page.get_by_role("tab", name="Decode")).to_have_attribute("aria-selected", "true")
    expect(tokens(page)).to_have_text(written)
    assert_found_by_search(page, 4)


def test_stop_keeps_what_is_done(compare, site):
    run(compare, 16, 40)
    expect(compare.get_by_text(re.compile(r"^[1-9]\d* of 49 texts$"))).to_be_visible()
    compare.get_by_role("button", name="Stop").click()
    expect(compare.get_by_text(re.compile(r"of 49 texts, stopped$"))).to_be_visible()
    assert 0 < compare.locator(".pg-card").count() < 49
    site.wait_until(lambda: not site.engine.busy)
    expect(compare.get_by_role("button", name="Run")).to_be_enabled()


def test_a_tab_that_is_closed_ends_its_grid(site, another):
    visitor = another()
    open_view(visitor, "Settings")
    before = site.engine.speed.tokens
    run(visitor.locator("#pg-compare"), 16, 200)
    site.wait_until(lambda: site.engine.busy)
    visitor.close()
    site.wait_until(lambda: not site.engine.busy)
    assert site.engine.speed.tokens < before + 25 * 100, "25 different texts of 200 tokens were asked for"


def test_what_cannot_be_compared_is_refused_and_stays(compare):
    compare.get_by_role("combobox", name="Preset").select_option("Greedy")
    compare.get_by_role("button", name="Add row").click()
    run(compare, 1, 2)
    expect(compare.get_by_role("alert")).to_have_text(re.compile("Rows 1 and 5 have the same settings"))
    compare.get_by_role("button", name="Remove row 5").click()
    compare.get_by_label("Prompt 1", exact=True).fill("")
    compare.get_by_role("button", name="Run").click()
    expect(compare.get_by_role("alert")).to_have_text(re.compile("no prompt"))
    compare.get_by_label("Prompt 1", exact=True).fill("One")
    compare.get_by_role("button", name="Add prompt").click()
    compare.get_by_label("Prompt 2", exact=True).fill("Two")
    compare.get_by_role("button", name="Run").click()
    expect(done(compare)).to_have_text("8 of 8 texts, done")
    expect(compare.locator(".pg-notice")).to_be_empty()


PROMPTS = ['List:\n- one,\n- "two"\n', "Say hello.", "word " * 9000]


def test_prompts_of_several_lines_stay_whole(compare, page):
    """The grid, the CSV and the JSON keep them whole. Only a prompt that is over the window is refused."""
    open_view(page, "Decode")
    page.get_by_role("textbox", name="Prompt", exact=True).fill(PROMPTS[1])
    open_view(page, "Settings")
    compare.get_by_label("Prompt 1", exact=True).fill(PROMPTS[0])
    compare.get_by_role("button", name="The prompt of Decode").click()
    expect(compare.get_by_label("Prompt 2", exact=True)).to_have_value(PROMPTS[1])
    compare.get_by_role("button", name="Add prompt").click()
    compare.get_by_label("Prompt 3", exact=True).fill(PROMPTS[2])
    compare.get_by_role("button", name="Add prompt").click()
    expect(compare.get_by_role("button", name="Add prompt")).to_be_disabled()
    compare.get_by_label("Chat template").check()
    for _ in range(3):
        compare.get_by_role("button", name="Remove row 2").click()
    run(compare, 1, 3)
    expect(done(compare)).to_have_text("3 of 3 texts, done")
    expect(compare.locator(".pg-card-error")).to_have_text(re.compile("window of 8,192"))
    expect(compare.locator(".pg-texts-name .pg-muted").first).to_have_text('List:⏎- one,⏎- "two"⏎')

    lines = list(csv.reader(io.StringIO(exported(compare, page, "Texts as CSV"))))
    assert [(line[1], line[2]) for line in sorted(lines[1:], key=lambda line: PROMPTS.index(line[1]))] == [
        (prompt, "yes") for prompt in PROMPTS
    ]
    told = json.loads(exported(compare, page, "Everything as JSON"))
    assert (told["prompts"], told["chat"]) == (PROMPTS, True)

    card = compare.locator(".pg-card").nth(1)
    written = card.locator(".pg-token").all_inner_texts()
    card.get_by_role("button", name="Open in Decode").click()
    expect(tokens(page)).to_have_text(written)
    expect(page.get_by_role("listbox", name="Tokens", exact=True)).to_contain_text("<|im_start|>user")


def exported(compare, page, label: str) -> str:
    compare.get_by_role("button", name="Export").click()
    with page.expect_download() as saved:
        compare.get_by_role("menuitem", name=label).click()
    return saved.value.path().read_text(encoding="utf-8-sig")


def test_without_a_chat_template_the_switch_says_why(page):
    form = """async () => {
        const { PromptBoxes } = await import("/playground/assets/compare/prompt_boxes.js");
        const { chosenModel, learnModel } = await import("/playground/assets/models/models.js");
        const boxes = new PromptBoxes("a", 4);
        learnModel({ model: chosenModel(), no_chat: "tiny has no chat template." });
        boxes.suit();
        return [boxes.chat.disabled, boxes.element.textContent];
    }"""
    disabled, text = page.evaluate(form)
    assert disabled
    assert "tiny has no chat template." in text


def test_a_row_names_its_stages_that_have_no_field(compare):
    heading = compare.get_by_role("columnheader", name="further stages")
    expect(heading).to_be_hidden()
    compare.get_by_role("combobox", name="Preset").select_option("XTC + DRY")
    compare.get_by_role("button", name="Add row").click()
    expect(heading).to_be_visible()
    row = compare.get_by_role("table", name="Rows of settings").get_by_role("row").nth(5)
    expect(row.get_by_label("Row 5, min-p")).to_have_value("0.05")
    further = row.locator(".pg-rows-further")
    expect(further).to_have_text("DRY 0.8, XTC 0.5")
    row.get_by_label("Row 5, strategy").select_option("greedy")
    expect(further).to_have_text("DRY 0.8")
    compare.get_by_role("button", name="Remove row 5").click()
    expect(heading).to_be_hidden()


def test_a_sweep_is_drawn_along_its_parameter(compare):
    compare.get_by_label("rows", exact=True).fill("3")
    compare.get_by_role("button", name="Fill the rows").click()
    run(compare, 2, 4)
    expect(done(compare)).to_have_text("6 of 6 texts, done")
    expect(compare.get_by_role("img", name=re.compile("perplexity along temperature"))).to_be_visible()
    compare.get_by_role("combobox", name="Measure").select_option("loops")
    expect(compare.get_by_role("img", name=re.compile("loops along temperature"))).to_be_visible()


def test_a_sweep_over_the_order_writes_the_same_settings_as_each_engine_runs_them(compare):
    compare.get_by_role("combobox", name="Parameter").select_option("order")
    expect(compare.get_by_label("from", exact=True)).to_be_hidden()
    compare.get_by_role("button", name="Fill the rows").click()
    expect(compare.get_by_label("Row 2, order")).to_have_value("llama.cpp")
    run(compare, 1, 5)
    expect(done(compare)).to_have_text("4 of 4 texts, done")
    table = compare.get_by_role("table", name=re.compile("How the settings differ"))
    for name in ["1 Focused", "2 Focused, order llama.cpp", "3 Focused, order vLLM", "4 Focused, order OpenAI"]:
        expect(table.get_by_role("rowheader", name=re.compile(f"^{name} \\d"))).to_be_visible()
    luck = compare.get_by_role("region", name="Same seed")
    luck.get_by_label("First row").select_option("0")
    luck.get_by_label("Second row").select_option("2")
    expect(luck.get_by_role("status")).to_have_text(
        "The two texts are equal, because both rows choose in the same way."
    )
    compare.get_by_label("Row 1, strategy").select_option("beam")
    expect(compare.get_by_label("Row 1, order")).to_be_disabled()
    compare.get_by_role("combobox", name="Parameter").select_option("temperature")
    expect(compare.get_by_label("from", exact=True)).to_be_visible()


def test_the_experiment_stands_beside_the_papers_figures(compare):
    compare.get_by_role("button", name="Experiment: degeneration").click()
    for _ in range(3):
        compare.get_by_role("button", name="Remove prompt 2").click()
    compare.get_by_label("Prompt 1", exact=True).fill("When she opened the letter")
    run(compare, 1, 4)
    expect(done(compare)).to_have_text("5 of 5 texts, done")
    expect(compare.locator("td.pg-paper")).to_have_count(10)
    expect(compare.get_by_text("Compare directions, not figures")).to_be_visible()


def test_a_conversation_is_not_compared_and_the_tab_says_so(compare, page):
    note = compare.get_by_text("The conversation of Decode is not compared: each prompt stands here alone")
    expect(note).to_be_hidden()
    open_view(page, "Decode")
    chat = page.locator(".sidebar").get_by_label("Chat template")
    chat.check()
    page.get_by_role("button", name="Add a turn").click()
    page.get_by_label("Text of turn 1").fill("Hello")
    open_view(page, "Settings")
    expect(note).to_be_visible()
    open_view(page, "Decode")
    page.get_by_role("button", name="Remove turn 1").click()
    chat.uncheck()
    open_view(page, "Settings")
    expect(note).to_be_hidden()
