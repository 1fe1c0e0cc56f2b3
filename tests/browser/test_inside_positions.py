"""Tests the pane Positions on a page of its own: its pictures, the experiment with the order, the keyboard, a phone."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.panes import expect_chosen, mount_pane, open_asked, style, tokens, view

pytestmark = [pytest.mark.browser, pytest.mark.model]

COLOURS = """() => {
    const canvas = document.querySelector(".pg-positions-cells");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    const colours = new Set(Array.from({ length: data.length / 4 }, (_, at) => data.slice(4 * at, 4 * at + 3).join()));
    return [canvas.width, canvas.height, colours.size];
}"""
"""Returns the size of the picture in cells, and how many colours it has."""


@pytest.fixture
def pane(bare_page, site):
    """The pane in view with the first preset and its experiment."""
    bare_page.set_viewport_size({"width": 1440, "height": 900})
    style(bare_page)
    mount_pane(bare_page, "inside/positions/mount.js", "positions")
    view(bare_page, "positions")
    open_asked(bare_page, site, "positions", 1)
    expect_chosen(bare_page, "·the")
    expect(table(bare_page)).to_be_visible()
    return bare_page


def table(page: Page):
    return page.locator(".pg-order-table")


def test_the_models_own_way_is_drawn_and_the_others_beside_it(pane):
    expect(pane.get_by_text("SmolLM2-135M-Instruct is rotary: in each head it takes all 64 numbers")).to_be_visible()
    way = pane.get_by_role("combobox", name="Way to know the order")
    expect(way).to_have_value("rotary")
    width, height, colours = pane.evaluate(COLOURS)
    assert (width, height) == (32, 64)
    assert colours > 100
    said = pane.locator(".pg-positions-said")
    pane.locator(".pg-positions-area").get_by_role("gridcell").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        pane.keyboard.press(key)
    expect(said).to_contain_text("position 2, pair 1: turned by 1.4 radians")
    way.select_option("sinusoidal")
    expect(pane.get_by_text("Sinusoidal vectors of 64 positions")).to_be_visible()
    assert pane.evaluate(COLOURS)[:2] == [128, 64]
    way.select_option("learned")
    expect(pane.get_by_text("SmolLM2-135M-Instruct has no such table")).to_be_visible()
    expect(pane.locator(".pg-positions-area")).to_be_hidden()
    way.select_option("alibi")
    expect(pane.get_by_text("for three heads")).to_be_visible()
    assert pane.locator(".pg-curves-line").count() == 3
    pane.get_by_text("The curves as a table").click()
    expect(pane.get_by_role("table", name="The curves as a table").get_by_role("row")).to_have_count(41)


def test_another_order_changes_the_next_token(pane):
    heads = table(pane).get_by_role("columnheader")
    expect(heads).to_have_text(["next token", "as it is", "words moved", "no positions", "words moved, no positions"])
    expect(pane.get_by_text("In the other order the most probable token is “·teacher”, not “·most”")).to_be_visible()
    losses = table(pane).get_by_role("row", name="KL from").get_by_role("cell").all_inner_texts()
    assert losses[0] == "0.00 bits"
    assert all(float(loss.split()[0]) > 1 for loss in losses[1:])
    rows = pane.locator(".pg-orders dd")
    expect(rows.nth(1)).to_have_text("·with·students·the·taught·teacherThe·the")
    pane.get_by_role("combobox", name="Other order").select_option("shuffled")
    expect(rows.nth(1)).not_to_have_text("·with·students·the·taught·teacherThe·the")
    tokens(pane).press("Home")
    expect(pane.get_by_text("There are too few words before this token")).to_be_visible()


def test_token_text_is_text_and_a_phone_has_one_column(pane, site):
    pane.set_viewport_size({"width": 390, "height": 844})
    pane.get_by_role("textbox", name="First text").fill("A <b>bold</b> <img src=x onerror=alert(1)> text")
    pane.get_by_role("textbox", name="First text").press("Enter")
    open_asked(pane, site, "positions", 2)
    expect(pane.locator(".pg-orders dd").first).to_have_text("A·<b>bold</b>·<img·src=x·onerror=alert(1)>·text")
    assert pane.locator("#pg-positions img, #pg-positions .pg-positions b").count() == 0
    boxes = [figure.bounding_box() for figure in pane.locator(".pg-positions-pictures > figure").all()]
    assert boxes[1]["y"] >= boxes[0]["y"] + boxes[0]["height"]
    assert pane.evaluate("document.documentElement.scrollWidth <= innerWidth")
