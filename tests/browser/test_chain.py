"""Tests the chain as the place where one works: what the cards say, their controls, their switches, and what if off."""

import re

import pytest
from playwright.sync_api import expect

from playground.decoding.stages import STAGES
from tests.browser.chain import add, card, cards, chain, facts, number_in_sidebar, press, put, see, switch, type_in_card
from tests.browser.example import expect_drawn
from tests.browser.taken_home import BOTH, in_the_playground_only
from tests.browser.visitor import bars, requested, set_number

pytestmark = [pytest.mark.browser, pytest.mark.model]

IN_THE_PLAYGROUND = ("constraint", "logit_bias", "bad_words", "watermark")
"""Stages that need the model's tokenizer, or what the server knows of it."""
REDRAWS = """() => {
    const spent = performance.getEntriesByName("playground:redraw").map((entry) => entry.duration);
    performance.clearMeasures("playground:redraw");
    return spent.length;
}"""


@pytest.fixture(params=BOTH)
def page(request):
    """The example, which all tests use. On both pages."""
    return request.getfixturevalue(request.param)


def test_the_cards_say_what_entered_and_left_each_stage(page):
    assert cards(page) == ["temperature", "top-k", "top-p"]
    expect(chain(page)).to_contain_text("49,152 tokens")
    before, after = re.findall(r"[\d.]+", facts(page, "temperature")[0])
    assert float(before) > float(after)  # a temperature below 1 sharpens
    assert facts(page, "temperature")[1] == "entropy"
    assert facts(page, "top-k") == ["49,152 → 40", "−7.53 %"]
    assert facts(page, "top-p")[0] == "40 → 7"
    put(page, "repetition penalty", "1.5")
    expect(card(page, "repetition penalty")).to_contain_text("7 moved")
    assert cards(page)[0] == "repetition penalty"


def test_a_card_and_the_sidebar_hold_the_same_value(page):
    type_in_card(page, "top-k", "25")
    expect(number_in_sidebar(page, "Top-k")).to_have_value("25")
    set_number(page, "Top-k", "12")
    expect(card(page, "top-k").get_by_role("spinbutton")).to_have_value("12")
    expect(card(page, "top-k").get_by_role("slider")).to_have_value("12")
    type_in_card(page, "top-k", "700")  # beyond the slider's end
    expect(number_in_sidebar(page, "Top-k")).to_have_value("700")
    expect(card(page, "top-k")).to_contain_text("49,152 → 700")


def test_a_value_that_the_setting_cannot_have_gives_way_to_the_last_one(page):
    type_in_card(page, "top-p", "7")
    card(page, "top-p").get_by_role("spinbutton").press("Tab")
    expect(card(page, "top-p").get_by_role("spinbutton")).to_have_value("0.9")
    expect(number_in_sidebar(page, "Top-p")).to_have_value("0.9")


def test_a_slider_in_a_card_redraws_at_every_press_without_a_request(page):
    slider = card(page, "temperature").get_by_role("slider")
    page.evaluate(REDRAWS)
    with requested(page) as asked:
        seen = [bars(page).first.inner_text()]
        for _ in range(3):
            slider.press("ArrowRight")
            expect(bars(page).first).not_to_have_text(seen[-1], use_inner_text=True)
            seen.append(bars(page).first.inner_text())
        expect(number_in_sidebar(page, "Temperature")).to_have_value("0.95")
    assert asked == []
    assert page.evaluate(REDRAWS) >= 3


def test_a_stage_that_is_switched_off_and_on_again_has_its_value(page):
    type_in_card(page, "top-k", "23")
    expect(number_in_sidebar(page, "Top-k")).to_have_value("23")
    switch(page, "top-k").click()
    expect(switch(page, "top-k")).not_to_be_checked()
    expect(number_in_sidebar(page, "Top-k")).to_have_value("0")
    expect(card(page, "top-k")).to_contain_text("off")
    assert facts(page, "top-p")[0].startswith("49,152 → ")
    switch(page, "top-k").press(" ")
    expect(switch(page, "top-k")).to_be_checked()
    expect(number_in_sidebar(page, "Top-k")).to_have_value("23")


@in_the_playground_only
def test_a_reload_finds_a_stage_that_is_off_and_its_value_again(page):
    type_in_card(page, "top-k", "23")
    expect(number_in_sidebar(page, "Top-k")).to_have_value("23")
    add(page, "top-a")
    type_in_card(page, "top-a", "0.35")
    expect(card(page, "top-a")).to_contain_text("→")
    for label in ("top-k", "top-a"):
        switch(page, label).click()
        expect(switch(page, label)).not_to_be_checked()
    before = cards(page)
    page.reload()
    expect_drawn(page)
    expect(switch(page, "top-k")).not_to_be_checked()  # the controls have their values again
    assert cards(page) == before
    switch(page, "top-k").click()
    expect(number_in_sidebar(page, "Top-k")).to_have_value("23")
    switch(page, "top-a").click()
    expect(card(page, "top-a").get_by_role("spinbutton")).to_have_value("0.35")


@in_the_playground_only
def test_a_stage_of_words_waits_for_them(page):
    add(page, "logit bias")
    field = card(page, "logit bias").get_by_role("textbox")
    expect(field).to_be_focused()
    switch(page, "logit bias").click()
    expect(switch(page, "logit bias")).not_to_be_checked()
    expect(field).to_be_focused()
    field.fill(" fire = 5")
    field.press("Tab")
    expect(switch(page, "logit bias")).to_be_checked()
    expect(bars(page).first).to_contain_text("fire")
    field.fill("fire")
    field.press("Tab")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(bars(page).first).to_contain_text("fire")  # the last bias holds
    field.fill("")
    field.press("Tab")
    expect(switch(page, "logit bias")).not_to_be_checked()


def test_a_stage_of_the_list_is_added_with_an_effect_and_removed_again(page):
    before = bars(page).all_inner_texts()
    with requested(page) as asked:
        add(page, "typical-p")
        expect(card(page, "typical-p").get_by_role("spinbutton")).to_be_focused()
        expect(page.locator(".pg-differing")).to_contain_text("typical-p 0.9")
        press(page, "typical-p", "Remove")
        expect(card(page, "typical-p")).to_have_count(0)
        expect(page.locator(".pg-differing")).to_have_text("")
        expect(bars(page)).to_have_text(before, use_inner_text=True)
    assert asked == []
    expect(page.locator(".pg-chain")).to_contain_text("typical-p is removed.")
    add(page, "typical-p")
    card(page, "typical-p").get_by_role("button", name="Move typical-p", exact=True).press("Delete")
    expect(card(page, "typical-p")).to_have_count(0)


def test_the_list_is_searched_by_kind_name_and_meaning(page):
    page.get_by_role("button", name="+ stage").click()
    panel, field = page.get_by_role("group", name="Add a stage"), page.get_by_role("searchbox", name="Find a stage")
    expect(field).to_be_focused()
    offered = (
        STAGES if page.url.startswith("http") else [stage for stage in STAGES if stage.name not in IN_THE_PLAYGROUND]
    )
    expect(panel.get_by_role("button")).to_have_count(len(offered) - len(cards(page)))
    expect(panel.get_by_role("group", name="Cuts")).to_contain_text("Min-p")
    field.fill("n-gram")
    expect(panel.get_by_role("button")).to_have_count(1)
    field.press("ArrowDown")
    expect(panel.get_by_role("button", name="No-repeat n-gram")).to_be_focused()
    field.fill("zebra")
    expect(panel).to_contain_text("No stage has these words.")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.get_by_role("button", name="+ stage")).to_be_focused()


def test_what_if_off_shows_the_bars_without_the_stage_as_a_second_outline(page):
    ghosts = page.locator(".pg-bar[data-kind=token] .pg-ghost:visible")
    expect(ghosts).to_have_count(0)
    removed = page.locator(".pg-bar.pg-removed")
    expect(removed).not_to_have_count(0)
    press(page, "top-p", "What if off")
    expect(page.locator(".pg-legend").first).to_contain_text("without top-p")
    expect(ghosts).to_have_count(bars(page).count())
    told = removed.first.get_attribute("aria-description")
    kept = bars(page).first.get_attribute("aria-description")
    press(page, "top-p", "What if off")
    expect(ghosts).to_have_count(0)
    set_number(page, "Top-p", "1")
    expect(card(page, "top-p")).to_contain_text("off")
    now = page.locator(f".pg-bar[data-id='{removed_id(page)}'] .pg-now").inner_text()
    assert re.search(r"([\d.]+ %) without top-p$", told)[1] == now
    first = bars(page).first.locator(".pg-now").inner_text()
    assert re.search(r"([\d.]+ %) without top-p$", kept)[1] == first


def removed_id(page) -> str:
    """Returns the token that stands where the first removed one of the example stood: the eighth bar."""
    return bars(page).nth(7).get_attribute("data-id")


def test_a_stage_explains_itself_when_it_is_asked(page):
    press(page, "top-k", "Explain")
    about = page.get_by_role("group", name="About top-k")
    expect(about).to_contain_text("Top-k keeps the k most probable tokens, and those that tie with the last of them.")
    expect(about.locator("code")).not_to_have_text("")
    press(page, "top-p", "Explain")
    expect(about).to_have_count(0)
    expect(page.get_by_role("group", name="About top-p")).to_be_visible()
    press(page, "top-p", "Explain")
    expect(page.get_by_role("group", name="About top-p")).to_be_hidden()


def test_a_chosen_stage_shows_its_distribution_and_chosen_again_the_last(page):
    title, last, top_k = page.locator("#pg-decode .pg-bars-title"), see(page, "top-p"), see(page, "top-k")
    expect(last).to_have_attribute("aria-pressed", "true")
    final = bars(page).all_inner_texts()
    for back in (top_k, last):
        top_k.click()
        expect(title).to_contain_text("Step 1, after top-k:")
        expect(top_k).to_have_attribute("aria-pressed", "true")
        expect(last).to_have_attribute("aria-pressed", "false")
        expect(page.locator(".pg-bar[data-kind=cut]")).to_have_count(0)  # no cut of top-p yet
        back.click()
        expect(title).to_contain_text("Step 1: ")
        expect(bars(page)).to_have_text(final, use_inner_text=True)
    see(page, "model").press("Enter")
    expect(title).to_contain_text("Step 1, before all stages:")
    now, unscaled = (bars(page).first.locator(f".pg-{column}").inner_text() for column in ("now", "raw"))
    assert now == unscaled  # the bars change together with the title
    see(page, "model").click()


def test_a_chosen_stage_that_is_switched_off_gives_way_to_the_last(page):
    see(page, "top-k").click()
    switch(page, "top-k").click()
    expect(page.locator("#pg-decode .pg-bars-title")).to_contain_text("Step 1: ")
    expect(see(page, "top-p")).to_have_attribute("aria-pressed", "true")
    expect(see(page, "top-k")).to_be_disabled()


def test_greedy_says_which_stages_it_does_not_use_and_their_switches_stay(page):
    page.get_by_role("radio", name="Greedy").check()
    for label in ("temperature", "top-k", "top-p"):
        expect(card(page, label)).to_contain_text("not used here")
        expect(switch(page, label)).to_be_checked()
    expect(see(page, "model")).to_have_attribute("aria-pressed", "true")
