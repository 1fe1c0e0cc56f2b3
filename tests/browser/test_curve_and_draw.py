"""Tests the step view except its bars: the curve with its cuts, the draw, temperatures, search and scales."""

import math
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chain import card
from tests.browser.dress import dress, size
from tests.browser.taken_home import BOTH
from tests.browser.test_axe import LOOKED_AT, found_by_axe
from tests.browser.visitor import bars, chosen, requested, set_number, settle, tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]


CUT = """(figure) => {
    const parts = [figure, ...figure.querySelectorAll("table, th, td, label, button, div")];
    return parts.filter((part) => part.scrollWidth > part.clientWidth + 1).map((part) => part.textContent);
}"""
"""A script that returns the texts of the parts that are wider than their place."""


@pytest.fixture(params=BOTH)
def page(request):
    """The example, which most tests use. On both pages."""
    return request.getfixturevalue(request.param)


def setting(page: Page, label: str) -> float:
    return float(page.get_by_role("spinbutton", name=label).input_value())


def reading(page: Page) -> str:
    return page.locator(".pg-curve-reading").inner_text()


def expect_slider_and_name_agree(page: Page, cut: str, label: str) -> None:
    """Waits until the slider agrees with the name on the curve, since they change at different moments."""
    agree = "([slider, name, label]) => name.textContent.startsWith(`${label} ${Number(slider.value)}`)"
    slider = page.get_by_role("spinbutton", name=label).element_handle()
    page.wait_for_function(agree, arg=[slider, name_of(page, cut).element_handle(), label.lower()])


def name_of(page: Page, cut: str):
    return page.locator(f".pg-curve [data-name={cut}]")


def cut_of(page: Page, cut: str):
    """Returns the cut's line on the curve as a slider."""
    return page.locator(f".pg-curve [data-cut={cut}]")


def drag(page: Page, cut: str, dx: int, dy: int) -> None:
    """Drags a cut's line on the curve by its upper or left end."""
    box = page.locator(f"[data-cut={cut}]").bounding_box()
    x, y = (
        (box["x"] + 20, box["y"] + box["height"] / 2)
        if dy
        else (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    )
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up()


@pytest.mark.parametrize(("cut", "label", "dx", "dy"), [("top_k", "Top-k", -60, 0), ("top_p", "Top-p", 0, 50)])
def test_dragging_a_cut_moves_its_slider_without_the_server(page, cut, label, dx, dy):
    settle(page)
    before = setting(page, label)
    with requested(page) as asked:
        drag(page, cut, dx, dy)
        expect(page.locator(".pg-settings")).to_contain_text(label.lower())
        expect(page.get_by_role("spinbutton", name=label)).not_to_have_value(f"{before:g}")
        expect_slider_and_name_agree(page, cut, label)
    assert setting(page, label) < before
    assert asked == []


def test_a_cut_without_a_slider_in_the_sidebar_moves_its_card(page):
    expect(cut_of(page, "min_p")).to_be_hidden()
    page.get_by_role("button", name="Min-p 0.1").click()
    expect(name_of(page, "min_p")).to_have_text("min-p 0.1")
    value = card(page, "min-p").get_by_role("spinbutton")
    settle(page)
    with requested(page) as asked:
        drag(page, "min_p", -30, 0)
        expect(value).not_to_have_value("0.1")
        dragged = float(value.input_value())
        assert dragged > 0.1
        assert round(dragged, 2) == dragged, "the slider's step is 0.01"
        expect(name_of(page, "min_p")).to_have_text(f"min-p {dragged:g}")
        cut_of(page, "min_p").press("ArrowUp")
        expect(value).to_have_value(f"{dragged + 0.01:g}")
    assert asked == []


def test_a_cut_that_is_off_can_be_dragged_in(page):
    page.get_by_role("button", name="Nucleus 0.3").click()
    expect(name_of(page, "top_k")).to_have_text("top-k off")
    drag(page, "top_k", -150, 0)
    expect(name_of(page, "top_k")).to_have_text(re.compile(r"top-k \d+"))
    expect_slider_and_name_agree(page, "top_k", "Top-k")
    assert 1 <= setting(page, "Top-k") <= 200


def height_of_top_p(page: Page) -> float:
    """Returns the share at which the line of top-p is drawn, from the table of the plot's own lengths."""
    path = cut_of(page, "top_p").get_attribute("d")
    return (158 - float(re.match(r"M44 ([\d.]+)H324", path)[1])) / 150


def test_top_p_says_of_what_it_is_a_share_and_lies_at_its_value_over_what_entered(page):
    expect(name_of(page, "top_p")).to_have_text("top-p 0.9 of what top-k left")
    left = 1 - 0.0753  # the chain says that top-k removed 7.53 %
    assert height_of_top_p(page) == pytest.approx(0.9 * left, abs=1e-3)
    switch = page.get_by_label("over what entered top-p")
    switch.check()
    assert height_of_top_p(page) == pytest.approx(0.9, abs=1e-6)
    expect(page.locator(".pg-curve-reading")).to_contain_text("of what entered top-p")
    drag(page, "top_p", 0, 30)
    expect_slider_and_name_agree(page, "top_p", "Top-p")
    assert height_of_top_p(page) == pytest.approx(setting(page, "Top-p"), abs=1e-6)
    set_number(page, "Top-k", "0")
    expect(name_of(page, "top_p")).to_have_text(re.compile(r"^top-p [\d.]+$"))
    expect(switch).to_be_disabled()


def test_a_cut_is_moved_by_arrow_keys_as_a_slider_that_says_what_it_does(page):
    cut = page.get_by_role("slider", name="Cut after a rank")
    expect(cut).to_have_attribute("aria-valuetext", re.compile("^top-k 40 keeps 40 tokens and removes 7.53 %"))
    cut.focus()
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("spinbutton", name="Top-k")).to_have_value("39")
    expect(cut).to_have_attribute("aria-valuenow", "39")
    page.keyboard.press("Home")
    expect(cut).to_have_attribute("aria-valuetext", re.compile("^top-k 1 keeps 1 token and"))
    expect(cut).to_be_focused()
    page.get_by_role("slider", name="Cut at a cumulative probability").press("ArrowDown")
    expect(page.get_by_role("spinbutton", name="Top-p")).to_have_value("0.89")


def test_the_curve_says_what_is_kept_and_stands_as_a_table(page):
    page.get_by_role("button", name="Top-3 only").click()
    expect(page.locator(".pg-curve-reading")).to_contain_text("3 tokens kept, with")
    held = reading(page).removeprefix("3 tokens kept, with ")
    rows = page.get_by_role("table", name="Cumulative probability by rank").get_by_role("row").all_inner_texts()
    assert [row.split()[0] for row in rows[1:4]] == ["1", "2", "5"]
    page.locator(".pg-curve-plot").hover(position={"x": 100, "y": 60})
    expect(page.locator(".pg-curve-reading")).to_contain_text(
        re.compile(r"the first [\d,]+ tokens: .* now, .* unscaled")
    )
    page.locator("#pg-decode .pg-bars-title").hover()
    expect(page.locator(".pg-curve-reading")).to_have_text(f"3 tokens kept, with {held}")
    page.get_by_text("Greedy", exact=True).last.click()
    expect(page.locator(".pg-curve-reading")).to_have_text("Greedy cuts nothing.")


def test_u_falls_on_the_token_that_was_drawn(page):
    for place in range(5):
        tokens(page).nth(place).click()
        expect(page.locator("#pg-decode .pg-bars-title")).to_contain_text(f"Step {place + 1}:")
        expect(page.locator(".pg-ribbon-reading")).to_have_text(
            re.compile(rf"the step's own u = 0\.\d+ falls on {re.escape(chosen(page))}")
        )


def test_draws_are_counted_over_the_bars(page):
    page.get_by_role("button", name="Top-3 only").click()
    page.get_by_role("button", name="Draw 1,000").click()
    result = page.locator(".pg-ribbon-result")
    expect(result).to_have_text(re.compile(r"1,000 draws in 3 groups: χ² = [\d.]+, p (=|<) [\d.]+"))
    notes = bars(page).locator(".pg-note").all_inner_texts()[:3]
    assert sum(int(note.split(", ")[0].replace(",", "")) for note in notes) == 1000
    assert sum(float(note.split(", ")[1]) for note in notes) == pytest.approx(1000, abs=0.2)
    page.get_by_role("button", name="Draw again").click()
    expect(result).to_contain_text("1,001 draws")
    set_number(page, "Top-k", "1")
    expect(result).to_have_text("")
    page.get_by_role("button", name="Draw again").click()
    expect(result).to_have_text("1 draw: only one token is left to draw.")
    page.get_by_role("button", name="Clear").click()
    expect(result).to_have_text("")
    expect(page.locator(".pg-ribbon-reading")).to_contain_text("the step's own u")


def race(page: Page) -> list[list[str]]:
    """Returns the table of the Gumbel-max draw: token, log p, noise and sum of each line."""
    rows = page.get_by_role("table", name="Log-probability, noise and sum").get_by_role("row").all()[1:]
    return [row.locator("th, td").all_inner_texts() for row in rows]


def test_gumbel_max_draws_the_largest_sum_and_the_same_distribution(page):
    """Both ways keep counts of their own. The way is chosen by keyboard, and nothing is drawn before a press."""
    page.get_by_role("button", name="Top-3 only").click()
    page.get_by_role("button", name="Draw 1,000").click()
    result, reading = page.locator(".pg-ribbon-result"), page.locator(".pg-ribbon-reading")
    by_u = result.inner_text()
    page.get_by_role("radio", name="by u").press("ArrowRight")
    expect(page.get_by_role("radio", name="Gumbel-max")).to_be_checked()
    expect(page.locator(".pg-ribbon-plot")).to_be_hidden()
    expect(result).to_have_text("")
    expect(reading).to_contain_text("Press Draw again")
    lines = race(page)
    assert [line[2:] for line in lines] == [["–", "–"]] * 3
    shares = [math.exp(float(line[1].replace("−", "-"))) for line in lines]
    assert sum(shares) == pytest.approx(1, abs=0.02)

    page.get_by_role("button", name="Draw again").click()
    expect(result).to_contain_text("1 draw:")
    drawn = race(page)
    assert sorted(line[:2] for line in drawn) == sorted(line[:2] for line in lines)
    numbers = [[float(text.replace("−", "-")) for text in line[1:]] for line in drawn]
    for log, noise, total in numbers:
        assert log + noise == pytest.approx(total, abs=0.016)
    assert [row[2] for row in numbers] == sorted((row[2] for row in numbers), reverse=True)
    expect(reading).to_have_text(f"{drawn[0][0]} has the largest of 3 sums and is drawn.")

    page.get_by_role("button", name="Draw 1,000").click()
    expect(result).to_have_text(re.compile(r"1,001 draws in 3 groups: χ² = [\d.]+, p (=|<) [\d.]+"))
    assert float(re.search(r"χ² = ([\d.]+)", result.inner_text())[1]) < 25  # a fair draw is above it once in 270,000
    notes = bars(page).locator(".pg-note").all_inner_texts()[:3]
    assert sum(int(note.split(", ")[0].replace(",", "")) for note in notes) == 1001
    page.get_by_role("radio", name="by u").check()
    expect(result).to_have_text(by_u)
    page.get_by_role("radio", name="Gumbel-max").check()
    page.get_by_role("button", name="Clear").click()
    expect(result).to_have_text("")
    assert race(page) == lines


HOLD_FRAMES = """() => {
    const held = [];
    const real = window.requestAnimationFrame;
    window.requestAnimationFrame = (next) => held.push(next);
    window.nextFrame = () => held.splice(0).forEach((next) => next(performance.now()));
    window.releaseFrames = () => { window.requestAnimationFrame = real; window.nextFrame(); };
}"""
"""A script that keeps the page's frames until the test asks for the next one."""


def test_a_thousand_draws_over_the_whole_vocabulary_leave_frames_between_them_and_can_be_ended(page):
    """Only a run that came to its end is judged. A second press and another setting each end the one before."""
    page.get_by_role("button", name="Top-3 only").click()
    set_number(page, "Top-k", "0")
    page.get_by_role("radio", name="Gumbel-max").check()
    many, result = page.get_by_role("button", name="Draw 1,000"), page.locator(".pg-ribbon-result")
    first = bars(page).locator(".pg-note").nth(0)
    settle(page)
    page.evaluate(HOLD_FRAMES)
    many.evaluate("button => button.click()")
    expect(first).to_have_text(re.compile(r"\d+, [\d.]+"))
    expect(result).to_have_text("")
    before = first.inner_text()
    page.evaluate("nextFrame()")
    expect(first).not_to_have_text(before)
    expect(result).to_have_text("")

    many.evaluate("button => button.click()")
    page.evaluate("releaseFrames()")
    expect(result).to_have_text(re.compile(r"1,\d+ draws in .*χ²"))
    assert 1000 < int(re.match(r"[\d,]+", result.inner_text())[0].replace(",", "")) < 2000

    page.evaluate(HOLD_FRAMES)
    many.evaluate("button => button.click()")
    set_number(page, "Temperature", "0.9")
    page.evaluate("nextFrame()")
    expect(first).to_have_text("")
    page.evaluate("releaseFrames()")
    expect(first).to_have_text("")
    page.get_by_role("button", name="Draw again").click()
    expect(result).to_contain_text("1 draw: too few")


@pytest.mark.parametrize("window", ["laptop", "phone"])
def test_the_gumbel_max_draw_is_read_by_all_at_any_width(page, window):
    page.get_by_role("radio", name="Gumbel-max").check()
    page.get_by_role("button", name="Draw again").click()
    try:
        size(page, window)
        assert found_by_axe(page) == {name: [] for name, *_ in LOOKED_AT}
        size(page, window)
        figure = page.get_by_role("figure", name="The draw")
        assert figure.evaluate(CUT) == []
    finally:
        size(page, "laptop")
        dress(page)


def test_temperatures_stand_side_by_side_under_the_bars_with_the_one_in_use_marked(page):
    table = page.get_by_role("table", name="Probabilities by temperature")
    heads = table.get_by_role("columnheader")
    expect(heads).to_have_text(["Token, at T =", "0.2", "0.5", "0.8, now", "1", "1.5", "2"])
    parts = [page.locator(part).bounding_box() for part in (".pg-bars", ".pg-temperatures", ".pg-candidates")]
    assert parts[0]["y"] + parts[0]["height"] <= parts[1]["y"]
    assert parts[1]["x"] + parts[1]["width"] <= parts[2]["x"] + parts[2]["width"]
    set_number(page, "Temperature", "1.5")
    expect(heads).to_have_text(["Token, at T =", "0.2", "0.5", "1", "1.5, now", "2"])
    entropy = table.get_by_role("row").filter(has_text="Entropy").get_by_role("cell").all_inner_texts()
    bits = [float(text.split()[0]) for text in entropy if text]
    assert bits == sorted(bits)
    nuclei = table.get_by_role("row").filter(has_text="Nucleus 0.9").get_by_role("cell").all_inner_texts()
    sizes = [int(text.split()[0].replace(",", "")) for text in nuclei if text]
    assert len(sizes) == 5
    assert sizes == sorted(sizes)


def test_any_token_of_the_vocabulary_is_found_with_its_fate(page):
    page.get_by_role("searchbox", name="Find a token").fill("Stars")
    results = page.locator(".pg-search li")
    expect(results.first).to_contain_text(re.compile(r"·stars rank 1, logit [\d.]+, [\d.]+ % → [\d.]+ %, kept"))
    set_number(page, "Top-k", "1")
    page.get_by_role("searchbox", name="Find a token").fill("moon")
    expect(results.first).to_contain_text(re.compile(r"rank [\d,]+, logit .*, removed by top-k"))
    page.get_by_role("searchbox", name="Find a token").fill("zzqqzz")
    expect(page.locator(".pg-search-summary")).to_contain_text("No token contains this text")
    expect(results.first).to_be_hidden()


def test_scale_and_number_of_bars_are_chosen(page):
    page.get_by_label("Number of bars").select_option("50 bars")
    expect(page.locator(".pg-bar:not(.pg-axis)")).to_have_count(50)
    width = "(fill) => parseFloat(fill.style.width)"
    fill = bars(page).nth(3).locator(".pg-fill")
    before = fill.evaluate(width)
    page.locator("#pg-decode").get_by_label("Scale", exact=True).select_option("log scale")
    page.wait_for_function(f"([fill, before]) => ({width})(fill) > before", arg=[fill.element_handle(), before])
    expect(page.locator(".pg-tick").first).to_have_text(re.compile(r"^0\.0*1 %$"))


def test_surprisal_and_entropy_are_lines_over_the_steps_and_a_click_selects(page):
    toggle = page.get_by_role("button", name="Surprisal and entropy")
    toggle.click()
    lines = page.get_by_role("img", name="Surprisal and entropy over the steps")
    expect(lines.locator(".pg-step-lines-line")).to_have_count(2)
    mark = lines.locator(".pg-step-lines-mark").nth(-21)  # of the last 40, the twentieth
    said = page.locator(".pg-step-lines-said")
    for _ in range(20):  # the lines may be drawn again in another width between the look at the mark and the move
        mark.hover(force=True)
        if "step 20: " in said.inner_text():
            break
    expect(said).to_contain_text("step 20: ")
    page.mouse.down()
    page.mouse.up()
    expect(page.locator("#pg-decode .pg-bars-title")).to_contain_text("Step 20:")
    page.get_by_text("The lines as a table").click()
    rows = page.get_by_role("table", name="Surprisal and entropy over the steps").get_by_role("row")
    expect(rows.nth(-21)).to_contain_text("step 20")
    page.get_by_text("The lines as a table").click()
    toggle.click()
    expect(lines).to_be_hidden()
