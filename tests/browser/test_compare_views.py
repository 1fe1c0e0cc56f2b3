"""Tests the views of Compare settings on a bare page, with messages that the tests write."""

import re

import pytest
from playwright.sync_api import expect

from playground.decoding.settings import PRESETS
from playground.strategies.summary import MEASURES
from playground.web.messages.grid import opening_message
from tests.browser.views import mount

pytestmark = [pytest.mark.browser, pytest.mark.model]

WIDE = 1014
"""The width of a tab's content in a window of 1440 pixels with the sidebar open."""
NAMES = ["Greedy", "Focused", "Balanced", "Creative"]
LISTEN = """() => {
    window.announced = [];
    const live = "[role=status], [role=alert]";
    new MutationObserver((changes) => {
        for (const { target } of changes) {
            const region = (target.nodeType === 1 ? target : target.parentElement)?.closest(live);
            const isHeard = region && region.ariaLive !== "off" && region.checkVisibility();
            if (isHeard) window.announced.push(region.textContent);
        }
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""
"""Records what a screen reader announces by itself."""


def cell(row: int, ids: list[int], seed: int = 0) -> dict:
    place = {"prompt": 0, "row": row, "seed": seed}
    text = {"token_ids": ids, "surprisals_bits": [1.5] * len(ids), "stop_reason": "length", "loop": None}
    return place | text | {"error": None}


def row(name: str, logprob: float, distinct: float) -> dict:
    known = {"logprob_nats": logprob, "distinct_2": distinct, "perplexity": 12.3}
    measures = {measure: {"mean": known.get(measure, 0.5), "error": 0.0012} for measure in MEASURES}
    measures |= {measure: None for measure in MEASURES if measure == "across_2"}
    told = {"name": name, "settings": PRESETS[name].to_dict(), "texts": 1, "failed": 0, "stop_reasons": {"length": 1}}
    return told | {"measures": measures}


TABLE = [row(name, -1 - place / 1000, 0.99) for place, name in enumerate(NAMES)]


def grid(done: int, cells: list[dict], state: str = "running", name: str = "a") -> dict:
    told = {"kind": "grid", "grid": name, "state": state, "total": 9, "done": done, "cells": cells, "table": TABLE}
    told |= {"prompts": ["At night"], "chat": False, "languages": {"source": "", "target": ""}, "seeds": [0]}
    return told | {"advice": [f"{done} texts say nothing."]}


@pytest.fixture
def compare(bare_page):
    opening = opening_message("At night the sky is full of")
    return mount(bare_page, "compare/tab.js", "pg-compare", opening, ["run", "stop", "open"], width=WIDE)


def receive(page, message: dict) -> None:
    page.evaluate("message => receive(message)", message)


def test_a_screen_reader_hears_when_a_grid_begins_and_when_it_has_ended(compare, bare_page):
    bare_page.evaluate(LISTEN)
    compare.get_by_role("button", name="Run").click()
    for done in range(9):
        receive(bare_page, grid(done, [cell(done % 4, [300 + done] * 3, seed=done)] if done else []))
    receive(bare_page, grid(9, [], "done"))
    expect(compare.get_by_text("9 of 9 texts, done", exact=True)).to_be_visible()
    ending = "The grid has ended: 9 of 9 texts, done."
    assert bare_page.evaluate("announced") == ["The texts are being generated.", ending]


def test_the_words_below_the_chart_are_its_description(compare, bare_page):
    receive(bare_page, grid(1, [cell(0, [300])]))
    chart = compare.get_by_role("img", name="Diversity against likelihood")
    expect(chart).to_have_accessible_description(re.compile(r"Row 1 Greedy has both the most likely texts \(−1\.00"))
    expect(compare.locator(".pg-caption")).to_contain_text("What am I looking at? Each point is one row of settings.")


def test_cards_that_were_drawn_before_the_vocabulary_get_its_words(bare_page, site):
    held = []
    bare_page.route("**/vocabulary.json", lambda route: held.append(route))
    opening = opening_message("At night")
    compare = mount(bare_page, "compare/tab.js", "pg-compare", opening, ["run", "stop", "open"])
    receive(bare_page, grid(1, [cell(0, [300, 301])]))
    expect(compare.locator(".pg-card .pg-token")).to_have_text(["#300", "#301"])
    held[0].continue_()
    vocabulary = site.engine.model.vocabulary
    expect(compare.locator(".pg-card .pg-token")).to_have_text([vocabulary[300], vocabulary[301]])


def test_the_names_of_points_that_lie_close_together_can_be_read(compare, bare_page):
    receive(bare_page, grid(9, [cell(place, [300, 301]) for place in range(4)], "done"))
    names = compare.locator(".pg-grid-chart .annotation-text")
    expect(names).to_have_count(4)
    boxes = [name.bounding_box() for name in names.all()]
    for place, one in enumerate(boxes):
        for other in boxes[:place]:
            apart_across = abs(one["x"] + one["width"] / 2 - other["x"] - other["width"] / 2)
            apart_down = abs(one["y"] + one["height"] / 2 - other["y"] - other["height"] / 2)
            is_apart = apart_across >= (one["width"] + other["width"]) / 2 - 1
            assert is_apart or apart_down >= (one["height"] + other["height"]) / 2 - 1


def test_the_rows_of_settings_fit_and_where_they_do_not_they_scroll_and_say_so(compare, bare_page):
    table = compare.get_by_role("table", name="Rows of settings")
    hint = compare.locator(".pg-compare-rows .pg-scroll-hint")
    expect(hint).to_be_hidden()
    remove, view = table.get_by_role("button", name="Remove row 1"), compare.bounding_box()
    assert remove.bounding_box()["x"] + remove.bounding_box()["width"] <= view["x"] + view["width"]
    expect(compare.get_by_role("region", name="Rows of settings")).to_have_count(0)
    bare_page.evaluate("document.querySelector('#pg-compare').style.width = '360px'")
    expect(hint).to_be_visible()
    region = compare.get_by_role("region", name="Rows of settings")
    region.press("ArrowRight")
    region.focus()
    assert all(table.get_by_role("columnheader").nth(place).inner_text() for place in range(9))


def test_all_measures_are_in_view_on_a_wide_page(bare_page):
    opening = opening_message("At night the sky is full of")
    compare = mount(bare_page, "compare/tab.js", "pg-compare", opening, ["run", "stop", "open"], width=WIDE)
    receive(bare_page, grid(9, [cell(0, [300, 301])], "done"))
    table, view = compare.get_by_role("table", name="How the settings differ"), compare.bounding_box()
    expect(table.get_by_role("columnheader")).to_have_count(2 + len(MEASURES))
    last = table.get_by_role("row").last.get_by_role("cell").last.bounding_box()
    assert last["x"] + last["width"] <= view["x"] + view["width"]
    expect(compare.locator(".pg-measure-table .pg-scroll-hint")).to_be_hidden()


def test_the_keyboard_stays_where_it_is(compare, bare_page):
    focused = lambda: bare_page.evaluate("[document.activeElement.textContent, document.activeElement.ariaLabel]")  # noqa: E731
    compare.get_by_role("button", name="Run").press("Enter")
    assert focused()[0] == "Run"
    compare.get_by_role("button", name="Run").press("Enter", timeout=1000)
    assert len(bare_page.evaluate("asked")) == 1
    receive(bare_page, grid(9, [cell(0, [300])], "done"))
    assert focused()[0] == "Run"
    for number in (4, 3, 1, 1):
        compare.get_by_role("button", name=f"Remove row {number}").press("Enter")
        assert focused()[1] in [f"Remove row {left}" for left in (1, 2, 3)] or focused()[0] == "Add row"
    assert focused()[0] == "Add row"


def test_a_line_of_tokens_breaks_between_words(compare, bare_page, site):
    vocabulary = site.engine.model.vocabulary
    ids = [vocabulary.index(token) for token in ("·thought", "ful")]
    receive(bare_page, grid(9, [cell(0, ids * 40)], "done"))
    tokens = compare.locator(".pg-card .pg-token")
    expect(tokens).to_have_count(80)
    expect(tokens.first).to_have_text("·thought")
    seen = "all => all.map((one) => [one.getClientRects().length, one.getBoundingClientRect().top])"
    tops = tokens.evaluate_all(seen)
    assert len({top for _, top in tops}) > 1, "the text has several lines"
    for (lines, top), (other_lines, other_top) in zip(tops[::2], tops[1::2], strict=True):
        assert (lines, other_lines, top) == (1, 1, other_top)
