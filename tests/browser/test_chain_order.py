"""Tests the order of the chain: a card that moves by key and by drag, the presets, and twelve stages at every width."""

import pytest
from playwright.sync_api import expect

from playground.decoding.stages import STAGES
from tests.browser.chain import add, card, cards, chain, facts
from tests.browser.seats import VIEWPORT
from tests.browser.test_takeaway import copied_link
from tests.browser.visitor import bars, ending, requested, tokens

pytestmark = [pytest.mark.browser, pytest.mark.model]


@pytest.fixture
def page(example):
    """The example, which all tests of this file use."""
    return example


def order(page):
    return page.get_by_label("Order of the stages")


def test_a_card_moves_by_key_and_says_where_it_stands(page):
    handle = card(page, "temperature").get_by_role("button", name="Move temperature", exact=True)
    before = bars(page).all_inner_texts()
    with requested(page) as asked:
        handle.press("ArrowRight")
        expect(handle).to_be_focused()
        expect(page.locator(".pg-chain")).to_contain_text("temperature is stage 2 of 3, after top-k.")
        handle.press("End")
        expect(page.locator(".pg-chain")).to_contain_text("temperature is stage 3 of 3, after top-p.")
        assert cards(page) == ["top-k", "top-p", "temperature"]
        expect(order(page)).to_have_value("own")
        expect(page.locator(".pg-differing")).to_contain_text("own order")
        expect(bars(page)).not_to_have_text(before, use_inner_text=True)  # top-p sees the flatter distribution
        assert facts(page, "top-p")[0] != "40 → 7"
        handle.press("Home")
        expect(order(page)).to_have_value("transformers")
        expect(bars(page)).to_have_text(before, use_inner_text=True)
    assert asked == []


def drag(page, label: str, to) -> None:
    """Drags a card by its handle to a place on the page, with the mouse held down on the way."""
    box = card(page, label).get_by_role("button", name=f"Move {label}", exact=True).bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(to["x"], to["y"], steps=5)
    page.mouse.up()


def end_of(page, label: str) -> dict[str, float]:
    box = card(page, label).bounding_box()
    return {"x": box["x"] + box["width"] - 6, "y": box["y"] + 40}


def test_a_card_is_dragged_behind_another_one(page):
    drag(page, "temperature", end_of(page, "top-k"))
    expect(order(page)).to_have_value("own")
    assert cards(page) == ["top-k", "temperature", "top-p"]
    drag(page, "top-p", {key: value + 2 for key, value in card(page, "top-k").bounding_box().items() if key in "xy"})
    expect(chain(page).get_by_role("group").first).to_have_attribute("aria-label", "top-p")
    assert cards(page) == ["top-p", "top-k", "temperature"]


def test_escape_ends_a_drag_without_a_move(page):
    box = card(page, "temperature").get_by_role("button", name="Move temperature", exact=True).bounding_box()
    to = end_of(page, "top-p")
    page.mouse.move(box["x"] + 5, box["y"] + 8)
    page.mouse.down()
    page.mouse.move(to["x"], to["y"], steps=5)
    expect(page.locator(".pg-stage-card-target-last")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator(".pg-stage-card-target-last")).to_have_count(0)
    page.mouse.up()
    assert cards(page) == ["temperature", "top-k", "top-p"]
    expect(order(page)).to_have_value("transformers")


def test_a_presets_order_moves_the_cards_and_the_page_says_so(page):
    order(page).select_option("llama.cpp")
    expect(chain(page).get_by_role("group").last).to_have_attribute("aria-label", "temperature")
    expect(page.locator(".pg-differing")).to_contain_text("order llama.cpp")
    page.get_by_role("button", name="Balanced", exact=True).click()
    expect(order(page)).to_have_value("transformers")
    assert cards(page) == ["temperature", "top-k", "top-p"]


def test_a_text_is_written_in_the_order_of_the_chain_and_a_link_has_it(fresh_page, site, another):
    page = fresh_page
    add(page, "presence penalty")
    order(page).select_option("llama.cpp")
    page.get_by_role("button", name="Write it again").click()
    expect(page.locator(".pg-differing")).to_have_text("")
    said = page.locator(".pg-said")
    expect(said).to_contain_text("The stages run in the order of llama.cpp, not in that of transformers.")
    expect(order(page)).to_have_value("llama.cpp")
    expect(ending(page)).to_be_visible()
    other = another(copied_link(page, site))
    expect(order(other)).to_have_value("llama.cpp")
    expect(other.locator(".pg-said")).to_have_text(said.inner_text())
    assert cards(other) == cards(page)
    expect(tokens(other)).to_have_text(tokens(page).all_inner_texts(), use_inner_text=True)


CUT = """() => [...document.querySelectorAll(".pg-chain-cards :is(button, span, li)")].filter((one) =>
    one.checkVisibility() && one.clientWidth && one.scrollWidth > one.clientWidth + 1).map((one) => one.textContent)"""
COVERED = """() => [...document.querySelectorAll(".pg-stage-card")].flatMap((card) => {
    const parts = [...card.querySelectorAll("button, input, .pg-stage-card-left, .pg-stage-card-fact")];
    const boxes = parts.filter((one) => one.checkVisibility() && one.getClientRects().length)
        .map((one) => { const range = document.createRange(); range.selectNodeContents(one);
            return one.matches("span") ? range.getBoundingClientRect() : one.getBoundingClientRect(); })
        .filter(({ width }) => width);
    const around = card.getBoundingClientRect();
    const leaves = boxes.some((box) => box.right > around.right + 1 || box.bottom > around.bottom + 1);
    const meets = boxes.some((a, place) => boxes.slice(place + 1).some((b) =>
        a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 2 && b.top < a.bottom - 2));
    return leaves || meets ? [card.innerText] : [];
})"""
"""A script that returns the cards with a part that leaves the card or lies on another part."""


def test_all_stages_are_readable_at_every_width(page):
    for stage in STAGES:
        if stage.label not in cards(page):
            add(page, stage.label)
    for width, height in ((1440, 900), (1024, 768), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(CUT) == [], width
        assert page.evaluate(COVERED) == [], width
        last = card(page, cards(page)[-1]).get_by_role("switch")
        last.scroll_into_view_if_needed()
        expect(last).to_be_in_viewport(ratio=1)
    page.set_viewport_size(VIEWPORT)
    assert len(cards(page)) == len(STAGES)
