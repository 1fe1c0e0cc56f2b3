"""Tests a step in detail: colours, replay, sliders, presets, the chain, the table, the textbook step."""

import math
import re

import pytest
from gradio_client import Client
from playwright.sync_api import Page, expect

from tests.browser.chain import card, press, put
from tests.browser.seats import IDLE, VIEWPORT
from tests.browser.taken_home import BOTH, in_the_playground_only
from tests.browser.visitor import bars, chosen, requested, selected, set_number, settle, strip, tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]

SLIDERS = {
    "Temperature": ("1.5", "temperature 1.5"),
    "Top-k": ("3", "top-k 3"),
    "Top-p": ("0.3", "top-p 0.3"),
}
IN_THE_CHAIN = {
    "min-p": "0.2",
    "repetition penalty": "1.5",
    "no-repeat n-gram": "1",
    "typical-p": "0.2",
    "epsilon cutoff": "0.05",
    "eta cutoff": "0.05",
}


@pytest.fixture(params=BOTH)
def page(request):
    """The example, which all tests but one use. On both pages."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize(
    ("name", "legend"),
    [("rank", "1to 10to 100to 1,000more"), ("surprisal", "0 bits14 or more"), ("entropy", "0 bits7 or more")],
)
def test_the_strip_is_coloured_by_what_is_chosen(page, site, name, legend):
    page.get_by_label("Colour by").select_option(name)
    expect(page.locator(".pg-shading .pg-shades")).to_have_text(legend)
    example = page.request.get(f"{site.url}/config").json()
    told = next(part["props"]["value"] for part in example["components"] if part["props"].get("elem_id") == "pg-decode")
    for place, step in enumerate(told["steps"]):
        bounds = {1: 7, 10: 5, 100: 3, 1000: 1}
        expected = {
            "rank": next((shade for bound, shade in bounds.items() if step["rank"] <= bound), 0),
            "surprisal": min(7, int(-math.log2(step["raw_probability"]) / 2)),
            "entropy": min(7, int(step["entropy_bits"])),
        }[name]
        expect(tokens(page).nth(place)).to_have_attribute("data-shade", str(expected))
    assert f"entropy {told['steps'][0]['entropy_bits']:.1f} bits" in tokens(page).first.get_attribute("title")


def test_a_text_is_played_and_paused(page):
    title = page.locator("#pg-decode .pg-bars-title")
    play, pause = page.get_by_text("▶ Play"), page.get_by_text("⏸ Pause")
    play.click()
    expect(title).not_to_contain_text("Step 1:")
    pause.click()
    index = int(selected(page).get_attribute("data-index"))
    assert index > 0
    expect(page.locator("#pg-decode .pg-spoken")).to_contain_text(f"Step {index + 1}: {chosen(page)}, probability")
    strip(page).press(" ")
    expect(pause).to_be_visible()
    strip(page).press("End")
    expect(play).to_be_visible()
    page.get_by_label("Replay speed").select_option("0.5")
    play.click()
    expect(title).to_contain_text("Step 1:")
    pause.click()


def kept_words(page: Page):
    return page.locator(".pg-bar[data-kind=token]:not(.pg-removed) .pg-label")


def test_the_example_of_the_course_gives_its_sets_and_lends_the_sliders(page):
    """Of cake .20, donut .10, banana .02 and apple .01, top-k 3 keeps the first three and top-p 0.3 the first two."""
    example = tokens(page).all_inner_texts()
    set_number(page, "Temperature", "1.2")
    page.get_by_role("button", name="Example from the course: cake, donut, banana").click()
    for label, off in {"Temperature": "1", "Top-k": "0", "Top-p": "1"}.items():
        expect(page.get_by_role("spinbutton", name=label)).to_have_value(off)
    expect(page.locator(".pg-differing")).to_have_text("")
    expect(page.locator(".pg-strip-prompt")).to_have_text("For·dessert·I·would·like·some")
    expect(page.get_by_text("top-p keeps the token that crosses p")).to_be_visible()
    assert bars(page).all_inner_texts()[0].split("\n")[:3] == ["·cake", "20.0 %", "20.0 %"]
    page.get_by_role("button", name="Top-3 only").click()
    expect(page.locator(".pg-differing")).to_have_text("The bars show top-k 3.")
    expect(kept_words(page)).to_have_text(["·cake", "·donut", "·banana"])
    page.get_by_role("button", name="Nucleus 0.3").click()
    expect(page.locator(".pg-differing")).to_have_text("The bars show top-p 0.3.")
    expect(kept_words(page)).to_have_text(["·cake", "·donut"])
    expect(bars(page).first.locator(".pg-now")).to_have_text("66.7 %")
    page.get_by_role("button", name="Back to the text").click()
    for label, before in {"Temperature": "1.2", "Top-k": "40", "Top-p": "0.9"}.items():
        expect(page.get_by_role("spinbutton", name=label)).to_have_value(before)
    expect(page.locator(".pg-differing")).to_contain_text("The bars show temperature 1.2.")
    expect(tokens(page)).to_have_text(example)
    expect(page.locator("#pg-decode .pg-bars-title")).to_contain_text("Step 1:")


@pytest.mark.parametrize("label", SLIDERS)
def test_a_slider_reshapes_the_bars_without_the_server(page, label):
    value, words = SLIDERS[label]
    settle(page)
    before = bars(page).all_inner_texts()
    differing, slider = page.locator(".pg-differing"), page.get_by_role("slider", name=label)
    around = slider.locator("xpath=ancestor::*[contains(@class, 'block')][1]")
    with requested(page) as asked:
        set_number(page, label, value)
        expect(differing).to_contain_text(words)
        expect(page.get_by_role("button", name="Write it again")).to_be_visible(visible=page.url.startswith("http"))
        expect(bars(page)).not_to_have_text(before, use_inner_text=True)
        around.get_by_role("button", name=re.compile("reset", re.IGNORECASE)).click()
        expect(differing).to_have_text("")
        expect(bars(page)).to_have_text(before, use_inner_text=True)
    assert asked == []


@pytest.mark.parametrize("label", IN_THE_CHAIN)
def test_a_stage_that_only_the_chain_has_reshapes_the_bars_without_the_server(page, label):
    expect(page.locator(".sidebar").get_by_role("spinbutton", name=label)).to_have_count(0)
    expect(card(page, label)).to_have_count(0)
    settle(page)
    before = bars(page).all_inner_texts()
    with requested(page) as asked:
        put(page, label, IN_THE_CHAIN[label])
        expect(page.locator(".pg-differing")).to_contain_text(f"{label} {IN_THE_CHAIN[label]}")
        expect(bars(page)).not_to_have_text(before, use_inner_text=True)
        press(page, label, "Remove")
        expect(page.locator(".pg-differing")).to_have_text("")
        expect(bars(page)).to_have_text(before, use_inner_text=True)
    assert asked == []


def test_dragging_a_slider_by_key_reshapes_at_every_press(page):
    slider = page.get_by_role("slider", name="Temperature")
    seen = [bars(page).first.inner_text()]
    for _ in range(3):
        slider.press("ArrowRight")
        expect(bars(page).first).not_to_have_text(seen[-1], use_inner_text=True)
        seen.append(bars(page).first.inner_text())
    assert len(set(seen)) == 4


def test_a_penalised_candidate_shows_its_old_and_new_logit(page):
    expect(bars(page).filter(has_text="→")).to_have_count(0)
    put(page, "repetition penalty", "1.05")
    expect(bars(page).filter(has_text="·the").first).to_contain_text(re.compile(r"\d\.\d\d → −?\d+\.\d\d"))
    page.get_by_text("The candidates as a table").click()
    row = page.get_by_role("table", name="Next-token candidates").get_by_role("row").filter(has_text="→")
    old, new = row.first.get_by_role("cell").nth(3).inner_text().split(" → ")
    assert float(new) == pytest.approx(float(old) / 1.05, abs=0.01)


def test_greedy_draws_nothing_and_takes_the_most_probable_token(page):
    expect(bars(page).filter(has_text="drawn")).to_have_count(1)
    page.get_by_role("radio", name="Greedy").check()
    expect(bars(page).first).to_contain_text("chosen by greedy")
    expect(bars(page).filter(has_text="drawn")).to_have_count(0)
    top = bars(page).first.locator(".pg-label").inner_text()
    expect(page.locator(".pg-ribbon-reading")).to_have_text(
        f"Greedy draws nothing: it takes the most probable token, {top}."
    )
    expect(page.locator(".pg-ribbon-u")).to_be_hidden()


def test_a_moved_slider_tells_a_screen_reader_the_top_token_and_what_is_kept(page):
    page.get_by_role("slider", name="Top-k").press("Home")
    set_number(page, "Top-k", "2")
    expect(page.locator("#pg-decode .pg-spoken")).to_have_text(
        re.compile(r"^\S+ is the most probable, [\d.]+ %\. 2 tokens are kept\.$")
    )


@in_the_playground_only
def test_nothing_is_cut_and_nothing_moves_at_any_width(page):
    """The place of what differs is reserved: at every width the chain of stages stays where it is."""
    prompt, note = page.get_by_label("Prompt", exact=True), page.locator(".pg-prompt-note")
    for width, height in ((1440, 900), (1024, 768), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.get_by_role("button", name="Balanced", exact=True).click()
        expect(page.locator(".pg-differing")).to_have_text("")
        page.evaluate(IDLE)
        before = page.locator(".pg-chain").bounding_box()["y"]
        page.get_by_role("button", name="Creative", exact=True).click()
        expect(page.locator(".pg-differing")).not_to_have_text("")
        assert page.locator(".pg-chain").bounding_box()["y"] == before, width
        prompt.fill("Another prompt")
        expect(note).to_be_visible()
        assert page.locator(".pg-chain").bounding_box()["y"] == before, width
        prompt.fill("At night the sky is full of")
        expect(note).to_be_hidden()
        first = bars(page).first.bounding_box()["y"]
        page.get_by_role("button", name="Greedy", exact=True).click()
        expect(page.locator(".pg-legend").first).to_contain_text("chosen by greedy")
        assert bars(page).first.bounding_box()["y"] == first, width
        page.get_by_role("button", name="Creative", exact=True).click()
        expect(page.locator(".pg-differing")).to_contain_text("1.2")
        cut = "(parts) => parts.filter((part) => part.scrollWidth > part.clientWidth + 1).map((part) => part.className)"
        parts = page.locator(".pg-settings, .pg-settings *, .pg-status-facts, .pg-status-facts *")
        assert parts.evaluate_all(cut.replace("part.scrollWidth >", "part.clientWidth && part.scrollWidth >")) == []
    page.set_viewport_size(VIEWPORT)


def test_the_table_says_what_the_api_says(page, site):
    client = Client(site.url, verbose=False)
    settings = {"temperature": 0.8, "top_k": 40, "top_p": 0.9, "max_new_tokens": 1, "seed": 5}
    expected = client.predict("At night the sky is full of", settings, api_name="/trace")["steps"][0]["candidates"]
    page.get_by_label("Number of bars").select_option("20 bars")
    page.get_by_text("The candidates as a table").click()
    rows = page.get_by_role("table", name="Next-token candidates").get_by_role("row")
    expect(rows.nth(10).get_by_role("cell").first).to_have_text("10")
    told = [row.get_by_role("cell").all_inner_texts() for row in rows.all()[1:11]]
    for (rank, _, token_id, logit, raw, now, status, *_), candidate in zip(told, expected, strict=False):
        assert int(token_id) == candidate["token_id"]
        assert float(logit.replace("−", "-")) == pytest.approx(candidate["logit"], abs=0.0051)
        assert raw == percent(candidate["raw_probability"])
        assert now == percent(candidate["probability"])
        removed = candidate["removed_by"]
        assert status == (f"removed by {removed.replace('_', '-')}" if removed else "drawn" if rank == "2" else "kept")


def percent(probability: float) -> str:
    """Returns the percentage as the page writes it."""
    points = 100 * probability
    if points == 0:
        return "0 %"
    digits = max(0, 2 - int(f"{points:.2e}".split("e")[1]))
    return "<0.001 %" if points < 0.001 else f"{points:.{digits}f} %"


def test_a_row_that_was_computed_again_in_a_rounding_dtype_says_so(fresh_page):
    settle(fresh_page)
    said = fresh_page.locator(".pg-said")
    expect(said).not_to_contain_text("computed again")

    def rounded(route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, headers=answer.headers | {"X-Recomputed": "bfloat16"})

    fresh_page.route("**/logits/*", rounded)
    tokens(fresh_page).nth(6).click()
    expect(said).to_contain_text(
        "This row was computed again in bfloat16 and may differ slightly from the one that chose the token."
    )
    tokens(fresh_page).nth(0).click()
    expect(said).not_to_contain_text("computed again")
    fresh_page.unroute("**/logits/*")
