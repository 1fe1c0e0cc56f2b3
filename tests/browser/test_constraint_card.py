"""Tests the card of the constraint: its kinds, and what the page says while the server answers and when it refuses."""

import pytest
from playwright.sync_api import expect

from playground.decoding.constraints.written import checked
from playground.errors import PlaygroundError
from tests.browser.chain import add, card, facts, switch
from tests.browser.visitor import bars, tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]

NAME = "constraint"
WRONG = " Par[a-"


@pytest.fixture
def page(shared_example):
    """The example, for which no constraint was written yet. The browser's console tells of each refused request."""
    yield shared_example.loaded_again()
    assert all("status of 4" in fault for fault in shared_example.seat.faults())
    shared_example.seat.forgive()


def kind(page):
    return card(page, NAME).get_by_label("kind")


def field(page, label: str):
    return card(page, NAME).get_by_label(label, exact=True)


def said(page):
    return page.locator(".pg-chain-refusals")


def differing(page):
    return page.locator(".pg-differing")


def test_a_constraint_begins_with_choices_whose_effect_is_seen(page):
    add(page, NAME)
    expect(kind(page)).to_have_value("choices")
    expect(field(page, "choices")).to_have_value(" Paris\n London")
    expect(field(page, "choices")).to_be_focused()
    expect(card(page, NAME)).to_contain_text("49,152 → 2")
    expect(bars(page).first).to_contain_text("London")
    expect(said(page)).to_be_hidden()
    switch(page, NAME).click()
    expect(card(page, NAME)).to_contain_text("off")
    expect(field(page, "choices")).to_have_value(" Paris\n London")
    switch(page, NAME).click()
    expect(card(page, NAME)).to_contain_text("49,152 → 2")


def test_a_chain_that_leaves_no_token_names_the_stage_and_draws_nothing_that_is_not_there(page):
    add(page, NAME)
    field(page, "choices").fill(" Paris")
    field(page, "choices").press("Tab")
    add(page, "banned words")
    words = card(page, "banned words").get_by_role("textbox")
    words.fill(" Paris")
    words.press("Tab")
    expect(said(page)).to_have_text(
        "No token is left after banned words. Choose another value for it, or switch it off."
    )
    expect(page.locator(".pg-curve-reading")).to_have_text("0 tokens kept, with 0 % of the probability")
    expect(bars(page).first).to_contain_text("banned words")
    page.get_by_role("radio", name="Greedy").check()
    expect(page.locator("#pg-decode .pg-bars")).not_to_contain_text("chosen by greedy")
    switch(page, "banned words").click()
    expect(said(page)).to_be_hidden()
    expect(bars(page).first).to_contain_text("chosen by greedy")


def test_another_kind_clears_the_first_and_each_keeps_its_text(page):
    add(page, NAME)
    kind(page).select_option("regex")
    expect(field(page, "choices")).to_be_hidden()
    expect(field(page, "regular expression")).to_have_value(" [A-Z][a-z]+")
    expect(differing(page)).to_contain_text("regular expression")
    expect(differing(page)).not_to_contain_text("choices")
    field(page, "regular expression").fill(" Rome")
    field(page, "regular expression").press("Tab")
    expect(bars(page).first).to_contain_text("Rome")
    for name, label in (("json_schema", "JSON schema"), ("grammar", "grammar")):
        kind(page).select_option(name)
        expect(field(page, label)).not_to_have_value("")
        expect(card(page, NAME)).to_contain_text("49,152 → ")
        expect(differing(page)).not_to_contain_text("regular expression")
    kind(page).select_option("regex")
    expect(field(page, "regular expression")).to_have_value(" Rome")
    expect(bars(page).first).to_contain_text("Rome")


def test_a_wrong_regular_expression_is_told_by_the_servers_sentence_and_nothing_is_lost(page):
    with pytest.raises(PlaygroundError) as refused:
        checked("regex", WRONG)
    add(page, NAME)
    expect(card(page, NAME)).to_contain_text("49,152 → 2")
    before = bars(page).all_inner_texts()
    kind(page).select_option("regex")
    field(page, "regular expression").fill(WRONG)
    field(page, "regular expression").press("Tab")
    expect(said(page)).to_have_text(f"Constraint does nothing: {refused.value}")
    expect(said(page)).to_have_attribute("role", "status")
    assert facts(page, NAME) == ["refused", ""]
    expect(field(page, "regular expression")).to_have_value(WRONG)
    expect(field(page, "regular expression")).to_have_attribute("aria-invalid", "true")
    expect(field(page, "regular expression")).to_have_attribute("title", str(refused.value))
    text = tokens(page).all_inner_texts()
    page.get_by_role("button", name="Generate").click()
    expect(page.locator("#pg-decode").get_by_role("alert").first).to_have_text(str(refused.value))
    assert tokens(page).all_inner_texts() == text
    field(page, "regular expression").fill(" Par[a-z]+")
    field(page, "regular expression").press("Tab")
    expect(said(page)).to_have_text("")
    expect(field(page, "regular expression")).to_have_attribute("aria-invalid", "false")
    expect(card(page, NAME)).to_contain_text("49,152 → ")
    kind(page).select_option("choices")
    expect(field(page, "choices")).to_have_value(" Paris\n London")
    expect(bars(page)).to_have_text(before, use_inner_text=True)


def test_a_card_says_that_it_waits_until_the_server_has_answered(page):
    held = []
    page.route("**/playground/mask*", lambda route: held.append(route))
    add(page, NAME)
    try:
        kind(page).select_option("regex")
        field(page, "regular expression").fill(" (Ber|Os)[a-z]+")
        field(page, "regular expression").press("Tab")
        expect(card(page, NAME)).to_contain_text("waits for server")
        expect(switch(page, NAME)).to_be_checked()
    finally:
        page.unroute("**/playground/mask*")  # lets the held requests go on
    assert held
    expect(card(page, NAME)).to_contain_text("49,152 → ")
    expect(card(page, NAME)).not_to_contain_text("waits for server")


def test_words_that_the_server_refuses_are_told_too(page):
    page.route(
        "**/playground/word_ids.json", lambda route: route.fulfill(status=422, json={"detail": "It is no token."})
    )
    try:
        add(page, "banned words")
        card(page, "banned words").get_by_label("value").fill("zyxw")
        card(page, "banned words").get_by_label("value").press("Tab")
        expect(said(page)).to_have_text("Banned words does nothing: It is no token.")
        assert facts(page, "banned words") == ["refused", ""]
    finally:
        page.unroute("**/playground/word_ids.json")


def test_a_text_that_is_no_bias_is_told_and_the_last_bias_stays(page):
    add(page, "logit bias")
    bias = card(page, "logit bias").get_by_label("value")
    bias.fill(" the = 80")
    bias.press("Tab")
    expect(bars(page).first).to_contain_text("·the")
    bias.fill(" the is 90")
    bias.press("Tab")
    expect(said(page)).to_contain_text("“ the is 90” cannot be read as biases of tokens. Write a text or an id")
    expect(bias).to_have_attribute("aria-invalid", "true")
    expect(bias).to_have_value(" the is 90")
    expect(bars(page).first).to_contain_text("·the")
    bias.fill(" the = 80")
    bias.press("Tab")
    expect(said(page)).to_have_text("")
    expect(bias).to_have_attribute("aria-invalid", "false")
